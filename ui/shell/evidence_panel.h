// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one snapshot of the record, as it is stored: what was asked, what was found, its digest, and who cites it.
// This is where a reader sees that a struck-out claim's source does not say it. Owner: ui/shell. Thread: GUI.
#pragma once
#include "ui/shell/panels.h"

class QScrollArea;

namespace wf {

class EvidencePanel : public Overlay {
    Q_OBJECT
public:
    explicit EvidencePanel(QWidget* window);
    void show(const Case& incident, int number, Zone zone);
    int shown() const { return m_number; }

protected:
    QWidget* firstFocus() override;

private:
    QScrollArea* m_scroll;
    int m_number = 0;
};

/// "/with/good" -> "2246" and so on, in the order of the object; nested lists by index.
std::vector<std::pair<QString, QString>> flattened(const QJsonValue& value, const QString& path = {});

} // namespace wf
