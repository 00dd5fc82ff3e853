// A processing element that keeps a sum: activations pass to the right, weights downwards. When a row empties, its sums go
// down a chain of registers beside the PEs, one row a cycle.
module pe_output_stationary #(
  parameter int SUM = 48
) (
  input logic clk,
  input logic valid_in,
  input logic first_in,                                            // a new sum begins
  input logic signed [15:0] activation_in,
  input logic signed [15:0] weight_in,
  input logic empty_in,                                            // this row leaves now
  input logic signed [SUM-1:0] chain_in,
  output logic valid_out,
  output logic first_out,
  output logic signed [15:0] activation_out,
  output logic signed [15:0] weight_out,
  output logic empty_out,
  output logic signed [SUM-1:0] chain_out
);
  logic signed [SUM-1:0] sum;
  logic signed [31:0] product;

  assign product = 32'(activation_in) * 32'(weight_in);

  always_ff @(posedge clk) begin
    valid_out <= valid_in;
    first_out <= first_in;
    activation_out <= activation_in;
    weight_out <= weight_in;
    empty_out <= empty_in;
    if (valid_in) sum <= (first_in ? '0 : sum) + SUM'(product);
    chain_out <= empty_in ? sum : chain_in;
  end
endmodule
