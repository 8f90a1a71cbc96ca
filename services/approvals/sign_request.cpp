// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/approvals/sign_request.h"
#include "models/domain/canonical_json.h"

namespace wf {
using namespace Qt::StringLiterals;

namespace {
/// Plain text that cannot pretend to be another line of the request.
QString line(const QString& text, qsizetype longest = 160)
{
    const QString one = text.simplified();
    return one.size() <= longest ? one : one.left(longest - 1) + u'…';
}

QString whoSigns(Tier tier)
{
    if (tier == Tier::T4) return u"commander, and legal or comms"_s;
    if (tier == Tier::T3) return u"commander or deputy, and ai-owner or ai-owner-deputy"_s;
    return u"commander or deputy"_s;
}

QStringList stepLines(const Proposal& p)
{
    QStringList lines;
    for (size_t i = 0; i < p.steps.size(); ++i) {
        const PlanStep& s = p.steps[i];
        const auto body = canonicalJson(s.action.body);
        lines += u"  %1. %2"_s.arg(i + 1).arg(line(s.title));
        lines += u"     "_s
            + line(s.action.method + u' ' + s.action.base + s.action.path + u' '
                    + (body ? QString::fromUtf8(*body) : QString()),
                240);
        lines += u"     undo: "_s
            + (s.undo.isNull() ? line(u"none: "_s + s.noUndo) : line(s.undo.method + u' ' + s.undo.path));
    }
    return lines;
}
} // namespace

QString signRequestText(const Proposal& p)
{
    const QStringList head{u"WATCHFLOOR asks for your signature: "_s + line(p.title), u"Feature:  "_s + line(p.feature),
        u"Runbook:  %1 %2"_s.arg(line(p.runbookId), line(p.runbookVersion)),
        u"Signed by: %1 (%2)"_s.arg(whoSigns(p.tier), tierName(p.tier)), u"Drafted by: "_s + line(p.requester),
        u"Steps:"_s};
    const QStringList tail{
        u"Ceilings: %1 % of the feature's answers, %2 people"_s.arg(decimal(p.limits.shareOfFeature * 100))
            .arg(p.limits.people),
        u"Expires:  %1"_s.arg(isoText(p.expires)), u"Plan:     "_s + p.id.value, u"Digest:   "_s + p.digest(),
        u"Words:    "_s + digestWords(p.digest()).join(u' '),
        u"Read the six words to each other. Then: watchfloorctl sign %1 --as YOU --words \"…\""_s.arg(p.id.value)};
    QStringList middle = stepLines(p);
    const auto whole = [&] { return (head + middle + tail).join(u'\n'); };
    const QString more = u"  … and more: read the whole plan in the console before you sign."_s;
    while (whole().toUtf8().size() > kSignRequestBytes && middle.size() > 1) {
        middle.removeLast();
        middle.last() = more;
    }
    return whole();
}

Result<NewEntry> signedDecision(Signer& keys, const QString& passphrase, Decision d, const IncidentId& incident)
{
    d.id = freshId<DecisionId>(d.at);
    d.nonce = newUuid7(d.at);
    const auto payload = canonicalJson(d.toJson());
    if (!payload) return tl::unexpected(payload.error());
    const auto envelope = keys.sign(d.person, passphrase, QLatin1StringView(kDecisionPayloadType), *payload);
    if (!envelope) return tl::unexpected(envelope.error());
    return NewEntry{QLatin1StringView(kind::DecisionSigned), d.person, incident.value,
        {{u"proposal"_s, d.proposal.value}, {u"envelope"_s, *envelope}, {u"digest_on_screen"_s, d.proposalDigest}},
        d.at};
}

} // namespace wf
