// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the one error type of every port. Owner: domain. Thread: value, any.
#pragma once
#include <QString>
#include <tl/expected.hpp>

namespace wf {

enum class Fault { BadInput, NotFound, Refused, Conflict, Busy, Io, DiskFull, ReadOnly, NewerSchema, PortInUse, Timeout, Internal };

/// What a person sees when something fails: what happened, what was kept, what to do next. Whole sentences.
struct Error {
    Fault fault = Fault::Internal;
    QString what;
    QString kept;
    QString next;

    QString sentence() const
    {
        QString s = what;
        if (!kept.isEmpty()) s += u' ' + kept;
        if (!next.isEmpty()) s += u' ' + next;
        return s;
    }
};

template <class T> using Result = tl::expected<T, Error>;
using Done = Result<void>;

inline tl::unexpected<Error> fail(Fault fault, QString what, QString kept = {}, QString next = {})
{
    return tl::unexpected<Error>(Error{fault, std::move(what), std::move(kept), std::move(next)});
}

} // namespace wf
