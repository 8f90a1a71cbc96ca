// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one claim, and what code decided it is worth. Failed and stale ones stay on screen, struck out, with the
// reason. Owner: ui/assistant. Thread: GUI.
#pragma once
#include "models/domain/evidence.h"
#include "ui/common/widgets.h"

namespace wf {

class ClaimCard : public Card {
    Q_OBJECT
public:
    explicit ClaimCard(QWidget* parent = nullptr);
    void showClaim(const Claim& claim);

Q_SIGNALS:
    void evidenceClicked(int number);

private:
    SpanLabel *m_text, *m_verdict;
};

/// Text with every "E12" that `known` accepts turned into a chip.
Spans withChips(const QString& text, Role role, const std::function<bool(int)>& known);

/// What somebody asked and what was found: passages, quoted. While it is looked for, "looking…".
class AnswerCard : public Card {
    Q_OBJECT
public:
    AnswerCard(const QString& question, QWidget* parent = nullptr);
    void showAnswer(const QString& text, const std::function<bool(int)>& known);
    void showFailure(const QString& sentence);

Q_SIGNALS:
    void evidenceClicked(int number);
    void dismissed();

private:
    void line(const Spans& spans);
    SpanLabel* m_waiting;
};

} // namespace wf
