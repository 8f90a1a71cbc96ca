// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: a thin layer over SQLite's C interface: databases, cached statements, transactions, numbered migrations.
// Inside a service a refusal of SQLite travels as sql::Failure; attempt() turns it into a Result at the service's
// border. Owner: base. Thread: a Database and its statements live in one thread at a time.
#pragma once
#include "models/domain/result.h"
#include <QByteArray>
#include <memory>
#include <span>
#include <sqlite3.h>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

namespace wf::sql {

struct Failure {
    Error error;
    int code = SQLITE_ERROR; ///< extended result code of SQLite, 0 when a service raised it
};

[[noreturn]] void raise(Fault fault, QString what, QString kept = {}, QString next = {});

/// Runs f and returns what it returned, or the error of the Failure it threw.
template <class F> auto attempt(F&& f) -> Result<std::invoke_result_t<F>>
{
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
            f();
            return {};
        } else {
            return f();
        }
    } catch (Failure& failure) {
        return tl::unexpected<Error>(std::move(failure.error));
    }
}

class Database;

/// A prepared statement on loan from the database's cache; reset and given back when it goes out of scope.
class Statement {
public:
    Statement(Database& db, sqlite3_stmt* raw, const std::string* key)
        : m_db(&db)
        , m_raw(raw)
        , m_key(key)
    {
    }
    Statement(Statement&& other) noexcept;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    /// Binds all parameters from position 1 on. Text and blobs are copied.
    template <class... Args> Statement& bind(const Args&... args)
    {
        int position = 0;
        (bindAt(++position, args), ...);
        return *this;
    }
    /// Binds, steps to the end and resets, for statements without rows.
    template <class... Args> void run(const Args&... args)
    {
        bind(args...);
        while (step()) { }
        reset();
    }
    bool step(); ///< true while there is a row
    void reset();

    qint64 integer(int column) const { return sqlite3_column_int64(m_raw, column); }
    double real(int column) const { return sqlite3_column_double(m_raw, column); }
    QString text(int column) const;
    QByteArray blob(int column) const;
    bool isNull(int column) const { return sqlite3_column_type(m_raw, column) == SQLITE_NULL; }
    /// Valid until the next step.
    std::string_view view(int column) const;

    template <class T> void bindAt(int position, const T& value)
    {
        if constexpr (std::is_same_v<T, std::nullptr_t>)
            check(sqlite3_bind_null(m_raw, position));
        else if constexpr (std::is_floating_point_v<T>)
            check(sqlite3_bind_double(m_raw, position, value));
        else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
            check(sqlite3_bind_int64(m_raw, position, sqlite3_int64(value)));
        else
            bindBytes(position, value);
    }

private:
    void bindBytes(int position, const QString& text);
    void bindBytes(int position, const QByteArray& blob);
    void bindBytes(int position, std::string_view text);
    void check(int code);

    Database* m_db;
    sqlite3_stmt* m_raw;
    const std::string* m_key; ///< null = not from the cache
};

struct Migration {
    int number = 0;
    const char* name = nullptr;
    const char* sql = nullptr;
};

enum class Access { ReadWrite, ReadOnly };

struct OpenOptions {
    Access access = Access::ReadWrite;
    QByteArray vfs{}; ///< empty = the platform's; tests name a failing one
    int busyMs = 5'000;
    int cacheKiB = 8'192;
};

class Database {
public:
    /// Write-ahead log, synchronous=FULL. Read-only on a read-only disk opens the file as immutable, and refuses when a
    /// write-ahead log with unread pages lies beside it, because those rows would silently be missing.
    static Result<std::unique_ptr<Database>> open(const QString& path, const OpenOptions& options = {});
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    void exec(const char* sql);
    Statement prepare(std::string_view sql);
    qint64 changes() const { return sqlite3_changes64(m_raw); }
    qint64 lastInsertId() const { return sqlite3_last_insert_rowid(m_raw); }
    /// Changes when another connection has committed.
    qint64 dataVersion();
    bool inTransaction() const { return sqlite3_get_autocommit(m_raw) == 0; }
    /// Applies what is missing, each migration in one transaction. A newer or altered schema is Fault::NewerSchema.
    void migrate(std::span<const Migration> migrations);

    bool readOnly() const { return m_access == Access::ReadOnly; }
    const QString& name() const { return m_name; } ///< file name, for sentences
    sqlite3* raw() const { return m_raw; }
    [[noreturn]] void raiseCode(int code);

private:
    friend class Statement;
    struct Hash {
        using is_transparent = void;
        size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
    };
    Database() = default;
    void connect(const QString& path, const OpenOptions& options);
    void connectReadOnly(const QString& path, const QByteArray& vfs);
    void useWal(int busyMs);
    void giveBack(sqlite3_stmt* raw, const std::string* key);
    int checkApplied(std::span<const Migration> migrations);

    sqlite3* m_raw = nullptr;
    Access m_access = Access::ReadWrite;
    QString m_name;
    std::unordered_map<std::string, std::vector<sqlite3_stmt*>, Hash, std::equal_to<>> m_cache;
};

/// Rolls back unless committed.
class Transaction {
public:
    enum class Kind { Read, Write };
    Transaction(Database& db, Kind kind);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

private:
    Database& m_db;
};

/// While it lives, long statements of the database end with Fault::Timeout soon after one of the stops was asked for.
class StopGuard {
public:
    StopGuard(Database& db, std::vector<std::stop_token> stops);
    ~StopGuard();
    StopGuard(const StopGuard&) = delete;
    StopGuard& operator=(const StopGuard&) = delete;

private:
    Database& m_db;
    std::vector<std::stop_token> m_stops;
};

} // namespace wf::sql
