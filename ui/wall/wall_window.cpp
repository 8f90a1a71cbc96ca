// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wall/wall_window.h"
#include "ui/drift/drift_chart.h"
#include "ui/drift/drift_pane.h"
#include "ui/wall/wall_tile.h"
#include <QCloseEvent>
#include <QKeyEvent>
#include <QPainter>
#include <cmath>

namespace wf {

using namespace Qt::StringLiterals;

namespace {

constexpr int kTickMs = 1000;
constexpr int kWorstTicks = 20, kOtherTicks = 10; // how long an incident stays when several are open

/// A sentence over the whole width that cannot be overlooked.
class Banner final : public QWidget {
public:
    using QWidget::QWidget;
    QString words;
    int screen = 1080;

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter p(this);
        p.setRenderHint(QPainter::Antialiasing);
        p.setPen(Qt::NoPen);
        p.setBrush(ink(Role::Severity1));
        p.drawRoundedRect(rect(), screen * 0.011, screen * 0.011);
        QFont font = Theme::instance().text(0, true);
        font.setPixelSize(int(screen * 0.05));
        QRectF box = QRectF(rect()).adjusted(screen * 0.02, 0, -screen * 0.02, 0);
        while (font.pixelSize() > screen * 0.03
            && QFontMetricsF(font).boundingRect(box, Qt::AlignCenter | Qt::TextWordWrap, words).height() > box.height())
            font.setPixelSize(font.pixelSize() - 2);
        p.setFont(font);
        p.setPen(ink(Role::OnSeverity));
        p.drawText(box, Qt::AlignCenter | Qt::TextWordWrap, words);
    }
};

} // namespace

WallWindow::WallWindow(UiContext& context, QWidget* parent)
    : QWidget(parent, Qt::Window)
    , m_context(context)
{
    setObjectName(u"wall"_s);
    setWindowTitle(u"Watchfloor wall"_s);
    setAccessibleName(u"Wall screen"_s);
    setFocusPolicy(Qt::StrongFocus);
    const auto tile = [&](const QString& name, const QString& spoken, WallTile::Frame frame) {
        return new WallTile(u"wall."_s + name, spoken, context.clock, frame, this);
    };
    m_severity = tile(u"severity"_s, u"Severity"_s, WallTile::Frame::None);
    m_heading = tile(u"header"_s, u"Incident"_s, WallTile::Frame::None);
    m_since = tile(u"since"_s, u"Time since onset"_s, WallTile::Frame::None);
    m_chartTile = tile(u"chart"_s, u"Leading signal"_s, WallTile::Frame::Tile);
    m_decisions = tile(u"decisions"_s, u"Decisions"_s, WallTile::Frame::Tile);
    m_harm = tile(u"harm"_s, u"Harm"_s, WallTile::Frame::Tile);
    m_proof = tile(u"proof"_s, u"Rollback proof"_s, WallTile::Frame::Tile);
    for (size_t i = 0; i < m_entries.size(); ++i)
        m_entries[i] = tile(u"entry%1"_s.arg(i + 1), u"Last entries"_s, WallTile::Frame::Tile);
    m_silent = tile(u"silent"_s, u"Silent sources"_s, WallTile::Frame::Tile);
    m_footer = tile(u"footer"_s, u"Infrastructure and behaviour"_s, WallTile::Frame::None);
    m_clock = tile(u"clock"_s, u"Clock and ages"_s, WallTile::Frame::None);
    m_state = tile(u"state"_s, u"State"_s, WallTile::Frame::None);
    m_sample = tile(u"sample"_s, u"Sample data"_s, WallTile::Frame::None);
    m_sample->setAlignment(Qt::AlignHCenter);
    m_chart = new DriftChart(context.chart, m_chartTile);
    m_chart->setObjectName(u"wall.chart.plot"_s);
    m_chart->setInteractive(false);
    // The chart shares the tile's ground, so that one surface carries title and line.
    const auto ground = [this] {
        QPalette colours = m_chart->palette();
        colours.setColor(QPalette::Window, ink(Role::Raised));
        m_chart->setPalette(colours);
    };
    ground();
    connect(&Theme::instance(), &Theme::changed, this, ground);
    auto* banner = new Banner(this);
    banner->setObjectName(u"wall.banner"_s);
    banner->hide();
    m_banner = banner;
    for (WallTile* right : {m_since, m_clock})
        right->setAlignment(Qt::AlignRight);
    connect(&m_timer, &QTimer::timeout, this, &WallWindow::tick);
    m_timer.start(kTickMs);
    resize(1280, 720);
    tick();
}

