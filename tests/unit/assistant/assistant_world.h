// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: a small seeded world of answers for the investigator's tests: an hour of calm, then live traffic in which
// the test decides what changes and what hurts. Owner: tests.
#pragma once
#include "services/assistant/investigator.h"
#include "tests/support/fake_queries.h"
#include "tests/support/fixture_state.h"
#include <random>

namespace wf::test {

inline constexpr auto kFeature = u"support-copilot";
inline QString featureName()
{
    return QString::fromUtf16(kFeature);
}

/// One live answer as the world is about to give it; a test's rule changes it.
struct Draft {
    Answer answer;
    double good = 0.957, length = 268;
    double second = 0; ///< since the start of the live part
};

class AssistantWorld {
public:
    FakeQueries queries;
    FixedClock clock;
    Nanos start = at(2, 57, 0);
    std::function<void(Draft&, std::mt19937&)> rule = [](Draft&, std::mt19937&) {};
    int perSecond = 20;

    void run(int seconds)
    {
        std::mt19937 random(42);
        for (int i = 0; i < 3600; ++i)
            give(-3600 + i, random);
        for (int i = 0; i < seconds * perSecond; ++i)
            give(double(i) / perSecond, random);
        clock.set(start + seconds * kSecond);
    }

    static double uniform(std::mt19937& random) { return double(random() >> 5) / double(1u << 27); }

    void change(const QString& layer, const QString& from, const QString& to, double second, const QString& summary)
    {
        TimelineEvent e;
        e.id = qint64(queries.changeRows.size()) + 1;
        e.t = e.seen = start + Nanos(second * double(kSecond));
        e.kind = EventKind::Change;
        e.actor = u"ci-release"_s;
        e.feature = featureName();
        e.title = summary;
        e.source = u"changes"_s;
        e.body = {{u"layer"_s, layer}, {u"from"_s, from}, {u"to"_s, to}, {u"feature"_s, e.feature}};
        queries.changeRows.push_back(e);
    }

    InvestigationInput input(double onsetSecond)
    {
        InvestigationInput in;
        in.incident.id = IncidentId{u"0193-incident"_s};
        in.incident.number = 42;
        in.incident.feature = featureName();
        in.incident.opened = clock.now();
        in.signalSet.signalDefs = {signalDef(u"grounded_account_number"_s, SignalKind::Rate, Better::Higher, {},
                                       u"Answers with the right account number"_s),
            signalDef(u"answer_length"_s, SignalKind::Numeric, Better::Neither, u"tokens"_s, u"Length of answers"_s),
            signalDef(u"refusal"_s, SignalKind::Rate, Better::Lower, {}, u"Refusals"_s)};
        in.signalSet.signalDefs[1].minEffect = 0.1;
        Alarm a;
        a.id = u"a1"_s;
        a.stream = {featureName(), u"grounded_account_number"_s, {}, {}};
        a.onset = {moment(onsetSecond), moment(onsetSecond - 4), moment(onsetSecond + 10), 0.99};
        a.at = a.raised = clock.now();
        a.baseline = figure(a.stream.signal, {start - kHour, start});
        a.current = figure(a.stream.signal, {a.onset.at, clock.now()});
        a.effect = a.current.mean - a.baseline.mean;
        a.coverage = 0.86;
        in.incident.alarms.push_back(a);
        in.incident.onset = a.onset;
        in.expectations = {{Layer::Tools, u"tool-registry"_s, u"tool registry"_s, kHour}};
        return in;
    }

    Nanos moment(double second) const { return start + Nanos(second * double(kSecond)); }

private:
    Figure figure(const QString& signal, Window w)
    {
        const auto c = queries.count(featureName(), signal, w, {});
        return {c->n ? c->sum / double(c->n) : 0, c->n};
    }

