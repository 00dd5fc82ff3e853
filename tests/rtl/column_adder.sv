// The adder behind one column of an array: the column's sum of a row goes to the accumulators (added to what is there, or
// instead of it) or into the stream.
module column_adder #(
  parameter int COLUMN = 0,
  parameter int COLS = 4,
  parameter int SUM = 48
) (
  input logic valid,
  input chip_types::row_t row,
  input logic signed [SUM-1:0] sum,
  output logic read,
  output logic write,
  output logic [31:0] address,
  input logic signed [31:0] read_data,
  output logic [31:0] write_data,
  output logic stream_write,
  output logic [31:0] stream_address
);
  logic active;
  logic signed [63:0] total;
  assign active = valid && COLUMN < 32'(row.cols);
  assign total = 64'(sum) + (row.add ? 64'(read_data) : 64'sd0);
  assign read = active && row.add;
  assign write = active && !row.stream;
  assign stream_write = active && row.stream;
  assign address = row.address + 4 * COLUMN;
  assign stream_address = 4 * (COLS * row.stream_row + COLUMN);
  assign write_data = 32'(arithmetic::saturate(total, 32));
endmodule
