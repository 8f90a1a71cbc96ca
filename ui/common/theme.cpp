// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/theme.h"
#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPainter>
#include <QPalette>
#include <QPixmapCache>
#include <QStyleFactory>
#include <QSvgRenderer>
#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

constexpr std::array<const char*, kRoleCount> kNames{"surface", "raised", "line", "text", "muted", "accent", "agent",
    "severity.1", "severity.2", "severity.3", "severity.4", "ok", "warn", "stale", "band", "selection", "on-severity",
    "ok-fill", "warn-fill", "bad-fill", "agent-fill", "accent-fill", "series.1", "series.2", "series.3", "series.4",
    "series.5", "series.6", "series.7", "series.8", "loud-fill", "evidence-fill", "button", "go", "on-go", "bad-text",
    "accent-text", "warn-text", "ok-text", "agent-text", "grid", "onset", "bar", "bar-loud"};

constexpr double kBasePoints = 9.75; // 13 px at 96 dpi: dense, and still readable at arm's length

double linear(double channel)
{
    return channel <= 0.03928 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& c)
{
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
}

QString familyOr(const QString& wanted, QFontDatabase::SystemFont fallback)
{
    if (QFontDatabase::families().contains(wanted)) return wanted;
    return QFontDatabase::systemFont(fallback).family();
}

bool readColors(const QString& name, std::array<QColor, kRoleCount>& colors, QString& why)
{
    QFile file(u":/themes/"_s + name + u".json"_s);
    if (!file.open(QIODevice::ReadOnly)) {
        why = u"There is no theme named %1. The theme in use was kept. Choose dark, light or wall."_s.arg(name);
        return false;
    }
    const QJsonObject object = QJsonDocument::fromJson(file.readAll()).object();
    for (int i = 0; i < kRoleCount; ++i) {
        const QString role = QLatin1StringView(kNames[size_t(i)]);
        const QColor color(object.value(role).toString());
        if (!color.isValid()) {
            why = u"The theme %1 has no valid colour for \"%2\". The theme in use was kept. Add the line to themes/%1.json."_s
                      .arg(name, role);
            return false;
        }
        colors[size_t(i)] = color;
    }
    return true;
}

} // namespace

Theme& Theme::instance()
{
    static Theme theme;
    return theme;
}

Theme::Theme()
    : m_textFamily(familyOr(u"Inter"_s, QFontDatabase::GeneralFont))
    , m_monoFamily(familyOr(u"JetBrains Mono"_s, QFontDatabase::FixedFont))
{
    // Without resources (a test that links none) everything would be drawn in an invalid colour: black on black.
    const QPalette fallback;
    m_colors.fill(fallback.color(QPalette::WindowText));
    m_colors[size_t(Role::Surface)] = m_colors[size_t(Role::Raised)] = fallback.color(QPalette::Window);
    load(u"dark"_s);
}

bool Theme::load(const QString& name, QString* error)
{
    std::array<QColor, kRoleCount> colors;
    QString why;
    if (!readColors(name, colors, why)) {
        if (error) *error = why;
        return false;
    }
    m_colors = colors;
    m_name = name;
    QPixmapCache::clear();
    Q_EMIT changed();
    return true;
}

QString Theme::roleName(Role role)
{
    return QLatin1StringView(kNames[size_t(role)]);
}

Role Theme::severityRole(int severity)
{
    return severity >= 1 && severity <= 4 ? Role(int(Role::Severity1) + severity - 1) : Role::Muted;
}

