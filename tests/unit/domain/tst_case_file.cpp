// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/domain/canonical_json.h"
#include "models/domain/incident_rules.h"
#include "models/domain/ports.h"
#include <QRandomGenerator>
#include <QTest>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {
/// Appends as the record does, without a disk.
struct Log {
    CaseFile file;
    std::vector<Entry> entries;
    Nanos t = 1'790'000'000 * kSecond;
    void add(const char* kind, const QString& incident, QJsonObject body, const QString& actor = u"engine"_s)
    {
        Entry e;
        e.seq = qint64(entries.size()) + 1;
        e.t = t += kSecond;
        e.kind = QLatin1StringView(kind);
        e.actor = actor;
        e.incident = incident;
        e.body = std::move(body);
        entries.push_back(e);
        file.apply(e);
    }
    void add(const std::vector<NewEntry>& list)
    {
        for (const auto& n : list) add(n.kind.toLatin1().constData(), n.incident, n.body, n.actor);
    }
};

Alarm sampleAlarm(const QString& id, Nanos onset)
{
    Alarm a;
    a.id = id;
    a.stream = {u"support-copilot"_s, u"grounded"_s, {}, {}};
    a.at = a.raised = onset + 30 * kSecond;
    a.onset = {onset, onset - 5 * kSecond, onset + 5 * kSecond, 0.99};
    a.baseline = {0.957, 70000};
    a.current = {0.74, 400};
    a.effect = -0.217;
    return a;
}

SignalDef signalDef()
{
    SignalDef d;
    d.name = u"grounded"_s;
    d.title = u"Answers with the right account number"_s;
    d.suggestedSeverity = 1;
    return d;
}
} // namespace

class CaseFileTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void alarmOpensOneIncidentAndAReplayChangesNothing()
    {
        Log log;
        const Alarm a = sampleAlarm(u"a1"_s, log.t);
        log.add(entriesForAlarm(log.file, a, signalDef(), log.t));
        QCOMPARE(log.file.cases.size(), 1u);
        const Case& c = log.file.cases[0];
        QCOMPARE(c.incident.status, IncidentStatus::Detected);
        QCOMPARE(c.incident.title, u"Support copilot: fewer answers with the right account number"_s);
        QCOMPARE(c.incident.code(), u"INC-0001"_s);
        QCOMPARE(c.incident.onset->at, a.onset.at);
        QVERIFY(entriesForAlarm(log.file, a, signalDef(), log.t).empty());
        // A second signal attaches; the earlier onset stands.
        log.add(entriesForAlarm(log.file, sampleAlarm(u"a2"_s, a.onset.at + kMinute), signalDef(), log.t));
        QCOMPARE(log.file.cases.size(), 1u);
        QCOMPARE(log.file.cases[0].incident.alarms.size(), 2u);
        QCOMPARE(log.file.cases[0].incident.onset->at, a.onset.at);
    }

    void aSliceAlarmAloneOpensNothing()
    {
        Log log;
        Alarm a = sampleAlarm(u"a1"_s, log.t);
        a.stream.dimension = u"prompt"_s;
        a.stream.value = u"v42"_s;
        QVERIFY(entriesForAlarm(log.file, a, signalDef(), log.t).empty());
    }

    void aReportBeforeAnyIncidentIsKeptAndAttached()
    {
        Log log;
        log.add(kind::ReportFiled, {}, {{u"text"_s, u"wrong account"_s}, {u"feature"_s, u"support-copilot"_s}}, u"bank-partner"_s);
        QCOMPARE(log.file.looseReports.size(), 1u);
        log.add(entriesForLooseReports(log.file, log.t));
        QCOMPARE(log.file.looseReports.size(), 0u);
        QCOMPARE(log.file.cases.at(0).reports.size(), 1u);
        QVERIFY(entriesForLooseReports(log.file, log.t).empty());
        // The next report, and the alarm, find the open incident.
        log.add(kind::ReportFiled, {}, {{u"text"_s, u"me too"_s}, {u"feature"_s, u"support-copilot"_s}});
        QCOMPARE(log.file.cases.at(0).reports.size(), 2u);
        log.add(entriesForAlarm(log.file, sampleAlarm(u"a1"_s, log.t), signalDef(), log.t));
        QCOMPARE(log.file.cases.size(), 1u);
        QCOMPARE(log.file.cases[0].incident.suggestedSeverity, 1);
    }

    void statusTableIsObeyed()
    {
        Log log;
        log.add(entriesForAlarm(log.file, sampleAlarm(u"a1"_s, log.t), signalDef(), log.t));
        const QString id = log.file.cases[0].incident.id.value;
        log.add(kind::IncidentStatus, id, {{u"status"_s, u"recovered"_s}}); // not from detected
        QCOMPARE(log.file.cases[0].incident.status, IncidentStatus::Detected);
        log.add(kind::IncidentDeclared, id, {{u"severity"_s, 1}, {u"commander"_s, u"commander-1"_s}});
        QCOMPARE(log.file.cases[0].incident.status, IncidentStatus::Declared);
        QCOMPARE(log.file.cases[0].incident.commander, u"commander-1"_s);
        log.add(kind::IncidentStatus, id, {{u"status"_s, u"contained"_s}});
        QCOMPARE(log.file.cases[0].incident.status, IncidentStatus::Contained);
        QVERIFY(log.file.cases[0].incident.contained > 0);
    }

    void everyStatusNameReadsBack()
    {
        for (int s = 0; s <= int(IncidentStatus::Reopened); ++s)
            QCOMPARE(int(*incidentStatusFromName(incidentStatusName(IncidentStatus(s)))), s);
    }

    void strangeEntriesNeverHurt()
    {
        // A newer writer's kinds, intents for incidents that do not exist, bodies of the wrong shape.
        QRandomGenerator rng(11);
        const QStringList kinds{u"alarm.raised"_s, u"incident.opened"_s, u"incident.status"_s, u"decision.accepted"_s, u"step.queued"_s,
            u"attempt.finished"_s, u"window.verified"_s, u"proposal.drafted"_s, u"claim.made"_s, u"evidence.added"_s, u"from.the.future"_s};
        Log log;
        for (int i = 0; i < 3000; ++i) {
            QJsonObject body{{u"proposal"_s, i % 3 ? QJsonValue(u"x"_s) : QJsonValue(QJsonObject{})}, {u"step"_s, int(rng.bounded(5)) - 2}, {u"severity"_s, u"high"_s}};
            const QString incident = rng.bounded(2) ? u"i1"_s : u"missing"_s;
            log.add(kinds[rng.bounded(int(kinds.size()))].toLatin1().constData(), incident, body);
            timelineEventOf(log.entries.back());
        }
        QCOMPARE(log.file.seq, 3000);
    }

    void liveFiguresAndSnapshotReadBack()
    {
        LiveFigures f;
        f.at = 1'790'000'000'123'456'789;
        f.harmPerMinute = 54.25;
        f.radius[u"p"_s] = {0.4, 10, 2, 100, 12.5, 7, true};
        f.stack.push_back({Layer::Prompt, u"v41"_s, u"v42 58 %"_s, 0.58, true, u"why"_s, HypothesisState::Supported, {22}});
        f.timers.push_back({u"r"_s, u"to"_s, u"what"_s, 5});
        const LiveFigures g = LiveFigures::fromJson(f.toJson());
        QCOMPARE(g.at, f.at);
        QCOMPARE(g.harmPerMinute, 54.25);
        QCOMPARE(g.stack.at(0).evidence, std::vector<int>{22});
        QCOMPARE(g.timers.at(0).due, 5);
        QCOMPARE(g.radius.at(u"p"_s).share, 0.4);

        DriftSnapshot s;
        StreamState st;
        st.key = {u"f"_s, u"s"_s, u"prompt"_s, u"v42"_s};
        st.state = DriftState::Alarm;
        st.alarm = sampleAlarm(u"a"_s, 99);
        st.spark = {0.5f, std::nanf("")};
        s.streams.push_back(st);
        const DriftSnapshot r = DriftSnapshot::fromJson(s.toJson());
        QCOMPARE(r.streams.at(0).key, st.key);
        QCOMPARE(r.streams[0].alarm->onset.at, 99);
        QVERIFY(std::isnan(r.streams[0].spark.at(1)));
    }
};

QTEST_GUILESS_MAIN(CaseFileTest)
#include "tst_case_file.moc"
