// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shell/bars.h"
#include "ui/common/format.h"
#include <QEvent>
#include <QFontMetricsF>
#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <numeric>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

constexpr int kNarrow = 1720; // below it the header says the same in fewer words
constexpr int kSaidTicks = 80; // eight seconds at ten ticks a second

void groundWithLine(QWidget* widget, Role ground, bool lineBelow)
{
    QPainter painter(widget);
    painter.fillRect(widget->rect(), ink(ground));
    painter.fillRect(QRect(0, lineBelow ? widget->height() - 1 : 0, widget->width(), 1), ink(Role::Line));
}

} // namespace

// ---- Stepper ----

Stepper::Stepper(QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void Stepper::set(std::vector<StepperStep> steps)
{
    const auto same = [](const StepperStep& a, const StepperStep& b) { return a.word == b.word && a.state == b.state; };
    if (std::equal(steps.begin(), steps.end(), m_steps.begin(), m_steps.end(), same)) return;
    m_steps = std::move(steps);
    QString now;
    for (const StepperStep& step : m_steps)
        if (step.state == StepperStep::State::Now) now = step.word;
    setAccessibleName(u"Status: %1"_s.arg(now));
    setVisible(!m_steps.empty());
    updateGeometry();
    update();
}

int Stepper::widthOf(const StepperStep& step, bool word) const
{
    const bool now = step.state == StepperStep::State::Now;
    if (!word && !now) return 22;
    const QFontMetricsF metrics(Theme::instance().text(-1, now));
    const bool mark = step.state == StepperStep::State::Done || step.state == StepperStep::State::Skipped;
    return int(std::ceil(metrics.horizontalAdvance(step.word))) + 20 + (mark ? 15 : 0);
}

/// Which steps keep their word in so much room: the present one, then those nearest to it.
std::vector<bool> Stepper::wordsWithin(int room) const
{
    std::vector<bool> words(m_steps.size(), false);
    const auto now = std::find_if(
        m_steps.begin(), m_steps.end(), [](const StepperStep& s) { return s.state == StepperStep::State::Now; });
    const ptrdiff_t centre = now == m_steps.end() ? 0 : now - m_steps.begin();
    std::vector<size_t> nearest(m_steps.size());
    std::iota(nearest.begin(), nearest.end(), 0);
    std::stable_sort(nearest.begin(), nearest.end(),
        [centre](size_t a, size_t b) { return std::abs(ptrdiff_t(a) - centre) < std::abs(ptrdiff_t(b) - centre); });
    room -= widthOf(words);
    for (const size_t i : nearest) {
        const int more = widthOf(m_steps[i], true) - widthOf(m_steps[i], false);
        if (more > room) break;
        words[i] = true;
        room -= more;
    }
    return words;
}

int Stepper::widthOf(const std::vector<bool>& words) const
{
    int width = 1;
    for (size_t i = 0; i < m_steps.size(); ++i)
        width += widthOf(m_steps[i], words[i]);
    return width;
}

QSize Stepper::sizeHint() const
{
    return {
        widthOf(std::vector<bool>(m_steps.size(), true)), int(QFontMetricsF(Theme::instance().text(-1)).height()) + 10};
}

QSize Stepper::minimumSizeHint() const
{
    return {widthOf(std::vector<bool>(m_steps.size(), false)), sizeHint().height()};
}

void Stepper::paintEvent(QPaintEvent*)
{
    using State = StepperStep::State;
    QPainter painter(this);
    const std::vector<bool> words = wordsWithin(width());
    int x = 0;
    for (size_t i = 0; i < m_steps.size(); ++i) {
        const StepperStep& step = m_steps[i];
        const bool now = step.state == State::Now, word = words[i] || now;
        const QRect box(x, 0, widthOf(step, word), height() - 1);
        if (now) painter.fillRect(box, ink(Role::Selection));
        painter.setPen(ink(now ? Role::Accent : Role::Line));
        painter.drawRect(box);
        const Role role = step.state == State::Done ? Role::Ok : now ? Role::AccentText : Role::Muted;
        QRectF inner = QRectF(box).adjusted(10, 0, -6, 0);
        if (step.state == State::Done || step.state == State::Skipped) {
            const qreal left = word ? box.left() + 8.0 : box.center().x() - 5.0;
            Theme::instance().paintIcon(painter, QRectF(left, box.center().y() - 5.0, 12, 12),
                step.state == State::Done ? u"check"_s : u"cross"_s, role);
            inner.setLeft(box.left() + 24);
        }
        painter.setFont(Theme::instance().text(-1, now));
        painter.setPen(ink(role));
        if (word)
            painter.drawText(inner, Qt::AlignVCenter | Qt::AlignLeft, step.word);
        else if (step.state == State::Ahead)
            painter.drawText(box, Qt::AlignCenter, u"·"_s);
        x += box.width();
    }
}

// ---- HeaderBar ----

HeaderBar::HeaderBar(QWidget* parent)
    : QWidget(parent)
    , m_severity(new Badge(this, true))
    , m_title(new ElidedLabel(this))
    , m_detail(new ElidedLabel(this))
    , m_declare(new QPushButton(u"Declare…"_s, this))
    , m_stepper(new Stepper(this))
    , m_smallStepper(new Stepper(this))
    , m_sample(new Chip(u"header.sample"_s, this))
    , m_infrastructure(new Chip(u"header.infrastructure"_s, this))
    , m_behaviour(new Chip(u"header.behaviour"_s, this))
    , m_person(new Chip(u"header.person"_s, this))
    , m_since(new SpanLabel(this, 1))
    , m_now(new SpanLabel(this, 1))
{
    m_severity->setObjectName(u"header.severity"_s);
    m_title->setObjectName(u"header.title"_s);
    m_detail->setObjectName(u"header.detail"_s);
    m_declare->setObjectName(u"header.declare"_s);
    m_stepper->setObjectName(u"header.stepper"_s);
    m_smallStepper->setObjectName(u"header.smallStepper"_s);
    m_declare->setProperty("kind", u"go"_s);
    m_since->setObjectName(u"header.since"_s);
    m_now->setObjectName(u"header.now"_s);
    m_smallStepper->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    m_since->setAlignRight(true);
    m_now->setAlignRight(true);
    m_person->setToolTip(u"Who acts at this console. Press to change (Ctrl+I)."_s);
    m_now->setToolTip(u"Ctrl+U switches every time on screen between UTC and local."_s);
    for (Chip* chip : {m_sample, m_infrastructure, m_behaviour})
        chip->setFocusPolicy(Qt::NoFocus);
    m_sample->set(u"sample"_s, Role::Warn, {strong(u"SAMPLE DATA"_s, Role::Warn)}, {}, Role::Warn);

    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 9, 16, 10);
    row->setSpacing(14);
    row->addWidget(m_severity);
    auto* words = new QVBoxLayout;
    words->setSpacing(1);
    words->addWidget(m_title);
    auto* second = new QHBoxLayout;
    second->setSpacing(12);
    second->addWidget(m_detail, 1);
    second->addWidget(m_smallStepper);
    words->addLayout(second);
    row->addLayout(words, 1);
    row->addWidget(m_declare);
    row->addWidget(m_stepper);
    row->addSpacing(2);
    row->addWidget(m_sample);
    row->addWidget(m_infrastructure);
    row->addWidget(m_behaviour);
    row->addWidget(m_person);
    auto* times = new QVBoxLayout;
    times->setSpacing(0);
    times->addWidget(m_since);
    times->addWidget(m_now);
    row->addLayout(times);
    connect(m_person, &Chip::clicked, this, &HeaderBar::personClicked);
    connect(m_declare, &QPushButton::clicked, this, &HeaderBar::declareClicked);
}

