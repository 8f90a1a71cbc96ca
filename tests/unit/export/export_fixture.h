// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: a whole small record with real signatures, written entry by entry as the engine would, for the export's
// tests. Owner: tests.
#pragma once
#include "models/domain/canonical_json.h"
#include "models/domain/comparison.h"
#include "services/export/checkpoint.h"
#include "services/export/export_incident.h"
#include "services/record/record_db.h"
#include "services/record/signing.h"
#include <QFile>
#include <QJsonArray>
#include <QTemporaryDir>

namespace wf::test {
using namespace Qt::StringLiterals;

inline const Nanos kDawn = *parseIso(u"2026-11-22T02:57:00Z"_s);

class RecordFixture {
public:
    std::vector<Entry> entries;
    KeyRing keys;
    Policy policy;
    int have = 0;
    QString incident = u"0192f0c0-0000-7000-8000-000000000001"_s;

    explicit RecordFixture(const QString& keyFolder)
        : keys(*KeyRing::open(keyFolder, DemoKeys::Allowed))
    {
        for (const QString& who : {u"demo-site"_s, u"commander-1"_s, u"ai-owner-1"_s})
            if (keys.publicKey(who).isEmpty())
                (void)KeyRing::createKey(keyFolder, who, {}, true, SealCost::Interactive);
        keys = *KeyRing::open(keyFolder, DemoKeys::Allowed);
        policy.sample = true;
        policy.digest = QString(64, u'5');
        policy.people = {{u"commander-1"_s, {u"commander"_s}, keys.publicKey(u"commander-1"_s), true},
            {u"ai-owner-1"_s, {u"ai-owner"_s}, keys.publicKey(u"ai-owner-1"_s), true}};
    }

    Entry& add(const char* kind, const QString& actor, QJsonObject body, double second, bool ofIncident = true)
    {
        Entry e;
        e.seq = qint64(entries.size()) + 1;
        e.t = kDawn + Nanos(second * double(kSecond));
        e.kind = QLatin1StringView(kind);
        e.actor = actor;
        if (ofIncident) e.incident = incident;
        e.body = std::move(body);
        e.previous = entries.empty() ? chainStart() : entries.back().hash;
        e.hash = e.computeHash();
        entries.push_back(std::move(e));
        return entries.back();
    }

    /// As an attacker with write access would: every hash made to fit again.
    void rehash()
    {
        QByteArray previous = chainStart();
        for (Entry& e : entries) {
            e.previous = previous;
            previous = e.hash = e.computeHash();
        }
    }

    void open(const QString& title = u"Support copilot quotes wrong account numbers"_s)
    {
        add(kind::RecordOpened, u"engine"_s,
            {{u"profile"_s, u"sample"_s}, {u"site_key"_s, QString::fromLatin1(keys.publicKey(u"demo-site"_s).toHex())},
                {u"policy_digest"_s, policy.digest}},
            0, false);
        add(kind::IncidentOpened, u"engine"_s,
            {{u"number"_s, 42}, {u"feature"_s, u"support-copilot"_s}, {u"title"_s, title},
                {u"alias"_s, u"Support copilot: wrong answers"_s}, {u"suggested_severity"_s, 1}},
            100);
    }

    Proposal proposal() const
    {
        Proposal p;
        p.id = ProposalId{u"0192f0c0-0000-7000-8000-000000000002"_s};
        p.incident = IncidentId{incident};
        p.title = u"Restore behaviour stack of 22 Nov"_s;
        p.feature = u"support-copilot"_s;
        p.cls = RunbookClass::RestoreKnownGood;
        p.tier = Tier::T3;
        p.runbookId = u"restore-behaviour-stack"_s;
        p.runbookVersion = u"1.4.0"_s;
        p.runbookDigest = QString(64, u'7');
        PlanStep step;
        step.id = u"pin-prompt"_s;
        step.title = u"pin prompt v41"_s;
        step.touches = {u"support-copilot"_s, {{u"prompt"_s, u"v42"_s}}};
        step.action = {u"flags"_s, u"http://127.0.0.1:9"_s, u"PATCH"_s, u"/features/support-copilot/prompt"_s,
            {{u"version"_s, u"v41"_s}}, {}, {}};
        p.steps = {step};
        p.limits = {1.0, 0, 50, 24 * kHour};
        p.verify = {{u"grounded_account_number"_s}, 0.02, 3};
        p.requester = u"agent:offline"_s;
        p.created = kDawn + 200 * kSecond;
        p.expires = p.created + kHour;
        return p;
    }

    void draft()
    {
        const Proposal p = proposal();
        add(kind::ProposalDrafted, u"agent:offline"_s,
            {{u"proposal"_s, p.toJson()}, {u"digest"_s, p.digest()}, {u"replay_good"_s, 191}, {u"replay_n"_s, 200}},
            200);
        add(kind::ProposalQueued, u"agent:offline"_s, {{u"proposal"_s, p.id.value}, {u"title"_s, p.title}}, 201);
    }

