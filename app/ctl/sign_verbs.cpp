// SPDX-License-Identifier: GPL-3.0-or-later
// Verbs that sign: approve, reject, hold, and sign for the second signer, who may sit at another terminal.
#include "app/ctl/ctl.h"
#include "app/desk_port.h"
#include "models/domain/canonical_json.h"
#include "services/approvals/sign_request.h"
#include <QDeadlineTimer>
#include <QThread>
#include <future>

namespace wf::ctl {
using namespace Qt::StringLiterals;

namespace {
/// The first role of this person that the quorum still misses, so that nobody has to know role names at night.
QString roleFor(const Plan& plan, const Policy& policy, const Person& person)
{
    const Quorum q = quorumOf(plan.proposal, plan.decisions, policy);
    for (const QString& role : person.roles)
        for (const QString& missing : q.missing)
            if (missing == role || missing.split(u'|').contains(role) || role.startsWith(missing) || missing.contains(role)) return role;
    return person.roles.value(0);
}

/// Waits until the engine has ruled on the signature. NoAnswer: it is on record and will be ruled on when an engine runs.
int awaitRuling(Opened& p, qint64 signedSeq, int seconds, const Io& io)
{
    const QDeadlineTimer deadline(seconds * 1000);
    qint64 seen = signedSeq;
    while (!deadline.hasExpired()) {
        const auto entries = p.record->after(seen);
        if (!entries) return io.fail(entries.error());
        for (const auto& e : *entries) {
            seen = e.seq;
            if (fromJsonInt(e.body[u"signed_seq"_s]) != signedSeq) continue;
            if (e.kind == QLatin1StringView(kind::DecisionAccepted)) {
                io.line({{u"accepted"_s, true}, {u"signatures"_s, e.body[u"have"_s].toInt()}, {u"needed"_s, e.body[u"need"_s].toInt()}, {u"recorded"_s, jsonInt(signedSeq)}});
                return Ok;
            }
            if (e.kind == QLatin1StringView(kind::DecisionRefused)) {
                io.line({{u"accepted"_s, false}, {u"reason"_s, e.body[u"reason"_s].toString()}, {u"recorded"_s, jsonInt(signedSeq)}});
                return Failed;
            }
        }
        QThread::msleep(50);
    }
    io.line({{u"accepted"_s, QJsonValue()}, {u"recorded"_s, jsonInt(signedSeq)},
        {u"reason"_s, u"The signature is on record. No engine has ruled on it yet; it will when one runs."_s}});
    return NoAnswer;
}

int decide(const QString& verb, DecisionVerdict verdict, const QStringList& args, const Io& io)
{
    const bool wordsNeeded = verb == u"sign";
    Options o(verb, wordsNeeded ? u"Answers a signing request. PROPOSAL is an id, its beginning, or the beginning of its digest. Read the six words to the other signer first."_s
                                : u"Decides on a proposal."_s,
        {{u"as"_s, u"Who signs."_s, u"PERSON"_s}, {u"role"_s, u"In which role (default: the one that is missing)."_s, u"ROLE"_s},
            {u"reason"_s, u"Why."_s, u"TEXT"_s}, {u"passphrase-fd"_s, u"Read the key's passphrase from this file descriptor."_s, u"N"_s},
            {u"words"_s, u"The six words, as read aloud; anything else is refused."_s, u"TEXT"_s},
            {u"wait"_s, u"Seconds to wait for the engine's ruling (default 20)."_s, u"N"_s}},
        u"PROPOSAL"_s);
    int code;
    if (!o.parse(args, io, code)) return code;
    auto opened = open(o.profile());
    if (!opened) return io.fail(opened.error());
    Opened& p = **opened;
    const Plan* plan = p.planOf(o.positional().value(0));
    if (!plan) return io.fail({Fault::NotFound, u"There is no such proposal."_s, u"Nothing was signed."_s, u"watchfloorctl proposal list shows them."_s});
    const Person* person = p.site.policy.find(o.value(u"as"_s));
    if (!person) return io.fail({Fault::Refused, u"“%1” is nobody the policy knows."_s.arg(o.value(u"as"_s)), u"Nothing was signed."_s, u"Give --as PERSON."_s});
    const QString words = digestWords(plan->digest).join(u' ');
    if (wordsNeeded && !o.has(u"words"_s)) {
        io.out << signRequestText(plan->proposal) << "\n\nTo sign, repeat with --words \"" << words << "\" once the other signer has read you the same six words.\n";
        io.out.flush();
        return Usage;
    }
    if (o.has(u"words"_s) && o.value(u"words"_s).simplified().toLower() != words)
        return io.fail({Fault::Refused, u"Those are not the words of this proposal, so it is not the one you were read."_s, u"Nothing was signed."_s, u"Ask for the six words again."_s});
    const auto passphrase = o.passphrase();
    if (!passphrase) return io.fail(passphrase.error());
    auto desk = DeskPort::open(p.profile, *p.clock, std::make_shared<Policy>(p.site.policy));
    if (!desk) return io.fail(desk.error());
    std::promise<Result<qint64>> promise;
    (*desk)->decide({person->id, o.value(u"role"_s, roleFor(*plan, p.site.policy, *person)), *passphrase, plan->digest, o.value(u"reason"_s), plan->proposal.id, verdict},
        [&](Result<qint64> r) { promise.set_value(std::move(r)); });
    const auto seq = promise.get_future().get();
    if (!seq) return io.fail(seq.error());
    return awaitRuling(p, *seq, o.value(u"wait"_s, u"20"_s).toInt(), io);
}
} // namespace

int approve(const QStringList& args, const Io& io) { return decide(u"approve"_s, DecisionVerdict::Approve, args, io); }
int reject(const QStringList& args, const Io& io) { return decide(u"reject"_s, DecisionVerdict::Reject, args, io); }
int hold(const QStringList& args, const Io& io) { return decide(u"hold"_s, DecisionVerdict::Hold, args, io); }
int sign(const QStringList& args, const Io& io) { return decide(u"sign"_s, DecisionVerdict::Approve, args, io); }

} // namespace wf::ctl
