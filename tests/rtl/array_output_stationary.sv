// The systolic array that keeps its sums: PE (v, c) owns vector v and column c. A step brings one element of every vector
// from the left, row v v cycles late, and one row of weights from above, column c c cycles late; both after the SRAM's latency.
module array_output_stationary #(
  parameter int ROWS = 4,
  parameter int COLS = 4,
  parameter int SUM = 48
) (
  input logic clk,
  input logic rst,
  input logic [31:0] now,
  input logic [7:0] latency,                                       // of the activation SRAM
  input logic step_valid,
  input logic step_first,
  input logic [ROWS*16-1:0] step_activations,
  input logic [COLS*16-1:0] step_weights,
  input logic empty_valid,
  input logic [15:0] empty_row,
  output logic [COLS*SUM-1:0] bottom
);
  localparam int RING = $clog2(32 + ROWS + COLS);                  // bits of the longest delay: latencies are below 16

  // What each PE hands on: [row][column], one more column or row than there are PEs.
  logic [ROWS*(COLS+1)*16-1:0] activations;
  logic [ROWS*(COLS+1)-1:0] valids, firsts, empties;
  logic [(ROWS+1)*COLS*16-1:0] weights;
  logic [(ROWS+1)*COLS*SUM-1:0] chain;
  assign chain[COLS*SUM-1:0] = '0;
  assign bottom = chain[ROWS*COLS*SUM +: COLS*SUM];

  generate
    for (genvar col = 0; col < COLS; col++) begin : top
      logic [15:0] ring [0:(1<<RING)-1];
      always_ff @(posedge clk) ring[now[RING-1:0]] <= step_weights[16*col +: 16];
      assign weights[16*col +: 16] = ring[RING'(now - 32'(latency) - col)];
    end

    for (genvar row = 0; row < ROWS; row++) begin : rows
      logic [15:0] ring [0:(1<<RING)-1];
      logic [(1<<RING)-1:0] ring_valid, ring_first, ring_empty;
      logic [RING-1:0] entered;
      assign entered = RING'(now - 32'(latency) - row);
      always_ff @(posedge clk) begin
        ring[now[RING-1:0]] <= step_activations[16*row +: 16];
        ring_first[now[RING-1:0]] <= step_first;
        if (rst) begin
          ring_valid <= '0;
          ring_empty <= '0;
        end else begin
          ring_valid[now[RING-1:0]] <= step_valid;
          ring_empty[now[RING-1:0]] <= empty_valid && empty_row == row;
        end
      end
      assign activations[16*(COLS+1)*row +: 16] = ring[entered];
      assign valids[(COLS+1)*row] = ring_valid[entered];
      assign firsts[(COLS+1)*row] = ring_first[entered];
      assign empties[(COLS+1)*row] = ring_empty[entered];

      for (genvar col = 0; col < COLS; col++) begin : cols
        pe_output_stationary #(.SUM(SUM)) pe (
          .clk(clk),
          .valid_in(valids[(COLS+1)*row + col]),
          .first_in(firsts[(COLS+1)*row + col]),
          .activation_in(activations[16*((COLS+1)*row + col) +: 16]),
          .weight_in(weights[16*(COLS*row + col) +: 16]),
          .empty_in(empties[(COLS+1)*row + col]),
          .chain_in(chain[SUM*(COLS*row + col) +: SUM]),
          .valid_out(valids[(COLS+1)*row + col + 1]),
          .first_out(firsts[(COLS+1)*row + col + 1]),
          .activation_out(activations[16*((COLS+1)*row + col + 1) +: 16]),
          .weight_out(weights[16*(COLS*(row + 1) + col) +: 16]),
          .empty_out(empties[(COLS+1)*row + col + 1]),
          .chain_out(chain[SUM*(COLS*(row + 1) + col) +: SUM]));
      end
    end
  endgenerate
endmodule
