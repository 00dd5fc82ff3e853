#include <algorithm>

#include "traces/onnx_operators.hpp"

namespace rondo {
namespace {

enum class Reduction { sum, product, least, most };

double reduce(Reduction kind, double a, double b) {
  switch (kind) {
    case Reduction::sum: return a + b;
    case Reduction::product: return a * b;
    case Reduction::least: return std::min(a, b);
    case Reduction::most: return std::max(a, b);
  }
  return a;
}

// Sums and products wrap, as fixed-width integers do.
std::int64_t reduce(Reduction kind, std::int64_t a, std::int64_t b) {
  const auto ua = static_cast<std::uint64_t>(a), ub = static_cast<std::uint64_t>(b);
  switch (kind) {
    case Reduction::sum: return static_cast<std::int64_t>(ua + ub);
    case Reduction::product: return static_cast<std::int64_t>(ua * ub);
    case Reduction::least: return std::min(a, b);
    case Reduction::most: return std::max(a, b);
  }
  return a;
}

template <class T>
T reduce_row(Reduction kind, const T* row, std::int64_t count) {
  T value = row[0];
  for (std::int64_t i = 1; i < count; ++i) value = reduce(kind, value, row[i]);
  return value;
}

// What a reduction does to a shape: its input as [kept][reduced], and the result's shape.
struct Reduced {
  int flat;
  std::int64_t rows = 1, count = 1;
  Shape result;
};

// The reduced axes are turned to the back and joined. Nothing when ONNX asks for no reduction at all.
std::optional<Reduced> flatten_reduced(OnnxContext& c, std::int64_t version) {
  const auto list = c.list("axes", 1, version);
  const Shape shape = c.shape(0);
  const std::vector<int> axes = list ? c.axes(*list, c.rank(0)) : std::vector<int>();
  if (axes.empty() && c.integer("noop_with_empty_axes", 0) != 0) return std::nullopt;
  const bool keep = c.integer("keepdims", 1) != 0;
  std::vector<int> kept, gone;
  Reduced r;
  for (int i = 0; i < c.rank(0); ++i) {
    const bool reduced = axes.empty() || std::find(axes.begin(), axes.end(), i) != axes.end();
    (reduced ? gone : kept).push_back(i);
    (reduced ? r.count : r.rows) *= shape[i];
    if (!reduced || keep) r.result.push_back(reduced ? 1 : shape[i]);
  }
  if (r.count == 0 || r.rows == 0) c.fail("a size is zero");
  kept.insert(kept.end(), gone.begin(), gone.end());
  r.flat = c.builder.reshape(c.builder.transpose(c.input(0), kept), {r.rows, r.count});
  return r;
}

template <Reduction kind, int version>
void convert_reduction(OnnxContext& c) {
  c.constant(0, "data");
  const std::optional<Reduced> r = flatten_reduced(c, version);
  if (!r) return c.output(0, c.input(0));
  const Tensor& data = c.builder.value(r->flat).data;
  Tensor reduced;
  reduced.type = data.type;
  reduced.shape = {r->rows};
  for (std::int64_t at = 0; at < r->rows * r->count; at += r->count) {
    if (data.type == ElementType::real) {
      reduced.reals.push_back(reduce_row(kind, data.reals.data() + at, r->count));
    } else {
      reduced.integers.push_back(reduce_row(kind, data.integers.data() + at, r->count));
    }
  }
  c.output(0, c.builder.reshape(c.builder.constant(std::move(reduced)), r->result));
}

// At run time a sum or mean is a product with a row of equal weights.
template <bool mean, int version>
void convert_sum_or_mean(OnnxContext& c) {
  if (c.is_constant(0) && !mean) return convert_reduction<Reduction::sum, version>(c);
  c.real_input(0);
  const std::optional<Reduced> r = flatten_reduced(c, version);
  if (!r) return c.output(0, c.input(0));
  if (r->count > (std::int64_t{1} << 20)) c.fail("reduces more than 2^20 elements to one");
  const double weight = mean ? 1.0 / static_cast<double>(r->count) : 1.0;
  Dense d;
  d.matrix = {"W", 1, r->count, real_tensor({1, r->count}, std::vector<double>(r->count, weight))};
  c.output(0, c.builder.reshape(c.builder.dense(r->flat, std::move(d)), r->result));
}

}  // namespace

std::vector<OnnxOperator> onnx_reduction_operators() {
  const std::vector<std::string> reduction = {"axes", "keepdims", "noop_with_empty_axes"};
  return {
      {"ReduceSum", 1, 2, 1, reduction, {1}, {}, convert_sum_or_mean<false, 13>},
      {"ReduceMean", 1, 2, 1, reduction, {1}, {}, convert_sum_or_mean<true, 18>},
      {"ReduceProd", 1, 2, 1, reduction, {1}, {}, convert_reduction<Reduction::product, 18>, true},
      {"ReduceMin", 1, 2, 1, reduction, {1}, {}, convert_reduction<Reduction::least, 18>, true},
      {"ReduceMax", 1, 2, 1, reduction, {1}, {}, convert_reduction<Reduction::most, 18>, true},
  };
}

}  // namespace rondo
