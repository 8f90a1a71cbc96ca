// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/sqlite.h"
#include <QFileInfo>
#include <QUrl>
#include <algorithm>
#include <chrono>
#include <thread>

using namespace Qt::StringLiterals;

namespace wf::sql {

namespace {

// Statements whose text varies (filters) must not fill the memory.
constexpr size_t kCachedStatements = 128;

const QString kAcknowledgedIsSafe = u"Everything acknowledged before is safe."_s;

Error errorOf(int code, const QString& name, const QString& detail)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return {Fault::DiskFull, u"The disk is full: %1 could not grow."_s.arg(name), kAcknowledgedIsSafe,
            u"Free some space; writing goes on by itself."_s};
    case SQLITE_READONLY:
        return {Fault::ReadOnly, u"%1 cannot be written: the file, its folder or its disk is read-only."_s.arg(name),
            kAcknowledgedIsSafe, u"Make the profile folder writable, or open the profile as a viewer."_s};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return {Fault::Busy, u"%1 is being written by another process and did not come free in time."_s.arg(name),
            u"Nothing was changed."_s, u"Try again."_s};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return {Fault::Io, u"%1 is damaged or is not a Watchfloor file (%2)."_s.arg(name, detail),
            u"The file was left as it is."_s, u"Restore it from a backup, or move it away to start anew."_s};
    case SQLITE_IOERR:
        return {Fault::Io, u"Reading or writing %1 failed (%2)."_s.arg(name, detail), kAcknowledgedIsSafe,
            u"Check the disk; writing goes on by itself when it works again."_s};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return {Fault::Io, u"%1 could not be opened (%2)."_s.arg(name, detail), u"Nothing was changed."_s,
            u"Check that the profile folder exists and that you may read and write it."_s};
    case SQLITE_INTERRUPT:
        return {Fault::Timeout, u"The question to %1 was withdrawn before it was answered."_s.arg(name), {}, {}};
    case SQLITE_CONSTRAINT:
        return {
            Fault::Conflict, u"%1 already holds such a row (%2)."_s.arg(name, detail), u"Nothing was changed."_s, {}};
    case SQLITE_TOOBIG:
        return {Fault::BadInput, u"A text or blob is too large for %1."_s.arg(name), u"Nothing was changed."_s, {}};
    default:
        return {Fault::Internal, u"%1 refused a statement (%2)."_s.arg(name, detail), u"Nothing was changed."_s,
            u"This is a defect; please report it with this sentence."_s};
    }
}

// A log beside an immutable file would be ignored; its rows would be missing without a word.
void refuseUnreadLog(const QString& path, const QString& name)
{
    if (QFileInfo(path + u"-wal"_s).size() > 0)
        raise(Fault::ReadOnly,
            u"%1 lies on a read-only disk and was not closed cleanly: its newest rows are in %1-wal."_s.arg(name),
            u"Nothing was changed."_s, u"Copy the profile folder to a writable disk and open the copy."_s);
}

} // namespace

void raise(Fault fault, QString what, QString kept, QString next)
{
    throw Failure{{fault, std::move(what), std::move(kept), std::move(next)}, 0};
}

// ---- Statement
// -------------------------------------------------------------------------------------------------------

Statement::Statement(Statement&& other) noexcept
    : m_db(other.m_db)
    , m_raw(std::exchange(other.m_raw, nullptr))
    , m_key(other.m_key)
{
}

Statement::~Statement()
{
    if (m_raw) m_db->giveBack(m_raw, m_key);
}

bool Statement::step()
{
    const int code = sqlite3_step(m_raw);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    // The reset must come first, else a rollback of the same transaction finds a statement under way.
    const int extended = sqlite3_extended_errcode(m_db->raw());
    const QString detail = QString::fromUtf8(sqlite3_errmsg(m_db->raw()));
    sqlite3_reset(m_raw);
    throw Failure{errorOf(extended, m_db->name(), detail), extended};
}

