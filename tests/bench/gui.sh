#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a tick costs the GUI thread while the simulated feature sends 2 000 records a second to the engine in the same process.
set -euo pipefail
profile=$(mktemp -d); trap 'rm -rf "$profile"' EXIT
export QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}
seconds=${1:-90} rate=${2:-2000}
ticks=$(build/release/bin/watchfloor --replay sample:account-numbers --profile "$profile/p" --rate "$rate" --size 1920x1080 --quit-after "$seconds" 2>"$profile/err" | tail -1)
stored=$(build/release/bin/watchfloorctl status --json --profile "$profile/p" | sed 's/.*"otlp":{[^}]*"stored":\([0-9]*\).*/\1/')
echo "records asked for a second: $rate · OTLP records stored in the run: $stored · seconds with the window open: $seconds"
echo "GUI thread, CPU a tick over the last 600 ticks (budget: p99 below 16 ms): $ticks"
