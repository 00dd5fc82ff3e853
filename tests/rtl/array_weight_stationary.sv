// The systolic array that keeps its weights. Element k of a vector enters row k on the left, after the SRAM's latency and k
// cycles more; the sums leave at the bottom, column c c cycles after column 0. Weights take the same way, so that a tile that
// takes another's place never overtakes the last vector of that one.
module array_weight_stationary #(
  parameter int ROWS = 4,
  parameter int COLS = 4,
  parameter int TILES = 2,
  parameter int SLOT = 1,
  parameter int SUM = 48
) (
  input logic clk,
  input logic rst,
  input logic [31:0] now,
  input logic [7:0] latency,                                       // of the activation SRAM
  input logic [ROWS-1:0] weight_valid,
  input logic [SLOT-1:0] weight_slot,
  input logic [ROWS*COLS*16-1:0] weight_data,
  input logic [SLOT-1:0] vector_slot,
  input logic [ROWS*16-1:0] vector_data,
  output logic [COLS*SUM-1:0] bottom
);
  localparam int RING = $clog2(32 + ROWS + COLS);                  // bits of the longest delay: latencies are below 16

  // What each PE hands on: [row][column], one more column or row than there are PEs.
  logic [ROWS*(COLS+1)*16-1:0] activations;
  logic [ROWS*(COLS+1)*SLOT-1:0] slots;
  logic [(ROWS+1)*COLS*SUM-1:0] sums;
  assign sums[COLS*SUM-1:0] = '0;
  assign bottom = sums[ROWS*COLS*SUM +: COLS*SUM];

  generate
    for (genvar row = 0; row < ROWS; row++) begin : rows
      logic [SLOT+16-1:0] vector_ring [0:(1<<RING)-1];
      logic [SLOT+COLS*16-1:0] weight_ring [0:(1<<RING)-1];
      logic [(1<<RING)-1:0] weight_ring_valid;
      logic [RING-1:0] entered;
      assign entered = RING'(now - 32'(latency) - row);

      always_ff @(posedge clk) begin
        vector_ring[now[RING-1:0]] <= {vector_slot, vector_data[16*row +: 16]};
        if (weight_valid[row]) weight_ring[now[RING-1:0]] <= {weight_slot, weight_data[16*COLS*row +: 16*COLS]};
        if (rst) weight_ring_valid <= '0;
        else weight_ring_valid[now[RING-1:0]] <= weight_valid[row];
      end
      assign {slots[SLOT*(COLS+1)*row +: SLOT], activations[16*(COLS+1)*row +: 16]} = vector_ring[entered];

      for (genvar col = 0; col < COLS; col++) begin : cols
        logic [RING-1:0] arrived;
        assign arrived = entered - RING'(col);
        pe_weight_stationary #(.TILES(TILES), .SLOT(SLOT), .SUM(SUM)) pe (
          .clk(clk),
          .weight_valid(weight_ring_valid[arrived]),
          .weight_slot(weight_ring[arrived][16*COLS +: SLOT]),
          .weight(weight_ring[arrived][16*col +: 16]),
          .slot_in(slots[SLOT*((COLS+1)*row + col) +: SLOT]),
          .activation_in(activations[16*((COLS+1)*row + col) +: 16]),
          .sum_in(sums[SUM*(COLS*row + col) +: SUM]),
          .slot_out(slots[SLOT*((COLS+1)*row + col + 1) +: SLOT]),
          .activation_out(activations[16*((COLS+1)*row + col + 1) +: 16]),
          .sum_out(sums[SUM*(COLS*(row + 1) + col) +: SUM]));
      end
    end
  endgenerate
endmodule
