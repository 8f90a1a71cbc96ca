// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/timeline/timeline_pane.h"
#include "models/items/post.h"
#include "ui/common/format.h"
#include "ui/common/widgets.h"
#include "ui/timeline/density_strip.h"
#include "ui/timeline/timeline_view.h"
#include <QHBoxLayout>
#include <QItemSelectionModel>
#include <QLineEdit>
#include <QPushButton>
#include <QShortcut>
#include <QTimer>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace wf {

namespace {
constexpr int kDebounce = 150; // ms; between a typist's letters and what still feels immediate
constexpr int kDensityTicks = 10; // the strip is read once a second at most
constexpr int kJumpTicks = 30; // a jump is corrected while the rows around it are being read
} // namespace

TimelinePane::TimelinePane(UiContext& context, QWidget* parent)
    : Pane(context, parent)
    , m_model(context.timeline)
{
    setObjectName(u"timeline"_s);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_header = new SectionHeader(u"Timeline"_s, this);
    column->addWidget(m_header);
    column->addWidget(makeFilterRow());
    column->addWidget(makeNoteRow());
    m_error = new SpanLabel(this);
    m_error->setObjectName(u"timeline.error"_s);
    m_error->setContentsMargins(0, 0, 0, 0);
    auto* errorRow = new QHBoxLayout;
    errorRow->setContentsMargins(14, 0, 14, 0);
    errorRow->addWidget(m_error);
    column->addLayout(errorRow);
    m_error->hide();
    m_strip = new DensityStrip(this);
    column->addWidget(m_strip);
    m_view = new TimelineView(this);
    m_view->setTimeline(&m_model);
    column->addWidget(m_view, 1);
    m_newButton = new QPushButton(m_view);
    m_newButton->setObjectName(u"timeline.new"_s);
    m_newButton->setAccessibleName(u"Back to the latest events"_s);
    m_newButton->hide();

    m_debounce = new QTimer(this);
    m_debounce->setSingleShot(true);
    m_debounce->setInterval(kDebounce);
    connect(m_debounce, &QTimer::timeout, this, &TimelinePane::applyFilter);
    connect(m_filter, &QLineEdit::textChanged, m_debounce, qOverload<>(&QTimer::start));
    connect(m_strip, &DensityStrip::brushed, this, [this](Window window) { setRange(window); });
    connect(m_strip, &DensityStrip::cleared, this, [this] { setRange(std::nullopt); });
    connect(&m_model, &TimelineModel::refused, this, &TimelinePane::showError);
    connect(&m_model, &TimelineModel::filtered, this, [this] {
        showError({});
        restoreSelection();
    });
    connect(m_view, &TimelineView::evidenceClicked, this,
        [this](int number) { Q_EMIT goTo(u"evidence %1"_s.arg(number)); });
    connect(m_view, &TimelineView::opened, this, &TimelinePane::openRow);
    connect(m_view, &QAbstractItemView::doubleClicked, this, &TimelinePane::openRow);
    connect(m_view, &TimelineView::scrolled, this, &TimelinePane::showFollow);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
        if (index.isValid() && !index.data(TimelineModel::PlaceholderRole).toBool())
            m_selected = index.data(TimelineModel::IdRole).toLongLong();
    });
    connect(m_newButton, &QPushButton::clicked, this, [this] {
        m_view->scrollToTop();
        m_view->setFocus();
    });
    connect(new QShortcut(QKeySequence(u"/"_s), this), &QShortcut::activated, this, [this] {
        m_filter->setFocus();
        m_filter->selectAll();
    });
    auto* note = new QShortcut(QKeySequence(u"N"_s), this);
    note->setContext(Qt::WidgetWithChildrenShortcut);
    connect(note, &QShortcut::activated, this, &TimelinePane::beginNote);
    setFocusProxy(m_view);
    m_model.setFilter({});
}

TimelinePane::~TimelinePane()
{
    m_densityStop.request_stop();
}

