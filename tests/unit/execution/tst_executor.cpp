// SPDX-License-Identifier: GPL-3.0-or-later
// Exactly once, and never blindly again: a target that counts, answers badly, or dies at the wrong moment.
#include "services/execution/executor.h"
#include <QJsonDocument>
#include <QTest>
#include <atomic>

using namespace wf;
using namespace Qt::StringLiterals;

namespace {
/// Keeps entries in memory; may refuse one kind.
class FakeRecord final : public RecordLog {
public:
    Result<std::vector<Entry>> append(std::vector<NewEntry> fresh, std::vector<OutboxRow>) override
    {
        const std::lock_guard lock(mutex);
        std::vector<Entry> out;
        for (auto& n : fresh) {
            if (n.kind == refuse) return fail(Fault::DiskFull, u"the disk is full"_s);
            Entry e;
            e.seq = qint64(entries.size()) + 1;
            e.kind = n.kind;
            e.body = n.body;
            entries.push_back(e);
            out.push_back(e);
        }
        return out;
    }
    Result<std::vector<Entry>> after(qint64, int) override { return std::vector<Entry>{}; }
    Result<std::vector<OutboxRow>> openOutbox() override { return std::vector<OutboxRow>{}; }
    Done closeOutbox(const ExecutionId&) override
    {
        ++closed;
        return {};
    }
    bool changed() override { return false; }
    QStringList kinds() const
    {
        const std::lock_guard lock(mutex);
        QStringList k;
        for (const auto& e : entries) k += e.kind;
        return k;
    }
    QJsonObject last() const
    {
        const std::lock_guard lock(mutex);
        return entries.empty() ? QJsonObject{} : entries.back().body;
    }
    mutable std::mutex mutex;
    std::vector<Entry> entries;
    QString refuse;
    std::atomic<int> closed = 0;
};

/// A flag service in memory. mode says how it misbehaves when told to act.
struct Target {
    enum Mode { Well, Refuses, Conflict, BreaksBefore, BreaksAfter, LosesAnswerAfter, DiesAfter, Gone } mode = Well;
    QString prompt = u"v42"_s;
    int acted = 0, asked = 0;
    QByteArray key, match;
    bool dead = false;
    QStringList recordAtAct; ///< what was on record when the action arrived
    FakeRecord* record = nullptr;

    HttpOutcome operator()(const HttpClientRequest& r)
    {
        using K = HttpOutcome::Kind;
        if (mode == Gone || dead) return {K::NotSent, 0, {}, {}, u"connection refused"_s};
        const QByteArray state = QJsonDocument(QJsonObject{{u"prompt"_s, prompt}}).toJson(QJsonDocument::Compact);
        if (r.method == "GET") return {K::Answered, 200, {{"etag", "\"7\""}}, state, {}};
        ++asked;
        key = r.headers.at("Idempotency-Key");
        if (const auto it = r.headers.find("If-Match"); it != r.headers.end()) match = it->second;
        if (record) recordAtAct = record->kinds();
        const auto act = [&] {
            ++acted;
            prompt = QJsonDocument::fromJson(r.body).object()[u"version"_s].toString();
        };
        switch (mode) {
        case Refuses: return {K::Answered, 422, {}, {}, {}};
        case Conflict: return {K::Answered, 412, {}, {}, {}};
        case BreaksBefore: return {K::Answered, 500, {}, {}, {}};
        case BreaksAfter: act(); return {K::Answered, 500, {}, {}, {}};
        case LosesAnswerAfter: act(); return {K::Unknown, 0, {}, {}, u"end of stream"_s};
        case DiesAfter: act(); dead = true; return {K::Unknown, 0, {}, {}, u"end of stream"_s};
        default: act(); return {K::Answered, 200, {}, "{\"ok\":1}", {}};
        }
    }
};

PlanStep pinStep()
{
    PlanStep s;
    s.id = u"pin"_s;
    s.title = u"pin prompt v41"_s;
    s.action = {u"flags"_s, u"http://127.0.0.1:9/"_s, u"PATCH"_s, u"/features/f/prompt"_s, {{u"version"_s, u"v41"_s}}, {}, {}};
    s.precondition = {u"flags"_s, u"http://127.0.0.1:9"_s, u"GET"_s, u"/features/f"_s, {}, u"/prompt"_s, u"v42"_s};
    return s;
}
} // namespace

class ExecutorTest : public QObject {
    Q_OBJECT

    struct Run { QStringList kinds; QJsonObject last; int closed; };
    static Run run(Target& target, FakeRecord& record, bool startedBefore = false, const QString& refusal = {}, int times = 1)
    {
        const SystemClock clock;
        target.record = &record;
        {
            Executor executor(record, clock, [&](const HttpClientRequest& r) { return target(r); });
            for (int i = 0; i < times; ++i)
                executor.submit({{ExecutionId{u"x1"_s}, ProposalId{u"p"_s}, 0, u"key-1"_s}, u"i"_s, pinStep(), startedBefore, [refusal] { return refusal; }});
            [&] { QTRY_VERIFY(executor.idle()); }();
        }
        return {record.kinds(), record.last(), record.closed};
    }
    const QStringList kBoth{QLatin1StringView(kind::AttemptStarted), QLatin1StringView(kind::AttemptFinished)};
    const QStringList kOnlyFinished{QLatin1StringView(kind::AttemptFinished)};

private Q_SLOTS:
    void runsOnceWithItsKeyAndItsPrecondition()
    {
        Target target;
        FakeRecord record;
        const Run r = run(target, record, false, {}, 3); // submitted again and again
        QCOMPARE(target.acted, 1);
        QCOMPARE(r.kinds, kBoth);
        QCOMPARE(target.recordAtAct, QStringList{QLatin1StringView(kind::AttemptStarted)}); // durable before acting
        QCOMPARE(target.key, QByteArray("key-1"));
        QCOMPARE(target.match, QByteArray("\"7\""));
        QCOMPARE(r.last[u"outcome"_s].toString(), u"executed"_s);
        QCOMPARE(r.last[u"receipt"_s].toString().size(), 64);
        QCOMPARE(r.closed, 1);
    }

