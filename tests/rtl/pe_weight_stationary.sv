// A processing element that keeps a weight of each tile: activations pass to the right, sums downwards, one step a cycle.
module pe_weight_stationary #(
  parameter int TILES = 2,
  parameter int SLOT = 1,
  parameter int SUM = 48
) (
  input logic clk,
  input logic weight_valid,
  input logic [SLOT-1:0] weight_slot,
  input logic signed [15:0] weight,
  input logic [SLOT-1:0] slot_in,                                  // the tile that this activation meets
  input logic signed [15:0] activation_in,
  input logic signed [SUM-1:0] sum_in,
  output logic [SLOT-1:0] slot_out,
  output logic signed [15:0] activation_out,
  output logic signed [SUM-1:0] sum_out
);
  logic signed [15:0] weights [0:TILES-1];
  logic signed [31:0] product;

  assign product = 32'(activation_in) * 32'(weights[slot_in]);

  always_ff @(posedge clk) begin
    if (weight_valid) weights[weight_slot] <= weight;
    slot_out <= slot_in;
    activation_out <= activation_in;
    sum_out <= sum_in + SUM'(product);
  end
endmodule