void HeaderBar::refresh(const ConsoleState& state, const UiContext& context)
{
    const double speed = context.clock ? context.clock->speed() : 1;
    const Case* current = state.cases ? state.cases->current() : nullptr;
    const bool narrow = width() < kNarrow;
    std::vector<StepperStep> steps;
    const QString clock = u"%1 %2"_s.arg(clockText(state.now, context.zone), zoneText(state.now, context.zone));
    if (current) {
        const Incident& incident = current->incident;
        const int severity = incident.severity ? incident.severity : incident.suggestedSeverity;
        if (!incident.isOpen())
            m_severity->set(u"SEV %1 over"_s.arg(severity), Role::Button, Role::Muted);
        else if (incident.severity)
            m_severity->set(u"SEV %1"_s.arg(severity), Theme::severityRole(severity), Role::OnSeverity);
        else
            m_severity->set(severity ? u"SEV %1?"_s.arg(severity) : u"SEV ?"_s, Role::WarnFill, Role::WarnText);
        m_title->setSpans({strong(incident.title, Role::Text, 2)});
        QStringList people{incident.commander.isEmpty() ? u"no commander yet"_s : incident.commander};
        if (!incident.deputy.isEmpty()) people << u"deputy "_s + incident.deputy;
        QString detail = incident.code() + u" · "_s + people.join(u", "_s);
        if (!incident.bridge.isEmpty()) detail += u" · "_s + incident.bridge;
        m_detail->setText(detail, Role::Muted);
        steps = stepperSteps(incident);
        m_declare->setVisible(incident.status == IncidentStatus::Detected);
        const QString since = sinceOnsetText(incident, state.now);
        m_since->setSpans({figure(since.isEmpty() ? clockText(state.now, context.zone) : since, Role::Text, 6)});
        m_now->setSpans({muted(since.isEmpty() ? u"onset not known · "_s + zoneText(state.now, context.zone)
                : incident.recovered           ? u"onset to recovery · "_s + clock
                                               : u"since onset · "_s + clock)});
    } else {
        m_severity->set(u"CALM"_s, Role::Button, Role::Text);
        m_title->setSpans({strong(u"No incident is open"_s, Role::Text, 2)});
        m_detail->setText(u"An alarm or one human report (Ctrl+N) opens one."_s, Role::Muted);
        m_declare->hide();
        m_since->setSpans({figure(clockText(state.now, context.zone), Role::Text, 6)});
        m_now->setSpans({muted(u"%1 · %2"_s.arg(dayText(state.now, context.zone), zoneText(state.now, context.zone)))});
    }
    m_stepper->set(narrow ? std::vector<StepperStep>() : steps);
    m_smallStepper->set(narrow ? steps : std::vector<StepperStep>());
    m_smallStepper->setFixedWidth(m_smallStepper->minimumSizeHint().width());
    layout()->setSpacing(narrow ? 9 : 14);
    m_title->setMinimumWidth(std::min(m_title->sizeHint().width(), narrow ? 360 : 460));
    for (SpanLabel* time : {m_since, m_now})
        time->setMinimumWidth(time->sizeHint().width());
    m_sample->setVisible(state.sample);
    const ChipWords infrastructure = infrastructureWords(state, speed, narrow),
                    behaviour = behaviourWords(state, speed, narrow);
    m_infrastructure->set(
        infrastructure.icon, infrastructure.iconRole, infrastructure.words, infrastructure.age, infrastructure.border);
    m_behaviour->set(behaviour.icon, behaviour.iconRole, behaviour.words, behaviour.age, behaviour.border);
    m_person->set({}, Role::Muted,
        narrow ? Spans{strong(context.person.isEmpty() ? u"nobody"_s : context.person)}
               : Spans{muted(u"You:  "_s), strong(context.person.isEmpty() ? u"nobody"_s : context.person)},
        {});
}