QWidget* TimelinePane::makeFilterRow()
{
    auto* row = new QWidget(this);
    auto* line = new QHBoxLayout(row);
    line->setContentsMargins(14, 8, 14, 8);
    line->setSpacing(8);
    m_filter = new QLineEdit(row);
    m_filter->setObjectName(u"timeline.filter"_s);
    m_filter->setAccessibleName(u"Filter the timeline"_s);
    m_filter->setPlaceholderText(u"kind:change actor:ci text…"_s);
    m_filter->setToolTip(
        u"Words are searched in the text. kind: actor: feature: incident: source: loud:yes before:HH:MM narrow it. Press / to come here, Esc to leave."_s);
    m_filter->addAction(Theme::instance().icon(u"search"_s, Role::Muted), QLineEdit::LeadingPosition);
    line->addWidget(m_filter, 1);
    m_rangeButton = new QPushButton(row);
    m_rangeButton->setObjectName(u"timeline.range"_s);
    m_rangeButton->setToolTip(u"Only this span is shown. Press to show all."_s);
    m_rangeButton->setAccessibleName(u"Show all times again"_s);
    m_rangeButton->hide();
    line->addWidget(m_rangeButton);
    m_noteButton = new QPushButton(Theme::instance().icon(u"note"_s, Role::Text), u"Note"_s, row);
    m_noteButton->setObjectName(u"timeline.noteButton"_s);
    m_noteButton->setToolTip(u"Write a note into the record (N)"_s);
    line->addWidget(m_noteButton);
    auto* leave = new QShortcut(QKeySequence(Qt::Key_Escape), m_filter);
    leave->setContext(Qt::WidgetShortcut);
    connect(leave, &QShortcut::activated, this, [this] {
        m_filter->clear();
        m_view->setFocus();
    });
    connect(m_filter, &QLineEdit::returnPressed, this, [this] {
        m_debounce->stop();
        applyFilter();
        m_view->setFocus();
    });
    connect(m_rangeButton, &QPushButton::clicked, this, [this] { setRange(std::nullopt); });
    connect(m_noteButton, &QPushButton::clicked, this, &TimelinePane::beginNote);
    return row;
}

QWidget* TimelinePane::makeNoteRow()
{
    m_noteRow = new QWidget(this);
    auto* line = new QHBoxLayout(m_noteRow);
    line->setContentsMargins(14, 0, 14, 8);
    m_note = new QLineEdit(m_noteRow);
    m_note->setObjectName(u"timeline.note"_s);
    m_note->setAccessibleName(u"Note for the record"_s);
    m_note->setPlaceholderText(u"Note; @03:10 first puts it at that time · Enter files · Esc closes"_s);
    line->addWidget(m_note);
    auto* leave = new QShortcut(QKeySequence(Qt::Key_Escape), m_note);
    leave->setContext(Qt::WidgetShortcut);
    connect(leave, &QShortcut::activated, this, [this] {
        m_noteRow->hide(); // the text stays for the next time
        m_view->setFocus();
    });
    connect(m_note, &QLineEdit::returnPressed, this, &TimelinePane::fileNote);
    m_noteRow->hide();
    return m_noteRow;
}

// ---- the tick ----

void TimelinePane::refresh(const ConsoleState& state)
{
    m_now = state.now;
    const Case* current = state.cases ? state.cases->current() : nullptr;
    m_incident = current ? current->incident.id : IncidentId{};
    if (m_tip >= 0 && state.eventsTip != m_tip) {
        m_model.touch();
        m_densityWait = std::min(m_densityWait, 1);
    }
    m_tip = state.eventsTip;
    m_view->setZone(m_context.zone);
    m_view->setToday(state.now);
    m_view->keepRead();
    m_model.tick();
    if (m_jumpTicks > 0) jump();
    showHeader(state);
    m_view->setEmptySentence(emptySentence(state));
    showFollow();
    m_strip->setZone(m_context.zone);
    if (--m_densityWait <= 0) askDensity(state);
}

void TimelinePane::showHeader(const ConsoleState& state)
{
    const QString zone = zoneText(state.now, m_context.zone);
    const bool narrowed = !m_model.filter().text.isEmpty() || m_range;
    m_header->setNote(narrowed
            ? u"%1 of %2 events · %3"_s.arg(grouped(m_model.rowCount()), grouped(state.timelineCount), zone)
            : u"%1 events · %2"_s.arg(grouped(std::max<qint64>(state.timelineCount, m_model.rowCount())), zone));
}

QString TimelinePane::emptySentence(const ConsoleState& state) const
{
    if (!m_model.firstPageShown()) return u"Reading the timeline…"_s;
    if (!m_model.filter().text.isEmpty() || m_range) return u"No event matches. Press / and Esc to show all of them."_s;
    if (state.timelineCount == 0)
        return u"Nothing has arrived yet. Alerts, changes, reports and decisions appear here as they come, newest first."_s;
    return u"Reading the timeline…"_s;
}

void TimelinePane::askDensity(const ConsoleState& state)
{
    m_densityWait = kDensityTicks;
    const Case* current = state.cases ? state.cases->current() : nullptr;
    const bool open = current && current->incident.onset;
    const Nanos onset = open ? current->incident.onset->low : 0;
    Window window{open ? std::min(onset - 55 * kMinute, state.now - 10 * kMinute) : state.now - kHour, state.now + 1};
    const int bins = m_strip->binCount();
    const Nanos width = std::max<Nanos>(kSecond, (window.to - window.from) / bins);
    window.to = (window.to / width + 1) * width; // whole bins, so that bars stand still between two readings
    window.from = window.to - bins * width;
    m_strip->setOnset(onset, open ? current->incident.recovered : 0);
    if (m_densityAsked || m_context.timeline == nullptr) return;
    m_densityAsked = true;
    m_densityStop = std::stop_source();
    const quint64 generation = ++m_densityGeneration;
    m_context.timeline->density(m_model.filter(), window, bins, m_densityStop.get_token(),
        posted<std::vector<DensityBin>>(this, [this, window, generation](Result<std::vector<DensityBin>> answer) {
            if (generation != m_densityGeneration) return;
            m_densityAsked = false;
            if (answer) m_strip->setBins(std::move(*answer), window); // when refused, the list has already said why
        }));
}

