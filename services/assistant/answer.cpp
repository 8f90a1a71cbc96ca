// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/assistant/answer.h"
#include "models/domain/claim_text.h"
#include "services/assistant/claim_writer.h"
#include <QRegularExpression>
#include <QSet>
#include <cmath>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
constexpr size_t kPassages = 5;
constexpr qsizetype kPassageLength = 280;

struct Passage {
    QString label; ///< "E14", "claim", "02:57:40"
    QString text;
    double weight = 1; ///< checked claims before raw rows
    double score = 0;
};

/// Words that carry a question; what every sentence has is left out.
QStringList termsOf(const QString& text)
{
    static const QSet<QString> common{u"the"_s, u"and"_s, u"was"_s, u"were"_s, u"what"_s, u"when"_s, u"which"_s,
        u"who"_s, u"why"_s, u"how"_s, u"did"_s, u"does"_s, u"has"_s, u"have"_s, u"had"_s, u"are"_s, u"for"_s, u"from"_s,
        u"with"_s, u"that"_s, u"this"_s, u"there"_s, u"about"_s, u"any"_s, u"many"_s, u"much"_s, u"can"_s, u"could"_s,
        u"would"_s, u"should"_s, u"you"_s, u"our"_s, u"its"_s, u"into"_s, u"not"_s, u"but"_s, u"tell"_s, u"show"_s,
        u"please"_s, u"happened"_s};
    static const QRegularExpression word(
        u"[\\p{L}\\p{N}][\\p{L}\\p{N}._:-]*"_s, QRegularExpression::UseUnicodePropertiesOption);
    QStringList terms;
    for (auto it = word.globalMatch(text.toLower()); it.hasNext();) {
        QString w = it.next().captured();
        while (w.endsWith(u'.') || w.endsWith(u':') || w.endsWith(u'-'))
            w.chop(1);
        const bool number = std::any_of(w.begin(), w.end(), [](QChar c) { return c.isDigit(); });
        if ((w.size() >= 3 || number) && !common.contains(w) && !terms.contains(w)) terms << w;
    }
    return terms;
}

/// "changed" finds "change", "prompts" finds "prompt": a shared beginning of four letters and most of the word.
bool sameWord(const QString& a, const QString& b)
{
    if (a == b) return true;
    qsizetype shared = 0;
    while (shared < a.size() && shared < b.size() && a[shared] == b[shared])
        ++shared;
    const bool letters = std::all_of(a.begin(), a.end(), [](QChar c) { return c.isLetter(); });
    return letters && shared >= 4 && shared + 3 >= std::max(a.size(), b.size());
}

std::vector<Passage> passagesOf(const Case& c, const std::vector<TimelineEvent>& hits)
{
    std::vector<Passage> out;
    for (const Claim& k : c.claims) {
        if (k.verdict == Verdict::Checked) out.push_back({u"claim, checked"_s, k.text, 1.3, 0});
        if (k.verdict == Verdict::Failed || k.verdict == Verdict::Stale)
            out.push_back({u"struck out"_s, k.text + u" — "_s + k.reason, 0.7, 0});
    }
    for (const Hypothesis& h : c.hypotheses)
        if (!h.why.isEmpty())
            out.push_back({hypothesisStateName(h.state), hypothesisTitle(h.key) + u": "_s + h.why, 1.2, 0});
    for (const Evidence& e : c.evidence) {
        const QString text = e.result[u"text"_s].toString(), summary = e.result[u"summary"_s].toString();
        out.push_back({e.label(), QStringList{e.title, summary, text}.join(u' ').trimmed(), 1.0, 0});
    }
    for (const Plan& p : c.plans) {
        QStringList steps;
        for (const PlanStep& s : p.proposal.steps)
            steps << s.title;
        out.push_back({u"plan, "_s + planStateName(p.state), p.proposal.title + u": "_s + steps.join(u", "_s), 1.1, 0});
    }
    for (const HumanReport& r : c.reports)
        out.push_back({u"report "_s + clockText(r.happened), r.text, 1.0, 0});
    for (const TimelineEvent& e : hits)
        out.push_back(
            {clockText(e.t) + u" UTC"_s, e.detail.isEmpty() ? e.title : e.title + u" — "_s + e.detail, 0.9, 0});
    return out;
}

