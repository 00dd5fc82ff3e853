// Instructions whose results are on their way: each leaves in the cycle of its end and posts its signals then.
module in_flight #(
  parameter int ADDRESS = 5                                        // holds 2^ADDRESS instructions: drains are shorter
) (
  input logic clk,
  input logic rst,
  input logic [31:0] now,
  input logic push,
  input logic [31:0] ending,
  input logic [63:0] signals,
  output logic complete,
  output logic [63:0] posted,
  output logic pending                                             // some end after this cycle
);
  logic [95:0] memory [0:(1<<ADDRESS)-1];
  logic [ADDRESS-1:0] read, write;
  logic [ADDRESS:0] count;
  logic [95:0] oldest;

  assign oldest = memory[read];
  assign complete = count != 0 && oldest[95:64] == now;
  assign posted = complete ? oldest[63:0] : '0;
  assign pending = count > (ADDRESS+1)'(complete);

  always_ff @(posedge clk)
    if (rst) begin
      read <= 0;
      write <= 0;
      count <= 0;
    end else begin
      if (push) memory[write] <= {ending, signals};
      write <= write + ADDRESS'(push);
      read <= read + ADDRESS'(complete);
      count <= count + (ADDRESS+1)'(push) - (ADDRESS+1)'(complete);
    end
endmodule
