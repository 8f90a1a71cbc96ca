// SPDX-License-Identifier: GPL-3.0-or-later
// Purpose: the few special functions all intervals and tests rest on. Owner: domain. Thread: pure functions.
#pragma once

namespace wf::stats {

double normalCdf(double z);
/// Wichura 1988 (AS 241, PPND16), relative error about 1e-16. p outside (0, 1) gives -inf or +inf.
double normalQuantile(double p);
/// Regularised incomplete beta I_x(a, b), a and b > 0; continued fraction by Lentz's method.
double betaCdf(double x, double a, double b);
/// x with I_x(a, b) = p. a <= 0 gives 0, b <= 0 gives 1: the limits the exact binomial interval needs.
double betaQuantile(double p, double a, double b);
double studentCdf(double t, double degrees);
double studentQuantile(double p, double degrees);
/// log of the beta function.
double logBeta(double a, double b);

} // namespace wf::stats