    Decision decision(const QString& person, const QString& role, double second) const
    {
        Decision d;
        d.id = DecisionId{u"0192f0c0-0000-7000-8000-00000000000"_s + QString::number(int(second) % 10)};
        d.proposal = proposal().id;
        d.proposalDigest = proposal().digest();
        d.verdict = DecisionVerdict::Approve;
        d.person = person;
        d.role = role;
        d.reason = u"the comparison separates"_s;
        d.nonce = u"nonce-"_s + person;
        d.machine = u"console-1"_s;
        d.at = kDawn + Nanos(second * double(kSecond));
        return d;
    }

    /// signer: whose key really signs.
    void sign(const Decision& d, const QString& signer, double second)
    {
        const auto envelope
            = keys.sign(signer, {}, QLatin1StringView(kDecisionPayloadType), *canonicalJson(d.toJson()));
        const qint64 seq = add(kind::DecisionSigned, d.person,
            {{u"proposal"_s, d.proposal.value}, {u"envelope"_s, *envelope}, {u"digest_on_screen"_s, d.proposalDigest}},
            second)
                               .seq;
        add(kind::DecisionAccepted, d.person,
            {{u"proposal"_s, d.proposal.value}, {u"signed_seq"_s, jsonInt(seq)}, {u"decision"_s, d.toJson()},
                {u"have"_s, ++have}, {u"need"_s, 2}},
            second + 0.1);
    }

    void setState(const QString& state, double second)
    {
        add(kind::ProposalState, u"engine"_s,
            {{u"proposal"_s, proposal().id.value}, {u"state"_s, state}, {u"why"_s, QString()}}, second);
    }

    void runStep(double second)
    {
        const QString proposalId = proposal().id.value, execution = u"0192f0c0-0000-7000-8000-000000000005"_s;
        add(kind::StepQueued, u"engine"_s,
            {{u"execution"_s, execution}, {u"proposal"_s, proposalId}, {u"step"_s, 0}, {u"key"_s, u"k1"_s}}, second);
        add(kind::AttemptStarted, u"engine"_s,
            {{u"execution"_s, execution}, {u"proposal"_s, proposalId}, {u"step"_s, 0}, {u"key"_s, u"k1"_s},
                {u"method"_s, u"PATCH"_s}, {u"url"_s, u"http://127.0.0.1:9/features/support-copilot/prompt"_s},
                {u"body"_s, QJsonObject{{u"version"_s, u"v41"_s}}}},
            second + 0.2);
        add(kind::AttemptFinished, u"engine"_s,
            {{u"execution"_s, execution}, {u"proposal"_s, proposalId}, {u"step"_s, 0},
                {u"title"_s, u"pin prompt v41"_s}, {u"outcome"_s, u"executed"_s}, {u"status"_s, 200},
                {u"receipt"_s, QString(64, u'9')}},
            second + 0.5);
    }

