// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the one modal thing in the console: what exactly will run, on what, under which limits, and the deliberate
// act by which one person signs, rejects or holds it. It lies over the whole window, traps focus and shortcuts, and
// forgets everything when it closes. Owner: ui/approvals. Thread: GUI.
#pragma once
#include "ui/approvals/plan_text.h"
#include "ui/common/pane.h"

class QBoxLayout;
class QComboBox;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QVBoxLayout;

namespace wf {

class CardHead;
class SignReading;

class SignPanel : public QWidget {
    Q_OBJECT
public:
    /// plan is copied: what is shown stays what is signed, whatever the record says meanwhile.
    SignPanel(UiContext& context, const Plan& plan, DecisionVerdict verdict, QWidget* host);
    void refresh(const ConsoleState& state);
    /// Text of the request for a signer elsewhere; without it the button is not offered.
    void setRequestText(std::function<QString(const Proposal&)> text);
    void showRecording();
    void showFailure(const QString& sentence); ///< keeps what was typed as a reason
    ProposalId proposal() const { return m_plan.proposal.id; }

Q_SIGNALS:
    void requested(const Desk::SignRequest& request);
    void closed();

protected:
    bool event(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    bool focusNextPrevChild(bool next) override;

private:
    QWidget* makeForm();
    void labelled(QVBoxLayout* box, const QString& text, QWidget* field, const QString& name, const QString& told);
    void addWord(QVBoxLayout* box, QWidget* form);
    void addButtons(QVBoxLayout* box, QWidget* form);
    void copyRequest();
    void fillIdentities();
    void fillRoles();
    void place();
    void judge(); ///< enables the act, or says in one sentence why not
    QString obstacle() const; ///< first reason why this cannot be signed now, empty when it can
    void commit();
    void close();
    const Desk::Identity* identity() const;

    UiContext& m_context;
    Plan m_plan;
    QString m_digest; ///< of the bytes that are on screen
    DecisionVerdict m_verdict;
    bool m_stops; ///< a reject of a plan that already runs
    std::vector<Desk::Identity> m_identities;
    ConsoleState m_state;
    bool m_recording = false;
    QString m_failure, m_notice;

    QWidget* m_box;
    QBoxLayout* m_columns;
    CardHead* m_head;
    SignReading* m_reading;
    QComboBox *m_identity, *m_role;
    QPlainTextEdit* m_reason;
    QWidget* m_passphraseRow;
    QLineEdit *m_passphrase, *m_word;
    SpanLabel *m_who, *m_message;
    QPushButton *m_commit, *m_cancel, *m_copy;
    std::function<QString(const Proposal&)> m_requestText;
};

} // namespace wf
