// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/ctl/ctl.h"
#include "services/drift/drift_command.h"
#include "services/export/verify_command.h"
#include "services/runbooks/runbook_command.h"
#include "services/simulator/simulator.h"
#include <QFile>
#include <QJsonDocument>
#include <csignal>

namespace wf::ctl {
using namespace Qt::StringLiterals;

namespace {
volatile std::sig_atomic_t g_stop = 0;

int simulateVerb(const QStringList& args, const Io& io)
{
    return sim::simulateMain(args, io.out, io.err);
}

int drift(const QStringList& args, const Io& io)
{
    if (args.value(0) != u"run") return io.usage(u"Say which: drift run."_s);
    return driftRun(args.mid(1), io.outDevice, io.errDevice);
}

int verify(const QStringList& args, const Io& io)
{
    return verifyCommand(args, io.out, io.err);
}

int runbook(const QStringList& args, const Io& io)
{
    return runbookCommand(args, io.out, io.err);
}

struct Entry { const char16_t* name; Verb verb; const char16_t* help; };
constexpr Entry kVerbs[] = {
    {u"serve", serve, u"run the engine of a profile without a window"},
    {u"status", status, u"sources, engine and record of a profile"},
    {u"profile", profileVerb, u"profile init DIR: make a profile of your own"},
    {u"simulate", simulateVerb, u"play a simulated AI feature"},
    {u"replay", replay, u"play a whole sample incident without a window"},
    {u"import", import, u"bring in CSV or JSONL with a mapping"},
    {u"observations", observations, u"stream stored observations"},
    {u"search", search, u"search the timeline"},
    {u"drift", drift, u"drift run: the engine over a file, alarms as JSON"},
    {u"incident", incident, u"list, show, declare, status, report, note, ask"},
    {u"proposal", proposal, u"list, show, queue, request"},
    {u"approve", approve, u"sign a proposal"},
    {u"reject", reject, u"reject a proposal"},
    {u"hold", hold, u"put a proposal on hold"},
    {u"sign", sign, u"answer a signing request as the second signer"},
    {u"execute", execute, u"execute list: what ran, with receipts"},
    {u"export", exportVerb, u"write report.md and record.jsonl of an incident"},
    {u"verify", verify, u"verify an export offline"},
    {u"runbook", runbook, u"check or sign runbooks"},
};

int help(const Io& io, int code)
{
    QTextStream& to = code ? io.err : io.out;
    to << "watchfloorctl VERB [options]\n\n";
    for (const auto& v : kVerbs) to << "  " << QString::fromUtf16(v.name).leftJustified(14) << QString::fromUtf16(v.help) << "\n";
    to << "\nEach verb has --help. Exit codes: 0 done, 1 refused or failed, 2 wrong arguments, 3 not there, 4 no answer in time.\n";
    to.flush();
    return code;
}
} // namespace

void Io::line(const QJsonObject& object) const
{
    out << QJsonDocument(object).toJson(QJsonDocument::Compact) << "\n";
    out.flush();
}

int Io::fail(const Error& error) const
{
    err << error.sentence() << "\n";
    err.flush();
    if (error.fault == Fault::NotFound) return NotThere;
    return error.fault == Fault::Timeout ? NoAnswer : Failed;
}

int Io::usage(const QString& sentence) const
{
    err << sentence << "\n";
    err.flush();
    return Usage;
}

Options::Options(const QString& verb, const QString& description, std::initializer_list<QCommandLineOption> own, const QString& positional)
    : m_verb(verb)
{
    m_parser.setApplicationDescription(description);
    m_parser.addOption({u"profile"_s, u"The profile's folder (default: %1)."_s.arg(Profile::defaultDir()), u"DIR"_s});
    m_parser.addOption({u"json"_s, u"Machine-readable output."_s});
    m_parser.addOption({u"help"_s, u"This text."_s});
    for (const auto& o : own) m_parser.addOption(o);
    if (!positional.isEmpty()) m_parser.addPositionalArgument(positional, {}, positional);
}

bool Options::parse(const QStringList& args, const Io& io, int& code)
{
    if (!m_parser.parse(QStringList{u"watchfloorctl "_s + m_verb} + args)) {
        code = io.usage(m_parser.errorText() + u" See watchfloorctl %1 --help."_s.arg(m_verb));
        return false;
    }
    if (m_parser.isSet(u"help"_s)) {
        io.out << m_parser.helpText().replace(QCoreApplication::applicationFilePath(), u"watchfloorctl"_s) << "\n";
        io.out.flush();
        code = Ok;
        return false;
    }
    return true;
}

Result<QString> Options::passphrase() const
{
    if (!has(u"passphrase-fd"_s)) return QString();
    QFile f;
    if (!f.open(value(u"passphrase-fd"_s).toInt(), QIODevice::ReadOnly))
        return wf::fail(Fault::BadInput, u"File descriptor %1 cannot be read."_s.arg(value(u"passphrase-fd"_s)), u"Nothing was signed."_s);
    return QString::fromUtf8(f.readLine()).trimmed();
}

Done Opened::fold()
{
    for (;;) {
        const auto entries = record->after(cases.seq);
        if (!entries) return tl::unexpected(entries.error());
        if (entries->empty()) return {};
        for (const auto& e : *entries) cases.apply(e);
    }
}

const Case* Opened::caseOf(const QString& text) const
{
    if (text.isEmpty()) return cases.current();
    for (const auto& c : cases.cases)
        if (c.incident.code().compare(text, Qt::CaseInsensitive) == 0 || c.incident.id.value == text) return &c;
    return nullptr;
}

const Plan* Opened::planOf(const QString& text, const Case** home) const
{
    if (text.isEmpty()) return nullptr;
    for (const auto& c : cases.cases)
        for (const auto& p : c.plans)
            if (p.proposal.id.value.startsWith(text) || p.digest.startsWith(text) || p.proposal.runbookId == text) {
                if (home) *home = &c;
                return &p;
            }
    return nullptr;
}

Result<std::unique_ptr<Opened>> open(const Profile& profile)
{
    auto o = std::make_unique<Opened>();
    o->profile = profile;
    auto site = loadSite(profile.dir);
    if (!site) return tl::unexpected(site.error());
    o->site = std::move(*site);
    o->info = EngineInfo::read(profile).value_or(EngineInfo{});
    o->clock = o->info.clock();
    auto record = RecordDb::open(profile.record(), *o->clock);
    // What only looks works on a read-only disk as well; what appends is refused when it tries.
    if (!record && record.error().fault == Fault::ReadOnly) record = RecordDb::open(profile.record(), *o->clock, {sql::Access::ReadOnly});
    if (!record) return tl::unexpected(record.error());
    o->record = std::move(*record);
    if (auto folded = o->fold(); !folded) return tl::unexpected(folded.error());
    return o;
}

bool stopRequested()
{
    return g_stop != 0;
}

void catchSignals()
{
    std::signal(SIGTERM, [](int) { g_stop = 1; });
    std::signal(SIGINT, [](int) { g_stop = 1; });
    std::signal(SIGXFSZ, SIG_IGN); // a limit on file sizes is a full disk: refused writes, not a dead engine
}

int run(const QStringList& args, QIODevice& outDevice, QIODevice& errDevice)
{
    QTextStream out(&outDevice), err(&errDevice);
    const Io io{out, err, outDevice, errDevice};
    const QString name = args.value(0);
    if (name == u"--help" || name == u"help") return help(io, Ok);
    if (name == u"--version") {
        out << "watchfloorctl " << QCoreApplication::applicationVersion() << "\n";
        return Ok;
    }
    for (const auto& v : kVerbs)
        if (name == QStringView(v.name)) return v.verb(args.mid(1), io);
    if (!name.isEmpty()) err << u"There is no verb “%1”.\n\n"_s.arg(name);
    return help(io, Usage);
}

} // namespace wf::ctl
