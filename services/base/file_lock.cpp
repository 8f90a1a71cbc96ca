// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/base/file_lock.h"
#include <QCoreApplication>
#include <QFile>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace wf {

namespace {

// isHeld() of another process holds a shared lock for an instant; that must not read as "an engine runs".
constexpr int kAttempts = 5;
constexpr auto kBetweenAttempts = std::chrono::milliseconds(10);

bool lockNow(int fd)
{
    for (int left = kAttempts; ::flock(fd, LOCK_EX | LOCK_NB) != 0;) {
        if (errno != EWOULDBLOCK || --left == 0) return false;
        std::this_thread::sleep_for(kBetweenAttempts);
    }
    return true;
}

QString holderOf(int fd)
{
    char text[32] = {};
    const ssize_t n = ::pread(fd, text, sizeof text - 1, 0);
    const qint64 pid = n > 0 ? QByteArray(text, n).trimmed().toLongLong() : 0;
    return pid > 0 ? u"process %1"_s.arg(pid) : u"another process"_s;
}

} // namespace

Result<std::unique_ptr<FileLock>> FileLock::take(const QString& path)
{
    const int fd = ::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        const Fault fault = errno == EROFS || errno == EACCES ? Fault::ReadOnly : Fault::Io;
        return fail(fault,
            u"The lock %1 could not be opened (%2)."_s.arg(path, QString::fromLocal8Bit(std::strerror(errno))),
            u"Nothing was changed."_s,
            u"Check that the profile folder exists and is writable, or open it as a viewer."_s);
    }
    std::unique_ptr<FileLock> lock(new FileLock(fd));
    if (!lockNow(fd)) {
        if (errno != EWOULDBLOCK)
            return fail(Fault::Io,
                u"The lock %1 could not be taken (%2)."_s.arg(path, QString::fromLocal8Bit(std::strerror(errno))));
        return fail(Fault::Busy,
            u"The engine of this profile is already running: %1 holds %2."_s.arg(holderOf(fd), path),
            u"Nothing was changed."_s, u"Open the profile as a viewer, or end that process first."_s);
    }
    // The pid is only for the sentence above; a lock without it still locks, so a full disk does not matter here.
    const QByteArray pid = QByteArray::number(QCoreApplication::applicationPid()) + '\n';
    if (::ftruncate(fd, 0) == 0) {
        [[maybe_unused]] const ssize_t written = ::pwrite(fd, pid.constData(), size_t(pid.size()), 0);
    }
    return lock;
}

bool FileLock::isHeld(const QString& path)
{
    const int fd = ::open(QFile::encodeName(path).constData(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool held = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(fd);
    return held;
}

FileLock::~FileLock()
{
    ::close(m_fd);
}

} // namespace wf
