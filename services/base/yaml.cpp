// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/yaml.h"
#include <QJsonArray>
#include <QJsonObject>
#include <QStringDecoder>
#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace wf {

struct YamlNode::Data {
    Kind kind = Kind::Null;
    bool quoted = false;
    int line = 0, column = 0; // 1-based
    std::shared_ptr<const QString> file;
    QString text;
    std::vector<std::pair<QString, std::shared_ptr<Data>>> children; // sequences use the second half only
};

namespace {
using Data = YamlNode::Data;
using Kind = YamlNode::Kind;

/// Stops the parser from inside an event; never leaves loadYaml().
struct Refusal {
    YAML::Mark mark;
    QString why;
};

/// Builds the tree straight from the parser's events. yaml-cpp's own tree would drop duplicate keys in silence and
/// expand aliases without end; here both are refused the moment they are read.
class TreeBuilder final : public YAML::EventHandler {
public:
    TreeBuilder(const QString& fileName, const YamlLimits& limits)
        : m_file(std::make_shared<QString>(fileName))
        , m_limits(limits)
    {
    }
    std::shared_ptr<Data> root;

    void OnDocumentStart(const YAML::Mark& mark) override
    {
        if (m_documents++ > 0)
            throw Refusal{mark, QStringLiteral("a second document begins here; one file holds one document.")};
    }
    void OnDocumentEnd() override { }
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(mark, anchor, {}, Kind::Null); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { throw Refusal{mark, aliasText()}; }
    void OnScalar(
        const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override
    {
        // "!" marks quoted and block text.
        const auto node = add(mark, anchor, tag, Kind::Scalar, QString::fromStdString(value));
        node->quoted = tag == "!";
    }
    void OnSequenceStart(
        const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override
    {
        open(add(mark, anchor, tag, Kind::Sequence), mark);
    }
    void OnSequenceEnd() override { m_open.pop_back(); }
    void OnMapStart(
        const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override
    {
        open(add(mark, anchor, tag, Kind::Map), mark);
    }
    void OnMapEnd() override { m_open.pop_back(); }

private:
    struct Open {
        std::shared_ptr<Data> node;
        std::optional<QString> key;
    };

    static QString aliasText()
    {
        return QStringLiteral("anchors and aliases (& and *) are not allowed; write the value out.");
    }

    std::shared_ptr<Data> add(
        const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag, Kind kind, const QString& text = {})
    {
        if (anchor != YAML::NullAnchor) throw Refusal{mark, aliasText()};
        if (!tag.empty() && tag != "?" && tag != "!")
            throw Refusal{mark, QStringLiteral("tags (%1) are not allowed.").arg(QString::fromStdString(tag))};
        if (++m_nodes > m_limits.nodes)
            throw Refusal{mark, QStringLiteral("the file holds more than %1 values.").arg(m_limits.nodes)};
        auto node = std::make_shared<Data>();
        node->kind = kind;
        node->line = mark.line + 1;
        node->column = mark.column + 1;
        node->file = m_file;
        node->text = text;
        attach(node, mark);
        return node;
    }

    void attach(const std::shared_ptr<Data>& node, const YAML::Mark& mark)
    {
        if (m_open.empty()) {
            root = node;
            return;
        }
        Open& parent = m_open.back();
        if (parent.node->kind == Kind::Sequence) {
            parent.node->children.emplace_back(QString(), node);
        } else if (!parent.key) {
            if (node->kind != Kind::Scalar) throw Refusal{mark, QStringLiteral("a key must be a plain word.")};
            for (const auto& [key, value] : parent.node->children) {
                if (key == node->text)
                    throw Refusal{mark,
                        QStringLiteral("the key \"%1\" stands here twice (first at line %2).")
                            .arg(key)
                            .arg(value->line)};
            }
            parent.key = node->text;
        } else {
            parent.node->children.emplace_back(*parent.key, node);
            parent.key.reset();
        }
    }

    void open(const std::shared_ptr<Data>& node, const YAML::Mark& mark)
    {
        m_open.push_back({node, {}});
        if (int(m_open.size()) > m_limits.depth)
            throw Refusal{mark, QStringLiteral("values are nested deeper than %1.").arg(m_limits.depth)};
    }

    std::shared_ptr<const QString> m_file;
    YamlLimits m_limits;
    std::vector<Open> m_open;
    int m_documents = 0, m_nodes = 0;
};

tl::unexpected<Error> refuse(const QString& fileName, const YAML::Mark& mark, const QString& why)
{
    return fail(
        Fault::BadInput, QStringLiteral("%1:%2:%3: %4").arg(fileName).arg(mark.line + 1).arg(mark.column + 1).arg(why));
}

const std::shared_ptr<const Data>& nullData()
{
    static const auto data = [] {
        auto made = std::make_shared<Data>();
        made->file = std::make_shared<QString>();
        return std::shared_ptr<const Data>(made);
    }();
    return data;
}

QString quotedList(std::initializer_list<QAnyStringView> words)
{
    QStringList list;
    for (const QAnyStringView word : words)
        list += word.toString();
    return list.join(QStringLiteral(", "));
}
} // namespace

Result<YamlNode> loadYaml(const QByteArray& bytes, const QString& fileName, const YamlLimits& limits)
{
    if (bytes.size() > limits.bytes)
        return fail(
            Fault::BadInput, QStringLiteral("%1: the file is larger than %2 bytes.").arg(fileName).arg(limits.bytes));
    QStringDecoder utf8(QStringDecoder::Utf8);
    const QString probe = utf8(bytes);
    if (utf8.hasError() || probe.contains(QChar(0)))
        return fail(Fault::BadInput, QStringLiteral("%1: the file is not UTF-8 text.").arg(fileName));

    TreeBuilder builder(fileName, limits);
    try {
        std::istringstream stream(bytes.toStdString());
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) { }
    } catch (const Refusal& refusal) {
        return refuse(fileName, refusal.mark, refusal.why);
    } catch (const YAML::Exception& e) {
        return refuse(fileName, e.mark, QString::fromStdString(e.msg) + u'.');
    } catch (const std::exception& e) {
        return fail(Fault::BadInput, QStringLiteral("%1: %2.").arg(fileName, QString::fromUtf8(e.what())));
    }
    if (builder.root) return YamlNode(builder.root);
    auto empty = std::make_shared<Data>();
    empty->file = std::make_shared<QString>(fileName);
    empty->line = empty->column = 1;
    return YamlNode(empty);
}

Result<Nanos> durationOf(const QString& text)
{
    struct Unit {
        QLatin1String name;
        Nanos length;
    };
    static const Unit units[]{{QLatin1String("ms"), kMilli}, {QLatin1String("s"), kSecond},
        {QLatin1String("m"), kMinute}, {QLatin1String("min"), kMinute}, {QLatin1String("h"), kHour},
        {QLatin1String("d"), kDay}};
    qsizetype digits = 0;
    while (digits < text.size() && ((text[digits] >= u'0' && text[digits] <= u'9') || text[digits] == u'.'))
        ++digits;
    bool ok = false;
    const double number = text.left(digits).toDouble(&ok);
    const QString unit = text.mid(digits).trimmed();
    for (const Unit& candidate : units) {
        if (!ok || candidate.name != unit) continue;
        const double length = number * double(candidate.length);
        if (length < 9.2e18) return Nanos(std::llround(length));
    }
    return fail(Fault::BadInput,
        QStringLiteral("\"%1\" is not a duration; write a number and a unit, such as 500ms, 30s, 20m, 12h or 7d.")
            .arg(text));
}

YamlNode::YamlNode()
    : m_data(nullData())
{
}
YamlNode::YamlNode(std::shared_ptr<const Data> data)
    : m_data(std::move(data))
{
}

YamlNode::Kind YamlNode::kind() const
{
    return m_data->kind;
}

QString YamlNode::place() const
{
    return QStringLiteral("%1:%2:%3").arg(*m_data->file).arg(m_data->line).arg(m_data->column);
}

tl::unexpected<Error> YamlNode::error(const QString& sentence) const
{
    return fail(Fault::BadInput, place() + QStringLiteral(": ") + sentence);
}

Result<QString> YamlNode::asString() const
{
    if (kind() != Kind::Scalar) return error(QStringLiteral("a text is expected here."));
    return m_data->text;
}

Result<qint64> YamlNode::asInt() const
{
    bool ok = false;
    const qint64 value = kind() == Kind::Scalar && !m_data->quoted ? m_data->text.toLongLong(&ok) : 0;
    if (!ok) return error(QStringLiteral("a whole number is expected here."));
    return value;
}

Result<double> YamlNode::asNumber() const
{
    bool ok = false;
    const double value = kind() == Kind::Scalar && !m_data->quoted ? m_data->text.toDouble(&ok) : 0;
    if (!ok || !std::isfinite(value)) return error(QStringLiteral("a number is expected here."));
    return value;
}

Result<bool> YamlNode::asBool() const
{
    if (kind() == Kind::Scalar && !m_data->quoted) {
        if (m_data->text == QLatin1String("true")) return true;
        if (m_data->text == QLatin1String("false")) return false;
    }
    return error(QStringLiteral("true or false is expected here."));
}

Result<Nanos> YamlNode::asDuration() const
{
    const auto text = asString();
    if (!text) return tl::unexpected(text.error());
    const auto duration = durationOf(*text);
    if (!duration) return error(duration.error().what);
    return *duration;
}

Result<QStringList> YamlNode::asStrings() const
{
    if (!isSequence()) return error(QStringLiteral("a list is expected here."));
    QStringList list;
    for (const YamlNode& item : items()) {
        const auto text = item.asString();
        if (!text) return tl::unexpected(text.error());
        list += *text;
    }
    return list;
}

QJsonValue YamlNode::toJson() const
{
    switch (kind()) {
    case Kind::Null:
        return QJsonValue();
    case Kind::Sequence: {
        QJsonArray array;
        for (const YamlNode& item : items())
            array.append(item.toJson());
        return array;
    }
    case Kind::Map: {
        QJsonObject object;
        for (const auto& [key, value] : m_data->children)
            object.insert(key, YamlNode(value).toJson());
        return object;
    }
    case Kind::Scalar:
        break;
    }
    if (const auto yes = asBool()) return *yes;
    if (const auto whole = asInt()) return *whole;
    if (const auto number = asNumber()) return *number;
    return m_data->text;
}

std::vector<YamlNode> YamlNode::items() const
{
    std::vector<YamlNode> list;
    if (!isSequence()) return list;
    for (const auto& [unused, value] : m_data->children)
        list.emplace_back(value);
    return list;
}

QStringList YamlNode::keys() const
{
    QStringList list;
    if (!isMap()) return list;
    for (const auto& [key, unused] : m_data->children)
        list += key;
    return list;
}

std::optional<YamlNode> YamlNode::find(QAnyStringView key) const
{
    if (!isMap()) return {};
    for (const auto& [name, value] : m_data->children) {
        if (QAnyStringView::equal(name, key)) return YamlNode(value);
    }
    return {};
}

Result<YamlNode> YamlNode::require(QAnyStringView key) const
{
    if (!isMap()) return error(QStringLiteral("a map with the key \"%1\" is expected here.").arg(key.toString()));
    if (auto node = find(key)) return *node;
    return error(QStringLiteral("the key \"%1\" is missing.").arg(key.toString()));
}

Result<YamlNode> YamlNode::requireMap(QAnyStringView key) const
{
    return require(key).and_then([](const YamlNode& node) -> Result<YamlNode> {
        if (!node.isMap()) return node.error(QStringLiteral("a map is expected here."));
        return node;
    });
}

Result<std::vector<YamlNode>> YamlNode::requireList(QAnyStringView key) const
{
    return require(key).and_then([](const YamlNode& node) -> Result<std::vector<YamlNode>> {
        if (!node.isSequence()) return node.error(QStringLiteral("a list is expected here."));
        return node.items();
    });
}

Result<QString> YamlNode::requireString(QAnyStringView key) const
{
    return require(key).and_then([&](const YamlNode& node) -> Result<QString> {
        const auto text = node.asString();
        if (text && text->isEmpty()) return node.error(QStringLiteral("\"%1\" must not be empty.").arg(key.toString()));
        return text;
    });
}

Result<qint64> YamlNode::requireInt(QAnyStringView key) const
{
    return require(key).and_then(std::mem_fn(&YamlNode::asInt));
}
Result<double> YamlNode::requireNumber(QAnyStringView key) const
{
    return require(key).and_then(std::mem_fn(&YamlNode::asNumber));
}
Result<bool> YamlNode::requireBool(QAnyStringView key) const
{
    return require(key).and_then(std::mem_fn(&YamlNode::asBool));
}
Result<Nanos> YamlNode::requireDuration(QAnyStringView key) const
{
    return require(key).and_then(std::mem_fn(&YamlNode::asDuration));
}
Result<QStringList> YamlNode::requireStrings(QAnyStringView key) const
{
    return require(key).and_then(std::mem_fn(&YamlNode::asStrings));
}

namespace {
template <class T>
Result<T> optional(const YamlNode& map, QAnyStringView key, const T& fallback, Result<T> (YamlNode::*read)() const)
{
    if (!map.isMap() && !map.isNull()) return map.error(QStringLiteral("a map is expected here."));
    const auto node = map.find(key);
    return node && !node->isNull() ? ((*node).*read)() : Result<T>(fallback);
}
} // namespace

Result<QString> YamlNode::optionalString(QAnyStringView key, const QString& fallback) const
{
    return optional(*this, key, fallback, &YamlNode::asString);
}
Result<qint64> YamlNode::optionalInt(QAnyStringView key, qint64 fallback) const
{
    return optional(*this, key, fallback, &YamlNode::asInt);
}
Result<double> YamlNode::optionalNumber(QAnyStringView key, double fallback) const
{
    return optional(*this, key, fallback, &YamlNode::asNumber);
}
Result<bool> YamlNode::optionalBool(QAnyStringView key, bool fallback) const
{
    return optional(*this, key, fallback, &YamlNode::asBool);
}
Result<Nanos> YamlNode::optionalDuration(QAnyStringView key, Nanos fallback) const
{
    return optional(*this, key, fallback, &YamlNode::asDuration);
}
Result<QStringList> YamlNode::optionalStrings(QAnyStringView key, const QStringList& fallback) const
{
    return optional(*this, key, fallback, &YamlNode::asStrings);
}

Result<std::vector<YamlNode>> YamlNode::optionalList(QAnyStringView key) const
{
    if (!has(key) || find(key)->isNull()) return std::vector<YamlNode>{};
    return requireList(key);
}

Done YamlNode::onlyKeys(std::initializer_list<QAnyStringView> allowed) const
{
    if (!isMap()) return error(QStringLiteral("a map is expected here, with the keys: %1.").arg(quotedList(allowed)));
    for (const auto& [key, value] : m_data->children) {
        const bool known = std::any_of(allowed.begin(), allowed.end(),
            [&key = key](QAnyStringView word) { return QAnyStringView::equal(word, key); });
        if (!known)
            return YamlNode(value).error(
                QStringLiteral("the key \"%1\" is not known here; allowed are: %2.").arg(key, quotedList(allowed)));
    }
    return {};
}

} // namespace wf
