// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: evidence, claims and the citation checker: what a claim is worth is decided here, in code. Owner: domain.
// Thread: pure values and functions. Rules: docs/design/claims.md.
#pragma once
#include "models/domain/ids.h"
#include <QJsonObject>
#include <array>
#include <optional>
#include <vector>

namespace wf {

/// An immutable snapshot in the record, E1, E2, … per incident. result holds integers and strings only (canonical JSON);
/// counts and sums, never a bare percentage, so that every figure can be recomputed from it.
/// kind: alarm | comparison | series | manifest_diff | change | report | runbook | replay | sources | execution
struct Evidence {
    int number = 0;
    QString kind;
    QString title;
    QJsonObject query;         ///< what made it; enough to run it again
    QJsonObject result;
    Nanos from = 0, to = 0;    ///< the time it speaks about
    Nanos at = 0;              ///< when it was made
    QString sha256;            ///< digestOf({kind,title,query,result,from,to})
    QString label() const { return QStringLiteral("E%1").arg(number); }
    QJsonObject toJson() const;
    static Evidence fromJson(const QJsonObject& object);
    void seal() { sha256 = computeDigest(); }
    QString computeDigest() const;
};

/// A figure names a formula of a closed set over integer or decimal paths into the evidence result, e.g.
/// {formula:"ratio", paths:["/with/good","/with/n"], value:"0.714", unit:"%"} .
/// Formulas: ratio a/b · difference a/b − c/d · interval_low, interval_high of that difference (Newcombe, 99 %) · count a ·
/// time a (ns; compared as text) · value a · reweighted rows of {sum, n, baseline_n}.
struct FigureCitation {
    QString formula;
    std::vector<QString> paths;
    double value = 0;          ///< as written in the claim: 71.4 with unit "%"
    double tolerance = 0;      ///< half a unit of the last written digit
    QString unit;              ///< "%", "points", "tokens", "" …
    QString text;              ///< the characters in the claim's sentence this figure covers: "71.4 %"
};

struct Citation {
    int evidence = 0;
    QString quote;             ///< words that must stand in the snapshot; empty when figure is used
    std::optional<FigureCitation> figure;
};

enum class Verdict { Unchecked, Checked, Failed, Stale };
QString verdictName(Verdict verdict);

struct Claim {
    ClaimId id;
    QString author;            ///< "agent:offline", "agent:model", a role
    QString kind;              ///< "comparison", "change", "ruled-out", …
    QString text;              ///< one plain sentence
    std::vector<Citation> citations;
    Nanos about = 0;           ///< the time it speaks about, 0 = none
    Verdict verdict = Verdict::Unchecked;
    QString reason;            ///< why failed or stale, or what was recomputed
    bool coincidence = false;  ///< causal words without a comparison: shown as "coincides with"
    QJsonObject toJson() const;
    static Claim fromJson(const QJsonObject& object);
};

/// Recomputes one figure from a snapshot; refuses unknown formulas, missing paths, division by zero.
Result<double> recompute(const FigureCitation& figure, const QJsonObject& result);

/// Checks one claim against the evidence of its incident. Pure. Sets verdict, reason, coincidence; nothing else.
Claim checkClaim(Claim claim, const std::vector<Evidence>& evidence);

/// Late data: the query of one evidence now answers `fresh`. A checked claim turns stale when a quote is gone, a ratio moved by
/// more than a point (other figures: a twentieth), or a comparison separates no longer; counts may grow. Else unchanged.
Claim recheckClaim(Claim claim, const std::vector<Evidence>& evidence, const Evidence& fresh);

enum class HypothesisState { Open, Supported, Falsified, NotChecked };
QString hypothesisStateName(HypothesisState state);
/// The fixed set, always worked through, in this order.
inline constexpr std::array kHypotheses{"prompt", "model", "retrieval", "tools", "guardrails", "input-mix", "abuse", "measurement", "infrastructure"};
QString hypothesisTitle(const QString& key);

struct Hypothesis {
    QString key;
    HypothesisState state = HypothesisState::Open;
    QString why;               ///< one sentence
    std::vector<int> evidence;
    QJsonObject toJson() const;
    static Hypothesis fromJson(const QJsonObject& object);
};

} // namespace wf
