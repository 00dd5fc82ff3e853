// Where the results of a chunk go: for each store of the kernel, one word a lane, or one word a row (j = 0).
module gate_writer #(
  parameter int OPS = 128,
  parameter int RESULTS = 16,
  parameter int LANES = 4
) (
  input logic enabled,
  input chip_types::instruction_t instruction,
  input logic [OPS*chip_types::MICRO_OP_BITS-1:0] kernel,
  input logic [7:0] steps,
  input logic [31:0] row,
  input logic [31:0] element,                                      // of lane 0
  input logic [LANES*RESULTS*32-1:0] values,
  input logic [RESULTS*32-1:0] reduced,
  output logic [RESULTS*LANES*4-1:0] bytes,                        // enables
  output logic [RESULTS*3-1:0] spaces,
  output logic [RESULTS*LANES*32-1:0] addresses,
  output logic [RESULTS*LANES*32-1:0] words
);
  chip_types::micro_op_t op;
  logic last;                                                      // chunk of the row
  assign last = element + LANES >= instruction.fields[chip_types::GATE_ELEMENTS];

  always_comb begin
    logic [31:0] begins, size;
    logic [3:0] mask;
    bytes = '0;
    spaces = '0;
    addresses = '0;
    words = '0;
    op = '0;
    begins = 0;
    size = 0;
    mask = 0;
    if (enabled)
      for (int k = 0; k < OPS; k++)
        if (k < 32'(steps)) begin
          op = kernel[chip_types::MICRO_OP_BITS*k +: chip_types::MICRO_OP_BITS];
          if (op.opcode >= chip_types::MICRO_ST8 && op.opcode <= chip_types::MICRO_ST32) begin
            size = 32'(op.opcode) - 32'(chip_types::MICRO_ST8);    // 0, 1, 2: 1, 2, 4 bytes
            mask = size == 0 ? 4'b0001 : size == 1 ? 4'b0011 : 4'b1111;
            begins = instruction.addresses[op.p] + op.i + row * chip_types::gate_stride(instruction.fields, op.p);
            spaces[3*op.port[3:0] +: 3] = instruction.spaces[op.p];
            for (int lane = 0; lane < LANES; lane++)
              if (op.j == 0 ? lane == 0 && last : element + lane < instruction.fields[chip_types::GATE_ELEMENTS]) begin
                bytes[4*(LANES*32'(op.port[3:0]) + lane) +: 4] = mask;
                addresses[32*(LANES*32'(op.port[3:0]) + lane) +: 32] = begins + ((element + lane) * op.j << size);
                words[32*(LANES*32'(op.port[3:0]) + lane) +: 32] =
                  op.j == 0 ? reduced[32*op.port[3:0] +: 32] : values[32*(RESULTS*lane + 32'(op.port[3:0])) +: 32];
              end
          end
        end
  end
endmodule
