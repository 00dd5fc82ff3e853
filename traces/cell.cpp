#include "traces/cell.hpp"

#include <utility>

#include "models/base/error.hpp"

namespace rondo {

Equations::Equations(std::string name, std::int64_t input_width) {
  cell_.name = std::move(name);
  cell_.input_width = input_width;
}

Value Equations::push(Equation equation) {
  cell_.equations.push_back(std::move(equation));
  return Value{this, static_cast<int>(cell_.equations.size()) - 1};
}

std::int64_t Equations::width(Value v) const {
  check(v.owner == this && v.id >= 0, "a cell's equation uses a value of another cell");
  return cell_.equations[v.id].width;
}

Value Equations::x() {
  if (input_ < 0) {
    Equation e;
    e.kind = Equation::Kind::input;
    e.width = cell_.input_width;
    e.name = "x";
    input_ = push(std::move(e)).id;
  }
  return Value{this, input_};
}

Value Equations::state(const std::string& name, std::int64_t width) {
  Equation e;
  e.kind = Equation::Kind::state;
  e.index = static_cast<int>(cell_.state_width.size());
  e.width = width;
  e.name = name;
  cell_.state_width.push_back(width);
  cell_.state_name.push_back(name);
  return push(std::move(e));
}

Value Equations::product(CellMatrix matrix, Value v) {
  check(matrix.cols == width(v), "a cell's matrix does not fit its operand");
  Equation e;
  e.kind = Equation::Kind::product;
  e.a = v.id;
  e.index = static_cast<int>(cell_.matrices.size());
  e.width = matrix.rows;
  e.name = matrix.name;
  cell_.matrices.push_back(std::move(matrix));
  return push(std::move(e));
}

Value Equations::vector(CellVector vector) {
  Equation e;
  e.kind = Equation::Kind::vector;
  e.index = static_cast<int>(cell_.vectors.size());
  e.width = vector.width;
  e.name = vector.name;
  cell_.vectors.push_back(std::move(vector));
  return push(std::move(e));
}

Value Equations::activate(const ActivationCall& call, Value v, const std::string& name) {
  Equation e;
  e.kind = Equation::Kind::activation;
  e.a = v.id;
  e.call = call;
  e.width = width(v);
  e.name = name;
  return push(std::move(e));
}

Value Equations::clip(Value v, double limit) {
  if (limit == 0) return v;
  Equation e;
  e.kind = Equation::Kind::clip;
  e.a = v.id;
  e.limit = limit;
  e.width = width(v);
  return push(std::move(e));
}

Value Equations::one_minus(Value v) {
  Equation e;
  e.kind = Equation::Kind::one_minus;
  e.a = v.id;
  e.width = width(v);
  return push(std::move(e));
}

Value Equations::binary(Equation::Kind kind, Value a, Value b) {
  check(width(a) == width(b), "a cell's equation joins vectors of different widths");
  Equation e;
  e.kind = kind;
  e.a = a.id;
  e.b = b.id;
  e.width = width(a);
  return push(std::move(e));
}

Value Equations::named(Value v, const std::string& name) {
  cell_.equations.at(v.id).name = name;
  return v;
}

Cell Equations::finish(const std::vector<Value>& next_states) {
  check(next_states.size() == cell_.state_width.size(), "a cell must give a next value for every state");
  for (std::size_t s = 0; s < next_states.size(); ++s) {
    check(width(next_states[s]) == cell_.state_width[s], "a cell's next state has another width than its state");
    cell_.next_state.push_back(next_states[s].id);
  }
  return std::move(cell_);
}

Value operator+(Value a, Value b) { return a.owner->binary(Equation::Kind::add, a, b); }
Value operator-(Value a, Value b) { return a.owner->binary(Equation::Kind::sub, a, b); }
Value operator*(Value a, Value b) { return a.owner->binary(Equation::Kind::mul, a, b); }

}  // namespace rondo