void Statement::reset()
{
    sqlite3_reset(m_raw);
}

QString Statement::text(int column) const
{
    const std::string_view bytes = view(column);
    return QString::fromUtf8(bytes.data(), qsizetype(bytes.size()));
}

QByteArray Statement::blob(int column) const
{
    const void* data = sqlite3_column_blob(m_raw, column);
    return QByteArray(static_cast<const char*>(data), sqlite3_column_bytes(m_raw, column));
}

std::string_view Statement::view(int column) const
{
    const unsigned char* data = sqlite3_column_text(m_raw, column);
    return {reinterpret_cast<const char*>(data), size_t(sqlite3_column_bytes(m_raw, column))};
}

void Statement::bindBytes(int position, const QString& text)
{
    const QByteArray utf8 = text.toUtf8();
    check(sqlite3_bind_text64(
        m_raw, position, utf8.constData(), sqlite3_uint64(utf8.size()), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bindBytes(int position, const QByteArray& blob)
{
    // A null pointer would bind NULL, which is not the empty blob.
    if (blob.isEmpty())
        check(sqlite3_bind_zeroblob(m_raw, position, 0));
    else
        check(sqlite3_bind_blob64(m_raw, position, blob.constData(), sqlite3_uint64(blob.size()), SQLITE_TRANSIENT));
}

void Statement::bindBytes(int position, std::string_view text)
{
    check(sqlite3_bind_text64(
        m_raw, position, text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::check(int code)
{
    if (code != SQLITE_OK) m_db->raiseCode(code);
}

// ---- Database
// --------------------------------------------------------------------------------------------------------

Result<std::unique_ptr<Database>> Database::open(const QString& path, const OpenOptions& options)
{
    return attempt([&] {
        std::unique_ptr<Database> db(new Database);
        db->m_name = QFileInfo(path).fileName();
        db->m_access = options.access;
        db->connect(path, options);
        return db;
    });
}

Database::~Database()
{
    for (auto& [text, statements] : m_cache)
        for (sqlite3_stmt* raw : statements)
            sqlite3_finalize(raw);
    sqlite3_close_v2(m_raw);
}

void Database::connect(const QString& path, const OpenOptions& options)
{
    const bool exists = QFileInfo::exists(path);
    if (options.access == Access::ReadOnly) {
        if (!exists)
            raise(Fault::NotFound, u"There is no %1 in this profile."_s.arg(m_name), {},
                u"Start the engine on it once."_s);
        connectReadOnly(path, options.vfs);
    } else {
        const int code = sqlite3_open_v2(path.toUtf8().constData(), &m_raw,
            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
            options.vfs.isEmpty() ? nullptr : options.vfs.constData());
        if (code != SQLITE_OK) raiseCode(code);
        // SQLite opens what it may not write as read-only without a word.
        if (sqlite3_db_readonly(m_raw, "main") == 1) raiseCode(SQLITE_READONLY);
    }
    sqlite3_busy_timeout(m_raw, options.busyMs);
    // A schema is data from outside: no functions with side effects out of triggers and views of a tampered file.
    sqlite3_db_config(m_raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(m_raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    if (options.access == Access::ReadWrite) useWal(options.busyMs);
    exec("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY");
    exec(("PRAGMA cache_size=-" + std::to_string(options.cacheKiB)).c_str());
}

void Database::connectReadOnly(const QString& path, const QByteArray& vfs)
{
    const char* vfsName = vfs.isEmpty() ? nullptr : vfs.constData();
    constexpr int kFlags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(path.toUtf8().constData(), &m_raw, kFlags, vfsName);
    if (code == SQLITE_OK) code = sqlite3_exec(m_raw, "SELECT count(*) FROM sqlite_master", nullptr, nullptr, nullptr);
    const bool noPlaceForLog = (code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_READONLY;
    if (noPlaceForLog) {
        refuseUnreadLog(path, m_name);
        sqlite3_close_v2(std::exchange(m_raw, nullptr));
        const QByteArray uri = QUrl::fromLocalFile(QFileInfo(path).absoluteFilePath()).toEncoded() + "?immutable=1";
        code = sqlite3_open_v2(uri.constData(), &m_raw, kFlags | SQLITE_OPEN_URI, vfsName);
        if (code == SQLITE_OK)
            code = sqlite3_exec(m_raw, "SELECT count(*) FROM sqlite_master", nullptr, nullptr, nullptr);
    }
    if (code != SQLITE_OK) raiseCode(code);
}

// The change to write-ahead logging takes an exclusive lock without asking the busy handler, so two processes that make
// the same file at the same moment have to be patient by themselves.
void Database::useWal(int busyMs)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(busyMs);
    for (;;) {
        try {
            Statement pragma = prepare("PRAGMA journal_mode=WAL");
            pragma.step();
            if (pragma.view(0) != "wal")
                raise(Fault::Io, u"%1 lies on a disk that cannot share files between processes."_s.arg(m_name), {},
                    u"Move the profile to a local disk."_s);
            return;
        } catch (const Failure& failure) {
            if ((failure.code & 0xff) != SQLITE_BUSY || std::chrono::steady_clock::now() >= deadline) throw;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

void Database::exec(const char* sql)
{
    const int code = sqlite3_exec(m_raw, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) raiseCode(code);
}

Statement Database::prepare(std::string_view sql)
{
    auto found = m_cache.find(sql);
    if (found == m_cache.end() && m_cache.size() < kCachedStatements)
        found = m_cache.emplace(std::string(sql), 0).first;
    const std::string* key = found == m_cache.end() ? nullptr : &found->first;
    if (key && !found->second.empty()) {
        sqlite3_stmt* raw = found->second.back();
        found->second.pop_back();
        return Statement(*this, raw, key);
    }
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(m_raw, sql.data(), int(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK) raiseCode(code);
    return Statement(*this, raw, key);
}

void Database::giveBack(sqlite3_stmt* raw, const std::string* key)
{
    if (!key) {
        sqlite3_finalize(raw);
        return;
    }
    sqlite3_reset(raw);
    sqlite3_clear_bindings(raw);
    m_cache.find(*key)->second.push_back(raw);
}

qint64 Database::dataVersion()
{
    Statement pragma = prepare("PRAGMA data_version");
    pragma.step();
    return pragma.integer(0);
}

void Database::raiseCode(int code)
{
    const int extended = m_raw ? sqlite3_extended_errcode(m_raw) : code;
    const bool sameError = (extended & 0xff) == (code & 0xff);
    const QString detail = QString::fromUtf8(m_raw && sameError ? sqlite3_errmsg(m_raw) : sqlite3_errstr(code));
    throw Failure{errorOf(code, m_name, detail), sameError ? extended : code};
}

// ---- Transaction, StopGuard
// ------------------------------------------------------------------------------------------

Transaction::Transaction(Database& db, Kind kind)
    : m_db(db)
{
    m_db.exec(kind == Kind::Write ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction()
{
    // Some errors have rolled back already; a rollback has nothing to report that its cause did not.
    if (m_db.inTransaction()) sqlite3_exec(m_db.raw(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit()
{
    m_db.exec("COMMIT");
}

StopGuard::StopGuard(Database& db, std::vector<std::stop_token> stops)
    : m_db(db)
    , m_stops(std::move(stops))
{
    constexpr int kInstructionsBetweenLooks = 10'000;
    sqlite3_progress_handler(
        db.raw(), kInstructionsBetweenLooks,
        [](void* self) {
            const auto& all = static_cast<const StopGuard*>(self)->m_stops;
            return std::any_of(all.begin(), all.end(), [](const std::stop_token& s) { return s.stop_requested(); }) ? 1
                                                                                                                    : 0;
        },
        this);
}

StopGuard::~StopGuard()
{
    sqlite3_progress_handler(m_db.raw(), 0, nullptr, nullptr);
}

} // namespace wf::sql
