#include <algorithm>
#include <memory>

#include "models/base/error.hpp"
#include "traces/cell_passes.hpp"
#include "traces/weight_rounds.hpp"

/// A recurrent layer: chunks of steps whose inputs and outputs are on chip, and a loop over the steps of a chunk.
///
/// The hidden states of a chunk lie one after the other, [steps + 1][batch][hidden]: each step reads the slot before
/// its own (after it, in reverse) and writes its own, so the output sequence needs no copying and no step overwrites
/// what the array still reads.
namespace rondo {
namespace {

/// Sequences [first, first + count) that all step together during steps [begin, end) of time.
struct Segment {
  std::int64_t begin, end;
  std::int64_t first, count;
};

std::vector<Segment> segments_of(const std::vector<std::int64_t>& lengths, std::int64_t steps, std::int64_t batch) {
  if (lengths.empty()) return {{0, steps, 0, batch}};
  std::vector<std::int64_t> cuts(lengths);
  cuts.push_back(0);
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  std::vector<Segment> list;
  for (std::size_t c = 0; c + 1 < cuts.size(); ++c) {
    for (std::int64_t n = 0; n < batch;) {
      if (lengths[n] <= cuts[c]) {
        ++n;
        continue;
      }
      std::int64_t end = n;
      while (end < batch && lengths[end] > cuts[c]) ++end;
      list.push_back({cuts[c], cuts[c + 1], n, end - n});
      n = end;
    }
  }
  return list;
}

class RecurrentLayer {
 public:
  RecurrentLayer(Lowering& low, const Node& node) : low_(low), node_(node), shape_(low.shape(node.inputs[0])) {
    steps_ = shape_[0], batch_ = shape_[1];
  }

  void lower() {
    for (std::size_t d = 0; d < node_.recurrent.cells.size(); ++d) {
      const Lowering::Marks marks = low_.mark();
      direction(static_cast<int>(d));
      low_.release(marks);
    }
  }

 private:
  const Cell& cell() const { return node_.recurrent.cells[direction_]; }
  std::int64_t hidden() const { return cell().state_width[0]; }
  const Format& format(int state) const { return low_.state_format(low_.node_index, state); }
  std::int64_t state_row(int state) const { return cell().state_width[state] * format(state).bytes(); }
  std::int64_t slot_bytes() const { return batch_ * state_row(0); }

  void direction(int d) {
    direction_ = d;
    reversed_ = node_.recurrent.reversed[d];
    const std::string name = node_.name + (node_.recurrent.cells.size() > 1 ? (d == 0 ? ".forward" : ".backward") : "");
    low_.builder.layer(name);
    const Format& x = low_.format(node_.inputs[0]);
    passes_ = std::make_unique<CellPasses>(low_, low_.node_index, cell(), x, low_.mapping.input_projection == "hoisted",
                                           name);
    take_states(name);
    take_chunk(name);
    lay_out(name);
    init_states();
    const std::int64_t whole = steps_ / chunk_, rest = steps_ % chunk_;
    low_.builder.repeat(whole,
                        [&](Index c) { chunk(reversed_ ? c * -chunk_ + (steps_ - chunk_) : c * chunk_, chunk_); });
    if (rest > 0) chunk(Index{-1, reversed_ ? 0 : whole * chunk_}, rest);
    put_states();
  }

  /// Buffers that outlive a chunk.
  void take_states(const std::string& name) {
    states_.clear();
    for (std::size_t s = 0; s < cell().state_width.size(); ++s) {
      states_.push_back(take(batch_ * state_row(static_cast<int>(s)), name + "." + cell().state_name[s]));
    }
    vectors_.clear();
    for (std::size_t p = 0; p + 1 < passes_->phases.size(); ++p) {
      const auto& phase = passes_->phases[p];
      vectors_.push_back(take(batch_ * phase.width * phase.vector_format.bytes(), name + ".vector"));
    }
    carried_ = take(std::max<std::int64_t>(2, batch_ * passes_->carried_values * passes_->carried_width * 2),
                    name + ".carried");
  }

