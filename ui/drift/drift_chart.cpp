// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/drift/drift_chart.h"
#include "models/items/post.h"
#include "models/items/signal_model.h"
#include <QGraphicsLayout>
#include <QGraphicsScene>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <QtCharts/QChart>
#include <QtCharts/QChartView>
#include <QtCharts/QLineSeries>
#include <QtCharts/QValueAxis>

namespace wf {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 kShortestAskMs = 250; // four a second
constexpr Nanos kShortestSpan = 30 * kSecond;
constexpr Nanos kLongestSpan = 31 * kDay;
constexpr int kAntialiasBelow = 1500;

} // namespace

/// QtCharts draws the line; band, grid, marks, labels and crosshair are painted under and over it in the same scene.
class DriftChart::Plot final : public QChartView {
public:
    explicit Plot(DriftChart& owner)
        : QChartView(&owner)
        , m_owner(owner)
    {
        QChart* c = chart();
        c->legend()->hide();
        c->setBackgroundVisible(false);
        c->setPlotAreaBackgroundVisible(false);
        c->setAnimationOptions(QChart::NoAnimation);
        c->setMargins({});
        c->layout()->setContentsMargins(0, 0, 0, 0);
        c->addSeries(line = new QLineSeries);
        c->addAxis(x = new QValueAxis, Qt::AlignBottom);
        c->addAxis(y = new QValueAxis, Qt::AlignLeft);
        for (QValueAxis* axis : {x, y}) {
            axis->setLabelsVisible(false);
            axis->setGridLineVisible(false);
            axis->setLineVisible(false);
            line->attachAxis(axis);
        }
        setFrameShape(QFrame::NoFrame);
        setViewportUpdateMode(QGraphicsView::FullViewportUpdate);
        setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
        setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
        setMouseTracking(true);
        setFocusPolicy(Qt::NoFocus);
    }

    QLineSeries* line;
    QValueAxis *x, *y;
    QRectF area; ///< plot area, scene = viewport coordinates
    double crosshair = -1; ///< scene x

protected:
    void drawBackground(QPainter* p, const QRectF&) override;
    void drawForeground(QPainter* p, const QRectF&) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent*) override
    {
        if (!m_owner.m_interactive) return;
        m_owner.setSpan(0);
        m_owner.setFollowing(true);
    }
    void leaveEvent(QEvent*) override { m_owner.setCrosshair(-1); }
    void wheelEvent(QWheelEvent* event) override
    {
        if (!m_owner.m_interactive || area.width() <= 0) return event->ignore();
        m_owner.zoom(
            std::pow(0.8, event->angleDelta().y() / 120.0), (event->position().x() - area.left()) / area.width());
        event->accept();
    }

private:
    DriftChart& m_owner;
    QPointF m_pressed;
    Window m_pressedWindow;
    bool m_dragging = false;
};

void DriftChart::Plot::drawBackground(QPainter* p, const QRectF& exposed)
{
    const ChartFrame frame = m_owner.frame();
    p->fillRect(exposed, frame.ground);
    p->setRenderHint(QPainter::Antialiasing, false);
    if (m_owner.m_scene.def.name.isEmpty()) return; // an axis without a signal would claim a scale
    paintAxes(*p, frame, m_owner.m_scene.def);
    paintGround(*p, frame, m_owner.m_scene, m_owner.m_now);
}

void DriftChart::Plot::drawForeground(QPainter* p, const QRectF&)
{
    const ChartFrame frame = m_owner.frame();
    const ChartScene& scene = m_owner.m_scene;
    p->setRenderHint(QPainter::Antialiasing, true);
    paintGaps(*p, frame, m_owner.m_shape.gaps);
    if (scene.veiled) paintVeil(*p, frame);
    if (scene.onset) paintOnsetLabel(*p, frame, *scene.onset);
    paintMarks(*p, frame, scene.marks);
    if (const ChartPoint* point = m_owner.readPoint(); crosshair >= 0 && point)
        paintCrosshair(*p, frame, crosshair, *point, m_owner.readout());
    const auto [sentence, role] = m_owner.sentence();
    if (!sentence.isEmpty()) paintSentence(*p, frame, sentence, role);
}

