// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: one engine per profile: an exclusive flock on engine.lock, released by the kernel when its process dies.
// Owner: base. Thread: any.
#pragma once
#include "models/domain/result.h"
#include <memory>

namespace wf {

class FileLock {
public:
    /// Fault::Busy with the pid of the holder in the sentence when another process (or object) has it.
    static Result<std::unique_ptr<FileLock>> take(const QString& path);
    /// Is it held? Takes nothing, writes nothing, works on a read-only disk; a lock that was never made is free.
    static bool isHeld(const QString& path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    explicit FileLock(int fd)
        : m_fd(fd)
    {
    }
    int m_fd;
};

} // namespace wf
