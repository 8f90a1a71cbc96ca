// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the version both programs say. Owner: app. Thread: constant.
#pragma once
#define WF_VERSION "0.1.0"