void DriftChart::Plot::mousePressEvent(QMouseEvent* event)
{
    if (!m_owner.m_interactive || event->button() != Qt::LeftButton) return event->ignore();
    m_owner.setFocus(Qt::MouseFocusReason);
    m_pressed = event->position();
    m_pressedWindow = m_owner.m_window;
    m_dragging = false;
}

void DriftChart::Plot::mouseMoveEvent(QMouseEvent* event)
{
    if (!m_owner.m_interactive) return event->ignore();
    m_owner.setCrosshair(event->position().x());
    if (!(event->buttons() & Qt::LeftButton)) return;
    const double moved = event->position().x() - m_pressed.x();
    if (!m_dragging && std::abs(moved) < 4) return;
    m_dragging = true;
    const Nanos by = -Nanos(moved / std::max(1.0, area.width()) * double(m_pressedWindow.to - m_pressedWindow.from));
    m_owner.setFollowing(false);
    m_owner.setWindow({m_pressedWindow.from + by, m_pressedWindow.to + by});
}

void DriftChart::Plot::mouseReleaseEvent(QMouseEvent* event)
{
    if (!m_owner.m_interactive || event->button() != Qt::LeftButton) return event->ignore();
    if (!m_dragging && area.contains(event->position()))
        Q_EMIT m_owner.timePicked(m_owner.frame().timeAt(event->position().x()));
    m_dragging = false;
}

// ---- the chart
// --------------------------------------------------------------------------------------------------------

DriftChart::DriftChart(ChartSource* source, QWidget* parent)
    : QWidget(parent)
    , m_source(source)
    , m_plot(new Plot(*this))
{
    setObjectName(u"drift.chart"_s);
    setAccessibleName(u"Drift chart"_s);
    setFocusPolicy(Qt::StrongFocus);
    auto* box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->addWidget(m_plot);
    m_due.setSingleShot(true);
    connect(&m_due, &QTimer::timeout, this, &DriftChart::ask);
    connect(&Theme::instance(), &Theme::changed, this, [this] {
        layOut();
        redrawLine();
    });
    layOut();
}

DriftChart::~DriftChart()
{
    m_stop.request_stop();
}

int DriftChart::textPixels() const
{
    return m_large > 0 ? m_large : std::max(10, QFontInfo(Theme::instance().text(-1)).pixelSize());
}

ChartFrame DriftChart::frame() const
{
    return {m_plot->area, m_window, m_axis, m_zone, textPixels(), palette().color(QPalette::Window)};
}

std::pair<QString, Role> DriftChart::sentence() const
{
    if (!m_scene.trouble.isEmpty()) return {m_scene.trouble, Role::Stale};
    if (!m_failure.isEmpty()) return {m_failure, Role::Warn};
    if (m_scene.def.name.isEmpty())
        return {u"No signal is watched yet. Send telemetry, or play the sample incident."_s, Role::Muted};
    if (!m_loaded) return {u"Reading the series…"_s, Role::Muted};
    if (m_shape.points.size() >= 2) return {{}, Role::Muted};
    qint64 n = 0;
    for (const auto& b : m_buckets)
        n += b.n;
    return {n == 0
            ? u"No evaluated answer in this window. Zoom out, or wait for the first."_s
            : u"%1 evaluated answers in this window: too few for a line. Zoom out to see one."_s.arg(countText(n)),
        Role::Muted};
}

