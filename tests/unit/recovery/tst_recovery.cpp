// SPDX-License-Identifier: GPL-3.0-or-later
// Gates, blast radius, verification windows and timers, over telemetry that the test writes down.
#include "services/recovery/escalation.h"
#include "services/recovery/gate_check.h"
#include "services/recovery/live_measure.h"
#include "services/recovery/verify_window.h"
#include <QTest>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {
constexpr Nanos kNow = 1'790'000'000 * kSecond;

class Telemetry final : public TelemetryQueries {
public:
    std::map<QString, qint64> byValue;
    Where askedWhere;
    SignalCount signal;
    std::map<QString, Answers> touched; ///< "" = all; else the first where value
    Result<SignalCount> count(const QString&, const QString&, Window w, const Where&) override
    {
        lastWindow = w;
        return signal;
    }
    Result<std::map<QString, SignalCount>> countBy(const QString&, const QString&, Window, const QString&, const Where&) override { return std::map<QString, SignalCount>{}; }
    Result<Answers> answers(const QString&, Window, const Where& where) override { return touched[where.empty() ? QString() : where.begin()->second]; }
    Result<std::map<QString, qint64>> answersBy(const QString&, Window, const QString&, const Where& where) override
    {
        askedWhere = where;
        return byValue;
    }
    Result<std::vector<Bucket>> series(const QString&, const QString&, Window, Nanos) override { return std::vector<Bucket>{}; }
    Result<std::vector<TimelineEvent>> changes(const QString&, Window) override { return std::vector<TimelineEvent>{}; }
    Result<std::vector<SourceState>> sources() override { return std::vector<SourceState>{}; }
    Result<StackShare> commonestStack(const QString&, Window) override { return StackShare{}; }
    Window lastWindow;
};

