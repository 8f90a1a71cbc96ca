// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/runbooks/runbook_command.h"
#include "services/base/files.h"
#include "services/record/signing.h"
#include "services/runbooks/runbook_file.h"
#include "services/runbooks/site_config.h"
#include <QDir>
#include <unistd.h>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
const auto kUsage = u"Usage: watchfloorctl runbook check FILE|DIR\n"
                    "       watchfloorctl runbook sign FILE --as KEY --profile DIR [--passphrase-fd N]\n"_s;

/// One line from a descriptor, so that a passphrase is in no process list and in no history.
Result<QString> passphraseFrom(const QString& descriptor)
{
    bool ok = false;
    const int fd = descriptor.toInt(&ok);
    QByteArray line;
    char c = 0;
    while (ok && line.size() < 4096) {
        const ssize_t n = ::read(fd, &c, 1);
        if (n < 0)
            return fail(Fault::Io, u"The passphrase could not be read from descriptor %1."_s.arg(descriptor),
                u"Nothing was signed."_s);
        if (n == 0 || c == '\n') break;
        line += c;
    }
    if (!ok)
        return fail(
            Fault::BadInput, u"--passphrase-fd wants the number of an open descriptor."_s, u"Nothing was signed."_s);
    return QString::fromUtf8(line);
}

int check(const QString& path, QTextStream& out, QTextStream& err)
{
    QStringList files{path};
    if (QFileInfo(path).isDir()) {
        files.clear();
        for (const QString& name : QDir(path).entryList({u"*.yaml"_s, u"*.yml"_s}, QDir::Files, QDir::Name))
            files += QDir(path).filePath(name);
        if (files.isEmpty()) {
            err << u"There is no runbook (*.yaml) in %1.\n"_s.arg(path);
            return 1;
        }
    }
    int wrong = 0;
    for (const QString& file : files) {
        const auto bytes = readFile(file, 1 << 20);
        const auto runbook = bytes ? parseRunbook(*bytes, file) : Result<Runbook>(tl::unexpected(bytes.error()));
        if (!runbook) {
            err << runbook.error().sentence() << '\n';
            ++wrong;
            continue;
        }
        out << u"%1: fine, %2 %3, %4, %5 step(s), %6\n"_s
                   .arg(file, runbook->id, runbook->version, tierName(runbook->tier()))
                   .arg(runbook->steps.size())
                   .arg(QFile::exists(file + u".sig"_s) ? u"a signature beside it"_s : u"not signed yet"_s);
    }
    return wrong ? 1 : 0;
}

Done sign(const QString& file, const QString& as, const QString& profile, const QString& descriptor)
{
    const auto site = loadSite(profile);
    if (!site) return tl::unexpected(site.error());
    const auto bytes = readFile(file, 1 << 20);
    if (!bytes) return tl::unexpected(bytes.error());
    // What cannot be read can be neither judged nor run, so a signature under it would only mislead.
    const bool isPolicy = QFileInfo(file).fileName() == u"policy.yaml";
    if (isPolicy) {
        const auto policy = parsePolicy(*bytes, file);
        if (!policy) return tl::unexpected(policy.error());
    } else {
        const auto runbook = parseRunbook(*bytes, file);
        if (!runbook) return tl::unexpected(runbook.error());
    }
    const auto ring = KeyRing::open(profile + u"/keys"_s, site->sample ? DemoKeys::Allowed : DemoKeys::Refused);
    if (!ring) return tl::unexpected(ring.error());
    QString passphrase;
    if (!descriptor.isEmpty()) {
        auto text = passphraseFrom(descriptor);
        if (!text) return tl::unexpected(text.error());
        passphrase = *text;
    } else if (ring->identities().contains(as) && ring->needsPassphrase(as)) {
        return fail(Fault::BadInput, u"The key %1 has a passphrase."_s.arg(as), u"Nothing was signed."_s,
            u"Give it with --passphrase-fd N."_s);
    }
    return signFile(*ring, as, passphrase, file);
}
} // namespace

int runbookCommand(const QStringList& args, QTextStream& out, QTextStream& err)
{
    QString file, as, profile, descriptor;
    for (qsizetype i = 1; i < args.size(); ++i) {
        QString* value = args[i] == u"--as" ? &as
            : args[i] == u"--profile"       ? &profile
            : args[i] == u"--passphrase-fd" ? &descriptor
                                            : nullptr;
        if (value && i + 1 < args.size())
            *value = args[++i];
        else if (!value && !args[i].startsWith(u'-') && file.isEmpty())
            file = args[i];
        else
            return err << u"“%1” is not understood here.\n"_s.arg(args[i]) << kUsage, 2;
    }
    if (args.value(0) == u"check" && !file.isEmpty()) return check(file, out, err);
    if (args.value(0) != u"sign" || file.isEmpty() || as.isEmpty() || profile.isEmpty()) {
        (args.value(0) == u"--help" ? out : err) << kUsage;
        return args.value(0) == u"--help" ? 0 : 2;
    }
    if (const auto done = sign(file, as, profile, descriptor); !done) {
        err << done.error().sentence() << '\n';
        return 1;
    }
    out << u"Signed: %1.sig, by %2.\n"_s.arg(file, as);
    return 0;
}

} // namespace wf
