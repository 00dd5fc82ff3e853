// One lane of the gate unit: runs the kernel for one element. Its registers live for one chunk; what leaves are the values
// that the kernel stores, and those that it hands to the reductions.
module gate_lane #(
  parameter int OPS = 128,
  parameter int READS = 32,
  parameter int RESULTS = 16,
  parameter int ENTRIES = 64                                       // intervals of an activation table
) (
  input logic enabled,
  input logic [OPS*chip_types::MICRO_OP_BITS-1:0] kernel,
  input logic [7:0] steps,
  input logic [READS*32-1:0] operands,
  output logic [RESULTS*32-1:0] results
);
  localparam int ENTRY_BITS = $clog2(ENTRIES);
  localparam int KNOTS = 1024 / ENTRIES;                           // from one knot that is used to the next

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

  // Linear between knots; the table covers positions in [0, 2^domain).
  function automatic logic signed [63:0] interpolate(input logic [7:0] opcode, input logic signed [63:0] position,
                                                     input logic signed [31:0] fraction, input logic signed [31:0] domain);
    logic signed [63:0] low, high, rest;
    logic signed [31:0] shift;
    logic [31:0] number;
    shift = fraction + domain - ENTRY_BITS;
    number = 32'(shift <= 0 ? position << -shift : position >> shift);
    rest = shift <= 0 ? 64'sd0 : position & ((64'sd1 << shift) - 64'sd1);
    if ((position >> fraction) >= (64'sd1 << domain)) interpolate = knot(opcode, 1024);
    else begin
      low = knot(opcode, number * KNOTS);
      high = rest == 0 ? low : knot(opcode, (number + 1) * KNOTS);
      interpolate = low + arithmetic::round_shift((high - low) * rest, shift);
    end
  endfunction

  // sigmoid, tanh, exp, softplus and ln: where to look, and what the value there means.
  function automatic logic signed [63:0] look_up(input logic [7:0] opcode, input logic signed [31:0] a,
                                                 input logic signed [31:0] i);
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
    value = interpolate(opcode, position, fraction, domain);
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
      input logic signed [31:0] i, input logic signed [31:0] j);
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
      chip_types::MICRO_LN: compute = look_up(opcode, a, i);
      chip_types::MICRO_DIV: compute = 64'(arithmetic::divide(a, b, i));
      default: compute = wide_a;                                   // handed to a reduction
    endcase
  endfunction

  chip_types::micro_op_t op;
  logic [32*32-1:0] registers;

  always_comb begin
    logic [31:0] operand;
    logic signed [31:0] a, value;
    results = '0;
    registers = '0;
    op = '0;
    operand = 0;
    a = 0;
    value = 0;
    if (enabled)
      for (int k = 0; k < OPS; k++)
        if (k < 32'(steps)) begin
          op = kernel[chip_types::MICRO_OP_BITS*k +: chip_types::MICRO_OP_BITS];
          operand = operands[32*op.port[4:0] +: 32];
          a = registers[32*op.a +: 32];
          case (op.opcode)
            chip_types::MICRO_LD8: value = {{24{operand[7]}}, operand[7:0]};
            chip_types::MICRO_LD16: value = {{16{operand[15]}}, operand[15:0]};
            chip_types::MICRO_LD32, chip_types::MICRO_POP: value = operand;
            chip_types::MICRO_ST8: value = 32'(arithmetic::saturate(64'(a), 8));
            chip_types::MICRO_ST16: value = 32'(arithmetic::saturate(64'(a), 16));
            chip_types::MICRO_ST32: value = a;
            default: value = 32'(arithmetic::saturate(compute(op.opcode, a, registers[32*op.b +: 32], op.i, op.j), 32));
          endcase
          case (op.opcode)
            chip_types::MICRO_ST8, chip_types::MICRO_ST16, chip_types::MICRO_ST32, chip_types::MICRO_RMAX, chip_types::MICRO_RSUM:
              results[32*op.port[3:0] +: 32] = value;
            default: registers[32*op.d +: 32] = value;
          endcase
        end
  end
endmodule
