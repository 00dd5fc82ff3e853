// The reductions over a row: largest and sum over the lanes, chunk after chunk; and what stores with j = 0 write of them.
module gate_reducer #(
  parameter int OPS = 128,
  parameter int RESULTS = 16,
  parameter int LANES = 4
) (
  input logic clk,
  input logic enabled,
  input logic [OPS*chip_types::MICRO_OP_BITS-1:0] kernel,
  input logic [7:0] steps,
  input logic first,                                               // chunk of the row
  input logic [LANES-1:0] lanes,                                   // that have an element
  input logic [LANES*RESULTS*32-1:0] values,
  output logic [RESULTS*32-1:0] stored
);
  chip_types::micro_op_t op;
  logic [RESULTS*64-1:0] totals, next_totals;
  logic [32*64-1:0] registers;

  always_comb begin
    logic signed [63:0] total, value;
    next_totals = totals;
    registers = '0;
    stored = '0;
    op = '0;
    total = 0;
    value = 0;
    if (enabled)
      for (int k = 0; k < OPS; k++)
        if (k < 32'(steps)) begin
          op = kernel[chip_types::MICRO_OP_BITS*k +: chip_types::MICRO_OP_BITS];
          if (op.opcode == chip_types::MICRO_RMAX || op.opcode == chip_types::MICRO_RSUM) begin
            total = totals[64*op.port[3:0] +: 64];
            for (int lane = 0; lane < LANES; lane++)
              if (lanes[lane]) begin
                value = 64'($signed(values[32*(RESULTS*lane + 32'(op.port[3:0])) +: 32]));
                if (first && lane == 0) total = value;
                else if (op.opcode == chip_types::MICRO_RSUM) total = total + value;
                else if (value > total) total = value;
              end
            next_totals[64*op.port[3:0] +: 64] = total;
            registers[64*op.d +: 64] = arithmetic::saturate(total, 32);
          end
          if (op.opcode == chip_types::MICRO_ST8)
            stored[32*op.port[3:0] +: 32] = 32'(arithmetic::saturate(registers[64*op.a +: 64], 8));
          if (op.opcode == chip_types::MICRO_ST16)
            stored[32*op.port[3:0] +: 32] = 32'(arithmetic::saturate(registers[64*op.a +: 64], 16));
          if (op.opcode == chip_types::MICRO_ST32) stored[32*op.port[3:0] +: 32] = registers[64*op.a +: 32];
        end
  end

  always_ff @(posedge clk) if (enabled) totals <= next_totals;
endmodule
