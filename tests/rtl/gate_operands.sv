// Where the words lie that a chunk reads: for each load or pop of the kernel, one word a lane.
module gate_operands #(
  parameter int OPS = 128,
  parameter int READS = 32,
  parameter int LANES = 4,
  parameter int COLS = 4,
  parameter int ARRAYS = 1,
  parameter int STREAM_ROWS = 1
) (
  input logic enabled,
  input chip_types::instruction_t instruction,
  input logic [OPS*chip_types::MICRO_OP_BITS-1:0] kernel,
  input logic [7:0] steps,
  input logic [31:0] row,
  input logic [31:0] element,                                      // of lane 0
  input logic [ARRAYS*16-1:0] stream_oldest,
  output logic [READS*LANES-1:0] valid,
  output logic [READS*4-1:0] sources,                              // a space, or 8 + the array of a stream
  output logic [READS*2-1:0] sizes,                                // words of 1 << size bytes
  output logic [READS*LANES*32-1:0] addresses
);
  chip_types::micro_op_t op;

  always_comb begin
    logic [31:0] begins, distance, stream_row;
    valid = '0;
    sources = '0;
    sizes = '0;
    addresses = '0;
    op = '0;
    begins = 0;
    distance = 0;
    stream_row = 0;
    if (enabled)
      for (int k = 0; k < OPS; k++)
        if (k < 32'(steps)) begin
          op = kernel[chip_types::MICRO_OP_BITS*k +: chip_types::MICRO_OP_BITS];
          if (op.opcode <= chip_types::MICRO_LD32 || op.opcode == chip_types::MICRO_POP) begin
            if (op.opcode == chip_types::MICRO_POP) begin
              stream_row = 32'(stream_oldest[16*op.p +: 16]) + row;
              if (stream_row >= STREAM_ROWS) stream_row = stream_row - STREAM_ROWS;
              begins = 4 * (COLS * stream_row + op.i);
              distance = 4 * op.j;
              sources[4*op.port +: 4] = {1'b1, op.p};
            end else begin
              begins = instruction.addresses[op.p] + op.i +
                       row * chip_types::gate_stride(instruction.fields, op.p);
              distance = op.j << op.opcode;                        // ld8, ld16, ld32: 1, 2, 4 bytes
              sources[4*op.port +: 4] = {1'b0, instruction.spaces[op.p]};
              sizes[2*op.port +: 2] = op.opcode[1:0];
            end
            for (int lane = 0; lane < LANES; lane++)
              if (element + lane < instruction.fields[chip_types::GATE_ELEMENTS]) begin
                valid[LANES*op.port + lane] = 1;
                addresses[32*(LANES*op.port + lane) +: 32] = begins + distance * (element + lane);
              end
          end
        end
  end
endmodule