void WallWindow::tick()
{
    ++m_tick;
    if (m_context.feed)
        if (const auto state = m_context.feed->latest()) refresh(*state);
}

const Case* WallWindow::caseToShow(const CaseFile* cases, int* others)
{
    *others = 0;
    if (!cases) return nullptr;
    std::vector<const Case*> open;
    for (const Case& c : cases->cases)
        if (c.incident.isOpen()) open.push_back(&c);
    if (open.empty()) return nullptr;
    const auto weight = [](const Case* c) {
        const int severity = c->incident.severity > 0 ? c->incident.severity : c->incident.suggestedSeverity;
        return severity > 0 ? severity : 9;
    };
    std::stable_sort(open.begin(), open.end(), [&](const Case* a, const Case* b) { return weight(a) < weight(b); });
    *others = int(open.size()) - 1;
    const int round = kWorstTicks + kOtherTicks * *others, at = m_tick % round;
    return at < kWorstTicks ? open.front() : open[size_t(1 + (at - kWorstTicks) / kOtherTicks)];
}

void WallWindow::refresh(const ConsoleState& state)
{
    int others = 0;
    const Case* c = caseToShow(state.cases.get(), &others);
    const double speed = m_context.clock ? m_context.clock->speed() : 1.0;
    // The ages are told by the clock, not by the state: a state that nobody renews must grow old on screen.
    ConsoleState now = state;
    if (m_context.clock) now.now = std::max(state.now, m_context.clock->now());
    const StreamState* stream = leadingStream(now.drift.get(), c);
    const WallContent w = wallContentOf(now, c, stream, others, m_context.zone, speed);

    m_severity->setBadge(w.severity, w.severityFill);
    m_heading->setText(w.heading);
    m_since->setText(w.since);
    m_chartTile->setText(w.chart);
    m_decisions->setText(w.decisions);
    m_harm->setText(w.harm);
    m_proof->setText(w.proof);
    for (size_t i = 0; i < m_entries.size(); ++i)
        m_entries[i]->setText(w.entries[i]);
    m_silent->setText(w.silent);
    m_footer->setText(w.footer);
    m_sample->setText(w.sample);
    WallText clock = w.clock;
    if (m_visitors) { // the time, not how we are doing
        clock.lines.front().resize(1);
        clock.lines.front()[0].text = clock.lines.front()[0].text.trimmed();
        clock.lines.front()[0].delta = WallTitle;
    }
    m_clock->setAlignment(m_visitors ? Qt::AlignHCenter : Qt::AlignRight);
    m_clock->setText(clock);
    WallText visible = w.heading;
    visible.lines = {{strong(w.state, Role::AccentText, WallTitle)}};
    m_state->setText(visible);

    m_chart->setZone(m_context.zone);
    const qint64 tip = (now.drift ? now.drift->seq : 0) * 1'000'003 + now.eventsTip;
    ChartScene scene = chartSceneOf(now, stream, c, m_chart->events(), speed, ChartWords::KnownFieldsOnly);
    scene.trouble.clear(); // the tile and the banner say it, in letters one can read from afar
    m_chart->setScene(scene, now.now, tip);

    if (w.banner != m_bannerText) {
        m_bannerText = w.banner;
        static_cast<Banner*>(m_banner)->words = w.banner;
        m_banner->setAccessibleName(w.banner);
        m_banner->update();
    }
    m_banner->setVisible(!w.banner.isEmpty());
    place();
}

