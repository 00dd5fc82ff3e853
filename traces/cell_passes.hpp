#pragma once

#include <memory>
#include <vector>

#include "traces/pass.hpp"

namespace rondo {

/// A recurrent cell's equations as passes of the chip: which products run together, and the kernels between them.
///
/// A product of x or of a state can run at the start of a step (phase 0); a product of a value of the same step starts
/// the next phase. A phase is one Pass. With `hoisted`, the products of x run ahead for many steps and leave 16-bit
/// sums in memory; without, they run in their phase and are rounded to the same 16 bits, so that both schedules give
/// the same numbers.
class CellPasses {
 public:
  /// Kernel operands after the sums (0) and the parameters (1).
  enum Operand { kInput = 2, kHidden, kState, kVector, kCarried };

  CellPasses(Lowering& low, int node, const Cell& cell, const Format& x, bool hoisted, const std::string& name);

  struct Phase {
    std::unique_ptr<Pass> pass;
    std::vector<Kernel> kernels;  ///< one for each variant of the pass
    int vector = -1;  ///< equation stored at kVector: h in the last phase, else what the next phase multiplies
    Format vector_format;
    std::int64_t width = 0;
  };
  std::vector<Phase> phases;
  /// The products of x ahead of time; null when not hoisted or when there are none.
  std::unique_ptr<Pass> ahead;
  std::vector<Kernel> ahead_kernels;
  std::int64_t ahead_values = 0;    ///< 16-bit sums per output: operand kInput is [values][width]
  std::int64_t carried_values = 0;  ///< 16-bit values that one phase leaves to a later one: kCarried is [values][width]
  std::int64_t carried_width = 0;

  /// Number of the vector operand of a product: 0 x, 1 h, 2 + p what phase p left at kVector.
  static int source_of_phase(int phase) { return 2 + phase; }

  /// After the passes are laid out (they know their offsets then): writes the kernels.
  void write_kernels();

 private:
  struct Sum {
    std::vector<std::pair<int, bool>> terms;  ///< equation, negated
    std::vector<int> biases;                  ///< vectors folded into the first product
    int biased_product = -1;
    double x_limit = 0;  ///< x products may be limited to this: beyond it the activation is flat; 0: not
  };
  struct ProductPlace {
    int phase = -1;
    int number = -1;     ///< in its pass
    int ahead = -1;      ///< in `ahead`
    double x_scale = 0;  ///< of 16-bit sums of products of x
    double x_limit = 0;
  };

  void find_phases();
  void find_sums();
  double scale_of(const Sum& sum) const;
  void add_products(bool hoisted);
  void open_phases();
  void add_product(int equation, const Sum* sum, bool hoisted);
  void add_vectors();
  void hand_over(int equation);
  void choose_vector_formats();
  int source_of(int product) const;
  double vector_scale(int equation) const;
  Kernel ahead_kernel() const;
  Kernel phase_kernel(int phase);
  Lane value(KernelBuilder& k, int phase, int equation, std::vector<Lane>& known);
  Lane fresh_value(KernelBuilder& k, int phase, int equation, std::vector<Lane>& known);
  Lane sum(KernelBuilder& k, int phase, int equation, std::vector<Lane>& known);
  Lane product(KernelBuilder& k, int phase, int equation, double target);
  static Lane limited(KernelBuilder& k, const Lane& sum, const ProductPlace& at);
  double most(int equation) const { return low_.range(node_, equation); }
  bool is_product_of_x(int equation) const;
  bool is_sum(int equation) const;
  bool feeds_flat_activation(int equation) const;
  std::vector<int> users(int equation) const;
  int phase_of_use(int equation) const;

  Lowering& low_;
  int node_;
  const Cell& cell_;
  Format x_;
  std::string name_;
  std::vector<int> phase_of_;
  std::vector<Sum> sums_;               ///< per equation; empty terms: no sum of its own
  std::vector<ProductPlace> products_;  ///< per equation
  std::vector<int> vector_number_;      ///< per equation of kind vector: number in the pass of its phase, -1: folded
  int variant_ = 0;                     ///< of the kernel that is being written
  std::vector<int> carried_number_;     ///< per equation: which carried value, -1: none
};

}  // namespace rondo