void DriftChart::setScene(const ChartScene& scene, Nanos now, qint64 tip)
{
    const bool otherSignal = scene.def.name != m_scene.def.name || scene.def.feature != m_scene.def.feature;
    const bool changed = !sameScene(scene, m_scene);
    const bool otherBand = scene.band.low != m_scene.band.low || scene.band.high != m_scene.band.high;
    m_scene = scene;
    m_now = now;
    m_tip = tip;
    if (otherSignal) {
        // The line of another signal under this one's name would be a lie, however short.
        m_buckets.clear();
        m_loaded = false;
        m_failure.clear();
        m_asked = {};
        m_waiting = false;
        m_stop.request_stop();
        ++m_generation;
    }
    if (otherSignal || otherBand) redrawLine();
    if (m_following) follow(now);
    if (changed && markRows(frame(), m_scene.marks) != m_labelRows) redrawLine();
    ask();
    if (changed) m_plot->viewport()->update();
}

void DriftChart::setZone(Zone zone)
{
    if (zone == m_zone) return;
    m_zone = zone;
    m_plot->viewport()->update();
}

void DriftChart::setLarge(int textPixels)
{
    if (textPixels == m_large) return;
    m_large = textPixels;
    layOut();
    redrawLine();
}

void DriftChart::setInteractive(bool on)
{
    m_interactive = on;
    setFocusPolicy(on ? Qt::StrongFocus : Qt::NoFocus);
}

void DriftChart::setFollowing(bool on)
{
    if (on == m_following) return;
    m_following = on;
    if (on) follow(m_now);
    Q_EMIT windowChanged();
}

void DriftChart::setSpan(Nanos span)
{
    m_span = span == 0 ? 0 : std::clamp(span, kShortestSpan, kLongestSpan);
    if (m_following)
        follow(m_now);
    else if (m_span > 0) {
        const Nanos middle = m_window.from + (m_window.to - m_window.from) / 2;
        setWindow({middle - m_span / 2, middle + m_span / 2});
    }
}

void DriftChart::follow(Nanos now)
{
    if (now <= 0) return;
    Nanos span = m_span;
    if (span == 0) {
        // As much of "before" as of "since", so that the onset stands near the middle; half an hour when nothing
        // happened.
        const Nanos since = m_scene.onset ? now - m_scene.onset->low : 0;
        span = roundSpan(m_scene.onset ? since * 21 / 10 : 30 * kMinute);
    }
    // The window moves in whole buckets: between two of them the picture stays as it is.
    const Nanos step = bucketFor(span, std::max(1, int(m_plot->area.width())));
    const Nanos to = (now + step - 1) / step * step;
    setWindow({to - span, to});
}

void DriftChart::setWindow(Window window)
{
    if (window.from == m_window.from && window.to == m_window.to) return;
    m_window = window;
    redrawLine();
    ask();
    Q_EMIT windowChanged();
}

void DriftChart::centreOn(Nanos t)
{
    const Nanos span = std::max(kShortestSpan, m_window.to - m_window.from);
    m_following = false;
    setWindow({t - span / 2, t - span / 2 + span});
    setCrosshair(frame().xOf(t));
}

void DriftChart::pan(double share)
{
    m_following = false;
    const Nanos by = Nanos(double(m_window.to - m_window.from) * share);
    setWindow({m_window.from + by, m_window.to + by});
}

void DriftChart::zoom(double factor, double around)
{
    const Nanos old = m_window.to - m_window.from;
    const Nanos span = std::clamp(Nanos(double(old) * factor), kShortestSpan, kLongestSpan);
    if (span == old) return;
    m_span = span;
    if (m_following) return follow(m_now);
    const Nanos from = m_window.from + Nanos(double(old - span) * std::clamp(around, 0.0, 1.0));
    setWindow({from, from + span});
}