void WallWindow::setVisitors(bool on)
{
    m_visitors = on;
    if (const auto state = m_context.feed ? m_context.feed->latest() : nullptr) refresh(*state);
    place();
}

void WallWindow::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        close();
    else if (event->key() == Qt::Key_F10)
        setVisitors(!m_visitors);
    else
        QWidget::keyPressEvent(event);
}

void WallWindow::closeEvent(QCloseEvent* event)
{
    Q_EMIT closed();
    event->accept();
}

void WallWindow::resizeEvent(QResizeEvent*)
{
    place();
}

void WallWindow::paintEvent(QPaintEvent*)
{
    QPainter(this).fillRect(rect(), ink(Role::Surface));
}

void WallWindow::place()
{
    const int w = width(), h = height();
    for (WallTile* tile : findChildren<WallTile*>())
        tile->setVisible(!m_visitors);
    m_state->setVisible(m_visitors);
    m_measure = h;
    measure(h);
    if (m_visitors)
        placeVisitors(w, h);
    else if (w >= h)
        placeWide(w, h);
    else
        placeTall(w, h);
    if (!m_visitors) placeChart();
    static_cast<Banner*>(m_banner)->screen = m_measure;
    m_banner->setGeometry(bannerRect());
    m_banner->raise();
}

QRect WallWindow::bannerRect() const
{
    if (m_visitors) return {width() / 20, height() * 85 / 100, width() * 18 / 20, height() * 10 / 100};
    return m_entries[0]->geometry().united(m_silent->geometry());
}

void WallWindow::placeChart()
{
    const int head = m_chartTile->heightFor(m_chartTile->width()), side = int(m_measure * 0.010);
    m_chart->setGeometry(
        side, head, m_chartTile->width() - 2 * side, std::max(10, m_chartTile->height() - head - side / 2));
    m_chart->setLarge(int(std::ceil(m_measure * 0.025)));
}

void WallWindow::placeWide(int w, int h)
{
    const int margin = int(h * 0.040), gap = int(h * 0.018);
    const int inner = w - 2 * margin;
    const int top = int(h * 0.040), body = int(h * 0.166), row = int(h * 0.796), rowHeight = int(h * 0.115);

    m_severity->setGeometry(margin, top, int(h * 0.185), int(h * 0.088));
    m_sample->setGeometry(margin, top + int(h * 0.090), int(h * 0.185), body - top - int(h * 0.090));
    const int sinceWidth = std::min(inner / 3, std::max(m_since->naturalWidth(), int(h * 0.20)));
    const int headingLeft = margin + int(h * 0.185) + int(h * 0.026);
    m_heading->setGeometry(headingLeft, int(h * 0.032), w - margin - sinceWidth - headingLeft, body - int(h * 0.036));
    m_since->setGeometry(w - margin - sinceWidth, int(h * 0.024), sinceWidth, body - int(h * 0.028));

    const int bodyHeight = row - gap - body;
    const int side = std::clamp(int(h * 0.62), int(inner * 0.30), int(inner * 0.44));
    const int chartWidth = inner - side - gap;
    m_chartTile->setGeometry(margin, body, chartWidth, bodyHeight);
    const int x = margin + chartWidth + gap;
    // The decisions have one line more than the others; what is left over is shared.
    const std::array tiles{m_decisions, m_harm, m_proof};
    std::array<int, 3> heights{};
    int spare = -1;
    for (int wraps = WallTile::kMostWraps; wraps >= 1 && spare < 0; --wraps) {
        spare = bodyHeight - 2 * gap;
        for (size_t i = 0; i < tiles.size(); ++i)
            spare -= heights[i] = tiles[i]->heightFor(side, wraps);
    }
    spare /= 3;
    int y = body;
    for (size_t i = 0; i < tiles.size(); ++i) {
        const int height = i == 2 ? body + bodyHeight - y : heights[i] + spare;
        tiles[i]->setGeometry(x, y, side, height);
        y += height + gap;
    }
    const int quarter = (inner - 3 * gap) / 4;
    for (size_t i = 0; i < m_entries.size(); ++i)
        m_entries[i]->setGeometry(margin + int(i) * (quarter + gap), row, quarter, rowHeight);
    m_silent->setGeometry(margin + 3 * (quarter + gap), row, inner - 3 * (quarter + gap), rowHeight);
    const int clockWidth = std::min(inner / 2, m_clock->naturalWidth());
    const int footHeight = m_footer->heightFor(inner - clockWidth - gap, 2),
              foot = std::max(row + rowHeight, h - int(h * 0.026) - footHeight);
    m_footer->setGeometry(margin, foot, inner - clockWidth - gap, h - foot);
    m_clock->setGeometry(w - margin - clockWidth, foot, clockWidth, h - foot);
}

