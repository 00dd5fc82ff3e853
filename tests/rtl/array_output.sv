// The adders behind an array, accumulate_latency cycles after the sums have left it; column c c cycles after column 0.
module array_output #(
  parameter int ROWS = 4,
  parameter int COLS = 4,
  parameter int SUM = 48
) (
  input logic clk,
  input logic rst,
  input logic [31:0] now,
  input logic [7:0] latency,                                       // of the activation SRAM
  input logic [7:0] accumulate_latency,
  input logic row_valid,
  input chip_types::row_t row,
  input logic [COLS*SUM-1:0] bottom,
  output logic [COLS-1:0] read,
  output logic [COLS-1:0] write,
  output logic [COLS*32-1:0] address,
  input logic [COLS*32-1:0] read_data,
  output logic [COLS*32-1:0] write_data,
  output logic [COLS-1:0] stream_write,
  output logic [COLS*32-1:0] stream_address
);
  localparam int RING = $clog2(32 + ROWS + COLS);                  // bits of the longest delay: latencies are below 16

  logic [chip_types::ROW_BITS-1:0] rows [0:(1<<RING)-1];
  logic [(1<<RING)-1:0] valid;
  always_ff @(posedge clk) begin
    if (row_valid) rows[now[RING-1:0]] <= row;
    if (rst) valid <= '0;
    else valid[now[RING-1:0]] <= row_valid;
  end

  // A row is written in the cycle before its sums can be seen.
  logic [RING-1:0] left;
  assign left = RING'(now - 32'(latency) - ROWS - 32'(accumulate_latency) + 1);

  generate
    for (genvar col = 0; col < COLS; col++) begin : column
      logic [SUM-1:0] ring [0:(1<<RING)-1];
      logic [SUM-1:0] sum;
      logic [RING-1:0] when_left;

      assign when_left = left - RING'(col);
      always_ff @(posedge clk) ring[now[RING-1:0]] <= bottom[SUM*col +: SUM];
      assign sum = accumulate_latency == 1 ? bottom[SUM*col +: SUM] : ring[RING'(now - 32'(accumulate_latency) + 1)];

      column_adder #(.COLUMN(col), .COLS(COLS), .SUM(SUM)) adder (
        .valid(valid[when_left]),
        .row(rows[when_left]),
        .sum(sum),
        .read(read[col]),
        .write(write[col]),
        .address(address[32*col +: 32]),
        .read_data(read_data[32*col +: 32]),
        .write_data(write_data[32*col +: 32]),
        .stream_write(stream_write[col]),
        .stream_address(stream_address[32*col +: 32]));
    end
  endgenerate
endmodule
