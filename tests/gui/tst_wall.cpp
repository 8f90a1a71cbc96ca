// SPDX-License-Identifier: GPL-3.0-or-later
// The wall: what it says, what it never says, how it ages by itself, and that it can be read from five metres.
#include "tests/support/fixture_state.h"
#include "ui/drift/drift_chart.h"
#include "ui/wall/wall_tile.h"
#include "ui/wall/wall_window.h"
#include <QAbstractScrollArea>
#include <QApplication>
#include <QSignalSpy>
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
    explicit Room(QSize size = {1920, 1080}, ConsoleState state = fixtureState())
        : feed(std::move(state))
    {
        context.feed = &feed;
        context.chart = &chart;
        context.clock = &clock;
        wall = std::make_unique<WallWindow>(context);
        wall->resize(size);
        wall->show();
        show();
    }
    void show() { wall->refresh(*feed.latest()); }
    void set(ConsoleState state)
    {
        feed.set(std::move(state));
        show();
    }
    WallTile* tile(const QString& name) const
    {
        auto* found = wall->findChild<WallTile*>(u"wall."_s + name);
        return found ? found : (qFatal("no such tile"), nullptr);
    }
    QString text(const QString& name) const { return tile(name)->text(); }
    QString everything() const
    {
        QString all;
        for (const WallTile* t : wall->findChildren<WallTile*>())
            all += t->text() + u'\n';
        for (const QWidget* w : wall->findChildren<QWidget*>())
            all += w->accessibleName() + u'\n' + w->accessibleDescription() + u'\n' + w->toolTip() + u'\n';
        return all;
    }
    void settle()
    {
        QTRY_VERIFY(!wall->chart()->shape().points.empty());
        QTRY_VERIFY(!wall->chart()->events().empty());
        show();
        QTRY_VERIFY(chart.idle());
    }
};

Case& onlyCase(ConsoleState& state)
{
    auto cases = std::make_shared<CaseFile>(*state.cases);
    state.cases = cases;
    return cases->cases.back();
}

} // namespace

