// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: colours and fonts by role; code never names a colour. Read from resources/themes/*.json. Owner: ui/common.
// Thread: GUI.
#pragma once
#include <QColor>
#include <QFont>
#include <QIcon>
#include <QObject>
#include <array>
#include <utility>
#include <vector>

class QApplication;
class QPainter;

namespace wf {

/// *Fill roles are backgrounds of badges and tiles, *Text roles are what is written on them. Bar = density strip.
enum class Role {
    Surface,
    Raised,
    Line,
    Text,
    Muted,
    Accent,
    Agent,
    Severity1,
    Severity2,
    Severity3,
    Severity4,
    Ok,
    Warn,
    Stale,
    Band,
    Selection,
    OnSeverity,
    OkFill,
    WarnFill,
    BadFill,
    AgentFill,
    AccentFill,
    Series1,
    Series2,
    Series3,
    Series4,
    Series5,
    Series6,
    Series7,
    Series8,
    LoudFill,
    EvidenceFill,
    Button,
    Go,
    OnGo,
    BadText,
    AccentText,
    WarnText,
    OkText,
    AgentText,
    Grid,
    Onset,
    Bar,
    BarLoud
};
inline constexpr int kRoleCount = int(Role::BarLoud) + 1;

class Theme : public QObject {
    Q_OBJECT
public:
    /// The process-wide theme; loads ":/themes/dark.json" until load() is called.
    static Theme& instance();
    bool load(const QString& name, QString* error = nullptr); ///< "dark", "light", "wall"
    QString name() const { return m_name; }
    QColor color(Role role) const { return m_colors[size_t(role)]; }
    static QString roleName(Role role);
    static int roleCount() { return kRoleCount; }
    /// Every (text, background) pair the console uses; tests hold each to a contrast of 4.5:1 in each theme.
    static std::vector<std::pair<Role, Role>> textPairs();
    static double contrast(const QColor& a, const QColor& b); ///< WCAG 2, 1..21
    static Role severityRole(int severity); ///< 1..4; anything else is Muted

    QFont text(int delta = 0, bool bold = false) const; ///< Inter; delta in points over the base size
    QFont mono(int delta = 0, bool bold = false) const; ///< JetBrains Mono, for figures, ids, times
    QString missingFonts() const; ///< sentence for the status bar; empty when both are there
    QIcon icon(const QString& name, Role role) const; ///< resources/icons/NAME.svg, recoloured
    void paintIcon(QPainter& painter, const QRectF& rect, const QString& name, Role role) const;
    QString styleSheet() const; ///< for the application, from tokens only
    /// Fonts, palette and style sheet of the whole application, now and at each change.
    void applyTo(QApplication& application);
Q_SIGNALS:
    void changed();

private:
    Theme();
    QPixmap pixmap(const QString& name, Role role, int pixels) const;
    QString m_name, m_textFamily, m_monoFamily;
    std::array<QColor, kRoleCount> m_colors;
};

/// Shorthand of the painting code.
inline QColor ink(Role role)
{
    return Theme::instance().color(role);
}

} // namespace wf