    void nothingIsSentWhen_data()
    {
        QTest::addColumn<QString>("holds");
        QTest::addColumn<bool>("gone");
        QTest::addColumn<QString>("refusal");
        QTest::addColumn<QString>("outcome");
        QTest::newRow("the gate says no") << u"v42"_s << false << u"The ceiling is broken."_s << u"failed"_s;
        QTest::newRow("the target holds something else") << u"v40"_s << false << QString() << u"failed"_s;
        QTest::newRow("the target cannot be read") << u"v42"_s << true << QString() << u"failed"_s;
        QTest::newRow("it is already there") << u"v41"_s << false << QString() << u"executed"_s;
    }
    void nothingIsSentWhen()
    {
        QFETCH(QString, holds);
        QFETCH(bool, gone);
        QFETCH(QString, refusal);
        QFETCH(QString, outcome);
        Target target;
        target.prompt = holds;
        target.mode = gone ? Target::Gone : Target::Well;
        FakeRecord record;
        const Run r = run(target, record, false, refusal);
        QCOMPARE(target.asked, 0);
        QCOMPARE(r.kinds, kOnlyFinished);
        QCOMPARE(r.last[u"outcome"_s].toString(), outcome);
        QVERIFY(!r.last[u"why"_s].toString().isEmpty());
    }

    void badAnswersAreDecidedByLooking_data()
    {
        QTest::addColumn<int>("mode");
        QTest::addColumn<QString>("outcome");
        QTest::addColumn<int>("acted");
        QTest::newRow("refuses") << int(Target::Refuses) << u"failed"_s << 0;
        QTest::newRow("changed in between") << int(Target::Conflict) << u"failed"_s << 0;
        QTest::newRow("500, not done") << int(Target::BreaksBefore) << u"failed"_s << 0;
        QTest::newRow("500, done") << int(Target::BreaksAfter) << u"executed"_s << 1;
        QTest::newRow("answer lost, done") << int(Target::LosesAnswerAfter) << u"executed"_s << 1;
        QTest::newRow("answer lost, nobody to ask") << int(Target::DiesAfter) << u"unknown"_s << 1;
    }
    void badAnswersAreDecidedByLooking()
    {
        QFETCH(int, mode);
        QFETCH(QString, outcome);
        QFETCH(int, acted);
        Target target;
        target.mode = Target::Mode(mode);
        FakeRecord record;
        const Run r = run(target, record);
        QCOMPARE(target.asked, 1); // never a second attempt
        QCOMPARE(target.acted, acted);
        QCOMPARE(r.kinds, kBoth);
        QCOMPARE(r.last[u"outcome"_s].toString(), outcome);
    }

    void aRestartLooksBeforeItActs_data()
    {
        QTest::addColumn<QString>("holds");
        QTest::addColumn<bool>("gone");
        QTest::addColumn<int>("asked");
        QTest::addColumn<QString>("outcome");
        QTest::newRow("it had been done") << u"v41"_s << false << 0 << u"executed"_s;
        QTest::newRow("it had not") << u"v42"_s << false << 1 << u"executed"_s;
        QTest::newRow("somebody else changed it") << u"v40"_s << false << 0 << u"unknown"_s;
        QTest::newRow("nobody to ask") << u"v42"_s << true << 0 << u"unknown"_s;
    }
    void aRestartLooksBeforeItActs()
    {
        QFETCH(QString, holds);
        QFETCH(bool, gone);
        QFETCH(int, asked);
        QFETCH(QString, outcome);
        Target target;
        target.prompt = holds;
        target.mode = gone ? Target::Gone : Target::Well;
        FakeRecord record;
        const Run r = run(target, record, true);
        QCOMPARE(target.asked, asked);
        QCOMPARE(r.last[u"outcome"_s].toString(), outcome);
    }

    void withoutADurableStartNothingIsSent()
    {
        Target target;
        FakeRecord record;
        record.refuse = QLatin1StringView(kind::AttemptStarted);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"could not be recorded"_s));
        const Run r = run(target, record);
        QCOMPARE(target.asked, 0);
        QCOMPARE(r.kinds, QStringList());
        QCOMPARE(r.closed, 0); // the row stays for the next start
    }

    void anUnrecordedFinishLeavesTheRowOpen()
    {
        Target target;
        FakeRecord record;
        record.refuse = QLatin1StringView(kind::AttemptFinished);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"could not be recorded"_s));
        const Run r = run(target, record);
        QCOMPARE(target.acted, 1);
        QCOMPARE(r.closed, 0);
    }

    void replayAnswersAreChecked()
    {
        const auto answer = [](const QByteArray& body, int status = 200) {
            return runReplay(pinStep().action, [=](const HttpClientRequest&) { return HttpOutcome{HttpOutcome::Kind::Answered, status, {}, body, {}}; });
        };
        QCOMPARE(answer(R"({"pass":191,"n":200})")->pass, 191);
        QVERIFY(!answer(R"({"pass":201,"n":200})"));
        QVERIFY(!answer(R"({"pass":-1,"n":200})"));
        QVERIFY(!answer("not json"));
        QVERIFY(!answer(R"({"pass":191,"n":200})", 500));
    }
};

QTEST_GUILESS_MAIN(ExecutorTest)
#include "tst_executor.moc"
