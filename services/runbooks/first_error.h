// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: reads many fields of a file and keeps the first thing that was wrong, so that a reader reads like the file.
// Owner: services/runbooks. Thread: a value on one stack.
#pragma once
#include "services/base/yaml.h"

namespace wf {

class FirstError {
public:
    /// The value, or an empty one after keeping the error.
    template <class T> T of(Result<T> result)
    {
        if (result) return std::move(*result);
        keep(result.error());
        return T{};
    }
    void check(const Done& done)
    {
        if (!done) keep(done.error());
    }
    void refuse(const YamlNode& at, const QString& sentence) { keep(at.error(sentence).value()); }
    void keep(const Error& error)
    {
        if (!m_error) m_error = error;
    }
    explicit operator bool() const { return m_error.has_value(); }
    tl::unexpected<Error> error() const { return tl::unexpected(*m_error); }

private:
    std::optional<Error> m_error;
};

} // namespace wf
