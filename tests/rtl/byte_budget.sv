// Whether the bytes of one unit's accesses to an SRAM could be moved at its bytes per cycle: what an access leaves over must be done before
// the next one (SPREAD), and in any case before the window closes. Only for simulation.
module byte_budget #(
  parameter int SPREAD = 1
) (
  input logic clk,
  input logic rst,
  input logic [7:0] bytes_per_cycle,
  input logic [31:0] bytes,                                        // accessed in this cycle
  input logic closes,                                              // this cycle is none of the earlier accesses' window
  output logic breach
);
  logic [31:0] left;
  assign breach = left != 0 && (closes || (SPREAD != 0 && bytes != 0));
  always_ff @(posedge clk)
    if (rst) left <= 0;
    else if (left != 0 || bytes != 0)
      left <= left + bytes > 32'(bytes_per_cycle) ? left + bytes - 32'(bytes_per_cycle) : 0;
endmodule
