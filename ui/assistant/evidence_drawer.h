// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one evidence item opened in place: what was asked, what the record answered, its digest and its time.
// Owner: ui/assistant. Thread: GUI.
#pragma once
#include "models/domain/evidence.h"
#include "ui/common/widgets.h"

class QPlainTextEdit;
class QPushButton;

namespace wf {

class EvidenceDrawer : public QWidget {
    Q_OBJECT
public:
    explicit EvidenceDrawer(QWidget* parent = nullptr);
    void showEvidence(const Evidence& evidence, Zone zone);
    int number() const { return m_number; }

Q_SIGNALS:
    void closed();

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    int m_number = 0;
    SectionHeader* m_header;
    SpanLabel *m_title, *m_note;
    KeyValueRow *m_speaks, *m_made, *m_digest;
    QPlainTextEdit* m_result;
    QPushButton* m_close;
};

} // namespace wf
