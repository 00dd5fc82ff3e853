// The book-keeping of an array's weight tiles: places are taken in the cycle an mload starts and given back in the cycle a
// product has used the tile up.
module tile_fifo #(
  parameter int TILES = 2,
  parameter int SLOT = 1                                           // bits of a tile's number
) (
  input logic clk,
  input logic rst,
  input logic [31:0] now,
  input logic push,
  input logic [4:0] push_bits,                                     // of a weight
  input logic [31:0] push_usable,                                  // from this cycle on
  input logic use_up,                                              // an mmul without `keep` starts
  input logic free,                                                // ... and has ended its window
  output logic room,
  output logic [SLOT-1:0] push_slot,
  output logic oldest_usable,
  output logic [SLOT-1:0] oldest_slot,
  output logic [4:0] oldest_bits
);
  logic [TILES*5-1:0] bits;
  logic [TILES*32-1:0] usable;
  logic [7:0] taken, unused;                                       // places; tiles that no product used up
  logic [31:0] usable_from;

  assign room = 32'(taken) < TILES;
  assign usable_from = usable[32*oldest_slot +: 32];
  assign oldest_usable = unused != 0 && $signed(now - usable_from) >= 0;
  assign oldest_bits = bits[5*oldest_slot +: 5];

  always_ff @(posedge clk)
    if (rst) begin
      taken <= 0;
      unused <= 0;
      push_slot <= 0;
      oldest_slot <= 0;
    end else begin
      taken <= taken + 8'(push) - 8'(free);
      unused <= unused + 8'(push) - 8'(use_up);
      if (push) begin
        bits[5*push_slot +: 5] <= push_bits;
        usable[32*push_slot +: 32] <= push_usable;
        push_slot <= 32'(push_slot) == TILES - 1 ? 0 : push_slot + 1;
      end
      if (use_up) oldest_slot <= 32'(oldest_slot) == TILES - 1 ? 0 : oldest_slot + 1;
    end
endmodule
