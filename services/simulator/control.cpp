// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/simulator/control.h"
#include <QJsonDocument>

namespace wf::sim {
using namespace Qt::StringLiterals;

namespace {
HttpResponse json(const QJsonObject& body, int status = 200)
{
    HttpResponse response;
    response.status = status;
    response.body = QJsonDocument(body).toJson(QJsonDocument::Compact);
    return response;
}

HttpResponse wrongMethod(const QByteArray& allowed)
{
    HttpResponse response = httpError(405, u"This path answers %1 only."_s.arg(QString::fromLatin1(allowed)));
    response.headers["Allow"] = allowed;
    return response;
}

Result<QJsonObject> objectOf(const QByteArray& body)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(body, &error);
    if (error.error != QJsonParseError::NoError) {
        const QString what = u"The body is not JSON: %1 at byte %2."_s.arg(error.errorString()).arg(error.offset);
        return fail(Fault::BadInput, what, u"Nothing was changed."_s);
    }
    if (!document.isObject())
        return fail(Fault::BadInput, u"The body must be a JSON object."_s, u"Nothing was changed."_s);
    return document.object();
}

Result<QString> textIn(const QJsonObject& object, const QString& key)
{
    const QString text = object.value(key).toString();
    if (!text.isEmpty() && text.size() <= 200) return text;
    return fail(Fault::BadInput, u"“%1” must be a text of 1 to 200 characters."_s.arg(key), u"Nothing was changed."_s);
}

/// A number without a fraction in the range, else nothing.
std::optional<int> wholeIn(const QJsonValue& value, int low, int high)
{
    const double n = value.toDouble(-1e9);
    if (!value.isDouble() || n != std::floor(n) || n < low || n > high) return std::nullopt;
    return int(n);
}

/// If-Match is a list of entity tags, or "*" for anything (RFC 9110 section 13.1.1).
bool matches(const QByteArray& ifMatch, const QByteArray& etag)
{
    if (ifMatch.trimmed() == "*") return true;
    for (const QByteArray& tag : ifMatch.split(','))
        if (tag.trimmed() == etag) return true;
    return false;
}

constexpr struct {
    QLatin1StringView action; ///< also the last part of its path
    QLatin1StringView method;
} kActions[] = {{"prompt"_L1, "PATCH"_L1}, {"model"_L1, "PATCH"_L1}, {"index"_L1, "PATCH"_L1}, {"route"_L1, "PATCH"_L1},
    {"cache/purge"_L1, "POST"_L1}};

Layer layerOf(const QString& action)
{
    if (action == "model"_L1) return Layer::Model;
    return action == "index"_L1 ? Layer::Retrieval : Layer::Prompt;
}
} // namespace

Control::Control(World& world)
    : m_world(world)
    , m_root("/features/" + world.population().scenario().feature.toUtf8())
{
    for (const auto& known : kActions)
        m_done[known.action] = 0;
}

HttpResponse Control::answer(const HttpRequest& request, Nanos now)
{
    if (request.path == "/counters") return request.method == "GET" ? counters() : wrongMethod("GET");
    if (request.path == m_root) return request.method == "GET" ? settings() : wrongMethod("GET");
    if (request.path.startsWith(m_root + '/')) {
        const QString action = QString::fromUtf8(request.path.mid(m_root.size() + 1));
        if (action == "replay"_L1) {
            if (request.method != "POST") return wrongMethod("POST");
            m_world.advanceTo(now);
            ++m_replays;
            return replay(request);
        }
        for (const auto& known : kActions)
            if (action == known.action)
                return QString::fromLatin1(request.method) == known.method ? change(request, action, now)
                                                                           : wrongMethod(known.method.data());
    }
    return httpError(404,
        u"There is nothing at %1; this service controls %2 only."_s.arg(
            QString::fromUtf8(request.path.left(200)), QString::fromUtf8(m_root)));
}

QByteArray Control::etag() const
{
    return '"' + QByteArray::number(m_world.settings().revision) + '"';
}

