// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: what a person does, signed where it must be and appended to the record as an intent. The same for the console and
// for watchfloorctl. Owner: app. Thread: call from any; replies come on the desk's own thread.
#pragma once
#include "app/profile.h"
#include "app/worker.h"
#include "models/domain/ports.h"
#include "services/record/record_db.h"
#include "services/record/signing.h"
#include "services/store/timeline_reader.h"

namespace wf {

class DeskPort final : public Desk {
public:
    static Result<std::unique_ptr<DeskPort>> open(Profile profile, const Clock& clock, std::shared_ptr<const Policy> policy);

    std::vector<Identity> identities() const override;
    void fileReport(const QString& person, const QString& text, Nanos happened, const QString& channel, Reply<qint64> reply) override;
    void addNote(const QString& person, const IncidentId& incident, const QString& text, Nanos happened, Reply<qint64> reply) override;
    void declare(const QString& person, const IncidentId& incident, int severity, Reply<qint64> reply) override;
    void setStatus(const QString& person, const IncidentId& incident, IncidentStatus status, const QString& why, Reply<qint64> reply) override;
    void queueProposal(const QString& person, const ProposalId& proposal, Reply<qint64> reply) override;
    void decide(const SignRequest& request, Reply<qint64> reply) override;
    void ask(const QString& person, const IncidentId& incident, const QString& question, Reply<QString> reply) override;
    void exportIncident(const IncidentId& incident, const QString& folder, Reply<QString> reply) override;
    void exportSigned(const IncidentId& incident, const QString& folder, const QString& passphrase, Reply<QString> reply);

private:
    DeskPort(Profile profile, const Clock& clock, std::shared_ptr<const Policy> policy, KeyRing keys, std::unique_ptr<RecordDb> record);
    Result<qint64> append(const char* kind, const QString& person, const IncidentId& incident, QJsonObject body);
    Result<CaseFile> fold();
    Result<qint64> sign(const SignRequest& request);
    Result<QString> writeExport(const IncidentId& incident, const QString& folder, const QString& passphrase);

    const Profile m_profile;
    const Clock& m_clock;
    const std::shared_ptr<const Policy> m_policy;
    KeyRing m_keys;
    std::unique_ptr<RecordDb> m_record;
    std::unique_ptr<TimelineReader> m_timeline; ///< opened at the first question
    Worker m_worker; // last: ends before what its tasks use
};

} // namespace wf
