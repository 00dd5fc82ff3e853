// What the next gate instruction needs to start: the ports of the banks that its kernel's loads and stores touch, and that none
// of its chunks will come before the word of a stream that it pops.
module gate_conditions #(
  parameter int OPS = 128,
  parameter int LANES = 4,
  parameter int ARRAYS = 1,
  parameter int WEIGHT_BANK = 64,
  parameter int ACTIVATION_BANK = 64,
  parameter int PARAMETER_BANK = 64,
  parameter int ACCUMULATOR_BANK = 64
) (
  input logic enabled,
  input logic [31:0] now,
  input chip_types::instruction_t head,
  input logic [OPS*chip_types::MICRO_OP_BITS-1:0] kernel,
  input logic [7:0] steps,
  input logic [31:0] interval,
  input logic [ARRAYS-1:0] stream_valid,
  input logic [ARRAYS*64-1:0] stream_times,
  output logic [63:0] reads,
  output logic [63:0] writes,
  output logic [ARRAYS-1:0] pops,
  output logic streams_ready
);
  chip_types::micro_op_t op;
  chip_types::stream_time_t times;
  logic [31:0] elements, rows, chunks;                             // chunks of a row
  assign elements = head.fields[chip_types::GATE_ELEMENTS];
  assign rows = head.fields[chip_types::GATE_ROWS];
  assign chunks = chip_types::ceil_div(elements, LANES);

  // Whether chunk `chunk` of row `row` comes no earlier than the last word that it pops.
  function automatic logic in_time(input logic [31:0] row, input logic [31:0] chunk, input logic [31:0] first,
                                   input logic [31:0] step, input logic [31:0] i, input logic [31:0] j);
    logic [31:0] last, column, reaches;
    last = (chunk + 1) * LANES < elements ? (chunk + 1) * LANES - 1 : elements - 1;
    column = i + j * last;
    reaches = now + (row * chunks + chunk) * interval;
    in_time = $signed(reaches - (first + row * step + column)) >= 0;
  endfunction

  always_comb begin
    logic is_load, is_store;
    logic [31:0] width, bytes, bank;
    reads = '0;
    writes = '0;
    pops = '0;
    streams_ready = 1;
    op = '0;
    times = '0;
    is_load = 0;
    is_store = 0;
    width = 0;
    bytes = 0;
    bank = 1;
    if (enabled)
      for (int k = 0; k < OPS; k++)
        if (k < 32'(steps)) begin
          op = kernel[chip_types::MICRO_OP_BITS*k +: chip_types::MICRO_OP_BITS];
          is_load = op.opcode <= chip_types::MICRO_LD32;
          is_store = op.opcode >= chip_types::MICRO_ST8 && op.opcode <= chip_types::MICRO_ST32;
          if (is_load || is_store) begin
            width = op.opcode == chip_types::MICRO_LD8 || op.opcode == chip_types::MICRO_ST8 ? 1 :
                    op.opcode == chip_types::MICRO_LD16 || op.opcode == chip_types::MICRO_ST16 ? 2 : 4;
            bytes = op.j == 0 ? width : width * ((elements - 1) * op.j + 1);
            case (head.spaces[op.p])
              chip_types::SPACE_WEIGHT: bank = WEIGHT_BANK;
              chip_types::SPACE_ACTIVATION: bank = ACTIVATION_BANK;
              chip_types::SPACE_PARAMETER: bank = PARAMETER_BANK;
              default: bank = ACCUMULATOR_BANK;
            endcase
            if (is_load)
              reads |= chip_types::bank_ports(head.spaces[op.p], 1'b0, head.addresses[op.p] + op.i, rows,
                                              chip_types::gate_stride(head.fields, op.p), bytes, bank);
            else
              writes |= chip_types::bank_ports(head.spaces[op.p], 1'b1, head.addresses[op.p] + op.i, rows,
                                               chip_types::gate_stride(head.fields, op.p), bytes, bank);
          end
          // Words come in a straight line over rows and (but for a row's last chunk) chunks: the extremes decide.
          if (op.opcode == chip_types::MICRO_POP) begin
            pops[op.p[$clog2(ARRAYS+1)-1:0]] = 1;
            times = stream_times[64*op.p +: 64];
            if (!stream_valid[op.p[$clog2(ARRAYS+1)-1:0]]) streams_ready = 0;
            else begin
              for (int corner = 0; corner < 6; corner++)
                if (!in_time(corner % 2 == 0 ? 0 : rows - 1,
                             corner / 2 == 0 || chunks == 1 ? 0 : corner / 2 == 1 ? chunks - 2 : chunks - 1,
                             times.first, times.step, op.i, op.j)) streams_ready = 0;
            end
          end
        end
  end
endmodule