  std::int64_t sums_per_step() const {
    return passes_->ahead == nullptr ? 0 : batch_ * passes_->ahead_values * passes_->ahead->width() * 2;
  }

  /// Steps per chunk: as many as fit beside what is there, the input's way in included.
  void take_chunk(const std::string& name) {
    const bool load_x = !low_.lives_on_chip(node_.inputs[0]);
    const std::int64_t x_step = batch_ * shape_[2] * low_.format(node_.inputs[0]).bytes();
    const std::int64_t per_step =
        slot_bytes() + sums_per_step() + (load_x || !dense_input() ? (load_x && !dense_input() ? 2 : 1) * x_step : 0);
    const std::int64_t reserve = 512 + parameter_overflow();
    const std::int64_t room = low_.activation.room() - slot_bytes() - reserve;
    std::int64_t fit = room < per_step ? 0 : room / per_step;
    if (fit == 0) throw Shortage(Space::activation, per_step - room, name + " (one step at a time)");
    if (!node_.recurrent.lengths.empty() && fit < steps_) {
      throw Shortage(Space::activation, per_step * steps_ - room,
                     name + " (sequences of different lengths run in one chunk)");
    }
    chunk_ = std::min(fit, steps_);
    if (low_.mapping.chunk_steps > 0 && node_.recurrent.lengths.empty())
      chunk_ = std::min(chunk_, low_.mapping.chunk_steps);
    slots_ = take((chunk_ + 1) * slot_bytes(), name + ".outputs");
    if (passes_->ahead != nullptr) sums_ = take(chunk_ * sums_per_step(), name + ".ahead");
  }

  /// Parameters go to the activation SRAM when their own memory is full: keep room.
  std::int64_t parameter_overflow() const {
    std::int64_t bytes = passes_->ahead == nullptr ? 0 : passes_->ahead->most_parameter_bytes();
    for (const auto& phase : passes_->phases) bytes += phase.pass->most_parameter_bytes();
    return bytes <= low_.parameter.room() ? 0 : bytes;
  }

  bool dense_input() const {
    const Strided& s = low_.strided(node_.inputs[0]);
    return s.strides[2] == 1 || shape_[2] == 1;
  }

  Place take(std::int64_t bytes, const std::string& what) {
    const Place p = place(Space::activation, low_.activation.take(bytes, what));
    low_.builder.symbol(what, Space::activation, p.base, bytes);
    return p;
  }

  void lay_out(const std::string& name) {
    const bool interleaved = low_.mapping.gates == "interleaved";
    const int bits = low_.format(node_.inputs[0]).bits;
    std::vector<std::vector<Pass*>> rounds(1);
    for (auto& phase : passes_->phases) rounds[0].push_back(phase.pass.get());
    if (passes_->ahead != nullptr) rounds.push_back({passes_->ahead.get()});
    for (const auto& round : rounds) {
      for (Pass* pass : round) {
        std::int64_t rows = batch_;
        if (pass == passes_->ahead.get())
          rows = ahead_rows_ = std::clamp<std::int64_t>(pass->rows_that_fit(), 1, chunk_ * batch_);
        pass->layout(rows, interleaved, bits);
      }
    }
    weights_ = std::make_unique<WeightRounds>(low_, rounds, name);
    passes_->write_kernels();
  }

  /// h and c before the first step.
  void init_states() {
    for (std::size_t s = 0; s < states_.size(); ++s) {
      const std::int64_t width = cell().state_width[s];
      const int given = s + 1 < node_.inputs.size() ? node_.inputs[s + 1] : -1;
      if (given < 0) {
        low_.zero(states_[s], batch_ * state_row(static_cast<int>(s)));
        continue;
      }
      const std::int64_t mark = low_.activation.mark();
      OnChip from = low_.bring(given, Index{-1, direction_}, 1);
      const Format& form = format(static_cast<int>(s));
      low_.copy(from, {states_[s], {1, batch_, width}, {0, width * form.bytes(), form.bytes()}, form});
      low_.activation.release(mark);
    }
  }