void DriftChart::ask()
{
    if (!isVisible()) return; // before the first layout the plot is a stamp, and its buckets would be hours
    if (!m_source || m_scene.def.name.isEmpty() || m_window.to <= m_window.from || m_plot->area.width() < 20) return;
    const Nanos span = m_window.to - m_window.from;
    const Nanos bucket = bucketFor(span, int(m_plot->area.width()));
    // A quarter more on either side, so that a pan shows a line before the reply comes.
    const Nanos from = (m_window.from - span / 4) / bucket * bucket;
    const Nanos to = (m_window.to + (m_following ? 0 : span / 4) + bucket - 1) / bucket * bucket;
    const Request request{m_scene.def.feature, m_scene.def.name, {from, to}, bucket, m_tip};
    if (request == m_asked) return;
    const bool onlyTip = request.window.from == m_asked.window.from && request.window.to == m_asked.window.to
        && request.bucket == m_asked.bucket && request.feature == m_asked.feature && request.signal == m_asked.signal;
    if (m_waiting && onlyTip) return; // asked again when the reply is here
    if (m_lastAsk.isValid() && m_lastAsk.elapsed() < kShortestAskMs) {
        if (!m_due.isActive()) m_due.start(int(kShortestAskMs - m_lastAsk.elapsed()));
        return;
    }
    m_asked = request;
    m_lastAsk.start();
    m_waiting = true;
    m_stop.request_stop();
    m_stop = {};
    const quint64 generation = ++m_generation;
    m_source->chart(request.feature, request.signal, request.window, bucket, m_stop.get_token(),
        posted<ChartData>(this, [this, generation](Result<ChartData> reply) { take(generation, std::move(reply)); }));
}

void DriftChart::take(quint64 generation, Result<ChartData> reply)
{
    if (generation != m_generation) return; // an older question
    m_waiting = false;
    if (!reply) {
        m_failure = reply.error().sentence();
        m_plot->viewport()->update();
        Q_EMIT said(m_failure);
        return;
    }
    const bool recovered = !m_failure.isEmpty() || !m_loaded;
    m_failure.clear();
    m_loaded = true;
    const auto equal = [](const auto& a, const auto& b) { return a.t == b.t && a.n == b.n && a.sum == b.sum; };
    const bool sameLine = !recovered && reply->buckets.size() == m_buckets.size()
        && std::equal(m_buckets.begin(), m_buckets.end(), reply->buckets.begin(), equal);
    if (!sameLine) {
        m_bucket = reply->bucket > 0 ? reply->bucket : m_asked.bucket;
        m_buckets = std::move(reply->buckets);
        redrawLine();
        Q_EMIT lineChanged();
    }
    const bool sameEvents = reply->marks.size() == m_events.size()
        && std::equal(m_events.begin(), m_events.end(), reply->marks.begin(),
            [](const auto& a, const auto& b) { return a.id == b.id; });
    if (!sameEvents) {
        m_events = std::move(reply->marks);
        Q_EMIT eventsChanged();
    }
    if (m_tip != m_asked.tip) ask();
}

void DriftChart::redrawLine()
{
    m_shape = shapeOf(m_buckets, m_bucket);
    const auto drawn = columnExtremes(m_shape.points, m_window, std::max(1, int(m_plot->area.width())));

    double low = 1e300, high = -1e300;
    const auto include = [&](double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    };
    const Nanos margin = (m_window.to - m_window.from) / 50;
    for (const ChartPoint& p : drawn)
        if (p.at() >= m_window.from - margin && p.at() <= m_window.to + margin) include(p.value);
    if (m_scene.band.high > m_scene.band.low) {
        include(m_scene.band.low);
        include(m_scene.band.high);
    }
    // Labels stand at the bottom; the line is lifted above them.
    const ChartFrame now = frame();
    m_labelRows = markRows(now, m_scene.marks);
    const double spared = std::min(0.4, m_labelRows * markRowHeight(now) / std::max(1.0, m_plot->area.height()));
    if (high > low) low -= (high - low) * spared / (1 - spared);
    const int labels = int(m_plot->area.height() / (textPixels() * 3.4));
    m_axis = valueAxis(low, high, m_scene.def.kind == SignalKind::Rate, std::clamp(labels, 2, 6));

    QList<QPointF> line;
    line.reserve(qsizetype(drawn.size()));
    for (const ChartPoint& p : drawn)
        line.append({double(p.at() - m_window.from) / double(kSecond), p.value});
    // Empty first: QtCharts would recompute every point at each of the two range moves.
    m_plot->line->clear();
    m_plot->x->setRange(0, std::max(1.0, double(m_window.to - m_window.from) / double(kSecond)));
    m_plot->y->setRange(m_axis.low, m_axis.high);
    m_plot->setRenderHint(QPainter::Antialiasing, line.size() < kAntialiasBelow);
    const bool thin = line.size() >= kAntialiasBelow;
    m_plot->line->setPen(QPen(Theme::instance().color(Role::Series1), thin ? 1.0 : std::max(1.4, textPixels() / 8.0)));
    m_plot->line->replace(line);
    ++m_redraws;
    setAccessibleDescription(readout());
    m_plot->viewport()->update();
}

