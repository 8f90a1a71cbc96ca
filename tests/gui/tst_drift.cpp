// SPDX-License-Identifier: GPL-3.0-or-later
// The drift pane over fakes that answer late and out of order: what a person sees, and what must not be recomputed.
#include "tests/support/fixture_state.h"
#include "ui/drift/drift_chart.h"
#include "ui/drift/drift_pane.h"
#include "ui/drift/signal_table.h"
#include "ui/drift/stack_table.h"
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
    FakeChart chart;
    UiContext context;
    std::unique_ptr<DriftPane> pane;
    explicit Room(QSize size = {980, 900})
    {
        context.chart = &chart;
        context.clock = &clock;
        pane = std::make_unique<DriftPane>(context);
        pane->resize(size);
        pane->show();
    }
    void settle(const ConsoleState& state)
    {
        pane->refresh(state);
        QTRY_VERIFY(!pane->chart()->shape().points.empty());
        QTRY_VERIFY(!pane->chart()->events().empty());
        QTRY_VERIFY(chart.idle());
    }
};

} // namespace

class TestDrift : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { Theme::instance().applyTo(*qApp); }

    void fullPaneShowsTheIncident()
    {
        for (const QSize size : {QSize(980, 900), QSize(640, 640), QSize(1400, 1200)}) {
            Room room(size);
            ConsoleState state = fixtureState();
            auto live = std::make_shared<LiveFigures>(*state.live);
            for (Nanos t = at(2, 10); t < kFixtureNow - 8 * kSecond; t += 5 * kSecond) {
                if (t > at(2, 33) && t < at(2, 35)) continue;
                live->infrastructureSeen = t;
                state.live = std::make_shared<LiveFigures>(*live);
                state.now = t;
                // Only the beats are of interest here; the picture is drawn once, below.
                room.pane->refresh(state);
            }
            room.settle(fixtureState());
            QTest::qWait(400);
            shot(*room.pane, u"drift-%1x%2"_s.arg(size.width()).arg(size.height()));
        }
    }
};

QTEST_MAIN(TestDrift)
#include "tst_drift.moc"