  /// Slot from which step t of the chunk reads h, and the one it writes.
  Place slot(Index t, bool written) const {
    const std::int64_t own = reversed_ ? 0 : 1;
    return moved(slots_, written ? t + own : t + (reversed_ ? 1 : 0), slot_bytes());
  }

  void copy_state(Place from, Place to, std::int64_t sequences) {
    const Shape shape{1, sequences * hidden()};
    const std::vector<std::int64_t> strides{0, format(0).bytes()};
    low_.copy({from, shape, strides, format(0)}, {to, shape, strides, format(0)});
  }

  /// Copies h between the state buffer and the slots where each sequence starts or ends.
  void carry_h(std::int64_t steps, bool in) {
    const std::vector<std::int64_t>& lengths = node_.recurrent.lengths;
    for (std::int64_t n = 0; n < batch_;) {
      std::int64_t same = n + 1;
      while (same < batch_ && (lengths.empty() || lengths[same] == lengths[n])) ++same;
      const std::int64_t length = lengths.empty() ? steps : lengths[n];
      const std::int64_t edge = in == reversed_ ? length : 0;  // slot before the first, or after the last step
      if (length > 0) {
        const Place there = moved(moved(slots_, edge * slot_bytes()), n * state_row(0));
        const Place here = moved(states_[0], n * state_row(0));
        in ? copy_state(here, there, same - n) : copy_state(there, here, same - n);
      }
      n = same;
    }
  }

  void chunk(Index start, std::int64_t steps) {
    const std::int64_t mark = low_.activation.mark();
    const OnChip x = input(start, steps);
    if (passes_->ahead != nullptr) {
      weights_->begin(1);
      project_ahead(x, steps);
    }
    weights_->begin(0);
    carry_h(steps, true);
    for (const Segment& segment : ordered_segments(steps)) {
      low_.builder.repeat(segment.end - segment.begin, [&](Index s) {
        step(reversed_ ? s * -1 + (segment.end - 1) : s + segment.begin, segment, x);
      });
    }
    carry_h(steps, false);
    zero_past_end(steps);
    if (node_.outputs[0] >= 0) {
      const std::int64_t directions = static_cast<std::int64_t>(node_.recurrent.cells.size());
      Place to = moved(low_.home(node_.outputs[0]), direction_ * slot_bytes());
      to = moved(to, start, directions * slot_bytes());
      const Place from = moved(slots_, (reversed_ ? 0 : 1) * slot_bytes());
      low_.put_rows(node_.outputs[0], from, slot_bytes(), to, steps, slot_bytes(), directions * slot_bytes());
    }
    low_.activation.release(mark);
  }

  std::vector<Segment> ordered_segments(std::int64_t steps) const {
    std::vector<Segment> list = segments_of(node_.recurrent.lengths, steps, batch_);
    if (reversed_) std::reverse(list.begin(), list.end());
    return list;
  }

  /// x of the chunk with contiguous vectors.
  OnChip input(Index start, std::int64_t steps) {
    OnChip x = low_.bring(node_.inputs[0], start, steps);
    if (x.strides[2] == x.format.bytes() || shape_[2] == 1) return x;
    OnChip dense = low_.scratch(x.shape, x.format, "input of " + node_.name);
    low_.copy(x, dense);
    return dense;
  }

  /// Rows of x that lie at one stride go through the array together; otherwise step by step.
  void project_ahead(const OnChip& x, std::int64_t steps) {
    const std::int64_t row_bytes = sums_per_step() / batch_;
    const bool joined = x.strides[0] == batch_ * x.strides[1] || batch_ == 1;
    const std::int64_t vectors = joined ? steps * batch_ : batch_, stride = batch_ == 1 ? x.strides[0] : x.strides[1];
    const std::int64_t block = std::min(vectors, ahead_rows_);
    const auto rows = [&](Place from, Place to, std::int64_t count) {
      passes_->ahead->emit(passes_->ahead_kernels, count, {{from, stride}}, {{{to, row_bytes}, 2}});
    };
    const auto blocks = [&](Place from, Place to) {
      low_.builder.repeat(vectors / block, [&](Index b) {
        rows(moved(from, b, block * stride), moved(to, b, block * row_bytes), block);
      });
      const std::int64_t done = vectors / block * block;
      if (done < vectors) rows(moved(from, done * stride), moved(to, done * row_bytes), vectors - done);
    };
    if (joined) return blocks(x.place, sums_);
    low_.builder.repeat(steps,
                        [&](Index t) { blocks(moved(x.place, t, x.strides[0]), moved(sums_, t, sums_per_step())); });
  }

