// What the micro-operations of a kernel compute, as models/isa/micro_ops.def and numerics.hpp state it.
package micro_operations;
  function automatic logic signed [63:0] knot(input logic [7:0] opcode, input logic [31:0] number);
    logic [15:0] value;
    case (opcode)
      chip_types::MICRO_SIGMOID: value = activation_tables::SIGMOID[16*number +: 16];
      chip_types::MICRO_TANH: value = activation_tables::TANH[16*number +: 16];
      chip_types::MICRO_EXP: value = activation_tables::EXP[16*number +: 16];
      chip_types::MICRO_SOFTPLUS: value = activation_tables::SOFTPLUSTAIL[16*number +: 16];
      default: value = activation_tables::LN[16*number +: 16];
    endcase
    knot = $signed({48'd0, value});
  endfunction

  // Linear between knots; the table covers positions in [0, 2^domain) with 2^entry_bits intervals.
  function automatic logic signed [63:0] interpolate(input logic [7:0] opcode, input logic signed [63:0] position,
                                                     input logic signed [31:0] fraction, input logic signed [31:0] domain,
                                                     input logic signed [31:0] entry_bits);
    logic signed [63:0] low, high, rest;
    logic signed [31:0] shift;
    logic [31:0] number;
    shift = fraction + domain - entry_bits;
    number = 32'(shift <= 0 ? position << -shift : position >> shift);
    rest = shift <= 0 ? 64'sd0 : position & ((64'sd1 << shift) - 64'sd1);
    if ((position >> fraction) >= (64'sd1 << domain)) interpolate = knot(opcode, 1024);
    else begin
      low = knot(opcode, number << (10 - entry_bits));
      high = rest == 0 ? low : knot(opcode, (number + 1) << (10 - entry_bits));
      interpolate = low + arithmetic::round_shift((high - low) * rest, shift);
    end
  endfunction

  // sigmoid, tanh, exp, softplus and ln: where to look, and what the value there means.
  function automatic logic signed [63:0] look_up(input logic [7:0] opcode, input logic signed [31:0] a,
                                                 input logic signed [31:0] i, input logic signed [31:0] entry_bits);
    logic signed [31:0] exponent, fraction, domain;
    logic signed [63:0] position, value;
    exponent = 0;
    for (int b = 0; b < 31; b++)
      if (a[b]) exponent = b;
    position = arithmetic::magnitude(a);
    fraction = i;
    domain = opcode == chip_types::MICRO_TANH ? 3 : 4;
    if (opcode == chip_types::MICRO_EXP && a >= 0) position = 0;
    if (opcode == chip_types::MICRO_LN) begin
      position = a <= 0 ? 64'sd0 : (64'(a) << (30 - exponent)) - (64'sd1 << 30);
      fraction = 30;
      domain = 0;
    end
    value = interpolate(opcode, position, fraction, domain, entry_bits);
    case (opcode)
      chip_types::MICRO_SIGMOID: look_up = a < 0 ? 64'sd32768 - value : value;
      chip_types::MICRO_TANH: look_up = a < 0 ? -value : value;
      chip_types::MICRO_SOFTPLUS: look_up = (a > 0 ? 64'(a) : 64'sd0) + arithmetic::round_shift(value, 15 - i);
      chip_types::MICRO_LN:
        look_up = a <= 0 ? -64'sd2147483648 : value + (64'(exponent) - 64'(i)) * 64'sd45426;  // ln 2, 16 fraction bits
      default: look_up = value;
    endcase
  endfunction

  // What a micro-operation that is no load gives, before it is saturated to 32 bits.
  function automatic logic signed [63:0] compute(
      input logic [7:0] opcode, input logic signed [31:0] a, input logic signed [31:0] b,
      input logic signed [31:0] i, input logic signed [31:0] j, input logic signed [31:0] entry_bits);
    /* verilator no_inline_task */
    logic signed [63:0] wide_a, wide_b, narrow_a, narrow_b, wide_i;
    wide_a = 64'(a);
    wide_b = 64'(b);
    wide_i = 64'(i);
    narrow_a = arithmetic::saturate(wide_a, 16);
    narrow_b = arithmetic::saturate(wide_b, 16);
    case (opcode)
      chip_types::MICRO_LI: compute = wide_i;
      chip_types::MICRO_ADD: compute = wide_a + wide_b;
      chip_types::MICRO_SUB: compute = wide_a - wide_b;
      chip_types::MICRO_ADDI: compute = wide_a + wide_i;
      chip_types::MICRO_RSUBI: compute = wide_i - wide_a;
      chip_types::MICRO_MAX: compute = a > b ? wide_a : wide_b;
      chip_types::MICRO_MIN: compute = a < b ? wide_a : wide_b;
      chip_types::MICRO_CLIP: compute = a < i ? wide_i : a > j ? 64'(j) : wide_a;
      chip_types::MICRO_SAT: compute = arithmetic::saturate(wide_a, i);
      chip_types::MICRO_SHIFT: compute = arithmetic::round_shift(wide_a, i);
      chip_types::MICRO_SELECT: compute = a >= i ? wide_a : wide_b;
      chip_types::MICRO_MUL: compute = arithmetic::round_shift(narrow_a * narrow_b, i);
      chip_types::MICRO_SCALE: compute = arithmetic::round_shift(wide_a * narrow_b, i);
      chip_types::MICRO_SCALEI: compute = arithmetic::round_shift(wide_a * wide_i, j);
      chip_types::MICRO_SIGMOID, chip_types::MICRO_TANH, chip_types::MICRO_EXP, chip_types::MICRO_SOFTPLUS,
      chip_types::MICRO_LN: compute = look_up(opcode, a, i, entry_bits);
      chip_types::MICRO_DIV: compute = 64'(arithmetic::divide(a, b, i));
      default: compute = wide_a;                                   // handed to a reduction
    endcase
  endfunction
endpackage