const ChartPoint* DriftChart::readPoint() const
{
    const auto& points = m_shape.points;
    if (points.empty()) return nullptr;
    if (m_plot->crosshair < 0) return &points.back();
    const Nanos t = frame().timeAt(m_plot->crosshair);
    return &*std::min_element(points.begin(), points.end(),
        [t](const auto& a, const auto& b) { return std::abs(a.at() - t) < std::abs(b.at() - t); });
}

QString DriftChart::readout() const
{
    const ChartPoint* shown = readPoint();
    if (!shown) return u"no evaluated answers"_s;
    const QString unit = m_scene.def.unit.isEmpty() ? QString() : u' ' + m_scene.def.unit;
    return u"%1%2 · n %3 · %4–%5 %6"_s.arg(valueText(m_scene.def, shown->value), unit, countText(shown->n),
        clockText(shown->from, m_zone), clockText(shown->to, m_zone), m_zone == Zone::Utc ? u"UTC"_s : u"local"_s);
}

QRectF DriftChart::plotRect() const
{
    return m_plot->area.translated(m_plot->pos());
}

void DriftChart::setCrosshair(double x)
{
    if (x == m_plot->crosshair) return;
    m_plot->crosshair = x;
    m_plot->viewport()->update();
}

void DriftChart::layOut()
{
    QFont font = Theme::instance().text();
    font.setPixelSize(textPixels());
    const QFontMetricsF metrics(font);
    const double left = std::ceil(metrics.horizontalAdvance(u"100.0 %"_s) + metrics.height() * 0.8);
    const double top = std::ceil(metrics.height() * 1.7), bottom = std::ceil(metrics.height() * 1.9),
                 right = std::ceil(metrics.height() * 1.1);
    m_plot->area = QRectF(left, top, std::max(1.0, width() - left - right), std::max(1.0, height() - top - bottom));
    m_plot->chart()->setPlotArea(m_plot->area);
    m_plot->viewport()->update();
}

void DriftChart::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    layOut();
    redrawLine();
    if (m_following) follow(m_now);
    ask();
    Q_EMIT windowChanged();
}

void DriftChart::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (m_following) follow(m_now);
    ask();
}

void DriftChart::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) m_plot->viewport()->update();
}

void DriftChart::keyPressEvent(QKeyEvent* event)
{
    if (!m_interactive) return QWidget::keyPressEvent(event);
    const auto crosshairBy = [this](int step) {
        const double at = m_plot->crosshair < 0 ? m_plot->area.right() : m_plot->crosshair;
        setCrosshair(std::clamp(at + step, m_plot->area.left(), m_plot->area.right()));
    };
    switch (event->key()) {
    case Qt::Key_F:
        return setFollowing(!m_following);
    case Qt::Key_Left:
        return event->modifiers() & Qt::ShiftModifier ? crosshairBy(-4) : pan(-0.1);
    case Qt::Key_Right:
        return event->modifiers() & Qt::ShiftModifier ? crosshairBy(4) : pan(0.1);
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return zoom(0.8);
    case Qt::Key_Minus:
        return zoom(1.25);
    case Qt::Key_0:
        setSpan(0);
        return setFollowing(true);
    default:
        QWidget::keyPressEvent(event);
    }
}

} // namespace wf
