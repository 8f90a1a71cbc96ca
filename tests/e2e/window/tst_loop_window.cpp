// SPDX-License-Identifier: GPL-3.0-or-later
// The whole incident through the real window, by clicking: the engine and the simulated feature are processes of their own, the
// window views them. The second signature comes from another terminal, and the engine is killed before it can act on it.
#include "app/console/console.h"
#include "services/base/http_client.h"
#include "tests/support/programs.h"
#include "ui/common/theme.h"
#include "ui/shell/main_window.h"
#include <QApplication>
#include <QComboBox>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

using namespace wf;
using namespace wf::test;
using namespace Qt::StringLiterals;

class LoopWindow : public QObject {
    Q_OBJECT
    const QString kContain = u"contain-route-to-people"_s, kRestore = u"restore-behaviour-stack"_s;
    QTemporaryDir m_dir;
    std::unique_ptr<Console> m_console;
    std::unique_ptr<MainWindow> m_window;

    QString profile() const { return m_dir.filePath(u"profile"_s); }
    std::shared_ptr<const ConsoleState> state() const { return m_console->context().feed->latest(); }
    const Case* theCase() { return (m_kept = state())->cases->current(); }
    std::shared_ptr<const ConsoleState> m_kept; // what theCase() points into
    const Plan* plan(const QString& runbook)
    {
        const Case* c = theCase();
        if (!c) return nullptr;
        for (const auto& p : c->plans)
            if (p.proposal.runbookId == runbook) return &p;
        return nullptr;
    }
    bool planIs(const QString& runbook, PlanState wanted)
    {
        const Plan* p = plan(runbook);
        return p && p->state == wanted;
    }
    QWidget* widget(const QString& name) const
    {
        for (QWidget* w : m_window->findChildren<QWidget*>(name))
            if (w->isVisible()) return w;
        return nullptr;
    }
    bool click(const QString& name)
    {
        QWidget* w = widget(name);
        if (!w || !w->isEnabled() || w->height() < 8) return false; // not laid out yet: nobody could hit it
        QTest::mouseClick(w, Qt::LeftButton, {}, w->rect().center());
        return true;
    }
    /// QTRY_VERIFY would evaluate, and so click, once more than needed.
    bool clickSoon(const QString& name)
    {
        return QTest::qWaitFor([&] { return click(name); }, 20'000);
    }
    void sign(const QString& runbook)
    {
        QVERIFY(clickSoon(u"decisions.card."_s + runbook + u".sign"_s));
        QTRY_VERIFY(widget(u"sign.panel"_s));
        QVERIFY2(!widget(u"sign.commit"_s)->isEnabled(), "signing needs a deliberate act");
        QTest::keyClicks(widget(u"sign.reason"_s), u"as the runbook says"_s);
        auto* word = qobject_cast<QLineEdit*>(widget(u"sign.word"_s));
        QVERIFY(word);
        QTest::keyClicks(word, u"wrong"_s);
        QVERIFY(!widget(u"sign.commit"_s)->isEnabled());
        word->clear();
        QTest::keyClicks(word, digestWords(plan(runbook)->digest).front());
        QVERIFY(click(u"sign.commit"_s));
    }
    static int done(const QString& control, const QString& action)
    {
        HttpClientRequest r;
        r.url = QUrl(control + u"/counters"_s);
        return QJsonDocument::fromJson(request(r).body).object()[u"actions"_s][action].toInt();
    }

private Q_SLOTS:
    void theWholeLoopByClicking()
    {
        Orphan simulator;
        Running engine;
        const QJsonObject ready = engine.start(u"watchfloorctl"_s, {u"replay"_s, u"account-numbers"_s, u"--profile"_s, profile(), u"--speed"_s, u"8"_s});
        QVERIFY2(!ready.isEmpty(), "replay did not start");
        simulator.pid = qint64(ready[u"simulator_pid"_s].toDouble());
        const QString control = ready[u"control"_s].toString();

        Theme::instance().applyTo(*qApp);
        m_console = Console::open({profile(), {}, 1, 0, {}});
        QCOMPARE(m_console->problem(), QString());
        QCOMPARE(m_console->context().person, u"commander-1"_s);
        m_window = m_console->makeWindow();
        m_window->resize(1600, 900);
        m_window->show();

        // The alarm, and the report before it.
        QTRY_VERIFY_WITH_TIMEOUT(theCase() && !theCase()->incident.alarms.empty(), 60'000);
        QVERIFY(!theCase()->reports.empty());
        QVERIFY(!state()->engineHere); // a viewer

        // One more report, filed from the keyboard.
        QTest::keyClick(m_window.get(), Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY(widget(u"report.text"_s));
        QTest::keyClicks(widget(u"report.text"_s), u"a second customer saw a stranger's account"_s);
        QVERIFY(click(u"report.file"_s));
        QTRY_VERIFY_WITH_TIMEOUT(theCase()->reports.size() >= 2, 10'000);

        QVERIFY(clickSoon(u"header.declare"_s));
        QVERIFY(clickSoon(u"declare.sev1"_s));
        QTRY_COMPARE_WITH_TIMEOUT(theCase()->incident.severity, 1, 10'000);
        QCOMPARE(theCase()->incident.commander, u"commander-1"_s);

        sign(kContain);
        QTRY_VERIFY_WITH_TIMEOUT(planIs(kContain, PlanState::Closed), 60'000);
        QTRY_COMPARE_WITH_TIMEOUT(theCase()->incident.status, IncidentStatus::Contained, 10'000);

        QTRY_VERIFY_WITH_TIMEOUT(plan(kRestore) != nullptr, 60'000);
        QVERIFY(clickSoon(u"assistant.queue."_s + kRestore));
        QTRY_VERIFY_WITH_TIMEOUT(planIs(kRestore, PlanState::Proposed), 10'000);
        sign(kRestore);
        QTRY_VERIFY_WITH_TIMEOUT(planIs(kRestore, PlanState::PartlyApproved), 20'000);
        QVERIFY2(!widget(u"decisions.card."_s + kRestore + u".sign"_s), "once signed, no live button");

        // The second signer, from another terminal; the engine dies before it can act.
        engine.signal(SIGSTOP);
        const QString words = digestWords(plan(kRestore)->digest).join(u' ');
        QCOMPARE(ctl({u"sign"_s, kRestore, u"--as"_s, u"ai-owner-2"_s, u"--words"_s, words, u"--wait"_s, u"1"_s, u"--profile"_s, profile()}).code, 4);
        engine.killHard();
        QCOMPARE(done(control, u"prompt"_s), 0);
        // Nobody guards the timers now, and the window says so.
        QTRY_VERIFY_WITH_TIMEOUT(widget(u"stale"_s) != nullptr, 20'000);

        Running second;
        QVERIFY(!second.start(u"watchfloorctl"_s, {u"serve"_s, u"--profile"_s, profile()}).isEmpty());
        QTRY_VERIFY_WITH_TIMEOUT(planIs(kRestore, PlanState::Recovered), 240'000);
        QCOMPARE(done(control, u"prompt"_s), 1);
        QCOMPARE(done(control, u"cache/purge"_s), 1);
        QTRY_COMPARE_WITH_TIMEOUT(theCase()->incident.status, IncidentStatus::Recovered, 10'000);
        QVERIFY(std::count_if(plan(kRestore)->windows.begin(), plan(kRestore)->windows.end(), [](const VerifiedWindow& w) { return w.outcome == u"in"; }) >= 3);

        // Export from the keyboard, verified by the other program.
        QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
        const QString folder = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation) + u"/watchfloor-"_s + theCase()->incident.code();
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(folder + u"/checkpoint.json"_s), 20'000);
        const Ran verified = ctl({u"verify"_s, folder});
        QVERIFY2(verified.code == 0, verified.out + verified.err);
        m_window.reset();
        m_console.reset();
        QCOMPARE(second.end(), 0);
    }
};

int main(int argc, char** argv)
{
    // The export goes to the user's documents: a home of the test's own.
    static QTemporaryDir home;
    qputenv("HOME", home.path().toLocal8Bit());
    qputenv("XDG_DATA_HOME", (home.path() + u"/data"_s).toLocal8Bit());
    QApplication app(argc, argv);
    LoopWindow test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_loop_window.moc"