double Theme::contrast(const QColor& a, const QColor& b)
{
    const double la = luminance(a), lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

std::vector<std::pair<Role, Role>> Theme::textPairs()
{
    using enum Role;
    std::vector<std::pair<Role, Role>> pairs;
    for (const Role text : {Text, Muted, Accent, Agent, Ok, Warn, Stale, Severity1, Severity2, Severity3, Severity4,
             BadText, AccentText, WarnText, OkText, AgentText})
        for (const Role ground : {Surface, Raised, Selection})
            pairs.emplace_back(text, ground);
    for (const Role ground : {OkFill, WarnFill, BadFill, AgentFill, AccentFill, LoudFill, EvidenceFill, Button, Band})
        pairs.emplace_back(Text, ground);
    for (const Role severity : {Severity1, Severity2, Severity3, Severity4})
        pairs.emplace_back(OnSeverity, severity);
    for (const auto& pair : {std::pair{OkText, OkFill}, {WarnText, WarnFill}, {BadText, BadFill},
             {AgentText, AgentFill}, {AccentText, AccentFill}, {AccentText, EvidenceFill}, {BadText, LoudFill},
             {BadText, EvidenceFill}, {BadText, Button}, {Muted, LoudFill}, {Muted, Button}, {OnGo, Go}})
        pairs.push_back(pair);
    for (int i = 0; i < 8; ++i)
        pairs.emplace_back(Role(int(Series1) + i), Surface);
    return pairs;
}

static QFont sized(const QString& family, int delta, bool bold)
{
    QFont font(family);
    font.setPointSizeF(std::max(6.0, kBasePoints + delta));
    font.setWeight(bold ? QFont::DemiBold : QFont::Normal);
    return font;
}

QFont Theme::text(int delta, bool bold) const
{
    return sized(m_textFamily, delta, bold);
}

QFont Theme::mono(int delta, bool bold) const
{
    QFont font = sized(m_monoFamily, delta, bold);
    font.setStyleHint(QFont::Monospace);
    return font;
}

QString Theme::missingFonts() const
{
    const QStringList families = QFontDatabase::families();
    QStringList missing;
    if (!families.contains("Inter"_L1)) missing << u"Inter (package fonts-inter)"_s;
    if (!families.contains("JetBrains Mono"_L1)) missing << u"JetBrains Mono (package fonts-jetbrains-mono)"_s;
    if (missing.isEmpty()) return {};
    return u"Missing %1; shown in %2. Install it and start again."_s.arg(
        missing.join(u" and "_s), families.isEmpty() ? u"no font at all"_s : u"the system's font"_s);
}

QPixmap Theme::pixmap(const QString& name, Role role, int pixels) const
{
    const QString key = u"wf/"_s + name + u'/' + color(role).name() + u'/' + QString::number(pixels);
    QPixmap result;
    if (QPixmapCache::find(key, &result)) return result;
    result = QPixmap(pixels, pixels);
    result.fill(Qt::transparent);
    QFile file(u":/icons/"_s + name + u".svg"_s);
    if (file.open(QIODevice::ReadOnly)) {
        QSvgRenderer svg(file.readAll().replace("currentColor", color(role).name().toLatin1()));
        QPainter painter(&result);
        svg.render(&painter);
    }
    QPixmapCache::insert(key, result);
    return result;
}

QIcon Theme::icon(const QString& name, Role role) const
{
    QIcon icon;
    for (const int size : {16, 24, 32, 48})
        icon.addPixmap(pixmap(name, role, size));
    return icon;
}

void Theme::paintIcon(QPainter& painter, const QRectF& rect, const QString& name, Role role) const
{
    const qreal ratio = painter.device()->devicePixelRatioF();
    QPixmap image = pixmap(name, role, int(std::ceil(rect.width() * ratio)));
    painter.save();
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawPixmap(rect, image, QRectF(image.rect()));
    painter.restore();
}

void Theme::applyTo(QApplication& application)
{
    const auto apply = [this, &application] {
        QPalette palette;
        palette.setColor(QPalette::Window, color(Role::Surface));
        palette.setColor(QPalette::Base, color(Role::Surface));
        palette.setColor(QPalette::AlternateBase, color(Role::Raised));
        palette.setColor(QPalette::Button, color(Role::Button));
        palette.setColor(QPalette::ToolTipBase, color(Role::Raised));
        palette.setColor(QPalette::Highlight, color(Role::AccentFill));
        palette.setColor(QPalette::PlaceholderText, color(Role::Muted));
        palette.setColor(QPalette::Link, color(Role::Accent));
        for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText,
                 QPalette::HighlightedText})
            palette.setColor(role, color(Role::Text));
        for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
            palette.setColor(QPalette::Disabled, role, color(Role::Muted));
        application.setFont(text());
        application.setPalette(palette);
        application.setStyleSheet(styleSheet());
    };
    application.setStyle(QStyleFactory::create(u"Fusion"_s));
    apply();
    connect(this, &Theme::changed, &application, apply);
}

QString Theme::styleSheet() const
{
    QFile file(u":/themes/application.qss"_s);
    if (!file.open(QIODevice::ReadOnly)) return {};
    QString sheet = QString::fromUtf8(file.readAll());
    // Longest names first, so that @accent-text is not read as @accent followed by "-text".
    std::vector<int> order(kRoleCount);
    for (int i = 0; i < kRoleCount; ++i)
        order[size_t(i)] = i;
    std::sort(order.begin(), order.end(),
        [](int a, int b) { return qstrlen(kNames[size_t(a)]) > qstrlen(kNames[size_t(b)]); });
    for (const int i : order)
        sheet.replace(u'@' + QLatin1StringView(kNames[size_t(i)]), m_colors[size_t(i)].name());
    return sheet;
}

} // namespace wf