void HeaderBar::paintEvent(QPaintEvent*)
{
    groundWithLine(this, Role::Raised, true);
}

// ---- AnswerStrip ----

AnswerStrip::AnswerStrip(QWidget* parent)
    : QWidget(parent)
{
    static constexpr std::array kNames{"harm", "contained", "waiting", "update", "escalation"};
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 1);
    row->setSpacing(0);
    for (size_t i = 0; i < m_cells.size(); ++i) {
        m_cells[i] = new QWidget(this);
        m_cells[i]->setMinimumWidth(150);
        m_cells[i]->setObjectName(u"strip.%1.cell"_s.arg(QLatin1StringView(kNames[i])));
        auto* cell = new QVBoxLayout(m_cells[i]);
        cell->setContentsMargins(16, 7, 8, 9);
        cell->setSpacing(1);
        m_titles[i] = new SpanLabel(m_cells[i], 1);
        m_values[i] = new SpanLabel(m_cells[i], 1);
        m_values[i]->setObjectName(u"strip.%1"_s.arg(QLatin1StringView(kNames[i])));
        cell->addWidget(m_titles[i]);
        cell->addWidget(m_values[i]);
        row->addWidget(m_cells[i], 1);
    }
}

void AnswerStrip::refresh(const ConsoleState& state, const QString& person, Zone zone, bool stale)
{
    const auto answers = fiveAnswers(state, person, zone);
    bool changed = false;
    const bool compact = width() < 1500;
    for (size_t i = 0; i < answers.size(); ++i) {
        Spans title{muted(answers[i].title)}, value = answers[i].value;
        if (stale) {
            title.push_back(strong(u"  STALE %1"_s.arg(ageText(state.now - state.engineBeat)), Role::Stale));
            for (Span& span : value)
                span.role = Role::Muted;
        }
        if (compact)
            for (Span& span : value)
                span.delta = span.bold ? 1 : -1;
        m_titles[i]->setSpans(title);
        m_values[i]->setSpans(value);
        static_cast<QHBoxLayout*>(layout())->setStretch(
            int(i), compact ? std::max(1, m_values[i]->sizeHint().width()) : 1);
        changed = changed || m_lit[i] != answers[i].waiting;
        m_lit[i] = answers[i].waiting;
    }
    if (changed) update();
}

