// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desk_port.h"
#include "models/domain/canonical_json.h"
#include "services/assistant/answer.h"
#include "services/export/export_incident.h"
#include "services/approvals/sign_request.h"
#include "services/store/store_reader.h"
#include <QFile>
#include <QJsonDocument>
#include <QRegularExpression>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
Result<qint64> seqOf(const Result<std::vector<Entry>>& done)
{
    if (!done) return tl::unexpected(done.error());
    return done->back().seq;
}
} // namespace

Result<std::unique_ptr<DeskPort>> DeskPort::open(Profile profile, const Clock& clock, std::shared_ptr<const Policy> policy)
{
    auto keys = KeyRing::open(profile.keys(), policy->sample ? DemoKeys::Allowed : DemoKeys::Refused);
    if (!keys) return tl::unexpected(keys.error());
    auto record = RecordDb::open(profile.record(), clock);
    if (!record) return tl::unexpected(record.error());
    return std::unique_ptr<DeskPort>(new DeskPort(std::move(profile), clock, std::move(policy), std::move(*keys), std::move(*record)));
}

DeskPort::DeskPort(Profile profile, const Clock& clock, std::shared_ptr<const Policy> policy, KeyRing keys, std::unique_ptr<RecordDb> record)
    : m_profile(std::move(profile)), m_clock(clock), m_policy(std::move(policy)), m_keys(std::move(keys)), m_record(std::move(record))
{
}

std::vector<Desk::Identity> DeskPort::identities() const
{
    std::vector<Identity> out;
    for (const QString& id : m_keys.identities())
        if (const Person* p = m_policy->find(id)) out.push_back({id, m_keys.isDemo(id), m_keys.needsPassphrase(id), p->roles});
    return out;
}

Result<qint64> DeskPort::append(const char* what, const QString& person, const IncidentId& incident, QJsonObject body)
{
    return seqOf(m_record->append({{QLatin1StringView(what), person, incident.value, std::move(body), m_clock.now()}}));
}

Result<CaseFile> DeskPort::fold()
{
    CaseFile file;
    for (;;) {
        const auto entries = m_record->after(file.seq);
        if (!entries) return tl::unexpected(entries.error());
        if (entries->empty()) return file;
        for (const auto& e : *entries) file.apply(e);
    }
}

void DeskPort::fileReport(const QString& person, const QString& text, Nanos happened, const QString& channel, Reply<qint64> reply)
{
    m_worker.post([=, this] {
        if (text.trimmed().isEmpty()) return reply(fail(Fault::BadInput, u"The report is empty."_s, {}, u"Write what somebody saw."_s));
        // A report about the one feature that is watched needs no naming of it.
        QString feature;
        if (const auto file = fold(); file && file->current() && file->current()->incident.isOpen()) feature = file->current()->incident.feature;
        if (feature.isEmpty())
            if (auto reader = StoreReader::open(m_profile.events(), m_clock))
                if (const auto snapshot = (*reader)->get(u"drift.snapshot"_s)) {
                    const auto streams = DriftSnapshot::fromJson(QJsonDocument::fromJson(*snapshot).object()).streams;
                    if (!streams.empty()) feature = streams.front().key.feature;
                }
        reply(append(kind::ReportFiled, person, {},
            {{u"text"_s, text}, {u"happened"_s, jsonInt(happened ? happened : m_clock.now())}, {u"channel"_s, channel}, {u"feature"_s, feature}}));
    });
}

void DeskPort::addNote(const QString& person, const IncidentId& incident, const QString& text, Nanos happened, Reply<qint64> reply)
{
    m_worker.post([=, this] {
        reply(append(kind::NoteAdded, person, incident, {{u"text"_s, text}, {u"happened"_s, jsonInt(happened ? happened : m_clock.now())}}));
    });
}

void DeskPort::declare(const QString& person, const IncidentId& incident, int severity, Reply<qint64> reply)
{
    m_worker.post([=, this] {
        if (severity < 1 || severity > 4) return reply(fail(Fault::BadInput, u"There is no SEV %1."_s.arg(severity), {}, u"Choose 1 to 4."_s));
        QString deputy;
        for (const auto& p : m_policy->people)
            if (p.roles.contains(u"deputy"_s) && p.id != person) deputy = p.id;
        reply(append(kind::IncidentDeclared, person, incident, {{u"severity"_s, severity}, {u"commander"_s, person}, {u"deputy"_s, deputy}}));
    });
}

void DeskPort::setStatus(const QString& person, const IncidentId& incident, IncidentStatus status, const QString& why, Reply<qint64> reply)
{
    m_worker.post([=, this] {
        const auto file = fold();
        if (!file) return reply(tl::unexpected(file.error()));
        const Case* c = file->find(incident);
        if (!c) return reply(fail(Fault::NotFound, u"There is no such incident on record."_s));
        if (!mayFollow(c->incident.status, status))
            return reply(fail(Fault::Refused, u"An incident that is %1 cannot become %2."_s.arg(incidentStatusName(c->incident.status), incidentStatusName(status))));
        reply(append(kind::IncidentStatus, person, incident, {{u"status"_s, incidentStatusName(status)}, {u"why"_s, why}}));
    });
}