    ExportRequest request(const QString& folder) const
    {
        return {IncidentId{incident}, entries, policy, folder, u"demo-site"_s, {}, {}, kDawn + 3600 * kSecond};
    }
};

inline Evidence sealedEvidence(
    int number, const QString& kind, const QString& title, const QJsonObject& result, double from, double to)
{
    Evidence e{number, kind, title, {{u"op"_s, kind}}, result, kDawn + Nanos(from * double(kSecond)),
        kDawn + Nanos(to * double(kSecond)), kDawn + 160 * kSecond, {}};
    e.seal();
    return e;
}

/// Everything the report has a section for.
inline void tellWholeStory(RecordFixture& f)
{
    f.open();
    Alarm a;
    a.id = u"a1"_s;
    a.stream = {u"support-copilot"_s, u"grounded_account_number"_s, {}, {}};
    a.at = kDawn + 95 * kSecond;
    a.raised = kDawn + 100 * kSecond;
    a.baseline = {0.957, 3100};
    a.current = {0.73, 800};
    a.effect = -0.227;
    a.coverage = 0.83;
    a.onset = {kDawn + 62 * kSecond, kDawn + 58 * kSecond, kDawn + 70 * kSecond, 0.99};
    f.add(kind::AlarmRaised, u"engine"_s, a.toJson(), 100.1);
    f.add(kind::ReportFiled, u"desk"_s,
        {{u"text"_s, u"Wrong number <b>again</b> | see [here](http://evil.example) @all\u202E"_s},
            {u"happened"_s, jsonInt(kDawn + 72 * kSecond)}, {u"channel"_s, u"support desk"_s},
            {u"feature"_s, u"support-copilot"_s}},
        180);
    f.add(kind::IncidentDeclared, u"commander-1"_s,
        {{u"severity"_s, 1}, {u"commander"_s, u"commander-1"_s}, {u"deputy"_s, u"commander-2"_s},
            {u"bridge"_s, u"room 4"_s}},
        120);
    f.add(kind::IncidentStatus, u"engine"_s,
        {{u"status"_s, u"contained"_s}, {u"why"_s, u"75 % of questions go to people"_s}}, 150);
    f.add(kind::HarmMeasured, u"engine"_s,
        {{u"per_minute_before"_s, u"54"_s}, {u"per_minute"_s, u"13"_s}, {u"seconds_to_effect"_s, u"8"_s}}, 158);
    const Comparison c{
        u"grounded_account_number"_s, u"prompt"_s, true, true, {u"v42"_s, 3146, 2246, 2246}, {u"v41"_s, 237, 227, 227}};
    const std::vector<Evidence> evidence{
        sealedEvidence(
            1, u"comparison"_s, u"grounded_account_number by prompt in the same minutes"_s, c.toJson(), 60, 160),
        sealedEvidence(2, u"change"_s, u"Retrieval kb-11-21 → kb-11-22"_s,
            {{u"to"_s, u"kb-11-22"_s}, {u"summary"_s, u"Nightly re-index"_s}, {u"actor"_s, u"kb-indexer"_s},
                {u"key"_s, u"c1"_s}},
            10, 10)};
    for (const Evidence& e : evidence)
        f.add(kind::EvidenceAdded, u"agent:offline"_s, e.toJson(), 160);
    Claim good;
    good.id = ClaimId{u"0192f0c0-0000-7000-8000-0000000000c1"_s};
    good.author = u"agent:offline"_s;
    good.kind = u"cause"_s;
    good.text = u"The fall was caused by prompt v42: without it, on v41, answers stay at 95.8 %."_s;
    good.citations = {{1, u"v42"_s, {}}, {1, u"v41"_s, {}},
        {1, {}, FigureCitation{u"ratio"_s, {u"/without/good"_s, u"/without/n"_s}, 95.8, 0.05, u"%"_s, u"95.8 %"_s}}};
    Claim bad = good;
    bad.id = ClaimId{u"0192f0c0-0000-7000-8000-0000000000c2"_s};
    bad.kind = u"hearsay"_s;
    bad.text = u"The retrieval index lost 4 % of its documents."_s;
    bad.citations = {{2, u"The retrieval index lost 4 % of its documents"_s, {}}};
    for (const Claim& k : {good, bad})
        f.add(kind::ClaimMade, u"agent:offline"_s, checkClaim(k, evidence).toJson(), 161);
    f.add(kind::HypothesisSet, u"agent:offline"_s,
        Hypothesis{u"prompt"_s, HypothesisState::Supported, good.text, {1}}.toJson(), 162);
    f.add(kind::HypothesisSet, u"agent:offline"_s,
        Hypothesis{u"tools"_s, HypothesisState::NotChecked, u"The tool registry has been silent for 6 h."_s, {}}
            .toJson(),
        162);
    f.draft();
    f.sign(f.decision(u"commander-1"_s, u"commander"_s, 210), u"commander-1"_s, 210);
    f.add(kind::DecisionRefused, u"engine"_s,
        {{u"signed_seq"_s, 1}, {u"proposal"_s, f.proposal().id.value}, {u"person"_s, u"commander-1"_s},
            {u"role"_s, u"ai-owner"_s}, {u"reason"_s, u"commander-1 does not hold the role ai-owner."_s}},
        214);
    f.sign(f.decision(u"ai-owner-1"_s, u"ai-owner"_s, 220), u"ai-owner-1"_s, 220);
    f.add(kind::EscalationFired, u"engine"_s,
        {{u"rule"_s, u"signature late"_s}, {u"to"_s, u"ai-owner-2"_s},
            {u"why"_s, u"ai-owner-1 had not signed after 5 min"_s}},
        219);
    f.setState(u"approved"_s, 221);
    f.setState(u"running"_s, 221.5);
    f.runStep(222);
    f.add(kind::GatePassed, u"engine"_s,
        {{u"proposal"_s, f.proposal().id.value}, {u"step"_s, 0}, {u"share_good"_s, 991}, {u"share_n"_s, 1000}}, 260);
    f.setState(u"verifying"_s, 261);
    f.add(kind::WindowVerified, u"engine"_s,
        {{u"proposal"_s, f.proposal().id.value}, {u"signal"_s, u"grounded_account_number"_s}, {u"window"_s, 1},
            {u"of"_s, 3}, {u"outcome"_s, u"in"_s}, {u"good"_s, 1050}, {u"n"_s, 1100}, {u"low"_s, u"-0.018"_s},
            {u"high"_s, u"0.014"_s}},
        330);
}

inline QByteArray readAll(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

inline bool writeAll(const QString& path, const QByteArray& bytes)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly | QIODevice::Truncate) && file.write(bytes) == bytes.size();
}

/// In place: truncating and rewriting thousands of times would wait for the disk each time.
inline bool writeByte(const QString& path, qsizetype at, char byte)
{
    QFile file(path);
    return file.open(QIODevice::ReadWrite) && file.seek(at) && file.write(&byte, 1) == 1;
}

} // namespace wf::test