HttpResponse Control::settings() const
{
    const Settings& s = m_world.settings();
    HttpResponse response = json({{u"prompt"_s, s.stack[Layer::Prompt]}, {u"model"_s, s.stack[Layer::Model]},
        {u"index"_s, s.stack[Layer::Retrieval]}, {u"human_percent"_s, s.humanPercent},
        {u"cache_generation"_s, s.stack[Layer::Cache]}});
    response.headers["ETag"] = etag();
    return response;
}

HttpResponse Control::counters() const
{
    QJsonObject actions, keys;
    for (const auto& [action, times] : m_done)
        actions[action] = times;
    for (const auto& [key, first] : m_keys)
        keys[QString::fromUtf8(key)]
            = QJsonObject{{u"action"_s, first.action}, {u"done"_s, 1}, {u"asked"_s, first.asked}};
    return json({{u"actions"_s, actions}, {u"keys"_s, keys}, {u"repeated"_s, m_repeats}, {u"conflicts"_s, m_conflicts},
        {u"replays"_s, m_replays}});
}

HttpResponse Control::change(const HttpRequest& request, const QString& action, Nanos now)
{
    const QByteArray key = request.header("idempotency-key");
    const QByteArray what = request.method + ' ' + request.path + '\n' + request.body;
    if (const auto it = m_keys.find(key); !key.isEmpty() && it != m_keys.end()) {
        if (it->second.what != what)
            return httpError(422,
                u"This Idempotency-Key was used for another request before. Nothing was changed; send a fresh key."_s);
        ++it->second.asked, ++m_repeats;
        HttpResponse again = it->second.response;
        again.headers["Idempotency-Replayed"] = "true";
        return again;
    }
    // Not remembered under the key unless it acted: a refused call may be corrected and sent again.
    bool acted = false;
    const HttpResponse response = perform(request, action, now, acted);
    if (!acted) return response;
    ++m_done[action];
    if (!key.isEmpty()) m_keys[key] = {what, response, action};
    return response;
}

HttpResponse Control::perform(const HttpRequest& request, const QString& action, Nanos now, bool& acted)
{
    const auto body = objectOf(request.body);
    if (!body) return httpError(400, body.error().sentence());
    m_world.advanceTo(now);
    if (const QByteArray ifMatch = request.header("if-match"); !ifMatch.isEmpty() && !matches(ifMatch, etag())) {
        ++m_conflicts;
        HttpResponse response = httpError(412,
            u"The settings are at %1, not at %2: somebody changed them in between. Nothing was changed; read them again."_s
                .arg(QString::fromUtf8(etag()), QString::fromUtf8(ifMatch.left(100))));
        response.headers["ETag"] = etag();
        return response;
    }

    Action a;
    if (action == "route"_L1) {
        const auto percent = wholeIn(body->value(u"human_percent"_s), 0, 100);
        if (!percent)
            return httpError(400, u"“human_percent” must be a whole number from 0 to 100. Nothing was changed."_s);
        a = {Action::Kind::Route, Layer::Prompt, {}, *percent};
    } else {
        const bool purge = action == "cache/purge"_L1;
        const auto value = textIn(*body, purge ? u"generation"_s : u"version"_s);
        if (!value) return httpError(400, value.error().sentence());
        a = {purge ? Action::Kind::Purge : Action::Kind::Pin, layerOf(action), *value, 0};
        if (!purge && !m_world.knows(a.layer, *value))
            return httpError(422, u"There is no %1 “%2”. Nothing was changed."_s.arg(action, *value));
    }
    m_world.act(now, a);
    acted = true;
    return settings();
}

HttpResponse Control::replay(const HttpRequest& request) const
{
    const auto body = objectOf(request.body);
    if (!body) return httpError(400, body.error().sentence());
    const auto prompt = textIn(*body, u"prompt"_s);
    if (!prompt) return httpError(400, prompt.error().sentence());
    const auto count = wholeIn(body->value(u"count"_s), 1, 2000);
    if (!count) return httpError(400, u"“count” must be a whole number from 1 to 2000."_s);
    if (!m_world.knows(Layer::Prompt, *prompt))
        return httpError(422, u"There is no prompt “%1” to replay under."_s.arg(*prompt));
    const World::Replayed result = m_world.replay(*prompt, *count);
    return json({{u"pass"_s, result.pass}, {u"n"_s, result.n}});
}

} // namespace wf::sim
