// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/sample.h"
#include "models/domain/canonical_json.h"
#include "services/base/http_server.h"
#include "services/runbooks/profiles.h"
#include "services/simulator/history.h"
#include <QCoreApplication>
#include <QDir>
#include <QJsonDocument>

namespace wf {
using namespace Qt::StringLiterals;

namespace {
// Long enough for the history of a day to be read in before the story begins.
constexpr Nanos kLead = 6 * kSecond;
constexpr int kSimulatorReadyMs = 15'000;

Result<quint16> freePort()
{
    HttpServer probe(HttpServerOptions{});
    const auto port = probe.start([](const HttpRequest&) { return HttpResponse{}; });
    probe.stop();
    return port;
}
} // namespace

Result<std::unique_ptr<Sample>> Sample::prepare(const SampleOptions& options)
{
    std::unique_ptr<Sample> s(new Sample);
    s->m_options = options;
    if (s->m_options.ctl.isEmpty()) s->m_options.ctl = QCoreApplication::applicationDirPath() + u"/watchfloorctl"_s;
    const Nanos now = SystemClock().now();
    s->m_profile.dir = options.dir.isEmpty() ? Profile::samplesDir() + u"/%1-%2"_s.arg(options.scenario, QString::number(now / kMilli)) : options.dir;
    const auto last = EngineInfo::read(s->m_profile);
    s->m_fresh = !last.has_value();
    EngineOptions engine{s->m_profile, u"127.0.0.1"_s, -1, 0, 0};
    if (s->m_fresh) {
        const auto port = freePort();
        if (!port) return tl::unexpected(port.error());
        s->m_epoch = now + kLead;
        if (auto started = s->startSimulator(*port); !started) return tl::unexpected(started.error());
        if (auto made = createSampleProfile(s->m_profile.dir, s->m_control); !made) return tl::unexpected(made.error());
        engine.port = *port;
        engine.epoch = s->m_epoch;
        engine.speed = options.speed;
    }
    auto started = Engine::start(engine);
    if (!started) return tl::unexpected(started.error());
    s->m_engine = std::move(*started);
    return s;
}

Sample::~Sample()
{
    if (m_simulator.state() != QProcess::NotRunning) {
        m_simulator.terminate();
        if (!m_simulator.waitForFinished(3000)) m_simulator.kill();
        m_simulator.waitForFinished(1000);
    }
}

Done Sample::startSimulator(quint16 enginePort)
{
    m_simulator.setProgram(m_options.ctl);
    m_simulator.setArguments({u"simulate"_s, u"--scenario"_s, m_options.scenario, u"--engine"_s, u"http://127.0.0.1:%1"_s.arg(enginePort),
        u"--epoch"_s, QString::number(m_epoch), u"--speed"_s, decimal(m_options.speed), u"--orphan"_s, u"600"_s});
    if (m_options.recordsPerSecond > 0)
        m_simulator.setArguments(m_simulator.arguments() << u"--rate"_s << decimal(m_options.recordsPerSecond));
    m_simulator.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_simulator.start();
    if (!m_simulator.waitForStarted(kSimulatorReadyMs))
        return fail(Fault::Io, u"The simulated feature did not start: %1."_s.arg(m_simulator.errorString()), {}, u"Is watchfloorctl beside watchfloor?"_s);
    while (!m_simulator.canReadLine())
        if (!m_simulator.waitForReadyRead(kSimulatorReadyMs))
            return fail(Fault::Timeout, u"The simulated feature started but did not say where it listens."_s);
    m_control = QJsonDocument::fromJson(m_simulator.readLine()).object()[u"control"_s].toString();
    if (m_control.isEmpty()) return fail(Fault::Internal, u"The simulated feature did not say where it listens."_s);
    return {};
}

Done Sample::importHistory(const std::function<void(double)>& progress)
{
    if (!m_fresh) return {};
    const auto scenario = sim::loadScenario(m_options.scenario);
    if (!scenario) return tl::unexpected(scenario.error());
    return sim::historyBatches(*scenario, m_epoch, [&](Batch batch) -> Done {
        const Nanos upTo = batch.answers.empty() ? m_epoch : batch.answers.back().t;
        const auto stored = m_engine->sink().store(std::move(batch));
        if (!stored) return tl::unexpected(stored.error());
        if (progress) progress(std::clamp(1.0 - double(m_epoch - upTo) / double(kDay), 0.0, 1.0));
        return {};
    });
}

} // namespace wf
