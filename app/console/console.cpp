// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/console/console.h"
#include "services/approvals/sign_request.h"
#include "services/runbooks/profiles.h"
#include "ui/approvals/decisions_pane.h"
#include "ui/approvals/sign_panel.h"
#include "ui/assistant/assistant_pane.h"
#include "ui/drift/drift_pane.h"
#include "ui/shell/main_window.h"
#include "ui/timeline/timeline_pane.h"
#include "ui/wall/wall_window.h"
#include <QCoreApplication>
#include <QFileInfo>
#include <QProcess>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
/// Stands in when the files cannot be opened: every question is answered with the reason.
class NoTimeline final : public TimelineSource, public ChartSource {
public:
    explicit NoTimeline(Error why) : m_why(std::move(why)) {}
    void older(const TimelineFilter&, TimelineKey, int, std::stop_token, Reply<TimelinePage> reply) override { reply(tl::unexpected(m_why)); }
    void newer(const TimelineFilter&, TimelineKey, int, std::stop_token, Reply<TimelinePage> reply) override { reply(tl::unexpected(m_why)); }
    void count(const TimelineFilter&, std::stop_token, Reply<qint64> reply) override { reply(tl::unexpected(m_why)); }
    void density(const TimelineFilter&, Window, int, std::stop_token, Reply<std::vector<DensityBin>> reply) override { reply(tl::unexpected(m_why)); }
    void chart(const QString&, const QString&, Window, Nanos, std::stop_token, Reply<ChartData> reply) override { reply(tl::unexpected(m_why)); }

private:
    Error m_why;
};

class NoDesk final : public Desk {
public:
    explicit NoDesk(Error why) : m_why(std::move(why)) {}
    std::vector<Identity> identities() const override { return {}; }
    void fileReport(const QString&, const QString&, Nanos, const QString&, Reply<qint64> r) override { r(tl::unexpected(m_why)); }
    void addNote(const QString&, const IncidentId&, const QString&, Nanos, Reply<qint64> r) override { r(tl::unexpected(m_why)); }
    void declare(const QString&, const IncidentId&, int, Reply<qint64> r) override { r(tl::unexpected(m_why)); }
    void setStatus(const QString&, const IncidentId&, IncidentStatus, const QString&, Reply<qint64> r) override { r(tl::unexpected(m_why)); }
    void queueProposal(const QString&, const ProposalId&, Reply<qint64> r) override { r(tl::unexpected(m_why)); }
    void decide(const SignRequest&, Reply<qint64> r) override { r(tl::unexpected(m_why)); }
    void ask(const QString&, const IncidentId&, const QString&, Reply<QString> r) override { r(tl::unexpected(m_why)); }
    void exportIncident(const IncidentId&, const QString&, Reply<QString> r) override { r(tl::unexpected(m_why)); }

private:
    Error m_why;
};
} // namespace

std::unique_ptr<Console> Console::open(const ConsoleOptions& options)
{
    std::unique_ptr<Console> c(new Console);
    c->startEngine(options);
    c->wire(options);
    return c;
}

Console::~Console()
{
    // The desk and the readers first: they use the clock and the files that the engine is about to close.
    m_desk.reset();
    m_timeline.reset();
    m_feed.reset();
}

void Console::startEngine(const ConsoleOptions& options)
{
    const auto fails = [this](const Error& e) { m_problem = e.sentence(); };
    m_profile.dir = options.profile.isEmpty() ? Profile::defaultDir() : options.profile;
    if (!options.sample.isEmpty()) {
        SampleOptions s;
        s.scenario = options.sample;
        s.dir = options.profile;
        s.speed = options.speed;
        s.recordsPerSecond = options.recordsPerSecond;
        auto sample = Sample::prepare(s);
        if (sample) {
            m_sample = std::move(*sample);
            m_profile = m_sample->profile();
            m_clock = &m_sample->engine().clock();
            if (auto imported = m_sample->importHistory(); !imported) fails(imported.error());
            return;
        }
        if (sample.error().fault != Fault::Busy) fails(sample.error());
    } else if (!QFileInfo::exists(m_profile.file(u"profile.yaml"_s))) {
        // A first start: an empty profile of the user's own, without keys. The window says what to do next.
        if (auto made = createSiteProfile(m_profile.dir, NewSite{u"default"_s, {}, {}, {}, false}); !made) fails(made.error());
    }
    if (m_problem.isEmpty()) {
        auto engine = Engine::start({m_profile, u"127.0.0.1"_s, -1, 0, 0});
        if (engine) {
            m_engine = std::move(*engine);
            m_clock = &m_engine->clock();
            return;
        }
        // Somebody else runs it: this window is a viewer, which is not a problem.
        if (engine.error().fault != Fault::Busy) fails(engine.error());
    }
    m_ownClock = EngineInfo::read(m_profile).value_or(EngineInfo{}).clock();
    m_clock = m_ownClock.get();
}

void Console::wire(const ConsoleOptions& options)
{
    const auto site = loadSite(m_profile.dir);
    if (!site && m_problem.isEmpty()) m_problem = site.error().sentence();
    m_policy = std::make_shared<Policy>(site ? site->policy : Policy{});
    const bool here = m_engine || m_sample;
    m_feed = std::make_unique<ProfileFeed>(m_profile, *m_clock, here, m_policy, site && site->sample);
    m_feed->setProblem(m_problem);

    if (auto timeline = TimelineReader::open(m_profile.events(), *m_clock)) {
        m_chart = timeline->get();
        m_timeline = std::move(*timeline);
    } else {
        auto none = std::make_unique<NoTimeline>(timeline.error());
        m_chart = none.get();
        m_timeline = std::move(none);
    }
    if (auto desk = DeskPort::open(m_profile, *m_clock, m_policy))
        m_desk = std::move(*desk);
    else
        m_desk = std::make_unique<NoDesk>(desk.error());

    m_context.feed = m_feed.get();
    m_context.timeline = m_timeline.get();
    m_context.chart = m_chart;
    m_context.desk = m_desk.get();
    m_context.clock = m_clock;
    m_context.person = options.person;
    const auto identities = m_desk->identities();
    for (const auto& id : identities)
        if (m_context.person.isEmpty() && id.roles.contains(u"commander"_s)) m_context.person = id.person;
    if (m_context.person.isEmpty() && !identities.empty()) m_context.person = identities.front().person;
}

std::unique_ptr<MainWindow> Console::makeWindow()
{
    auto* decisions = new DecisionsPane(m_context);
    decisions->setRequestText([](const Proposal& p) { return signRequestText(p); });
    auto window = std::make_unique<MainWindow>(m_context,
        Panes{{new TimelinePane(m_context)}, {new DriftPane(m_context)}, {decisions, new AssistantPane(m_context)}});
    MainWindow* w = window.get();
    QObject::connect(w, &MainWindow::playSample, w, [w] {
        // A sample is a profile and an engine of its own, so it gets a window of its own.
        if (QProcess::startDetached(QCoreApplication::applicationFilePath(), {u"--replay"_s, u"sample:account-numbers"_s})) w->close();
    });
    auto wall = std::make_shared<std::unique_ptr<WallWindow>>();
    QObject::connect(w, &MainWindow::wallRequested, w, [this, wall] {
        if (!*wall) *wall = makeWall();
        (*wall)->showFullScreen();
    });
    return window;
}

std::unique_ptr<WallWindow> Console::makeWall()
{
    return std::make_unique<WallWindow>(m_context);
}

} // namespace wf
