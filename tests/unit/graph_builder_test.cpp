#include "traces/graph_builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "traces/interpret.hpp"

namespace rondo {
namespace {

// The plainest possible reshaping operations: every element by its index list.
struct Plain {
  Shape shape;
  std::vector<double> values;

  double at(const Shape& index) const {
    std::int64_t position = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) position = position * shape[i] + index[i];
    return values[position];
  }
};

template <class From>
Plain remade(const Shape& shape, From from) {
  Plain result{shape, {}};
  Shape index(shape.size(), 0);
  for (std::int64_t n = 0; n < element_count(shape); ++n) {
    std::int64_t rest = n;
    for (std::size_t i = shape.size(); i-- > 0;) {
      index[i] = rest % shape[i];
      rest /= shape[i];
    }
    result.values.push_back(from(index));
  }
  return result;
}

class ViewChain {
 public:
  explicit ViewChain(unsigned seed) : random_(seed), builder_("chain") {
    plain_.shape = {2 + pick(3), 1 + pick(4), 3 + pick(3)};
    plain_.values.resize(element_count(plain_.shape));
    std::iota(plain_.values.begin(), plain_.values.end(), 1.0);
    given_["x"] = real_tensor(plain_.shape, plain_.values);
    builder_.begin("x", "test");
    value_ = builder_.input("x", ElementType::real, plain_.shape);
    builder_.begin("y", "test");
  }

  void step() {
    switch (pick(4)) {
      case 0: return transpose();
      case 1: return slice();
      case 2: return expand();
      default: return reshape();
    }
  }

  void compare() {
    builder_.output(value_, "y");
    const Graph graph = builder_.finish(true);
    const Evaluation e = evaluate(graph, given_);
    EXPECT_EQ(e.values[graph.outputs[0]].shape, plain_.shape);
    EXPECT_EQ(e.values[graph.outputs[0]].reals, plain_.values);
  }

 private:
  std::int64_t pick(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }

  void transpose() {
    std::vector<int> order(plain_.shape.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random_);
    Shape shape;
    for (int axis : order) shape.push_back(plain_.shape[axis]);
    const Plain old = plain_;
    plain_ = remade(shape, [&](const Shape& index) {
      Shape from(index.size());
      for (std::size_t i = 0; i < index.size(); ++i) from[order[i]] = index[i];
      return old.at(from);
    });
    value_ = builder_.transpose(value_, order);
  }

  void slice() {
    const int axis = static_cast<int>(pick(static_cast<std::int64_t>(plain_.shape.size())));
    const std::int64_t size = plain_.shape[axis], begin = pick(size), step = pick(2) == 0 ? 1 : -1;
    const std::int64_t room = step > 0 ? size - begin : begin + 1, count = 1 + pick(room);
    Shape shape = plain_.shape;
    shape[axis] = count;
    const Plain old = plain_;
    plain_ = remade(shape, [&](Shape index) {
      index[axis] = begin + step * index[axis];
      return old.at(index);
    });
    value_ = builder_.slice(value_, axis, begin, count, step);
  }

  void expand() {
    Shape shape = plain_.shape;
    if (element_count(shape) > 500) return;
    for (std::int64_t& size : shape) {
      if (size == 1) size = 1 + pick(3);
    }
    shape.insert(shape.begin(), 1 + pick(2));
    const Plain old = plain_;
    plain_ = remade(shape, [&](Shape index) {
      index.erase(index.begin());
      for (std::size_t i = 0; i < index.size(); ++i) index[i] = std::min(index[i], old.shape[i] - 1);
      return old.at(index);
    });
    value_ = builder_.expand(value_, shape);
  }

  void reshape() {
    std::vector<std::int64_t> factors;
    std::int64_t rest = element_count(plain_.shape);
    for (std::int64_t f = 2; rest > 1; ++f) {
      for (; rest % f == 0; rest /= f) factors.push_back(f);
    }
    std::shuffle(factors.begin(), factors.end(), random_);
    Shape shape(1 + pick(4), 1);
    for (std::int64_t f : factors) shape[pick(static_cast<std::int64_t>(shape.size()))] *= f;
    plain_.shape = shape;
    value_ = builder_.reshape(value_, shape);
  }

  std::mt19937 random_;
  GraphBuilder builder_;
  NamedTensors given_;
  Plain plain_;
  int value_ = -1;
};

TEST(GraphBuilder, ChainsOfViewsMoveElementsAsIndexListsDo) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ViewChain chain(seed);
    for (unsigned i = 0; i < 1 + seed % 7; ++i) chain.step();
    chain.compare();
  }
}

TEST(GraphBuilder, JoinsViewsAndDropsWhatNothingUses) {
  GraphBuilder b("views");
  b.begin("x", "test");
  const int x = b.input("x", ElementType::real, {2, 3, 4});
  const int turned = b.transpose(b.transpose(b.reshape(x, {6, 4}), {1, 0}), {1, 0});
  EXPECT_EQ(b.reshape(turned, {2, 3, 4}), x);
  b.slice(x, 0, 1, 1);  // used by nothing
  b.output(b.slice(b.transpose(x, {2, 0, 1}), 0, 3, 1), "y");
  const Graph graph = b.finish(true);
  ASSERT_EQ(graph.nodes.size(), 1U);
  EXPECT_EQ(graph.nodes[0].view.offset, 3);
  EXPECT_EQ(graph.nodes[0].view.strides, (std::vector<std::int64_t>{1, 12, 4}));
}

TEST(GraphBuilder, FoldsWhatIsConstant) {
  GraphBuilder b("constants");
  b.begin("c", "test");
  const int sum = b.binary(BinaryKind::add, b.constant(real_tensor({2}, {1, 2})), b.scalar(10));
  EXPECT_TRUE(b.is_constant(sum));
  EXPECT_EQ(b.value(sum).data.reals, (std::vector<double>{11, 12}));
}

}  // namespace
}  // namespace rondo
