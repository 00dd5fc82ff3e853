// Reads weight tiles row by row out of the weight SRAM, `rows_per_cycle` rows in a cycle.
module weights_unit #(
  parameter int ROWS = 4,
  parameter int COLS = 4,
  parameter int SLOT = 1,
  parameter int WEIGHT_BANK = 64
) (
  input logic clk,
  input logic rst,
  input logic [31:0] now,
  input chip_types::pace_t pace,
  input logic head_valid,
  input chip_types::instruction_t head,
  input logic [63:0] available,
  output logic start,
  output logic complete,
  output logic [63:0] posted,
  output logic [63:0] released,
  output logic busy,                                               // something ends after this cycle
  output logic request,
  output logic [63:0] wanted,
  output logic [63:0] held,
  input logic grant,
  // Tiles
  input logic room,
  input logic [SLOT-1:0] push_slot,
  output logic push,
  output logic [4:0] push_bits,
  output logic [31:0] push_usable,
  // Elements of the rows that are read, and the rows on their way into the array.
  output logic [ROWS*COLS-1:0] element_read,
  output logic [ROWS*COLS*32-1:0] element_address,
  output logic element_narrow,                                     // they have one byte each
  input logic [ROWS*COLS*16-1:0] element_data,
  output logic [ROWS-1:0] row_valid,
  output logic [SLOT-1:0] row_slot,
  output logic [ROWS*COLS*16-1:0] row_data
);
  logic is_sync, occupied, window_full;
  logic [31:0] window, window_left, rows, bytes;
  logic [63:0] ports, releases;

  assign is_sync = head.opcode == chip_types::OP_SYNC;
  assign rows = head.fields[chip_types::MLOAD_ROWS];
  assign bytes = head.fields[chip_types::MLOAD_COLS] * head.fields[chip_types::MLOAD_BITS] >> 3;
  assign window = is_sync ? 1 : chip_types::larger(
    chip_types::ceil_div(rows, 32'(pace.rows_per_cycle)),
    chip_types::ceil_div(rows * bytes, 32'(pace.weight_sram.bytes_per_cycle)));
  assign wanted = is_sync ? '0 : chip_types::bank_ports(chip_types::SPACE_WEIGHT, 1'b0, head.addresses[0], rows,
                                                        head.fields[chip_types::MLOAD_STRIDE], bytes, WEIGHT_BANK);
  assign occupied = window_full && window_left != 0;
  assign request = !occupied && head_valid && (head.waits & ~available) == 0 && (is_sync || room);
  assign start = request && grant;
  assign held = occupied ? ports : '0;
  assign released = window_full && window_left == 0 ? releases : '0;
  assign push = start && !is_sync;
  assign push_bits = 5'(head.fields[chip_types::MLOAD_BITS]);
  assign push_usable = now + window + 32'(pace.weight_sram.latency);

  logic pending;
  in_flight results (
    .clk(clk), .rst(rst), .now(now), .push(start), .ending(push_usable), .signals(head.signals),
    .complete(complete), .posted(posted), .pending(pending));
  assign busy = occupied || pending;

  always_ff @(posedge clk)
    if (rst) begin
      window_full <= 0;
      window_left <= 0;
    end else if (start) begin
      window_full <= 1;
      window_left <= window - 1;
      ports <= wanted;
      releases <= head.releases;
    end else if (occupied) window_left <= window_left - 1;
    else window_full <= 0;

  // The rows are read from the cycle after the start on, `first` the next.
  logic reading, narrow;
  logic [31:0] address, stride, first, tile_rows, tile_cols;
  assign element_narrow = narrow;
  always_ff @(posedge clk)
    if (rst) reading <= 0;
    else if (push) begin
      reading <= 1;
      row_slot <= push_slot;
      narrow <= push_bits == 8;
      address <= head.addresses[0];
      stride <= head.fields[chip_types::MLOAD_STRIDE];
      first <= 0;
      tile_rows <= rows;
      tile_cols <= head.fields[chip_types::MLOAD_COLS];
    end else begin
      reading <= reading && first + 32'(pace.rows_per_cycle) < tile_rows;
      first <= first + 32'(pace.rows_per_cycle);
    end

  always_comb begin
    row_valid = '0;
    element_read = '0;
    element_address = '0;
    if (reading)
      for (int row = 0; row < ROWS; row++)
        if (row >= first && row < first + 32'(pace.rows_per_cycle) && row < tile_rows) begin
          row_valid[row] = 1;
          for (int col = 0; col < COLS; col++) begin
            element_read[COLS*row + col] = col < tile_cols;
            element_address[32*(COLS*row + col) +: 32] = address + row * stride + (narrow ? col : 2 * col);
          end
        end
  end
  always_comb begin
    row_data = '0;
    if (reading)
      for (int e = 0; e < ROWS*COLS; e++)
        row_data[16*e +: 16] = narrow ? {{8{element_data[16*e + 7]}}, element_data[16*e +: 8]} : element_data[16*e +: 16];
  end
endmodule
