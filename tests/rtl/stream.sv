// The rows of sums between an array and the gate unit, in order. Rows are taken in the cycle a streaming mmul starts, and given
// back at the end of the window of the gate instruction that reads them.
module stream #(
  parameter int STREAM_ROWS = 1,
  parameter int COLS = 4,
  parameter int READS = 1
) (
  input logic clk,
  input logic rst,
  input logic push,
  input logic [15:0] push_vectors,
  input chip_types::stream_time_t push_time,
  output logic [15:0] room,
  output logic [15:0] next_row,
  input logic [COLS-1:0] write,
  input logic [COLS*32-1:0] write_address,
  input logic [COLS*32-1:0] write_data,
  output logic valid,                                              // an mmul has started whose rows nobody read yet
  output chip_types::stream_time_t times,                          // when its words can be read
  input logic pop,
  input logic [15:0] pop_rows,
  output logic [15:0] oldest_row,
  input logic [READS-1:0] read,
  input logic [READS*32-1:0] read_address,
  output logic [READS*32-1:0] read_data
);
  logic [63:0] memory [0:(1<<$clog2(STREAM_ROWS+1))-1];
  logic [$clog2(STREAM_ROWS+1)-1:0] first, last;
  logic [15:0] count, taken;

  assign room = 16'(STREAM_ROWS) - taken;
  assign valid = count != 0;
  assign times = memory[first];

  function automatic logic [15:0] wrap(input logic [31:0] row);
    wrap = 16'(row >= STREAM_ROWS ? row - STREAM_ROWS : row);
  endfunction

  always_ff @(posedge clk)
    if (rst) begin
      first <= 0;
      last <= 0;
      count <= 0;
      taken <= 0;
      next_row <= 0;
      oldest_row <= 0;
    end else begin
      if (push) begin
        memory[last] <= push_time;
        last <= last + 1;
        next_row <= wrap(32'(next_row) + 32'(push_vectors));
      end
      if (pop) begin
        first <= first + 1;
        oldest_row <= wrap(32'(oldest_row) + 32'(pop_rows));
      end
      count <= count + 16'(push) - 16'(pop);
      taken <= taken + (push ? push_vectors : 0) - (pop ? pop_rows : 0);
    end

  sram #(.BYTES(4 * STREAM_ROWS * COLS), .GATE_READS(READS), .SUMS(COLS)) words (
    .clk(clk),
    .gate_read(read), .gate_read_address(read_address), .gate_read_data(read_data),
    .gate_write('0), .gate_write_address('0), .gate_write_data('0),
    .element_read('0), .element_address('0), .element_data(),
    .sum_read('0), .sum_write(write), .sum_address(write_address), .sum_write_data(write_data), .sum_read_data(),
    .moved_read('0), .moved_read_address('0), .moved_read_data(),
    .moved_write('0), .moved_write_address('0), .moved_write_data('0));
endmodule
