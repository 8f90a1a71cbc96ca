// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/recovery/verify_window.h"
#include "models/domain/stats/equivalence.h"

namespace wf {
using namespace Qt::StringLiterals;

namespace {
QString thousands(qint64 n)
{
    return QLocale::c().toString(n).replace(u',', QChar(0x202f));
}

double marginOf(const VerifySpec& spec, const StreamState& s)
{
    // A runbook states its margin as a share; a numeric signal's margin is the signal's own, in standard deviations.
    return s.def.kind == SignalKind::Rate ? spec.margin : s.def.margin * s.baselineSd;
}

const StreamState* wholeStream(const DriftSnapshot& drift, const QString& feature, const QString& signal)
{
    return drift.find({feature, signal, {}, {}});
}

/// Shown to be worse than the harm that was seen before: the plan has made it worse.
bool worseThanBefore(const StreamState& s, const SignalCount& c)
{
    if (!s.alarm || s.def.kind != SignalKind::Rate || s.alarm->current.n == 0) return false;
    const Figure& before = s.alarm->current;
    const Interval d = stats::newcombeDifference(c.sum, double(c.n), before.mean * double(before.n), double(before.n));
    return s.def.better == Better::Lower ? d.low > 0 : d.high < 0;
}

stats::EquivalenceResult test(const StreamState& s, const SignalCount& c, double margin)
{
    if (s.def.kind == SignalKind::Rate)
        return stats::equivalentRates(std::llround(c.sum), c.n, std::llround(s.baseline.mean * double(s.baseline.n)), s.baseline.n, margin);
    stats::Moments baseline;
    baseline.n = s.baseline.n;
    baseline.mean = s.baseline.mean;
    baseline.m2 = s.baselineSd * s.baselineSd * double(std::max<qint64>(0, s.baseline.n - 1));
    return stats::equivalentMeans(stats::Moments::fromSums(c.n, c.sum, c.sumSquares), baseline, margin);
}
} // namespace

qint64 requiredEvaluated(const StreamState& s, double margin)
{
    return s.def.kind == SignalKind::Rate ? stats::requiredPerWindow(s.baseline.mean, margin, 0.9, 0.05, s.baseline.n)
                                          : stats::requiredPerWindowMean(s.baselineSd, margin, 0.9, 0.05, s.baseline.n);
}

QString feasibilityText(const Proposal& proposal, const DriftSnapshot& drift, const SignalSet& signalSet)
{
    if (proposal.verify.signalNames.isEmpty()) return {};
    const QString name = proposal.verify.signalNames.front();
    const StreamState* s = wholeStream(drift, proposal.feature, name);
    if (!s || !signalSet.find(proposal.feature, name)) return u"%1 is not watched, so recovery cannot be measured"_s.arg(name);
    const qint64 need = requiredEvaluated(*s, marginOf(proposal.verify, *s));
    if (need < 0) return u"the baseline of %1 is too small to prove recovery"_s.arg(name);
    const double perSecond = double(s->last5min.n) / 300.0;
    if (perSecond <= 0) return u"%1 evaluated answers a window; none arrive now"_s.arg(thousands(need));
    const Nanos span = std::max<Nanos>(kShortestWindow, Nanos(double(need) / perSecond) * kSecond);
    return u"%1 × %2 evaluated answers, %3 each at this traffic"_s.arg(proposal.verify.windows).arg(thousands(need), ageText(span));
}

Result<WindowReading> readWindow(const StreamState& s, double margin, Nanos from, Nanos now, TelemetryQueries& queries)
{
    WindowReading r;
    r.required = requiredEvaluated(s, s.def.kind == SignalKind::Rate ? margin : s.def.margin * s.baselineSd);
    const Nanos upTo = now - std::max<Nanos>(s.evaluatorLag * 2, kSecond);
    r.span = {from, std::max(from, upTo)};
    if (upTo - from < kShortestWindow) return r;
    const auto counted = queries.count(s.key.feature, s.key.signal, r.span);
    if (!counted) return tl::unexpected(counted.error());
    r.n = counted->n;
    r.good = std::llround(counted->sum);
    const bool overdue = upTo - from >= kLongestWindow;
    if (r.required < 0 || (r.n < r.required && !overdue)) {
        r.closed = r.required < 0;
        if (r.closed) r.outcome = u"cannot_tell"_s;
        return r;
    }
    const auto result = test(s, *counted, s.def.kind == SignalKind::Rate ? margin : s.def.margin * s.baselineSd);
    r.difference = result.interval;
    if (worseThanBefore(s, *counted))
        r.outcome = u"worse"_s;
    else
        r.outcome = stats::equivalenceName(result.outcome);
    // A window that cannot tell is prolonged: more answers settle it one way or the other.
    r.closed = result.outcome != stats::Equivalence::CannotTell || r.outcome == u"worse" || overdue || r.n >= kProlong * r.required;
    return r;
}

QString verdictOf(const std::vector<VerifiedWindow>& windows, int needed)
{
    const auto countOf = [&](QStringView outcome) {
        return std::count_if(windows.begin(), windows.end(), [&](const VerifiedWindow& w) { return w.outcome == outcome; });
    };
    if (countOf(u"worse") > 0) return u"worse"_s;
    if (countOf(u"in") >= needed) return u"recovered"_s;
    if (countOf(u"out") >= 2) return u"not_recovered"_s;
    if (countOf(u"cannot_tell") >= 2) return u"cannot_tell"_s;
    return {};
}

} // namespace wf