class TestWall : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        Theme::instance().applyTo(*qApp);
        QVERIFY(Theme::instance().load(u"wall"_s));
    }

    void itSaysHowBadSinceWhenAndWhatWaits()
    {
        Room room;
        QCOMPARE(room.text(u"severity"_s), u"SEV 1"_s);
        QVERIFY(room.text(u"header"_s).contains(u"Support copilot: wrong answers"_s));
        QVERIFY2(room.text(u"header"_s)
                     .contains(u"INC-0042 · commander-1 in room 4 · contained 03:12 · mitigating, step 1 of 3"_s),
            qPrintable(room.text(u"header"_s)));
        QVERIFY(room.text(u"since"_s).contains(u"45 min"_s));
        QVERIFY(room.text(u"since"_s).contains(u"since onset (43–47 min)"_s));
        QVERIFY(room.text(u"chart"_s).contains(u"last 5 min 75\u202F%"_s));
        QVERIFY(room.text(u"chart"_s).contains(u"normally 96\u202F%"_s));
        QVERIFY2(
            room.text(u"decisions"_s).contains(u"1 to sign"_s) && room.text(u"decisions"_s).contains(u"1 blocked"_s),
            qPrintable(room.text(u"decisions"_s)));
        QVERIFY(room.text(u"decisions"_s).contains(u"AI director at 04:12"_s));
        QVERIFY(room.text(u"harm"_s).contains(u"≈ 5 a minute"_s) && room.text(u"harm"_s).contains(u"was 54"_s));
        QVERIFY(room.text(u"harm"_s).contains(u"about 900 of 3\u202F790 answers"_s));
        QVERIFY2(room.text(u"proof"_s).contains(u"v41 on 42\u202F% of answers (gate 99\u202F%, n 238)"_s),
            qPrintable(room.text(u"proof"_s)));
        QVERIFY(room.text(u"proof"_s).contains(u"0 of 3"_s));
        QVERIFY(room.text(u"entry1"_s).startsWith(u"03:41 Step 1 executed: pin prompt v41"_s));
        QVERIFY(room.text(u"entry2"_s).startsWith(u"03:38 Signed: commander + AI owner deputy"_s));
        QVERIFY(room.text(u"silent"_s).contains(u"SILENT 6 h tool registry"_s));
        QVERIFY(room.text(u"footer"_s).contains(u"Infrastructure healthy 8 s"_s)
            && room.text(u"footer"_s).contains(u"2 of 38 drifting 2 s"_s)
            && room.text(u"footer"_s).contains(u"next update 03:55"_s));
        QVERIFY(room.text(u"clock"_s).contains(u"03:43:12 UTC"_s)
            && room.text(u"clock"_s).contains(u"engine 1 s · data 2 s"_s));
        QCOMPARE(room.text(u"sample"_s), u"SAMPLE DATA"_s);
    }

    void itNeverSaysWhoWasHitOrWhoSaidWhat()
    {
        ConsoleState state = fixtureState();
        Case& c = onlyCase(state);
        c.incident.title = u"Acme Bank gets wrong account numbers"_s;
        c.incident.commander = u"anna.kowalska"_s;
        c.incident.bridge = u"https://meet.example/secret-room"_s;
        c.reports[0].text = u"Acme Bank called about account DE44 5001"_s;
        c.reports[0].actor = u"bob@acme.example"_s;
        c.reports[0].filed = kFixtureNow - 3 * kSecond; // the newest entry
        c.escalations.push_back({u"recovery"_s, u"carla.jones"_s, u"no answer from Acme"_s, kFixtureNow - 2 * kSecond});
        Plan& waiting = c.plans[1];
        waiting.proposal.title = u"Route tenant acme-bank to people"_s;
        waiting.proposal.steps[0].touches.where[u"tenant"_s] = u"acme-bank"_s;
        waiting.proposal.steps[0].action.base = u"http://flags.internal:7070"_s;
        c.plans[0].proposal.steps[0].title = u"pin prompt for acme-bank"_s;
        c.plans[0].proposal.parameters[u"tenant"_s] = u"acme-bank"_s;
        auto live = std::make_shared<LiveFigures>(*state.live);
        SourceState import;
        import.name = u"import:/home/anna/acme.jsonl"_s;
        import.lastSeen = kFixtureNow - 8 * kHour;
        live->sources.push_back(import);
        live->timers = {{u"approval"_s, u"legal-dora"_s, u"Route tenant acme-bank to people waits"_s, at(4, 0)}};
        state.live = live;
        Room room({1920, 1080}, state);
        room.settle();
        QCOMPARE(room.text(u"decisions"_s).contains(u"Route tenant one customer to people"_s), true);
        QVERIFY(room.text(u"entry1"_s).contains(u"Escalated to the next on the ladder"_s));
        QVERIFY(room.text(u"entry2"_s).contains(u"A person reported wrong answers"_s));
        QVERIFY(room.text(u"header"_s).contains(u"· commander ·"_s));
        const QString all = room.everything();
        for (const char* secret : {"acme", "anna", "kowalska", "carla", "dora", "bob@", "DE44", "meet.example",
                 "secret-room", "flags.internal", "7070", "/home", "three customers", "bank partner"})
            QVERIFY2(!all.contains(QLatin1StringView(secret), Qt::CaseInsensitive), secret);
        // Without an alias the full title, which may name a customer, is not used instead.
        onlyCase(state).incident.alias.clear();
        room.set(state);
        QVERIFY(room.text(u"header"_s).contains(u"Incident INC-0042"_s));
    }

    void textIsLargeEnoughAndNothingIsCut_data()
    {
        QTest::addColumn<QSize>("size");
        QTest::newRow("16:9") << QSize(1920, 1080);
        QTest::newRow("16:9, 4K") << QSize(3840, 2160);
        QTest::newRow("ultra-wide") << QSize(2560, 1080);
        QTest::newRow("portrait") << QSize(1080, 1920);
    }

    void textIsLargeEnoughAndNothingIsCut()
    {
        QFETCH(QSize, size);
        Room room(size);
        room.settle();
        // An upright panel is the same panel turned: it is held against its shorter side.
        const double measure = std::min(size.width(), size.height());
        for (const WallTile* t : room.wall->findChildren<WallTile*>()) {
            if (!t->isVisible()) continue;
            QVERIFY2(t->smallestText() >= int(measure * .025),
                qPrintable(u"%1: %2 px"_s.arg(t->objectName()).arg(t->smallestText())));
            QVERIFY2(!t->cut(), qPrintable(t->objectName() + u" is cut"_s));
            QVERIFY2(room.wall->rect().contains(QRect(t->mapTo(room.wall.get(), QPoint()), t->size())),
                qPrintable(t->objectName()));
        }
        QVERIFY(room.wall->chart()->plotRect().height() > size.height() * .1);
        // The first question is asked when the chart has its size: a coarse line must not stand there even for a
        // moment.
        QVERIFY2(room.wall->chart()->shape().points.size() > 80,
            qPrintable(QString::number(room.wall->chart()->shape().points.size())));
        const auto tiles = room.wall->findChildren<WallTile*>();
        for (const WallTile* a : tiles)
            for (const WallTile* b : tiles)
                if (a != b && a->isVisible() && b->isVisible())
                    QVERIFY2(!a->geometry().adjusted(1, 1, -1, -1).intersects(b->geometry().adjusted(1, 1, -1, -1)),
                        qPrintable(a->objectName() + u" over "_s + b->objectName()));
        shot(*room.wall, u"wall-%1x%2"_s.arg(size.width()).arg(size.height()));
    }

    void eachTileHasItsOwnWatchdog()
    {
        Room room;
        // The engine lives, drift figures come, but what is made beside them stopped half a minute ago.
        ConsoleState state = fixtureState(kFixtureNow + 30 * kSecond);
        room.clock.set(kFixtureNow + 30 * kSecond);
        state.live = fixtureLive(kFixtureNow);
        room.set(state);
        for (const char* name : {"harm", "proof", "silent"})
            QVERIFY2(room.tile(QString::fromLatin1(name))->stale(), name);
        for (const char* name : {"chart", "decisions", "header", "entry1", "footer"})
            QVERIFY2(!room.tile(QString::fromLatin1(name))->stale(), name);
        QVERIFY(room.text(u"harm"_s).contains(u"STALE 31 s"_s));
        QVERIFY(!room.wall->findChild<QWidget*>(u"wall.banner"_s)->isVisible());
        shot(*room.wall, u"wall-part-stale"_s);

        // Nobody refreshes anything any more: a tile finds out by itself.
        WallTile alone(u"alone"_s, u"Alone"_s, &room.clock, WallTile::Frame::Tile, nullptr);
        WallText text;
        text.lines = {{plain(u"fine"_s)}};
        text.madeAt = room.clock.now();
        text.limit = 5 * kSecond;
        alone.setText(text);
        QVERIFY(!alone.stale());
        QSignalSpy turned(&alone, &WallTile::staleChanged);
        room.clock.set(room.clock.now() + 9 * kSecond);
        QTRY_COMPARE(turned.count(), 1);
        QVERIFY(alone.text().contains(u"STALE 9 s"_s));
    }

    void aDeadEngineIsWrittenOverTheWholeWall()
    {
        for (const QSize size : {QSize(1920, 1080), QSize(1080, 1920)}) {
            Room room(size);
            room.settle();
            auto* banner = room.wall->findChild<QWidget*>(u"wall.banner"_s);
            QVERIFY(!banner->isVisible());
            room.clock.set(kFixtureNow + 23 * kSecond); // the feed goes on giving the last it has
            room.show();
            QVERIFY(banner->isVisible());
            QCOMPARE(banner->accessibleName(), u"ENGINE GONE 24 s: nothing on this wall is current"_s);
            for (const char* name : {"header", "since", "chart", "decisions", "harm", "proof", "entry1", "silent"})
                QVERIFY2(room.tile(QString::fromLatin1(name))->stale(), name);
            QVERIFY(
                room.text(u"footer"_s).contains(u"STALE 25 s"_s) && room.text(u"clock"_s).contains(u"engine 24 s"_s));
            shot(*room.wall, u"wall-gone-%1x%2"_s.arg(size.width()).arg(size.height()));
            room.set(fixtureState(kFixtureNow + 23 * kSecond));
            QVERIFY(!banner->isVisible());
            QVERIFY(!room.tile(u"harm"_s)->stale());
        }
        ConsoleState never = emptyState();
        never.engineBeat = 0;
        Room room({1920, 1080}, never);
        QCOMPARE(room.wall->findChild<QWidget*>(u"wall.banner"_s)->accessibleName(),
            u"NO ENGINE: nothing on this wall is current"_s);
    }

    void visitorsSeeSeverityStateAndTime()
    {
        Room room;
        QTest::keyClick(room.wall.get(), Qt::Key_F10);
        QVERIFY(room.wall->visitors());
        QStringList seen;
        for (const WallTile* t : room.wall->findChildren<WallTile*>())
            if (t->isVisible()) seen << t->text();
        seen.sort();
        QCOMPARE(seen, (QStringList{u"03:43:12 UTC"_s, u"SAMPLE DATA"_s, u"SEV 1"_s, u"mitigating"_s}));
        QVERIFY(!room.wall->chart()->isVisible());
        shot(*room.wall, u"wall-visitors"_s);
        QTest::keyClick(room.wall.get(), Qt::Key_F10);
        QVERIFY(room.tile(u"harm"_s)->isVisible() && room.wall->chart()->isVisible());
    }

    void itTakesNoOtherInput()
    {
        Room room;
        room.settle();
        const Window before = room.wall->chart()->window();
        QTest::keyClick(room.wall.get(), Qt::Key_Left);
        QTest::keyClick(room.wall->chart(), Qt::Key_Left);
        QTest::mouseClick(
            room.wall->chart()->findChild<QAbstractScrollArea*>()->viewport(), Qt::LeftButton, {}, {200, 200});
        QCOMPARE(room.wall->chart()->window().from, before.from);
        for (const WallTile* t : room.wall->findChildren<WallTile*>())
            QCOMPARE(t->focusPolicy(), Qt::NoFocus);
        QSignalSpy closed(room.wall.get(), &WallWindow::closed);
        QTest::keyClick(room.wall.get(), Qt::Key_Escape);
        QCOMPARE(closed.count(), 1);
        QVERIFY(!room.wall->isVisible());
    }

    void calmIsNotGreenWithoutProof()
    {
        Room room({1920, 1080}, emptyState());
        QVERIFY(room.text(u"header"_s).contains(u"No incident open"_s));
        QVERIFY(room.text(u"footer"_s).contains(u"Infrastructure never heard"_s)
            && room.text(u"footer"_s).contains(u"Behaviour not watched yet"_s));
        QVERIFY(!room.everything().contains(u"STALE"_s)); // never made is not old
        shot(*room.wall, u"wall-empty"_s);
        // Watched and quiet: an age and a count stand beside it.
        ConsoleState state = fixtureState();
        state.cases = std::make_shared<CaseFile>();
        auto drift = std::make_shared<DriftSnapshot>(*state.drift);
        drift->drifting = 0;
        state.drift = drift;
        room.set(state);
        QVERIFY(room.text(u"footer"_s).contains(u"0 of 38 drifting 2 s"_s));
        QVERIFY2(room.text(u"header"_s).contains(u"38 signals watched, 0 drifting, 1 without enough data"_s),
            qPrintable(room.text(u"header"_s)));
        QVERIFY(room.text(u"harm"_s).contains(u"none known"_s));
        shot(*room.wall, u"wall-calm"_s);
    }

    void unknownIsNotZero()
    {
        ConsoleState state = fixtureState();
        auto live = std::make_shared<LiveFigures>(*state.live);
        live->harmPerMinute = -1;
        live->gateShare.clear();
        live->gateN.clear();
        live->infrastructureSeen = kFixtureNow - kMinute;
        state.live = live;
        Room room({1920, 1080}, state);
        QVERIFY(room.text(u"harm"_s).contains(u"not known"_s));
        QVERIFY2(room.text(u"proof"_s).contains(u"v41 on — of answers"_s), qPrintable(room.text(u"proof"_s)));
        QVERIFY(room.text(u"footer"_s).contains(u"Infrastructure silent 1 min"_s));
    }

    void theWorstIncidentStaysLongest()
    {
        ConsoleState state = fixtureState();
        auto cases = std::make_shared<CaseFile>(*state.cases);
        Case second = cases->cases.back();
        second.incident.id = {u"01936000-0000-7000-8000-000000000043"_s};
        second.incident.number = 43;
        second.incident.severity = 3;
        second.incident.alias = u"Search assistant: too long"_s;
        cases->cases.push_back(second);
        state.cases = cases;
        Room room({1920, 1080}, state);
        int first = 0, other = 0;
        for (int i = 0; i < 60; ++i) {
            room.wall->tick();
            first += room.text(u"header"_s).contains(u"INC-0042"_s);
            other += room.text(u"header"_s).contains(u"INC-0043"_s);
            QVERIFY(room.text(u"header"_s).contains(u"1 more incident open"_s));
        }
        QCOMPARE(first + other, 60);
        QVERIFY2(other >= 15 && first > other, qPrintable(u"%1 and %2"_s.arg(first).arg(other)));
    }

    void roundingIsAsOneSaysIt()
    {
        QCOMPARE(roundedText(7), u"7"_s);
        QCOMPARE(roundedText(920), u"900"_s);
        QCOMPARE(roundedText(960), u"1\u202F000"_s);
        QCOMPARE(roundedText(12'340), u"12\u202F000"_s);
    }
};

QTEST_MAIN(TestWall)
#include "tst_wall.moc"