StreamState stream()
{
    StreamState s;
    s.key = {u"f"_s, u"grounded"_s, {}, {}};
    s.def.kind = SignalKind::Rate;
    s.def.better = Better::Higher;
    s.baseline = {0.957, 70'000};
    s.last5min = {0.957, 5'000};
    s.evaluatorLag = 10 * kSecond;
    Alarm a;
    a.current = {0.74, 2'000};
    s.alarm = a;
    return s;
}

Plan waitingPlan(Tier tier, RunbookClass cls)
{
    Plan p;
    p.proposal.id = ProposalId{u"p1"_s};
    p.proposal.title = u"Restore"_s;
    p.proposal.tier = tier;
    p.proposal.cls = cls;
    p.proposal.requester = u"agent:offline"_s;
    p.state = PlanState::Proposed;
    p.queuedAt = kNow;
    return p;
}

Policy policy()
{
    Policy p;
    p.people = {{u"commander-1"_s, {u"commander"_s}, {}, false}, {u"ai-owner-1"_s, {u"ai-owner"_s}, {}, false}, {u"ai-owner-2"_s, {u"ai-owner-deputy"_s}, {}, false}};
    p.ladder = {{u"ai-owner-1"_s, 0}, {u"ai-owner-2"_s, 5 * kMinute}};
    return p;
}
} // namespace

class Recovery : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void gates_data()
    {
        QTest::addColumn<int>("good");
        QTest::addColumn<int>("other");
        QTest::addColumn<int>("seconds");
        QTest::addColumn<int>("state");
        using S = GateReading::State;
        QTest::newRow("too few answers") << 59 << 0 << 10 << int(S::CannotTell);
        QTest::newRow("not there yet") << 42 << 58 << 10 << int(S::Waiting);
        QTest::newRow("there") << 99 << 1 << 10 << int(S::Passed);
        QTest::newRow("just short") << 98 << 2 << 10 << int(S::Waiting);
        QTest::newRow("late") << 42 << 58 << 1201 << int(S::Late);
        QTest::newRow("late and silent") << 0 << 0 << 1201 << int(S::Late);
        QTest::newRow("late but there") << 100 << 0 << 1201 << int(S::Passed);
    }
    void gates()
    {
        QFETCH(int, good);
        QFETCH(int, other);
        QFETCH(int, seconds);
        QFETCH(int, state);
        Telemetry t;
        t.byValue = {{u"v41"_s, good}, {u"v42"_s, other}};
        Gate g;
        g.attribute = u"prompt"_s;
        g.equals = u"v41"_s;
        g.of = u"uncached_answers"_s;
        g.minimum = 60;
        const auto r = readGate(g, u"f"_s, kNow - seconds * kSecond, kNow, t);
        QVERIFY(r);
        QCOMPARE(int(r->state), state);
        QCOMPARE(t.askedWhere[u"handled_by"_s], u"model"_s);
        QCOMPARE(t.askedWhere[u"cached"_s], u"no"_s);
        g.attribute = u"handled_by"_s;
        g.of = u"answers"_s;
        QVERIFY(readGate(g, u"f"_s, kNow, kNow, t));
        QVERIFY(t.askedWhere.empty()); // who handled it is asked of all answers
    }

    void blastRadiusComesFromDataOrIsUnknown()
    {
        Proposal p;
        p.feature = u"f"_s;
        p.steps.resize(2);
        p.steps[0].touches = {u"f"_s, {{u"prompt"_s, u"v42"_s}}};
        p.steps[1].touches = {u"f"_s, {{u"route"_s, u"account"_s}}};
        Telemetry t;
        t.touched[QString()] = {1000, 500, 9, 0, 0, kNow, 0};
        t.touched[u"v42"_s] = {400, 200, 6, 0, 0, kNow, 0};
        t.touched[u"account"_s] = {300, 260, 7, 0, 0, kNow, 0};
        const BlastRadius r = measureRadius(p, t, kNow);
        QVERIFY(r.known);
        QCOMPARE(r.share, 0.4);
        QCOMPARE(r.answers, 400);
        QCOMPARE(r.people, 200);
        t.touched[QString()].last = kNow - 2 * kMinute; // telemetry is gone
        QVERIFY(!measureRadius(p, t, kNow).known);
        t.touched[QString()] = {};
        QVERIFY(!measureRadius(p, t, kNow).known);
    }

    void windows_data()
    {
        QTest::addColumn<double>("rate");
        QTest::addColumn<int>("n");
        QTest::addColumn<int>("seconds");
        QTest::addColumn<QString>("outcome"); // empty = still open
        QTest::newRow("too short") << .957 << 5000 << 30 << QString();
        QTest::newRow("too few") << .957 << 500 << 120 << QString();
        QTest::newRow("back") << .957 << 2000 << 120 << u"in"_s;
        QTest::newRow("out") << .90 << 2000 << 120 << u"out"_s;
        QTest::newRow("worse than before") << .60 << 2000 << 120 << u"worse"_s;
        QTest::newRow("on the edge, once") << .94 << 1300 << 120 << QString();
        QTest::newRow("on the edge, prolonged") << .937 << 3600 << 240 << u"cannot_tell"_s;
        QTest::newRow("nobody evaluates") << .957 << 10 << 1900 << u"cannot_tell"_s;
    }
    void windows()
    {
        QFETCH(double, rate);
        QFETCH(int, n);
        QFETCH(int, seconds);
        QFETCH(QString, outcome);
        Telemetry t;
        t.signal = {n, std::round(rate * n), std::round(rate * n), 0, 0};
        const auto r = readWindow(stream(), 0.02, kNow - seconds * kSecond - 20 * kSecond, kNow, t);
        QVERIFY(r);
        QCOMPARE(r->closed, !outcome.isEmpty());
        if (r->closed) QCOMPARE(r->outcome, outcome);
        QVERIFY(r->required > 1000 && r->required < 1300);
        if (seconds >= 60) QCOMPARE(t.lastWindow.to, kNow - 20 * kSecond); // late evaluations are waited for
    }

    void verdicts()
    {
        const auto list = [](std::initializer_list<const char*> outcomes) {
            std::vector<VerifiedWindow> w;
            for (const char* o : outcomes) w.push_back({u"s"_s, QString::fromLatin1(o), 0, 3, 0, 0, 0, 0, 0, 0, 0});
            return w;
        };
        QCOMPARE(verdictOf(list({"in", "in"}), 3), QString());
        QCOMPARE(verdictOf(list({"in", "out", "in", "in"}), 3), u"recovered"_s);
        QCOMPARE(verdictOf(list({"in", "out", "out"}), 3), u"not_recovered"_s);
        QCOMPARE(verdictOf(list({"cannot_tell", "in", "cannot_tell"}), 3), u"cannot_tell"_s);
        QCOMPARE(verdictOf(list({"in", "in", "worse"}), 3), u"worse"_s);
    }

    void feasibilityIsToldBeforehand()
    {
        Proposal p;
        p.feature = u"f"_s;
        p.verify = {{u"grounded"_s}, 0.02, 3};
        DriftSnapshot d;
        d.streams = {stream()};
        SignalSet set;
        SignalDef def;
        def.feature = u"f"_s;
        def.name = u"grounded"_s;
        set.signalDefs = {def};
        QVERIFY(feasibilityText(p, d, set).contains(u"evaluated answers"_s));
        d.streams[0].baseline.n = 300;
        QVERIFY(feasibilityText(p, d, set).contains(u"too small"_s));
        d.streams.clear();
        QVERIFY(feasibilityText(p, d, set).contains(u"cannot be measured"_s));
        p.verify.signalNames.clear();
        QCOMPARE(feasibilityText(p, d, set), QString());
    }

    void harmFollowsTheSignalsDirection()
    {
        Telemetry t;
        t.touched[u"model"_s] = {400, 0, 0, 0, 0, kNow, 0}; // 20 s window: 1 200 a minute
        StreamState s = stream();
        s.sinceOnset = {0.757, 900};
        QCOMPARE(std::round(*harmAt(s, t, kNow)), 240.0);
        s.def.better = Better::Lower;
        QCOMPARE(*harmAt(s, t, kNow), 0.0);
        s.sinceOnset = {0.977, 900};
        QCOMPARE(std::round(*harmAt(s, t, kNow)), 24.0);
    }

    void timers()
    {
        Case c;
        c.incident.opened = kNow;
        c.incident.suggestedSeverity = 1;
        auto due = runningTimers(c, policy(), kNow);
        QCOMPARE(due.size(), 1u);
        QCOMPARE(due[0].due, kNow + 5 * kMinute); // nobody has taken command

        c.incident.commander = u"commander-1"_s;
        c.incident.severity = 1;
        c.lastUpdate = kNow;
        c.plans = {waitingPlan(Tier::T2, RunbookClass::Contain)};
        due = runningTimers(c, policy(), kNow);
        QCOMPARE(due.size(), 1u); // the owners cannot help with the commander's own signature
        QCOMPARE(due[0].due, kNow + 30 * kMinute);

        c.plans = {waitingPlan(Tier::T3, RunbookClass::RestoreKnownGood)};
        due = runningTimers(c, policy(), kNow);
        QCOMPARE(due.size(), 3u);
        QVERIFY(due[0].rule.startsWith(u"ask:"_s));
        QCOMPARE(due[0].to, u"ai-owner-1"_s);
        QVERIFY(due[1].what.contains(u"late"_s));
        QCOMPARE(due[1].due, kNow + 5 * kMinute);
        c.escalations.push_back({due[0].rule, due[0].to, {}, kNow});
        QCOMPARE(runningTimers(c, policy(), kNow).size(), 2u); // fired once

        c.incident.status = IncidentStatus::Closed;
        QVERIFY(runningTimers(c, policy(), kNow).empty());
    }
};

QTEST_GUILESS_MAIN(Recovery)
#include "tst_recovery.moc"
