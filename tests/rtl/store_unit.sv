// Copies rows from the activation SRAM to the DRAM. The front stage reads them into the buffer, from which the DRAM takes them.
module store_unit #(
  parameter int LANES = 64,
  parameter int BUFFER = 14,                                       // 2^BUFFER bytes
  parameter int ACTIVATION_BANK = 64
) (
  input logic clk,
  input logic rst,
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
  output logic dram_request,
  output chip_types::transfer_t dram_transfer,
  input logic reply,
  output logic [LANES-1:0] read,
  output logic [LANES*32-1:0] read_address,
  output logic [LANES*32-1:0] buffer_address                       // where the bytes read go
);
  logic [chip_types::INSTRUCTION_BITS-1:0] memory [0:15];          // started and not complete
  logic [3:0] oldest_place, next_place;
  logic [4:0] count;
  chip_types::instruction_t oldest, youngest;

  assign oldest = memory[oldest_place];
  assign youngest = memory[next_place - 4'd1];

  // The front stage. `front_left` cycles remain after this one; in the cycle in which it is left, `front_done` holds.
  logic front_full, front_occupied, front_done, is_sync, youngest_is_sync;
  logic [31:0] front_left, front_cycles, bytes_per_cycle;
  logic [63:0] ports;
  assign front_occupied = front_full && front_left != 0;
  assign front_done = front_full && front_left == 0;
  assign is_sync = head.opcode == chip_types::OP_SYNC;
  assign youngest_is_sync = youngest.opcode == chip_types::OP_SYNC;
  assign bytes_per_cycle = 32'(pace.activation_sram.bytes_per_cycle);

  assign request = !front_occupied && count < 5'(pace.store_outstanding) && head_valid && (head.waits & ~available) == 0;
  assign wanted = is_sync ? '0 :
    chip_types::bank_ports(chip_types::SPACE_ACTIVATION, 1'b0, head.addresses[0], head.fields[chip_types::COPY_ROWS],
                           head.fields[chip_types::COPY_SRC_STRIDE], head.fields[chip_types::COPY_BYTES], ACTIVATION_BANK);
  assign held = front_occupied ? ports : '0;
  assign start = request && grant;
  assign front_cycles = is_sync ? 1 : 32'(pace.store_setup_cycles) +
    chip_types::ceil_div(head.fields[chip_types::COPY_ROWS] * head.fields[chip_types::COPY_BYTES], bytes_per_cycle);

  always_ff @(posedge clk)
    if (rst) begin
      front_full <= 0;
      front_left <= 0;
    end else if (start) begin
      front_full <= 1;
      front_left <= front_cycles - 1;
      ports <= wanted;
    end else if (front_occupied) front_left <= front_left - 1;
    else front_full <= 0;

  // The bytes are read in the front stage's last cycles.
  logic reads;
  logic [31:0] setup_left, row, column, row_after, column_after;
  logic [BUFFER-1:0] buffer_position, moved;
  chip_types::transfer_t source;
  assign source.gather = 0;
  assign source.address = youngest.addresses[0];
  assign source.stride = youngest.fields[chip_types::COPY_SRC_STRIDE];
  assign source.rows = youngest.fields[chip_types::COPY_ROWS];
  assign source.bytes = youngest.fields[chip_types::COPY_BYTES];
  assign reads = front_occupied && setup_left == 0 && !youngest_is_sync;

  row_walker #(.LANES(LANES), .INDICES(1)) walker (
    .transfer(source),
    .indices('0),
    .row(row),
    .column(column),
    .count(reads ? bytes_per_cycle : 0),
    .valid(read),
    .addresses(read_address),
    .row_after(row_after),
    .column_after(column_after));

  always_comb begin
    buffer_address = '0;
    moved = 0;
    if (read != 0)
      for (int lane = 0; lane < LANES; lane++) begin
        buffer_address[32*lane +: 32] = 32'(BUFFER'(buffer_position + BUFFER'(lane)));
        moved += BUFFER'(read[lane]);
      end
  end

  always_ff @(posedge clk)
    if (rst) begin
      buffer_position <= 0;
      setup_left <= 0;
    end else begin
      buffer_position <= buffer_position + moved;
      if (start) begin
        setup_left <= 32'(pace.store_setup_cycles) - 1;
        row <= 0;
        column <= 0;
      end else if (setup_left != 0) setup_left <= setup_left - 1;
      else begin
        row <= row_after;
        column <= column_after;
      end
    end

  assign released = front_done ? youngest.releases : '0;
  assign dram_request = front_done && !youngest_is_sync;
  assign dram_transfer.gather = 0;
  assign dram_transfer.address = youngest.addresses[1];
  assign dram_transfer.stride = youngest.fields[chip_types::COPY_DST_STRIDE];
  assign dram_transfer.rows = source.rows;
  assign dram_transfer.bytes = source.bytes;

  // The back stage takes one cycle.
  logic [4:0] replies;
  logic back_start, oldest_is_sync;
  assign oldest_is_sync = oldest.opcode == chip_types::OP_SYNC;
  assign back_start = count > 5'(front_occupied) && (oldest_is_sync || replies != 0);

  always_ff @(posedge clk)
    if (rst) begin
      oldest_place <= 0;
      next_place <= 0;
      count <= 0;
      replies <= 0;
      complete <= 0;
      posted <= '0;
    end else begin
      if (start) memory[next_place] <= head;
      next_place <= next_place + 4'(start);
      oldest_place <= oldest_place + 4'(back_start);
      count <= count + 5'(start) - 5'(back_start);
      replies <= replies + 5'(reply) - 5'(back_start && !oldest_is_sync);
      complete <= back_start;
      posted <= back_start ? oldest.signals : '0;
    end

  assign busy = count != 0;
endmodule