  void step(Index t, const Segment& segment, const OnChip& x) {
    const std::int64_t n = segment.first;
    const Place x_now = moved(moved(x.place, t, x.strides[0]), n * x.strides[1]);
    const RowOperand hidden{moved(slot(t, false), n * state_row(0)), state_row(0)};
    std::vector<Pass::Source> sources = {{x_now, x.strides[1]}, hidden};
    for (std::size_t p = 0; p < passes_->phases.size(); ++p) {
      const auto& phase = passes_->phases[p];
      const bool last = p + 1 == passes_->phases.size();
      const std::int64_t vector_row = phase.width * phase.vector_format.bytes();
      const RowOperand vector{last ? moved(slot(t, true), n * state_row(0)) : moved(vectors_[p], n * vector_row),
                              vector_row};
      phase.pass->emit(phase.kernels, segment.count, sources,
                       operands(t, segment, x, x_now, hidden, vector, phase.vector_format.bytes()));
      sources.push_back(vector);
    }
  }

  std::vector<Pass::Operand> operands(Index t, const Segment& segment, const OnChip& x, Place x_now,
                                      const RowOperand& hidden, const RowOperand& vector,
                                      std::int64_t vector_word) const {
    Pass::Operand input{{x_now, x.strides[1]}, x.format.bytes()};
    if (passes_->ahead != nullptr) {
      const std::int64_t row = sums_per_step() / batch_;
      input = {{moved(moved(sums_, t, sums_per_step()), segment.first * row), row}, 2};
    }
    const bool has_c = states_.size() > 1;
    const std::int64_t c_row = has_c ? state_row(1) : 0,
                       carried_row = passes_->carried_values * passes_->carried_width * 2;
    return {input,
            {hidden, format(0).bytes()},
            {{moved(has_c ? states_[1] : states_[0], segment.first * c_row), c_row}, has_c ? 2 : 0},
            {vector, vector_word},
            {{moved(carried_, segment.first * carried_row), carried_row}, 2}};
  }

  /// Outputs after a sequence's end are zero.
  void zero_past_end(std::int64_t steps) {
    for (std::size_t n = 0; n < node_.recurrent.lengths.size(); ++n) {
      for (std::int64_t t = node_.recurrent.lengths[n]; t < steps; ++t) {
        low_.zero(moved(slot(Index{-1, t}, true), static_cast<std::int64_t>(n) * state_row(0)), state_row(0));
      }
    }
  }

  void put_states() {
    for (std::size_t s = 0; s < states_.size(); ++s) {
      const int value = s + 1 < node_.outputs.size() ? node_.outputs[s + 1] : -1;
      if (value < 0) continue;
      const std::int64_t bytes = batch_ * state_row(static_cast<int>(s));
      low_.put_rows(value, states_[s], bytes, moved(low_.home(value), direction_ * bytes), 1, bytes, bytes);
    }
  }

  Lowering& low_;
  const Node& node_;
  const Shape shape_;
  std::int64_t steps_ = 0, batch_ = 0, chunk_ = 0, ahead_rows_ = 0;
  int direction_ = 0;
  bool reversed_ = false;
  std::unique_ptr<CellPasses> passes_;
  std::unique_ptr<WeightRounds> weights_;
  std::vector<Place> states_, vectors_;
  Place slots_, sums_, carried_;
};

}  // namespace

void lower_recurrent(Lowering& low, const Node& node) { RecurrentLayer(low, node).lower(); }

}  // namespace rondo
