// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: a disk that fails on demand, because tests may run as root, where file permissions prove nothing.
// Owner: tests. Thread: the switches are atomic.
#pragma once
#include <QByteArray>
#include <atomic>
#include <cstring>
#include <sqlite3.h>

namespace wf::test {

/// Wraps the default VFS under a name of its own. After `allow(n)`, n more writes succeed and then every write fails
/// with `code`; `heal()` makes the disk work again. Reads always work.
class FailingVfs {
public:
    explicit FailingVfs(QByteArray name)
        : m_name(std::move(name))
        , m_base(sqlite3_vfs_find(nullptr))
        , m_vfs(*m_base)
    {
        m_vfs.pNext = nullptr;
        m_vfs.zName = m_name.constData();
        m_vfs.pAppData = this;
        m_vfs.szOsFile = int(sizeof(File)) + m_base->szOsFile;
        m_vfs.xOpen = open;
        sqlite3_vfs_register(&m_vfs, 0);
    }
    ~FailingVfs() { sqlite3_vfs_unregister(&m_vfs); }
    FailingVfs(const FailingVfs&) = delete;
    FailingVfs& operator=(const FailingVfs&) = delete;

    const QByteArray& name() const { return m_name; }
    void allow(int writes, int code)
    {
        m_code = code;
        m_left = writes;
    }
    void heal() { m_code = SQLITE_OK; }
    /// As on a disk mounted read-only: no shared memory can be made beside a database.
    void mountReadOnly() { m_readOnly = true; }
    int failures() const { return m_failures; }

private:
    struct File {
        sqlite3_file base;
        sqlite3_file* real;
        FailingVfs* owner;
    };
    static sqlite3_file* real(sqlite3_file* f) { return reinterpret_cast<File*>(f)->real; }

    int verdict()
    {
        if (m_code == SQLITE_OK || m_left-- > 0) return SQLITE_OK;
        m_left = 0;
        ++m_failures;
        return m_code;
    }

    static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* out, int flags, int* outFlags)
    {
        auto* self = static_cast<FailingVfs*>(vfs->pAppData);
        auto* file = reinterpret_cast<File*>(out);
        std::memset(file, 0, sizeof(File));
        file->real = reinterpret_cast<sqlite3_file*>(file + 1);
        file->owner = self;
        const int code = self->m_base->xOpen(self->m_base, path, file->real, flags, outFlags);
        if (file->real->pMethods) file->base.pMethods = methods();
        return code;
    }

    static const sqlite3_io_methods* methods()
    {
        static const sqlite3_io_methods table = [] {
            sqlite3_io_methods m{};
            m.iVersion = 2;
            m.xClose = [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); };
            m.xRead = [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
                return real(f)->pMethods->xRead(real(f), to, n, at);
            };
            m.xWrite = [](sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
                const int code = reinterpret_cast<File*>(f)->owner->verdict();
                return code == SQLITE_OK ? real(f)->pMethods->xWrite(real(f), from, n, at) : code;
            };
            m.xTruncate = [](sqlite3_file* f, sqlite3_int64 n) { return real(f)->pMethods->xTruncate(real(f), n); };
            m.xSync = [](sqlite3_file* f, int flags) { return real(f)->pMethods->xSync(real(f), flags); };
            m.xFileSize = [](sqlite3_file* f, sqlite3_int64* n) { return real(f)->pMethods->xFileSize(real(f), n); };
            m.xLock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); };
            m.xUnlock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); };
            m.xCheckReservedLock
                = [](sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); };
            m.xFileControl
                = [](sqlite3_file* f, int op, void* arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); };
            m.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
            m.xDeviceCharacteristics
                = [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); };
            m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
                if (reinterpret_cast<File*>(f)->owner->m_readOnly) return SQLITE_CANTOPEN;
                return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
            };
            m.xShmLock = [](sqlite3_file* f, int at, int n, int flags) {
                return real(f)->pMethods->xShmLock(real(f), at, n, flags);
            };
            m.xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); };
            m.xShmUnmap = [](sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); };
            return m;
        }();
        return &table;
    }

    QByteArray m_name;
    sqlite3_vfs* m_base;
    sqlite3_vfs m_vfs;
    std::atomic<int> m_left{0}, m_code{SQLITE_OK}, m_failures{0};
    std::atomic<bool> m_readOnly{false};
};

} // namespace wf::test
