// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: cuts a window into parts that roll-ups cover exactly and edges that only rows (or finer roll-ups) can tell.
// Owner: store. Thread: pure.
#pragma once
#include "models/domain/ports.h"
#include <span>

namespace wf::store {

struct Part {
    Nanos grain = 0; ///< 0 = rows
    Window window;
    friend bool operator==(const Part& a, const Part& b)
    {
        return a.grain == b.grain && a.window.from == b.window.from && a.window.to == b.window.to;
    }
};

/// grains: coarsest first, each a multiple of the next. Parts come in order of time, without gap or overlap.
std::vector<Part> coverWindow(Window window, std::span<const Nanos> grains);

} // namespace wf::store