    void give(double second, std::mt19937& random)
    {
        static const QStringList tenants{u"alder"_s, u"birch"_s, u"cedar"_s, u"dogwood"_s};
        static const QStringList routes{u"account"_s, u"billing"_s, u"general"_s};
        Draft d;
        d.second = second;
        Answer& a = d.answer;
        a.t = a.seen = moment(second);
        a.feature = featureName();
        a.stack[Layer::Model] = u"gpt-5.1-2026-09-30"_s;
        a.stack[Layer::Prompt] = u"v41"_s;
        a.stack[Layer::Retrieval] = u"kb-11-21"_s;
        a.stack[Layer::Tools] = u"7-schemas"_s;
        a.stack[Layer::Sampling] = u"0.2"_s;
        a.stack[Layer::Guardrails] = u"g3"_s;
        a.stack[Layer::Cache] = u"c1"_s;
        a.slice.tenant = tenants[int(random() % 4)];
        const auto r = random() % 10;
        a.slice.route = routes[r < 5 ? 0 : r < 8 ? 1 : 2];
        a.slice.locale = u"en"_s;
        a.latencyNs = (1200 + qint64(random() % 400)) * kMilli;
        if (second >= 0) rule(d, random);
        const bool good = uniform(random) < d.good, judged = uniform(random) < 0.86, refused = uniform(random) < 0.023;
        const double length = std::floor(d.length * (0.4 + 1.2 * uniform(random)));
        std::map<QString, double> values{{u"answer_length"_s, length}, {u"refusal"_s, refused ? 1.0 : 0.0}};
        if (judged) values[u"grounded_account_number"_s] = good ? 1.0 : 0.0;
        queries.add(a, values);
    }
};

/// Step 2 of the sample: a harmless index at ten seconds, the guilty prompt at sixty.
inline void tellSample(AssistantWorld& w)
{
    w.rule = [](Draft& d, std::mt19937& random) {
        if (d.second >= 10 && AssistantWorld::uniform(random) < 0.8) d.answer.stack[Layer::Retrieval] = u"kb-11-22"_s;
        const double rolled = std::clamp((d.second - 60) / 20, 0.0, 1.0) * 0.93;
        if (AssistantWorld::uniform(random) < rolled) {
            d.answer.stack[Layer::Prompt] = u"v42"_s;
            d.good = d.answer.slice.route == u"account" ? 0.64 : 0.78;
            d.length = 415;
        }
    };
    w.change(u"retrieval"_s, u"kb-11-21"_s, u"kb-11-22"_s, 10, u"Nightly re-index of the help centre"_s);
    w.change(u"prompt"_s, u"v41"_s, u"v42"_s, 60, u"Prompt v42: friendlier tone, account details in every answer"_s);
}

/// A runbook as services/runbooks would hand it over; signed or not.
inline Runbook runbook(const QString& id, RunbookClass cls, const QStringList& symptoms, bool isSigned = true)
{
    Runbook r;
    r.id = id;
    r.version = u"1.0.0"_s;
    r.title
        = cls == RunbookClass::Contain ? u"Route questions to people"_s : u"Restore behaviour stack of {good.day}"_s;
    r.owner = u"ai-platform"_s;
    r.cls = cls;
    r.features = {featureName()};
    r.layers = cls == RunbookClass::Contain ? QStringList{} : QStringList{u"prompt"_s};
    r.symptoms = symptoms;
    r.digest = QString(64, u'a');
    if (isSigned) r.signedBy = u"ai-owner-1"_s;
    r.limits = {1.0, 0, 50, kDay};
    RunbookStep step;
    step.id = u"step"_s;
    step.title = cls == RunbookClass::Contain ? u"route to people"_s : u"pin prompt {manifest.prompt}"_s;
    step.tier = cls == RunbookClass::Contain ? Tier::T2 : Tier::T3;
    step.touches.feature = u"{feature}"_s;
    step.action = {u"flags"_s, {}, u"PATCH"_s,
        cls == RunbookClass::Contain ? u"/features/{feature}/route"_s : u"/features/{feature}/prompt"_s, {}, {}, {}};
    step.action.body = cls == RunbookClass::Contain ? QJsonObject{{u"human_percent"_s, 75}}
                                                    : QJsonObject{{u"version"_s, u"{manifest.prompt}"_s}};
    r.steps = {step};
    r.verify = {{u"grounded_account_number"_s}, 0.02, 3};
    return r;
}

} // namespace wf::test