void DeskPort::queueProposal(const QString& person, const ProposalId& proposal, Reply<qint64> reply)
{
    m_worker.post([=, this] {
        const auto file = fold();
        if (!file) return reply(tl::unexpected(file.error()));
        for (const auto& c : file->cases)
            if (const Plan* p = c.plan(proposal)) {
                if (p->state != PlanState::Draft) return reply(fail(Fault::Conflict, u"“%1” is already %2."_s.arg(p->proposal.title, planStateName(p->state))));
                return reply(append(kind::ProposalQueued, person, c.incident.id, {{u"proposal"_s, proposal.value}, {u"title"_s, p->proposal.title}}));
            }
        reply(fail(Fault::NotFound, u"There is no such proposal on record."_s));
    });
}

Result<qint64> DeskPort::sign(const SignRequest& request)
{
    const auto file = fold();
    if (!file) return tl::unexpected(file.error());
    for (const auto& c : file->cases) {
        const Plan* plan = c.plan(request.proposal);
        if (!plan) continue;
        Decision d;
        d.proposal = request.proposal;
        d.proposalDigest = request.digestOnScreen;
        d.verdict = request.verdict;
        d.person = request.person;
        d.role = request.role;
        d.reason = request.reason;
        d.machine = machineName();
        d.at = m_clock.now();
        auto entry = signedDecision(m_keys, request.passphrase, std::move(d), c.incident.id);
        if (!entry) return tl::unexpected(entry.error());
        return seqOf(m_record->append({std::move(*entry)}));
    }
    return fail(Fault::NotFound, u"There is no such proposal on record."_s, u"Nothing was signed."_s);
}

void DeskPort::decide(const SignRequest& request, Reply<qint64> reply)
{
    m_worker.post([=, this] { reply(sign(request)); });
}

void DeskPort::ask(const QString& person, const IncidentId& incident, const QString& question, Reply<QString> reply)
{
    m_worker.post([=, this] {
        const auto file = fold();
        if (!file) return reply(tl::unexpected(file.error()));
        const Case* c = file->find(incident);
        if (!c) return reply(fail(Fault::NotFound, u"There is no incident to ask about yet."_s));
        (void)append(kind::QuestionAsked, person, incident, {{u"text"_s, question}});
        if (!m_timeline)
            if (auto opened = TimelineReader::open(m_profile.events(), m_clock)) m_timeline = std::move(*opened);
        if (!m_timeline || question.startsWith(u'/')) return reply(answerQuestion(question, *c));
        constexpr int kHits = 5;
        const TimelineKey newest{std::numeric_limits<Nanos>::max(), std::numeric_limits<qint64>::max()};
        // The filter language has its own signs; a question is words.
        static const QRegularExpression notWords(u"[^\\w\\s-]"_s, QRegularExpression::UseUnicodePropertiesOption);
        m_timeline->older({QString(question).remove(notWords).simplified()}, newest, kHits, {}, [=, theCase = *c](const Result<TimelinePage>& page) {
            reply(answerQuestion(question, theCase, page ? page->rows : std::vector<TimelineEvent>{}));
        });
    });
}

Result<QString> DeskPort::writeExport(const IncidentId& incident, const QString& folder, const QString& passphrase)
{
    ExportRequest request;
    request.incident = incident;
    request.policy = *m_policy;
    request.folder = folder;
    request.passphrase = passphrase;
    request.at = m_clock.now();
    for (;;) {
        auto more = m_record->after(request.entries.empty() ? 0 : request.entries.back().seq);
        if (!more) return tl::unexpected(more.error());
        if (more->empty()) break;
        std::move(more->begin(), more->end(), std::back_inserter(request.entries));
    }
    if (request.entries.empty()) return fail(Fault::NotFound, u"The record is empty; there is nothing to export."_s);
    const QString siteKey = request.entries.front().body[u"site_key"_s].toString();
    for (const QString& id : m_keys.identities())
        if (QString::fromLatin1(m_keys.publicKey(id).toHex()) == siteKey) request.signer = id;
    if (request.signer.isEmpty())
        return fail(Fault::NotFound, u"The site's key is not in this profile, so the export's head cannot be signed."_s, u"Nothing was written."_s, u"Export where the site's key is kept."_s);
    if (m_keys.needsPassphrase(request.signer) && passphrase.isEmpty())
        return fail(Fault::Refused, u"The site's key is sealed and signs the head of the export."_s, u"Nothing was written."_s,
            u"Run: watchfloorctl export --profile %1 --out %2 --passphrase-fd 0"_s.arg(m_profile.dir, folder));
    QFile script(u":/export/verify_record.py"_s);
    if (script.open(QIODevice::ReadOnly)) request.verifyScript = script.readAll();
    return wf::exportIncident(request, m_keys);
}

void DeskPort::exportIncident(const IncidentId& incident, const QString& folder, Reply<QString> reply)
{
    exportSigned(incident, folder, {}, std::move(reply));
}

void DeskPort::exportSigned(const IncidentId& incident, const QString& folder, const QString& passphrase, Reply<QString> reply)
{
    m_worker.post([=, this] { reply(writeExport(incident, folder, passphrase)); });
}

} // namespace wf
