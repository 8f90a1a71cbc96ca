// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/common/widgets.h"
#include <QFontMetricsF>
#include <QHBoxLayout>
#include <QHelpEvent>
#include <QPainter>
#include <QPainterPath>
#include <QToolTip>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

void repaintOnTheme(QWidget* widget)
{
    QObject::connect(&Theme::instance(), &Theme::changed, widget, [widget] {
        widget->updateGeometry();
        widget->update();
    });
}

void focusRing(QPainter& painter, const QRectF& rect, qreal radius)
{
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(ink(Role::Accent), 2));
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), radius, radius);
}

constexpr qreal kIcon = 12;

} // namespace

// ---- Chip ----

Chip::Chip(const QString& objectName, QWidget* parent)
    : QAbstractButton(parent)
{
    setObjectName(objectName);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    repaintOnTheme(this);
}

void Chip::set(const QString& iconName, Role iconRole, const Spans& words, const QString& age, Role border)
{
    if (m_icon == iconName && m_iconRole == iconRole && m_words == words && m_age == age && m_border == border) return;
    m_icon = iconName;
    m_iconRole = iconRole;
    m_words = words;
    m_age = age;
    m_border = border;
    setAccessibleName(age.isEmpty() ? plainText(words) : plainText(words) + u", "_s + age);
    updateGeometry();
    update();
}

QSize Chip::sizeHint() const
{
    const SpanLayout layout = layoutSpans(m_words, 1e6, 1);
    const QFontMetricsF metrics(Theme::instance().text());
    qreal width = 24 + layout.size.width();
    if (!m_icon.isEmpty()) width += kIcon + 6;
    if (!m_age.isEmpty()) width += 8 + metrics.horizontalAdvance(m_age);
    return QSize(int(std::ceil(width)), int(std::ceil(metrics.height())) + 12);
}

void Chip::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF frame = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.setBrush(isDown() ? ink(Role::Selection) : QColor(Qt::transparent));
    painter.setPen(ink(underMouse() && m_border == Role::Line ? Role::Muted : m_border));
    painter.drawRoundedRect(frame, frame.height() / 2, frame.height() / 2);
    if (hasFocus()) focusRing(painter, rect(), frame.height() / 2);
    qreal x = 12;
    if (!m_icon.isEmpty()) {
        Theme::instance().paintIcon(painter, QRectF(x, (height() - kIcon) / 2.0, kIcon, kIcon), m_icon, m_iconRole);
        x += kIcon + 6;
    }
    const SpanLayout layout = layoutSpans(m_words, 1e6, 1);
    paintSpans(painter, {x, (height() - layout.size.height()) / 2}, m_words, layout);
    if (m_age.isEmpty()) return;
    const Spans age{muted(m_age)};
    const SpanLayout ageLayout = layoutSpans(age, 1e6, 1);
    paintSpans(painter, {x + layout.size.width() + 8, (height() - ageLayout.size.height()) / 2}, age, ageLayout);
}

// ---- Badge ----

Badge::Badge(QWidget* parent, bool large)
    : QWidget(parent)
    , m_large(large)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    repaintOnTheme(this);
}

void Badge::set(const QString& text, Role fill, Role inkRole)
{
    if (m_text == text && m_fill == fill && m_ink == inkRole) return;
    m_text = text;
    m_fill = fill;
    m_ink = inkRole;
    setAccessibleName(text);
    updateGeometry();
    update();
}

QSize Badge::sizeHint() const
{
    const QSizeF size = paintBadge(nullptr, {}, m_text, m_fill, m_ink, m_large ? 1 : -1).size();
    return m_large ? QSize(int(size.width()) + 10, int(size.height()) + 10) : size.toSize();
}

void Badge::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(ink(m_fill));
    painter.drawRoundedRect(rect(), m_large ? 6 : 4, m_large ? 6 : 4);
    painter.setFont(Theme::instance().text(m_large ? 1 : -1, true));
    painter.setPen(ink(m_ink));
    painter.drawText(rect(), Qt::AlignCenter, m_text);
}

// ---- Card ----

Card::Card(QWidget* parent)
    : QFrame(parent)
    , m_body(new QVBoxLayout(this))
{
    m_body->setContentsMargins(13, 10, 13, 10);
    m_body->setSpacing(4);
    repaintOnTheme(this);
}

void Card::setState(State state)
{
    if (m_state == state) return;
    m_state = state;
    update();
}

void Card::paintEvent(QPaintEvent*)
{
    static constexpr std::array kBorder{Role::Line, Role::Accent, Role::Severity1, Role::Ok, Role::Warn};
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool ringed = m_state == State::Ringed;
    QColor border = ink(kBorder[size_t(m_state)]);
    if (!ringed && m_state != State::Normal)
        border.setAlphaF(0.65F); // loud enough to find, quiet beside the ringed one
    painter.setPen(QPen(border, ringed ? 2 : 1));
    painter.setBrush(ink(Role::Raised));
    const qreal inset = ringed ? 1 : 0.5;
    painter.drawRoundedRect(QRectF(rect()).adjusted(inset, inset, -inset, -inset), 8, 8);
}

// ---- SectionHeader ----

SectionHeader::SectionHeader(const QString& title, QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setTitle(title);
    repaintOnTheme(this);
}

void SectionHeader::setTitle(const QString& title)
{
    if (m_title == title.toUpper()) return;
    m_title = title.toUpper();
    setAccessibleName(title);
    update();
}

void SectionHeader::setNote(const QString& note, Role role)
{
    if (m_note == note && m_noteRole == role) return;
    m_note = note;
    m_noteRole = role;
    setAccessibleDescription(note);
    update();
}

