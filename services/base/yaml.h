// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: YAML files read strictly, as people's configuration must be: a typing error is refused at its line and
// column, never guessed at. yaml-cpp stays in yaml.cpp. Owner: services/base. Thread: values, any.
#pragma once
#include "models/domain/time.h"
#include <QAnyStringView>
#include <QJsonValue>
#include <QStringList>
#include <initializer_list>
#include <memory>
#include <optional>
#include <vector>

namespace wf {

/// A node of a loaded file; cheap to copy. Every error begins with file:line:column. Text accessors take any scalar
/// that is not null; the others take plain (unquoted) scalars only, so that "12" stays a text.
class YamlNode {
public:
    enum class Kind { Null, Scalar, Sequence, Map };
    struct Data;
    YamlNode();
    explicit YamlNode(std::shared_ptr<const Data> data);

    Kind kind() const;
    bool isNull() const { return kind() == Kind::Null; }
    bool isMap() const { return kind() == Kind::Map; }
    bool isSequence() const { return kind() == Kind::Sequence; }
    bool isScalar() const { return kind() == Kind::Scalar; }
    QString place() const; ///< "policy.yaml:12:3"
    tl::unexpected<Error> error(const QString& sentence) const; ///< BadInput, sentence behind the place

    // this node
    Result<QString> asString() const;
    Result<qint64> asInt() const;
    Result<double> asNumber() const; ///< finite
    Result<bool> asBool() const; ///< true or false, nothing else
    Result<Nanos> asDuration() const; ///< durationOf() of its text
    Result<QStringList> asStrings() const; ///< a sequence of scalars; one scalar is not a list
    QJsonValue toJson() const; ///< plain true/false/null/numbers typed, all else text

    // sequence (empty when it is none)
    std::vector<YamlNode> items() const;

    // map
    QStringList keys() const; ///< in file order
    bool has(QAnyStringView key) const { return find(key).has_value(); }
    std::optional<YamlNode> find(QAnyStringView key) const; ///< nullopt when absent
    Result<YamlNode> require(QAnyStringView key) const;
    Result<YamlNode> requireMap(QAnyStringView key) const;
    Result<std::vector<YamlNode>> requireList(QAnyStringView key) const;
    Result<QString> requireString(QAnyStringView key) const; ///< not empty
    Result<qint64> requireInt(QAnyStringView key) const;
    Result<double> requireNumber(QAnyStringView key) const;
    Result<bool> requireBool(QAnyStringView key) const;
    Result<Nanos> requireDuration(QAnyStringView key) const;
    Result<QStringList> requireStrings(QAnyStringView key) const;
    // absent or null: the fallback; present and wrong: the error
    Result<QString> optionalString(QAnyStringView key, const QString& fallback = {}) const;
    Result<qint64> optionalInt(QAnyStringView key, qint64 fallback) const;
    Result<double> optionalNumber(QAnyStringView key, double fallback) const;
    Result<bool> optionalBool(QAnyStringView key, bool fallback) const;
    Result<Nanos> optionalDuration(QAnyStringView key, Nanos fallback) const;
    Result<QStringList> optionalStrings(QAnyStringView key, const QStringList& fallback = {}) const;
    Result<std::vector<YamlNode>> optionalList(QAnyStringView key) const;
    /// Refuses a map with any other key, naming the key and its place, and what is allowed.
    Done onlyKeys(std::initializer_list<QAnyStringView> allowed) const;

private:
    std::shared_ptr<const Data> m_data;
};

struct YamlLimits {
    qsizetype bytes = 1024 * 1024;
    int depth = 32;
    int nodes = 100'000;
};

/// One document of UTF-8. Refused: duplicate keys, anchors and aliases, tags, keys that are not scalars, further
/// documents, anything beyond the limits. An empty file is a Null node. fileName is for messages only.
Result<YamlNode> loadYaml(const QByteArray& bytes, const QString& fileName, const YamlLimits& limits = {});

/// "500ms", "30s", "20m", "12h", "7d"; a whole or decimal number and one unit. Not negative.
Result<Nanos> durationOf(const QString& text);

} // namespace wf
