// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: colours and fonts by role; code never names a colour. Read from resources/themes/*.json. Owner: ui/common.
// Thread: GUI.
#pragma once
#include <QColor>
#include <QFont>
#include <QIcon>
#include <QObject>

namespace wf {

enum class Role { Surface, Raised, Line, Text, Muted, Accent, Agent, Severity1, Severity2, Severity3, Severity4, Ok, Warn, Stale, Band, Selection, OnSeverity,
    OkFill, WarnFill, BadFill, AgentFill, AccentFill, Series1, Series2, Series3, Series4, Series5, Series6, Series7, Series8 };

class Theme : public QObject {
    Q_OBJECT
public:
    /// The process-wide theme; loads ":/themes/dark.json" until load() is called.
    static Theme& instance();
    bool load(const QString& name, QString* error = nullptr); ///< "dark", "light", "wall"
    QString name() const { return m_name; }
    QColor color(Role role) const { return m_colors[int(role)]; }
    static QString roleName(Role role);
    static int roleCount();
    QFont text(int delta = 0, bool bold = false) const;   ///< Inter; delta in points over the base size
    QFont mono(int delta = 0, bool bold = false) const;   ///< JetBrains Mono, for figures, ids, times
    QString missingFonts() const;                          ///< sentence for the status bar; empty when both are there
    QIcon icon(const QString& name, Role role) const;      ///< resources/icons/NAME.svg, recoloured
    QString styleSheet() const;                            ///< for the application, from tokens only
Q_SIGNALS:
    void changed();

private:
    Theme();
    QString m_name;
    QColor m_colors[64];
};

} // namespace wf
