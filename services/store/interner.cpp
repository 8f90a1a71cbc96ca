// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/store/interner.h"

using namespace Qt::StringLiterals;

namespace wf::store {

namespace {

const QString kCachedDimension = u"cached"_s;
const QString kHandledDimension = u"handled_by"_s;

constexpr auto kManifestById
    = "SELECT model, prompt, retrieval, tools, sampling, guardrails, cache FROM manifests WHERE id = ?1";
constexpr auto kManifestIds
    = "SELECT id FROM manifests WHERE model = ?1 AND prompt = ?2 AND retrieval = ?3 AND tools = ?4"
      " AND sampling = ?5 AND guardrails = ?6 AND cache = ?7";
constexpr auto kSliceById = "SELECT tenant, route, locale, region, instance FROM slices WHERE id = ?1";
constexpr auto kSliceIds
    = "SELECT id FROM slices WHERE tenant = ?1 AND route = ?2 AND locale = ?3 AND region = ?4 AND instance = ?5";

void bindManifest(sql::Statement& statement, const Manifest& m)
{
    for (size_t i = 0; i < m.values.size(); ++i)
        statement.bindAt(int(i) + 1, m.values[i]);
}

} // namespace

std::optional<int> rolledDimension(const QString& dimension)
{
    for (size_t i = 0; i < kRolledDimensions.size(); ++i)
        if (dimension == QLatin1StringView(kRolledDimensions[i])) return int(i);
    return std::nullopt;
}

bool isQueryDimension(const QString& dimension)
{
    return dimension == kCachedDimension || dimension == kHandledDimension || isDimension(dimension);
}

Error unknownDimension(const QString& dimension)
{
    return {Fault::BadInput, u"There is no dimension “%1”."_s.arg(dimension), {},
        u"Dimensions are model, prompt, retrieval, tools, sampling, guardrails, cache, tenant, route, locale, region, "
        "instance, cached and handled_by."_s};
}

int Interner::name(const QString& text)
{
    if (const auto known = findName(text)) return *known;
    m_db.prepare("INSERT INTO names(text) VALUES(?1)").run(text);
    const int id = int(m_db.lastInsertId());
    m_nameIds.insert(text, id);
    return id;
}

std::optional<int> Interner::findName(const QString& text)
{
    if (const auto found = m_nameIds.constFind(text); found != m_nameIds.constEnd()) return *found;
    sql::Statement row = m_db.prepare("SELECT id FROM names WHERE text = ?1");
    if (!row.bind(text).step()) return std::nullopt;
    const int id = int(row.integer(0));
    m_nameIds.insert(text, id);
    return id;
}

int Interner::manifest(const Manifest& manifest)
{
    if (const auto found = m_manifestIds.find(manifest); found != m_manifestIds.end()) return found->second;
    sql::Statement find = m_db.prepare(kManifestIds);
    bindManifest(find, manifest);
    int id = find.step() ? int(find.integer(0)) : 0;
    if (id == 0) {
        sql::Statement insert
            = m_db.prepare("INSERT INTO manifests(model, prompt, retrieval, tools, sampling, guardrails, cache)"
                           " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        bindManifest(insert, manifest);
        insert.step();
        id = int(m_db.lastInsertId());
    }
    return m_manifestIds.emplace(manifest, id).first->second;
}

int Interner::slice(const Slice& slice)
{
    if (const auto found = m_sliceIds.find(slice); found != m_sliceIds.end()) return found->second;
    sql::Statement find = m_db.prepare(kSliceIds);
    int id = find.bind(slice.tenant, slice.route, slice.locale, slice.region, slice.instance).step()
        ? int(find.integer(0))
        : 0;
    if (id == 0) {
        m_db.prepare("INSERT INTO slices(tenant, route, locale, region, instance) VALUES(?1, ?2, ?3, ?4, ?5)")
            .run(slice.tenant, slice.route, slice.locale, slice.region, slice.instance);
        id = int(m_db.lastInsertId());
    }
    return m_sliceIds.emplace(slice, id).first->second;
}

void Interner::forget()
{
    m_nameIds.clear();
    m_manifestIds.clear();
    m_sliceIds.clear();
    m_names.clear();
    m_manifests.clear();
    m_slices.clear();
}

const QString& Interner::nameOf(int id)
{
    auto found = m_names.find(id);
    if (found == m_names.end()) {
        sql::Statement row = m_db.prepare("SELECT text FROM names WHERE id = ?1");
        found = m_names.emplace(id, row.bind(id).step() ? row.text(0) : QString()).first;
    }
    return found->second;
}

const Manifest& Interner::manifestOf(int id)
{
    auto found = m_manifests.find(id);
    if (found == m_manifests.end()) {
        Manifest manifest;
        sql::Statement row = m_db.prepare(kManifestById);
        if (row.bind(id).step())
            for (size_t i = 0; i < manifest.values.size(); ++i)
                manifest.values[i] = row.text(int(i));
        found = m_manifests.emplace(id, std::move(manifest)).first;
    }
    return found->second;
}

const Slice& Interner::sliceOf(int id)
{
    auto found = m_slices.find(id);
    if (found == m_slices.end()) {
        Slice slice;
        sql::Statement row = m_db.prepare(kSliceById);
        if (row.bind(id).step()) slice = {row.text(0), row.text(1), row.text(2), row.text(3), row.text(4)};
        found = m_slices.emplace(id, std::move(slice)).first;
    }
    return found->second;
}

QString Interner::valueOf(const QString& dimension, const Cohort& cohort)
{
    const bool unknown = cohort.flags & kNoAnswer;
    if (dimension == kCachedDimension) return unknown ? QString() : cohort.flags & kCached ? u"yes"_s : u"no"_s;
    if (dimension == kHandledDimension) return unknown ? QString() : cohort.flags & kHuman ? u"human"_s : u"model"_s;
    return dimensionValue(dimension, manifestOf(cohort.manifest), sliceOf(cohort.slice));
}

bool Interner::matches(const std::map<QString, QString>& where, const Cohort& cohort)
{
    return std::all_of(
        where.begin(), where.end(), [&](const auto& one) { return valueOf(one.first, cohort) == one.second; });
}

} // namespace wf::store
