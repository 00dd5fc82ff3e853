#pragma once

namespace rondo {

/// exp, log and their kin from IEEE basic operations in a fixed order, so that every machine computes the
/// same bits (library functions differ in the last place between CPUs). Within 4 units in the last place.
double exact_exp(double x);
double exact_expm1(double x);
double exact_log(double x);  ///< -inf at 0, NaN below
double exact_log1p(double x);
double exact_tanh(double x);
double exact_sigmoid(double x);
double exact_softplus(double x);  ///< log(1 + exp(x)) without overflow

}  // namespace rondo