QSize SectionHeader::sizeHint() const
{
    return {200, int(QFontMetricsF(Theme::instance().text()).height()) + 18};
}

QSize SectionHeader::minimumSizeHint() const
{
    return {80, sizeHint().height()};
}

void SectionHeader::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setPen(ink(Role::Line));
    painter.drawLine(0, height() - 1, width(), height() - 1);
    QFont bold = Theme::instance().text(-1, true);
    bold.setLetterSpacing(QFont::AbsoluteSpacing, 0.6);
    painter.setFont(bold);
    const qreal titleWidth = QFontMetricsF(bold).horizontalAdvance(m_title);
    const QRectF inner = QRectF(rect()).adjusted(14, 0, -14, -1);
    painter.setPen(ink(Role::Text));
    painter.setOpacity(0.85);
    painter.drawText(inner, Qt::AlignVCenter | Qt::AlignLeft, m_title);
    painter.setOpacity(1);
    const QFont noteFont = Theme::instance().text(-1);
    painter.setFont(noteFont);
    painter.setPen(ink(m_noteRole));
    const qreal room = inner.width() - titleWidth - 16;
    painter.drawText(inner, Qt::AlignVCenter | Qt::AlignRight,
        QFontMetricsF(noteFont).elidedText(m_note, Qt::ElideRight, std::max<qreal>(0, room)));
}

bool SectionHeader::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(), m_note, this);
    return true;
}

// ---- KeyValueRow ----

KeyValueRow::KeyValueRow(const QString& key, const Spans& value, QWidget* parent)
    : QWidget(parent)
    , m_key(new SpanLabel(this, 1))
    , m_value(new SpanLabel(this))
{
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    row->addWidget(m_key, 0, Qt::AlignTop);
    row->addWidget(m_value, 1);
    setKeyWidth(keyWidth(false));
    setKey(key);
    setValue(value);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

int KeyValueRow::keyWidth(bool narrow)
{
    return int(QFontMetricsF(Theme::instance().text()).averageCharWidth() * (narrow ? 11.5 : 15));
}

// ---- Choice ----

void Choice::paintEvent(QPaintEvent* event)
{
    QComboBox::paintEvent(event);
    if (count() < 2) return;
    QPainter painter(this);
    const QRectF arrow(width() - 24, (height() - kIcon) / 2.0, kIcon, kIcon);
    Theme::instance().paintIcon(painter, arrow, u"chevron-down"_s, isEnabled() ? Role::Text : Role::Muted);
}

// ---- EvidenceChip ----

EvidenceChip::EvidenceChip(int number, QWidget* parent)
    : QAbstractButton(parent)
    , m_number(number)
{
    setObjectName(u"evidence.E%1"_s.arg(number));
    setAccessibleName(u"Open evidence E%1"_s.arg(number));
    setToolTip(accessibleName());
    setCursor(Qt::PointingHandCursor);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    repaintOnTheme(this);
}

void EvidenceChip::setFailed(bool failed)
{
    m_failed = failed;
    update();
}

QSize EvidenceChip::sizeHint() const
{
    const QFontMetricsF metrics(Theme::instance().mono(-1));
    return QSize(
        int(std::ceil(metrics.horizontalAdvance(u"E%1"_s.arg(m_number)))) + 12, int(std::ceil(metrics.height())) + 2);
}

void EvidenceChip::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(hasFocus() || underMouse() ? QPen(ink(Role::Accent)) : QPen(Qt::NoPen));
    painter.setBrush(ink(m_failed ? Role::BadFill : Role::EvidenceFill));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    QFont font = Theme::instance().mono(-1);
    font.setStrikeOut(m_failed);
    painter.setFont(font);
    painter.setPen(ink(m_failed ? Role::BadText : Role::AccentText));
    painter.drawText(rect(), Qt::AlignCenter, u"E%1"_s.arg(m_number));
}

// ---- Spark ----

void paintSpark(
    QPainter& painter, const QRectF& rect, std::span<const float> values, Role line, double bandLow, double bandHigh)
{
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const float value : values) {
        if (std::isnan(value)) continue;
        low = std::min(low, double(value));
        high = std::max(high, double(value));
    }
    if (!(low <= high)) return; // no data at all: nothing is drawn, the table says "not enough data"
    const bool band = bandLow < bandHigh;
    if (band) {
        low = std::min(low, bandLow);
        high = std::max(high, bandHigh);
    }
    const double span = high > low ? high - low : 1;
    const auto y = [&](double value) { return rect.bottom() - 1 - (value - low) / span * (rect.height() - 2); };
    painter.save();
    if (band)
        painter.fillRect(QRectF(QPointF(rect.left(), y(bandHigh)), QPointF(rect.right(), y(bandLow))), ink(Role::Band));
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(ink(line), 1.2));
    const double step = values.size() > 1 ? rect.width() / double(values.size() - 1) : 0;
    QList<QLineF> lines;
    for (size_t i = 1; i < values.size(); ++i) {
        if (std::isnan(values[i]) || std::isnan(values[i - 1])) continue;
        lines << QLineF(
            rect.left() + double(i - 1) * step, y(values[i - 1]), rect.left() + double(i) * step, y(values[i]));
    }
    painter.drawLines(lines);
    painter.restore();
}

Spark::Spark(QWidget* parent)
    : QWidget(parent)
{
    setMinimumSize(60, 22);
    repaintOnTheme(this);
}

void Spark::set(std::vector<float> values, Role line, double bandLow, double bandHigh)
{
    m_values = std::move(values);
    m_line = line;
    m_low = bandLow;
    m_high = bandHigh;
    update();
}

void Spark::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    paintSpark(painter, QRectF(rect()).adjusted(1, 2, -1, -2), m_values, m_line, m_low, m_high);
}

} // namespace wf
