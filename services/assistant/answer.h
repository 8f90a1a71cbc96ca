// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: answers a typed question by retrieval alone: passages of the record that match, quoted with their labels. It
// concludes nothing, and says so when nothing matches. Owner: services/assistant. Thread: pure function.
#pragma once
#include "models/domain/case_file.h"

namespace wf {

/// `hits`: rows the caller's timeline search found for the question; they are quoted after the case's own passages.
/// `/evidence`, `/hypothesis`, `/claims`, `/propose` list what there is.
QString answerQuestion(const QString& question, const Case& c, const std::vector<TimelineEvent>& hits = {});

} // namespace wf