// ---- what a person does ----

void TimelinePane::applyFilter()
{
    m_model.setFilter({m_filter->text().trimmed()}, m_range.value_or(Window{0, TimelineModel::kEver}));
    m_densityAsked = false; // its answer would be about the old filter
    m_densityStop.request_stop();
    ++m_densityGeneration;
    m_densityWait = 0;
}

void TimelinePane::setRange(std::optional<Window> range)
{
    m_range = range;
    m_strip->setBrush(range);
    m_rangeButton->setVisible(range.has_value());
    if (range)
        m_rangeButton->setText(
            u"%1–%2 ✕"_s.arg(clockMinute(range->from, m_context.zone), clockMinute(range->to, m_context.zone)));
    applyFilter();
}

void TimelinePane::showError(const QString& sentence)
{
    m_error->setSpans({plain(sentence, Role::BadText)});
    m_error->setVisible(!sentence.isEmpty());
    m_filter->setProperty("bad", !sentence.isEmpty());
    m_filter->setStyleSheet(m_filter->styleSheet()); // reads the property again
    if (!sentence.isEmpty()) Q_EMIT said(sentence);
}

void TimelinePane::restoreSelection()
{
    const int row = m_selected ? m_model.rowOfId(m_selected) : -1;
    if (row >= 0) m_view->setCurrentIndex(m_model.index(row));
}

void TimelinePane::showFollow()
{
    if (m_view->following()) {
        m_rowsWhenLeft = m_model.rowCount();
        m_newButton->hide();
        return;
    }
    const int fresh = m_model.rowCount() - m_rowsWhenLeft;
    m_newButton->setText(fresh > 0 ? u"↑ %1 new"_s.arg(grouped(fresh)) : u"↑ Latest"_s);
    m_newButton->adjustSize();
    m_newButton->move((m_view->viewport()->width() - m_newButton->width()) / 2, 8);
    m_newButton->show();
}

void TimelinePane::openRow(const QModelIndex& index)
{
    const TimelineEvent* event = m_model.eventAt(index.row());
    if (!event) return;
    Q_EMIT goTo(u"time %1"_s.arg(event->t));
    const std::vector<int> numbers = evidenceOf(*event);
    const QString proposal = event->body[u"proposal"_s].toString();
    if (!numbers.empty())
        Q_EMIT goTo(u"evidence %1"_s.arg(numbers.front()));
    else if (!proposal.isEmpty())
        Q_EMIT goTo(u"proposal %1"_s.arg(proposal));
    else if (event->id < 0)
        Q_EMIT goTo(u"entry %1"_s.arg(-event->id));
}

void TimelinePane::moveTo(const QString& place)
{
    if (place.startsWith("time "_L1)) {
        m_jump = place.mid(5).toLongLong();
        m_jumpTicks = kJumpTicks;
        jump();
    } else if (place.startsWith("entry "_L1)) {
        const int row = m_model.rowOfId(-place.mid(6).toLongLong());
        if (row >= 0) m_view->setCurrentIndex(m_model.index(row));
    }
}

/// The row of a time is a guess until the rows around it are read; so it is looked for again for a while.
void TimelinePane::jump()
{
    if (!m_model.busy()) --m_jumpTicks;
    if (m_model.rowCount() == 0) return;
    const int row = m_model.rowOfTime(m_jump);
    if (m_model.peek(row)) m_jumpTicks = 0;
    m_view->setCurrentIndex(m_model.index(row));
}

void TimelinePane::beginNote()
{
    m_noteRow->show();
    m_note->setFocus();
}

void TimelinePane::fileNote()
{
    const auto note = parseDated(m_note->text(), m_now, m_context.zone);
    if (!note) return showError(note.error().sentence());
    m_note->setEnabled(false);
    m_context.desk->addNote(
        m_context.person, m_incident, note->text, note->happened, posted<qint64>(this, [this](Result<qint64> filed) {
            m_note->setEnabled(true);
            if (!filed) {
                showError(filed.error().sentence()); // the text stays in the line
                m_note->setFocus();
                return;
            }
            showError({});
            m_note->clear();
            m_noteRow->hide();
            m_view->setFocus();
            Q_EMIT said(u"Note recorded as entry %1."_s.arg(*filed));
        }));
}

} // namespace wf
