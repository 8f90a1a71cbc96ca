// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the verbs of watchfloorctl, one table. Exit codes: 0 done · 1 refused, failed or not verified · 2 wrong arguments ·
// 3 not there (profile, incident, proposal) · 4 no answer in time. Owner: app. Thread: main.
#pragma once
#include "app/profile.h"
#include "models/domain/case_file.h"
#include "services/record/record_db.h"
#include "services/runbooks/site_config.h"
#include <QCommandLineParser>
#include <QJsonArray>
#include <QTextStream>

namespace wf::ctl {

enum Exit { Ok = 0, Failed = 1, Usage = 2, NotThere = 3, NoAnswer = 4 };

struct Io {
    QTextStream& out;
    QTextStream& err;
    QIODevice& outDevice;
    QIODevice& errDevice;
    void line(const QJsonObject& object) const;          ///< one line of compact JSON
    int fail(const Error& error) const;                  ///< writes the sentence, returns the exit code of its fault
    int usage(const QString& sentence) const;
};

/// Options every verb understands, and the parsing they share.
class Options {
public:
    Options(const QString& verb, const QString& description, std::initializer_list<QCommandLineOption> own, const QString& positional = {});
    /// false: an exit code stands in code (help was shown, or the arguments are wrong).
    bool parse(const QStringList& args, const Io& io, int& code);
    bool has(const QString& name) const { return m_parser.isSet(name); }
    QString value(const QString& name, const QString& fallback = {}) const { return m_parser.isSet(name) ? m_parser.value(name) : fallback; }
    QStringList positional() const { return m_parser.positionalArguments(); }
    bool json() const { return has(QStringLiteral("json")); }
    Result<QString> passphrase() const;                  ///< from --passphrase-fd; empty when it was not given
    Profile profile() const { return {value(QStringLiteral("profile"), Profile::defaultDir())}; }

private:
    QString m_verb;
    QCommandLineParser m_parser;
};

/// A profile opened to read its record and, if wanted, to append intents.
struct Opened {
    Profile profile;
    EngineInfo info;           ///< zeros when no engine has run
    std::unique_ptr<Clock> clock;
    SiteConfig site;
    std::unique_ptr<RecordDb> record;
    CaseFile cases;
    Done fold();               ///< what was appended since
    const Case* caseOf(const QString& text) const;        ///< "INC-0001", an id, or "" for the current one
    const Plan* planOf(const QString& text, const Case** home = nullptr) const; ///< an id or its beginning, or a digest's
};
Result<std::unique_ptr<Opened>> open(const Profile& profile);

using Verb = int (*)(const QStringList& args, const Io& io);
int serve(const QStringList&, const Io&);
int status(const QStringList&, const Io&);
int import(const QStringList&, const Io&);
int observations(const QStringList&, const Io&);
int search(const QStringList&, const Io&);
int replay(const QStringList&, const Io&);
int incident(const QStringList&, const Io&);
int proposal(const QStringList&, const Io&);
int approve(const QStringList&, const Io&);
int reject(const QStringList&, const Io&);
int hold(const QStringList&, const Io&);
int sign(const QStringList&, const Io&);
int execute(const QStringList&, const Io&);
int exportVerb(const QStringList&, const Io&);
int profileVerb(const QStringList&, const Io&);

int run(const QStringList& args, QIODevice& out, QIODevice& err);

/// Set by SIGTERM and SIGINT in verbs that run until they are told to end.
bool stopRequested();
void catchSignals();

} // namespace wf::ctl