void WallWindow::measure(int pixels)
{
    m_measure = pixels;
    for (WallTile* tile : findChildren<WallTile*>())
        tile->setScreenHeight(pixels);
}

/// A panel turned upright is as far away and as wide across as one that lies: text is measured against its height as
/// long as everything finds a place, and never against less than its shorter side.
void WallWindow::placeTall(int w, int h)
{
    for (int percent = 100; percent > w * 100 / h; percent -= 4) {
        measure(h * percent / 100);
        if (stackTall(w, h) >= h * 27 / 100) return;
    }
    measure(w);
    stackTall(w, h);
}

int WallWindow::stackTall(int w, int h)
{
    const int margin = int(w * 0.040), gap = int(m_measure * 0.010), inner = w - 2 * margin;
    int y = margin;
    const int badge = int(w * 0.30), sinceHeight = m_since->heightFor(inner - badge - gap);
    m_severity->setGeometry(margin, y, badge, std::min(sinceHeight, int(m_measure * 0.088)));
    m_sample->setGeometry(margin, y + m_severity->height(), badge, m_sample->heightFor(badge));
    m_since->setGeometry(margin + badge + gap, y - gap, inner - badge - gap, sinceHeight);
    y += sinceHeight;
    const int headingHeight = m_heading->heightFor(inner);
    m_heading->setGeometry(margin, y, inner, headingHeight);
    y += headingHeight + gap;

    // From below: footer, silent sources, entries, figures; the chart gets what remains.
    int bottom = h - margin / 2;
    const auto fromBelow = [&](WallTile* tile, int space) {
        const int tall = tile->heightFor(inner);
        bottom -= tall;
        tile->setGeometry(margin, bottom, inner, tall);
        bottom -= space;
    };
    fromBelow(m_clock, 0);
    fromBelow(m_footer, gap);
    fromBelow(m_silent, gap);
    for (auto entry = m_entries.rbegin(); entry != m_entries.rend(); ++entry)
        fromBelow(*entry, gap);
    for (WallTile* tile : {m_proof, m_harm, m_decisions})
        fromBelow(tile, gap);
    const int chartHeight = std::max(h / 10, bottom - y);
    m_chartTile->setGeometry(margin, y, inner, chartHeight);
    return bottom - y;
}

void WallWindow::placeVisitors(int w, int h)
{
    for (WallTile* tile : {m_severity, m_state, m_clock, m_sample})
        tile->show();
    const int unit = std::min(w, h), width = unit * 44 / 100;
    int y = (h - unit * 62 / 100) / 2;
    m_severity->setGeometry((w - width) / 2, y, width, unit * 17 / 100);
    y += unit * 19 / 100;
    m_sample->setGeometry(0, y, w, unit * 6 / 100);
    y += unit * 8 / 100;
    for (WallTile* line : {m_state, m_clock})
        line->setAlignment(Qt::AlignHCenter);
    m_state->setGeometry(0, y, w, unit * 12 / 100);
    m_clock->setGeometry(0, y + unit * 15 / 100, w, unit * 12 / 100);
}

} // namespace wf
