// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/assistant/claim_card.h"
#include <QHBoxLayout>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>
#include <set>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

Spans verdictOf(const Claim& claim)
{
    const QString why = claim.reason;
    switch (claim.verdict) {
    case Verdict::Checked: {
        Spans spans;
        if (claim.coincidence) spans.push_back(strong(u"Coincides with, not shown to cause. "_s, Role::Warn));
        spans.push_back(plain(u"✓ "_s + (why.isEmpty() ? u"figures recomputed from the records"_s : why),
            claim.coincidence ? Role::Text : Role::Ok));
        return spans;
    }
    case Verdict::Failed: {
        QString told = why.isEmpty() ? u"no reason was recorded"_s : why;
        // The consequence belongs to the reason, whoever wrote it.
        if (!told.contains(u"off the wall"_s))
            told = (told.endsWith(u'.') ? told.chopped(1) : told) + u": kept off the wall and the report"_s;
        return {plain(u"✗ "_s + told, Role::BadText)};
    }
    case Verdict::Stale:
        return {plain(u"↻ Stale: "_s + (why.isEmpty() ? u"the record behind it changed"_s : why), Role::Warn)};
    case Verdict::Unchecked:
        break;
    }
    return {plain(u"… not checked yet: supports nothing"_s, Role::Warn)};
}

} // namespace

ClaimCard::ClaimCard(QWidget* parent)
    : Card(parent)
    , m_text(new SpanLabel(this))
    , m_verdict(new SpanLabel(this))
{
    body()->addWidget(m_text);
    body()->addWidget(m_verdict);
    connect(m_text, &SpanLabel::evidenceClicked, this, &ClaimCard::evidenceClicked);
}

void ClaimCard::showClaim(const Claim& claim)
{
    setObjectName(u"assistant.claim."_s + claim.id.value);
    m_text->setObjectName(objectName() + u".text"_s);
    m_verdict->setObjectName(objectName() + u".verdict"_s);
    const bool struck = claim.verdict == Verdict::Failed || claim.verdict == Verdict::Stale;
    setState(claim.verdict == Verdict::Failed   ? State::Blocked
            : claim.verdict == Verdict::Checked ? (claim.coincidence ? State::Warning : State::Supported)
                                                : State::Warning);
    Span sentence = plain(claim.text, struck ? Role::Muted : Role::Text);
    sentence.strike = struck;
    Spans spans{sentence};
    std::set<int> cited;
    for (const Citation& c : claim.citations) {
        if (!cited.insert(c.evidence).second) continue;
        spans.push_back(plain(u" "_s));
        spans.push_back(evidenceChip(c.evidence, claim.verdict == Verdict::Failed));
    }
    m_text->setSpans(spans);
    m_verdict->setSpans(verdictOf(claim));
    setAccessibleName(verdictName(claim.verdict) + u" claim: "_s + claim.text);
}

Spans withChips(const QString& text, Role role, const std::function<bool(int)>& known)
{
    static const QRegularExpression label(u"\\bE(\\d{1,5})\\b"_s);
    Spans spans;
    qsizetype at = 0;
    for (auto it = label.globalMatch(text); it.hasNext();) {
        const QRegularExpressionMatch match = it.next();
        const int number = match.captured(1).toInt();
        if (!known(number)) continue;
        if (match.capturedStart() > at) spans.push_back(plain(text.mid(at, match.capturedStart() - at), role));
        spans.push_back(evidenceChip(number));
        at = match.capturedEnd();
    }
    if (at < text.size()) spans.push_back(plain(text.mid(at), role));
    return spans;
}

AnswerCard::AnswerCard(const QString& question, QWidget* parent)
    : Card(parent)
{
    setObjectName(u"assistant.answer"_s);
    setAccessibleName(u"Answer to: "_s + question);
    auto* top = new QHBoxLayout;
    auto* asked = new SpanLabel(this);
    asked->setSpans({muted(u"You asked: "_s), plain(question)});
    auto* close = new QPushButton(u"Close"_s, this);
    close->setObjectName(u"assistant.answer.close"_s);
    close->setProperty("kind", u"link"_s);
    close->setAutoDefault(false);
    close->setAccessibleName(u"Close this answer"_s);
    top->addWidget(asked, 1);
    top->addWidget(close, 0, Qt::AlignTop);
    body()->addLayout(top);
    m_waiting = new SpanLabel(this);
    m_waiting->setSpans({muted(u"looking… Esc stops it"_s)});
    body()->addWidget(m_waiting);
    connect(close, &QPushButton::clicked, this, &AnswerCard::dismissed);
}

void AnswerCard::line(const Spans& spans)
{
    auto* label = new SpanLabel(this);
    label->setSpans(spans);
    connect(label, &SpanLabel::evidenceClicked, this, &AnswerCard::evidenceClicked);
    body()->addWidget(label);
}

void AnswerCard::showAnswer(const QString& text, const std::function<bool(int)>& known)
{
    m_waiting->hide();
    for (const QString& row : text.split(u'\n', Qt::SkipEmptyParts))
        line(withChips(row.trimmed(), Role::Text, known));
}

void AnswerCard::showFailure(const QString& sentence)
{
    m_waiting->hide();
    setState(State::Blocked);
    line({plain(u"✗ "_s + sentence, Role::BadText)});
}

} // namespace wf
