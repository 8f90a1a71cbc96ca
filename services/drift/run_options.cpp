// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/drift/run_options.h"
#include "services/drift/drift_command.h"

namespace wf {
using namespace Qt::StringLiterals;

const char* const kDriftRunHelp = R"(watchfloorctl drift run: the console's own detectors over a file

  --input FILE             .csv with a header, or .jsonl
  --kind KIND              binary | numeric | categorical
  --value NAME             the column; dots reach into JSON: signals.correct
  --where K=V …            only rows where all hold
  --order-by NAME[,NAME]   sort first (numbers as numbers); default: as in the file
  --group NAME[,NAME]      one stream per combination of values
  --baseline-rows N        the first N rows of each stream, or
  --baseline-where K=V …   these rows, which then come first
  --arl A                  mean rows between two false alarms of a stream, at least
  --min-effect X           smallest shift that matters: a share for binary and categorical, baseline standard
                           deviations for numeric; default 0
  --method e-sr            mixture of Shiryaev-Roberts e-detectors (the only one, and the default)
  --onset-level L          level of the onset's interval, default 0.99
  --after-alarm stop|reset stop (default): a stream is done after its alarm; reset: go on against the same baseline
  --json                   JSON lines instead of sentences

Rows count from 0 within a stream, baseline included. A row without the value is skipped and counted; a row that is not
well formed, or whose value is not of its kind, ends the run with exit code 3 and file:line: reason. Usage errors: 2.
)";

namespace {
Error usage(const QString& what)
{
    return {Fault::BadInput, what, {}, u"See watchfloorctl drift run --help."_s};
}

Result<double> number(const QString& name, const QString& text, double above, double below)
{
    bool fine = false;
    const double x = text.toDouble(&fine);
    if (!fine || !(x > above) || !(x < below))
        return tl::unexpected(
            usage(u"%1 %2 is not a number between %3 and %4."_s.arg(name, text).arg(above).arg(below)));
    return x;
}

Result<void> matches(const QString& text, std::vector<RunOptions::Match>& into)
{
    const qsizetype at = text.indexOf(u'=');
    if (at <= 0) return tl::unexpected(usage(u"“%1” is not of the form NAME=VALUE."_s.arg(text)));
    into.push_back({text.left(at), text.mid(at + 1)});
    return {};
}

Result<void> apply(RunOptions& o, const QString& name, const QString& value)
{
    const auto real = [&](double& into, double above, double below) -> Result<void> {
        const auto x = number(name, value, above, below);
        if (!x) return tl::unexpected(x.error());
        into = *x;
        return {};
    };
    if (name == u"--input")
        o.input = value;
    else if (name == u"--value")
        o.value = value;
    else if (name == u"--order-by")
        o.orderBy = value.split(u',', Qt::SkipEmptyParts);
    else if (name == u"--group")
        o.group = value.split(u',', Qt::SkipEmptyParts);
    else if (name == u"--where")
        return matches(value, o.where);
    else if (name == u"--baseline-where")
        return matches(value, o.baselineWhere);
    else if (name == u"--arl")
        return real(o.arl, 1, 1e200);
    else if (name == u"--min-effect")
        return real(o.minEffect, -1e-300, 1e6);
    else if (name == u"--onset-level")
        return real(o.onsetLevel, 0, 1);
    else if (name == u"--baseline-rows") {
        double rows = 0;
        const auto done = real(rows, 0, 9e15);
        o.baselineRows = qint64(rows);
        return done;
    } else if (name == u"--kind") {
        static const QStringList kinds{u"binary"_s, u"numeric"_s, u"categorical"_s};
        if (!kinds.contains(value))
            return tl::unexpected(usage(u"--kind %1 is none of %2."_s.arg(value, kinds.join(u", "_s))));
        o.kind = RunOptions::Kind(kinds.indexOf(value));
    } else if (name == u"--after-alarm") {
        if (value != u"stop" && value != u"reset")
            return tl::unexpected(usage(u"--after-alarm %1 is neither stop nor reset."_s.arg(value)));
        o.reset = value == u"reset";
    } else if (name == u"--method") {
        if (value != u"e-sr") return tl::unexpected(usage(u"--method %1 is not known; there is e-sr."_s.arg(value)));
    } else {
        return tl::unexpected(usage(u"%1 is not an option of drift run."_s.arg(name)));
    }
    return {};
}
} // namespace

Result<RunOptions> RunOptions::parse(const QStringList& args)
{
    RunOptions o;
    bool kind = false;
    for (qsizetype i = 0; i < args.size(); ++i) {
        const QString& name = args[i];
        if (name == u"--json") {
            o.json = true;
            continue;
        }
        const bool many = name == u"--where" || name == u"--baseline-where";
        if (i + 1 >= args.size() || args[i + 1].startsWith(u"--")) {
            if (name.startsWith(u"--")) return tl::unexpected(usage(u"%1 needs a value."_s.arg(name)));
            return tl::unexpected(usage(u"“%1” stands alone."_s.arg(name)));
        }
        do {
            if (const auto done = apply(o, name, args[++i]); !done) return tl::unexpected(done.error());
        } while (many && i + 1 < args.size() && !args[i + 1].startsWith(u"--"));
        kind |= name == u"--kind";
    }
    if (o.input.isEmpty()) return tl::unexpected(usage(u"--input is missing."_s));
    if (o.value.isEmpty()) return tl::unexpected(usage(u"--value is missing."_s));
    if (!kind) return tl::unexpected(usage(u"--kind is missing."_s));
    if (o.arl <= 0)
        return tl::unexpected(usage(u"--arl is missing: how many rows between two false alarms, at least?"_s));
    if ((o.baselineRows > 0) == !o.baselineWhere.empty())
        return tl::unexpected(usage(u"Give either --baseline-rows or --baseline-where: what is compared with what?"_s));
    return o;
}

} // namespace wf