/// Rare words count more: log(N / in how many passages).
void score(std::vector<Passage>& passages, const QStringList& terms)
{
    std::vector<QStringList> words;
    for (const Passage& p : passages)
        words.push_back(termsOf(p.label + u' ' + p.text));
    for (const QString& term : terms) {
        std::vector<size_t> in;
        for (size_t i = 0; i < passages.size(); ++i)
            if (std::any_of(words[i].begin(), words[i].end(), [&](const QString& w) { return sameWord(term, w); }))
                in.push_back(i);
        for (const size_t i : in)
            passages[i].score += passages[i].weight * (0.2 + std::log(double(passages.size() + 1) / double(in.size())));
    }
}

QString quoted(const Passage& p)
{
    return u"%1: “%2”"_s.arg(p.label, outsideText(p.text, kPassageLength));
}

QString list(const QStringList& lines, const QString& empty)
{
    return lines.isEmpty() ? empty : lines.join(u'\n');
}

std::optional<QString> command(const QString& question, const Case& c)
{
    QStringList lines;
    if (question == u"/evidence") {
        for (const Evidence& e : c.evidence)
            lines << e.label() + u" "_s + outsideText(e.title, kPassageLength) + u" · "_s + e.kind;
        return list(lines, u"No evidence has been gathered for %1 yet."_s.arg(c.incident.code()));
    }
    if (question == u"/hypothesis") {
        for (const Hypothesis& h : c.hypotheses)
            lines << hypothesisTitle(h.key) + u": "_s + hypothesisStateName(h.state)
                    + (h.why.isEmpty() ? QString() : u". "_s + outsideText(h.why, kPassageLength));
        return list(lines, u"No hypothesis has been looked at yet."_s);
    }
    if (question == u"/claims") {
        for (const Claim& k : c.claims)
            lines << verdictName(k.verdict) + u": "_s + outsideText(k.text, kPassageLength);
        return list(lines, u"Nothing has been claimed yet."_s);
    }
    if (question == u"/propose") {
        for (const Plan& p : c.plans)
            lines << tierName(p.proposal.tier) + u' ' + p.proposal.title + u": "_s + planStateName(p.state);
        return list(lines, u"No signed runbook fits yet, so nothing was drafted."_s);
    }
    return std::nullopt;
}
} // namespace

QString answerQuestion(const QString& question, const Case& c, const std::vector<TimelineEvent>& hits)
{
    const QString asked = foldSpaces(question);
    if (const auto listed = command(asked.toLower(), c)) return *listed;
    const QStringList terms = termsOf(asked);
    if (terms.isEmpty())
        return u"Ask with a word to look for, such as “prompt”, “v42” or “index”. /evidence lists what was gathered."_s;
    auto passages = passagesOf(c, hits);
    score(passages, terms);
    std::erase_if(passages, [](const Passage& p) { return p.score <= 0; });
    std::stable_sort(
        passages.begin(), passages.end(), [](const Passage& a, const Passage& b) { return a.score > b.score; });
    QStringList lines;
    QSet<QString> seen;
    for (const Passage& p : passages) {
        if (size_t(lines.size()) == kPassages) break;
        if (seen.contains(p.text)) continue;
        seen.insert(p.text);
        lines << quoted(p);
    }
    if (lines.isEmpty())
        return u"Nothing in the record of %1 or on the timeline says anything about this. That is not a no: it was not found."_s
            .arg(c.incident.code());
    return lines.join(u'\n');
}

} // namespace wf
