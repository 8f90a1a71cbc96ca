// SPDX-License-Identifier: GPL-3.0-or-later
// The wall: what it says, what it never says, how it ages, and that it can be read from five metres.
#include "tests/support/fixture_state.h"
#include "ui/drift/drift_chart.h"
#include "ui/wall/wall_tile.h"
#include "ui/wall/wall_window.h"
#include <QApplication>
#include <QtTest>

using namespace wf;
using namespace wf::test;
using namespace Qt::StringLiterals;

namespace {

/// Pictures for people, when WF_SHOTS names a folder.
void shot(QWidget& widget, const QString& name)
{
    const QString folder = qEnvironmentVariable("WF_SHOTS");
    if (!folder.isEmpty()) widget.grab().save(folder + u'/' + name + u".png"_s);
}

struct Room {
    FixedClock clock;
    FakeFeed feed;
    FakeChart chart;
    UiContext context;
    std::unique_ptr<WallWindow> wall;
    explicit Room(QSize size = {1920, 1080}, ConsoleState state = fixtureState()) : feed(std::move(state))
    {
        context.feed = &feed;
        context.chart = &chart;
        context.clock = &clock;
        wall = std::make_unique<WallWindow>(context);
        wall->resize(size);
        wall->show();
    }
    WallTile* tile(const QString& name) const { return wall->findChild<WallTile*>(u"wall."_s + name); }
    void settle()
    {
        wall->refresh(*feed.latest());
        QTRY_VERIFY(!wall->chart()->shape().points.empty());
        QTRY_VERIFY(!wall->chart()->events().empty());
        wall->refresh(*feed.latest());
        QTRY_VERIFY(chart.idle());
    }
};

} // namespace

class TestWall : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        Theme::instance().applyTo(*qApp);
        QVERIFY(Theme::instance().load(u"wall"_s));
    }

    void pictures()
    {
        for (const QSize size : {QSize(1920, 1080), QSize(2560, 1080), QSize(1080, 1920), QSize(1280, 800)}) {
            Room room(size);
            room.settle();
            QTest::qWait(350);
            shot(*room.wall, u"wall-%1x%2"_s.arg(size.width()).arg(size.height()));
            room.clock.set(kFixtureNow + 23 * kSecond);
            room.wall->refresh(*room.feed.latest());
            QTest::qWait(50);
            shot(*room.wall, u"wall-gone-%1x%2"_s.arg(size.width()).arg(size.height()));
        }
        Room empty({1920, 1080}, emptyState());
        empty.wall->refresh(*empty.feed.latest());
        QTest::qWait(50);
        shot(*empty.wall, u"wall-empty"_s);
        Room room;
        room.settle();
        QTest::keyClick(room.wall.get(), Qt::Key_F10);
        QTest::qWait(50);
        shot(*room.wall, u"wall-visitors"_s);
    }
};

QTEST_MAIN(TestWall)
#include "tst_wall.moc"
