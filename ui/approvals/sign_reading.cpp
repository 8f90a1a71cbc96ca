// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/approvals/sign_reading.h"
#include "ui/common/format.h"
#include "ui/common/widgets.h"
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

void say(QVBoxLayout* box, const Spans& spans)
{
    auto* label = new SpanLabel;
    label->setSpans(spans);
    box->addWidget(label);
}

KeyValueRow* fact(QVBoxLayout* box, const QString& key, const Spans& value)
{
    auto* row = new KeyValueRow(key, value);
    box->addWidget(row);
    return row;
}

Spans whole(const HttpCall& call)
{
    return callSpans(call, true);
}

QString whereText(const Touches& touches)
{
    QStringList parts;
    for (const auto& [dimension, value] : touches.where)
        parts << u"%1 = %2"_s.arg(dimension, value);
    return touches.feature + (parts.isEmpty() ? u", every answer"_s : u", where "_s + parts.join(u" and "_s));
}

Spans onlyIf(const HttpCall& precondition)
{
    if (precondition.isNull()) return {plain(u"no precondition: it runs as soon as its turn comes"_s, Role::Warn)};
    Spans spans = whole(precondition);
    spans.push_back(plain(u" says "_s));
    spans.push_back(figure(precondition.expectPath + u" = "_s + precondition.expectEquals));
    return spans;
}

Spans undoOf(const PlanStep& step)
{
    if (!step.undo.isNull()) return whole(step.undo);
    return {plain(step.noUndo.isEmpty() ? u"none"_s : u"none: "_s + step.noUndo, Role::Warn)};
}

QString proofText(const VerifySpec& verify)
{
    if (verify.signalNames.isEmpty()) return u"nothing: this plan only stops harm or tells people"_s;
    return u"%1 within ±%2 of its baseline in %3 windows"_s.arg(
        verify.signalNames.join(u", "_s), percentText(verify.margin), QString::number(verify.windows));
}

} // namespace

SignReading::SignReading(const Plan& plan, const QString& digest, Zone zone, QWidget* parent)
    : QScrollArea(parent)
    , m_plan(plan)
{
    setObjectName(u"sign.reading"_s);
    setAccessibleName(u"What exactly runs"_s);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::StrongFocus);
    setFrameShape(QFrame::NoFrame);
    auto* page = new QWidget(this);
    auto* box = new QVBoxLayout(page);
    box->setContentsMargins(0, 0, 8, 0);
    box->setSpacing(6);
    say(box, {strong(u"Exactly runs"_s), muted(u" · "_s), figure(targetText(plan.proposal), Role::Muted)});
    for (size_t i = 0; i < plan.proposal.steps.size(); ++i)
        addStep(box, plan.proposal.steps[i], i + 1);
    box->addSpacing(4);
    addLimits(box, digest, zone);
    box->addStretch(1);
    setWidget(page);
    page->setAutoFillBackground(false);
    viewport()->setAutoFillBackground(false);
}

void SignReading::addStep(QVBoxLayout* box, const PlanStep& step, size_t number)
{
    auto* card = new Card;
    QVBoxLayout* in = card->body();
    in->setSpacing(3);
    say(in,
        {strong(u"%1  %2"_s.arg(number).arg(step.title)),
            muted(u" · "_s + tierName(step.tier) + u", at most "_s + ageText(step.timeout))});
    say(in, whole(step.action));
    fact(in, u"On"_s, {plain(whereText(step.touches))});
    fact(in, u"Only if"_s, onlyIf(step.precondition));
    fact(
        in, u"Then waits"_s, {step.gate.isNull() ? muted(u"for nothing"_s) : plain(u"until "_s + gateText(step.gate))});
    fact(in, u"Undo"_s, undoOf(step));
    box->addWidget(card);
}

void SignReading::addLimits(QVBoxLayout* box, const QString& digest, Zone zone)
{
    const Proposal& p = m_plan.proposal;
    say(box, {strong(u"Under these limits"_s)});
    m_touches = fact(box, u"Touches"_s, {});
    fact(box, u"Ceilings"_s, {plain(ceilingText(p))});
    m_budget = fact(box, u"Budget"_s, {});
    m_rests = fact(box, u"Rests on"_s, {});
    fact(box, u"Proved by"_s, {plain(proofText(p.verify))});
    m_recovery = fact(box, u"Recovery"_s, {});
    if (m_plan.replayN > 0) fact(box, u"Replay"_s, replaySpans(m_plan));
    if (!p.price.isEmpty()) fact(box, u"Price"_s, {plain(p.price)});
    if (!p.escalateTo.isEmpty())
        fact(box, u"If late"_s, {plain(u"%1 is asked after %2"_s.arg(p.escalateTo, ageText(p.escalateAfter)))});
    for (const auto& [name, value] : p.parameters)
        fact(box, u"Parameter"_s, {plain(name + u" = "_s), figure(value)});
    fact(box, u"Runbook"_s,
        {plain(p.runbookId + u' ' + p.runbookVersion + u' '), figure(p.runbookDigest.left(16) + u'…', Role::Muted)});
    fact(box, u"Open till"_s, {plain(clockMinute(p.expires, zone) + u' ' + zoneText(p.expires, zone))});
    fact(box, u"Digest"_s, {figure(digest)});
}

void SignReading::refresh(const PlanScene& scene)
{
    m_touches->setValue(touchesSpans(m_plan, scene));
    m_rests->setValue(restsSpans(m_plan, scene));
    m_budget->setValue({plain(budgetText(m_plan, scene))});
    const bool verified = !m_plan.proposal.verify.signalNames.isEmpty();
    m_recovery->setVisible(verified);
    if (verified) m_recovery->setValue({plain(recoveryText(m_plan, scene))});
}

} // namespace wf