void AnswerStrip::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), ink(Role::Surface));
    for (size_t i = 0; i < m_cells.size(); ++i) {
        const QRect cell = m_cells[i]->geometry();
        if (m_lit[i]) painter.fillRect(cell, ink(Role::Selection));
        if (i > 0) painter.fillRect(cell.left(), 0, 1, height(), ink(Role::Line));
    }
    painter.fillRect(0, height() - 1, width(), 1, ink(Role::Line));
}

// ---- StatusStrip ----

StatusStrip::StatusStrip(QWidget* parent)
    : QWidget(parent)
    , m_words(new SpanLabel(this, 1))
    , m_keys(new SpanLabel(this, 1))
{
    m_words->setObjectName(u"status.words"_s);
    m_keys->setObjectName(u"status.keys"_s);
    m_keys->setSpans({muted(u"F1 keys · Ctrl+K commands · Ctrl+N report"_s)});
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(18, 5, 18, 5);
    row->setSpacing(24);
    row->addWidget(m_words, 1);
    row->addWidget(m_keys);
    m_keys->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
    m_keys->setFixedWidth(m_keys->sizeHint().width());
}

void StatusStrip::setTrouble(const QString& sentence)
{
    m_trouble = sentence;
}

void StatusStrip::say(const QString& sentence)
{
    m_said = sentence;
    m_saidTicks = kSaidTicks;
    showWords();
}

Spans StatusStrip::joined(const QString& gap, size_t count) const
{
    Spans words;
    if (!m_trouble.isEmpty()) words.push_back(plain(u"▲ "_s + m_trouble, Role::Warn));
    for (size_t i = 0; i < count; ++i) {
        if (!words.empty()) words.push_back(muted(gap));
        words.insert(words.end(), m_sources[i].begin(), m_sources[i].end());
    }
    for (Span& span : words)
        span.delta = -1;
    return words;
}

/// Whole groups only: a fact cut in half says something else.
void StatusStrip::showWords()
{
    if (m_saidTicks > 0) return m_words->setSpans({{m_said, Role::Text, false, false, false, -1, 0}});
    const auto fits
        = [this](const Spans& words) { return layoutSpans(words, 1e6, 1).size.width() <= m_words->width(); };
    size_t count = m_sources.size();
    Spans words = joined(u"      "_s, count);
    if (!fits(words)) words = joined(u"   "_s, count);
    if (!fits(words)) { // warnings keep their place, quiet facts give up theirs; the tooltip has them all
        std::stable_partition(
            m_sources.begin(), m_sources.end(), [](const Spans& group) { return group.front().role != Role::Muted; });
        while (count > 0 && !fits(words))
            words = joined(u"   "_s, --count);
    }
    m_words->setSpans(words);
    m_words->setToolTip(plainText(joined(u"\n"_s, m_sources.size())));
}

void StatusStrip::refresh(const ConsoleState& state, double speed)
{
    m_sources = statusWords(state, speed);
    showWords();
}

void StatusStrip::countDown()
{
    if (m_saidTicks > 0 && --m_saidTicks == 0) showWords();
}

void StatusStrip::paintEvent(QPaintEvent*)
{
    groundWithLine(this, Role::Raised, false);
}

// ---- StaleVeil ----

StaleVeil::StaleVeil(QWidget* covered)
    : QWidget(covered)
{
    setObjectName(u"stale"_s);
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setFocusPolicy(Qt::NoFocus);
    covered->installEventFilter(this);
    hide();
}

void StaleVeil::set(const QString& sentence)
{
    if (sentence == m_sentence) return;
    m_sentence = sentence;
    setAccessibleName(sentence);
    setVisible(!sentence.isEmpty());
    if (sentence.isEmpty()) return;
    setGeometry(parentWidget()->rect());
    raise();
    update();
}

bool StaleVeil::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Resize) setGeometry(parentWidget()->rect());
    return QWidget::eventFilter(watched, event);
}

void StaleVeil::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    QColor dim = ink(Role::Surface);
    dim.setAlphaF(0.55F);
    painter.fillRect(rect(), dim);
    // In the pane's header, at the right, where its note was: it hides no control and no figure.
    const Spans words{strong(m_sentence, Role::WarnText)};
    const SpanLayout layout = layoutSpans(words, std::max(80, width() - 140), 1);
    const QRectF box(width() - layout.size.width() - 34, 5, layout.size.width() + 24, layout.size.height() + 8);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(ink(Role::Stale));
    painter.setBrush(ink(Role::WarnFill));
    painter.drawRoundedRect(box, 6, 6);
    paintSpans(painter, box.topLeft() + QPointF(12, 4), words, layout);
}

} // namespace wf
