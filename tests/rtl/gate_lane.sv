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
            default: value = 32'(arithmetic::saturate(
              micro_operations::compute(op.opcode, a, registers[32*op.b +: 32], op.i, op.j, $clog2(ENTRIES)), 32));
          endcase
          case (op.opcode)
            chip_types::MICRO_ST8, chip_types::MICRO_ST16, chip_types::MICRO_ST32, chip_types::MICRO_RMAX,
            chip_types::MICRO_RSUM:
              results[32*op.port[3:0] +: 32] = value;
            default: registers[32*op.d +: 32] = value;
          endcase
        end
  end
endmodule
