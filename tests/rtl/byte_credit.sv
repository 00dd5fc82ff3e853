// As byte_budget, of accesses that stand for the cycles up to theirs: since the window has opened, or since the access before. Only for
// simulation.
module byte_credit (
  input logic clk,
  input logic [7:0] bytes_per_cycle,
  input logic [31:0] bytes,                                        // accessed in this cycle
  input logic opens,                                               // this cycle is the window's first
  output logic breach
);
  logic [31:0] saved, credit;
  assign credit = (opens ? 0 : saved) + 32'(bytes_per_cycle);
  assign breach = bytes > credit;
  always_ff @(posedge clk) saved <= bytes != 0 ? 0 : credit;
endmodule
