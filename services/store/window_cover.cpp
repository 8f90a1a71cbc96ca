// SPDX-License-Identifier: GPL-3.0-or-later
#include "services/store/window_cover.h"

namespace wf::store {

namespace {

void cover(Window window, std::span<const Nanos> grains, std::vector<Part>& parts)
{
    if (window.from >= window.to) return;
    if (grains.empty()) {
        parts.push_back({0, window});
        return;
    }
    const Nanos grain = grains.front();
    const auto finer = grains.subspan(1);
    const Nanos from = (window.from + grain - 1) / grain * grain;
    const Nanos to = window.to / grain * grain;
    if (from >= to) {
        cover(window, finer, parts);
        return;
    }
    cover({window.from, from}, finer, parts);
    parts.push_back({grain, {from, to}});
    cover({to, window.to}, finer, parts);
}

} // namespace

std::vector<Part> coverWindow(Window window, std::span<const Nanos> grains)
{
    // "Always" is often written as the largest numbers there are; times before 1970 do not exist here.
    constexpr Nanos kLatest = std::numeric_limits<Nanos>::max() - kDay;
    std::vector<Part> parts;
    cover({std::clamp(window.from, Nanos(0), kLatest), std::clamp(window.to, Nanos(0), kLatest)}, grains, parts);
    return parts;
}

} // namespace wf::store
