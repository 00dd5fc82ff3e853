// Copies rows from the DRAM to an SRAM. A descriptor passes the front stage (and, for a gather, its index list is read there),
// the DRAM, and the back stage, which writes what the DRAM left in the buffer.
module load_unit #(
  parameter int LANES = 64,
  parameter int BUFFER = 14,                                       // 2^BUFFER bytes
  parameter int INDICES = 256,
  parameter int WEIGHT_BANK = 64,
  parameter int ACTIVATION_BANK = 64,
  parameter int PARAMETER_BANK = 64
) (
  input logic clk,
  input logic rst,
  input chip_types::pace_t pace,
  input logic head_valid,
  input chip_types::instruction_t head,
  input logic [63:0] available,
  output logic start,
  output logic complete,
  output logic [63:0] posted,                                      // signal and release, both in the cycle of `complete`
  output logic [63:0] released,
  output logic busy,                                               // something ends after this cycle
  // Ports of banks: the gather's index list, and the back stage's destination.
  output logic index_request,
  output logic [63:0] index_wanted,
  output logic [63:0] index_held,
  input logic index_grant,
  output logic back_request,
  output logic [63:0] back_wanted,
  output logic [63:0] back_held,
  input logic back_grant,
  // DRAM
  output logic dram_request,
  output chip_types::transfer_t dram_transfer,
  output logic [INDICES*32-1:0] indices,
  input logic reply,
  // Bytes of the index list, of the buffer, and to the destination.
  output logic [LANES-1:0] index_read,
  output logic [LANES*32-1:0] index_address,
  input logic [LANES*8-1:0] index_data,
  output logic [LANES-1:0] buffer_read,
  output logic [LANES*32-1:0] buffer_address,
  output logic [2:0] write_space,
  output logic [LANES-1:0] write,
  output logic [LANES*32-1:0] write_address
);
  // Descriptors that are started and not complete: the youngest may be in the front stage, the oldest in the back stage.
  logic [chip_types::INSTRUCTION_BITS-1:0] memory [0:15];
  logic [3:0] oldest_place, next_place;
  logic [4:0] count;
  chip_types::instruction_t oldest, youngest;
  logic pop;

  // The front stage. `front_left` cycles remain after this one; in the cycle in which it is left, `front_done` holds.
  logic front_full, front_occupied, front_done;
  logic [31:0] front_left, front_cycles, index_position, index_bytes;
  logic [63:0] index_ports;
  logic is_gather, is_sync;

  assign oldest = memory[oldest_place];
  assign youngest = memory[next_place - 4'd1];
  assign front_occupied = front_full && front_left != 0;
  assign front_done = front_full && front_left == 0;
  assign is_gather = head.opcode == chip_types::OP_GATHER;
  assign is_sync = head.opcode == chip_types::OP_SYNC;

  logic can_take, may_start;
  assign can_take = !front_occupied && count < 5'(pace.load_outstanding) && !(is_gather && count != 0);
  assign may_start = can_take && head_valid && (head.waits & ~available) == 0;
  assign index_request = may_start && is_gather;
  assign start = may_start && (!is_gather || index_grant);
  assign front_cycles = is_sync ? 1 : 32'(pace.load_setup_cycles) +
    (is_gather ? chip_types::ceil_div(4 * head.fields[chip_types::COPY_ROWS], 32'(pace.activation_sram.bytes_per_cycle)) : 0);
  assign index_wanted = chip_types::bank_ports(chip_types::SPACE_ACTIVATION, 1'b0, head.addresses[2], 1, 0,
                                               4 * head.fields[chip_types::COPY_ROWS], ACTIVATION_BANK);

  always_ff @(posedge clk)
    if (rst) begin
      front_full <= 0;
      front_left <= 0;
    end else if (start) begin
      front_full <= 1;
      front_left <= front_cycles - 1;
      index_ports <= is_gather ? index_wanted : '0;
    end else if (front_occupied) front_left <= front_left - 1;
    else front_full <= 0;
  assign index_held = front_occupied ? index_ports : '0;

  // The index list: the front stage's last cycles.
  logic reads_index;
  assign index_bytes = 4 * youngest.fields[chip_types::COPY_ROWS];
  assign reads_index = front_occupied && youngest.opcode == chip_types::OP_GATHER &&
    front_left <= chip_types::ceil_div(index_bytes, 32'(pace.activation_sram.bytes_per_cycle));
  always_comb begin
    index_read = '0;
    index_address = '0;
    if (reads_index)
      for (int lane = 0; lane < LANES; lane++)
        if (lane < 32'(pace.activation_sram.bytes_per_cycle) && index_position + lane < index_bytes) begin
          index_read[lane] = 1;
          index_address[32*lane +: 32] = youngest.addresses[2] + index_position + lane;
        end
  end
  always_ff @(posedge clk)
    if (!reads_index) index_position <= 0;
    else begin
      index_position <= index_position + 32'(pace.activation_sram.bytes_per_cycle);
      for (int lane = 0; lane < LANES; lane++)
        if (index_read[lane]) indices[8*(index_position + lane) +: 8] <= index_data[8*lane +: 8];
    end

  assign dram_request = front_done && youngest.opcode != chip_types::OP_SYNC;
  assign dram_transfer.gather = youngest.opcode == chip_types::OP_GATHER;
  assign dram_transfer.address = youngest.addresses[0];
  assign dram_transfer.stride = youngest.fields[chip_types::COPY_SRC_STRIDE];
  assign dram_transfer.rows = youngest.fields[chip_types::COPY_ROWS];
  assign dram_transfer.bytes = youngest.fields[chip_types::COPY_BYTES];

  // The back stage. `moving` holds in b..b+k.
  logic [4:0] replies;                                             // seen and not yet used
  logic back_active, back_start, moving, ends, oldest_is_sync;
  logic [63:0] back_ports;
  logic [31:0] back_left, back_cycles, left_now, bytes_per_cycle, row, column, row_after, column_after, first_row, first_column;
  logic [BUFFER-1:0] buffer_position;
  chip_types::transfer_t destination;

  assign oldest_is_sync = oldest.opcode == chip_types::OP_SYNC;
  assign bytes_per_cycle = oldest.spaces[1] == chip_types::SPACE_WEIGHT ? 32'(pace.weight_sram.bytes_per_cycle) :
                           oldest.spaces[1] == chip_types::SPACE_ACTIVATION ? 32'(pace.activation_sram.bytes_per_cycle) :
                                                                             32'(pace.parameter_sram.bytes_per_cycle);
  assign destination.gather = 0;
  assign destination.address = oldest.addresses[1];
  assign destination.stride = oldest.fields[chip_types::COPY_DST_STRIDE];
  assign destination.rows = oldest.fields[chip_types::COPY_ROWS];
  assign destination.bytes = oldest.fields[chip_types::COPY_BYTES];
  assign back_wanted = oldest_is_sync ? '0 :
    chip_types::bank_ports(oldest.spaces[1], 1'b1, destination.address, destination.rows, destination.stride, destination.bytes,
                           oldest.spaces[1] == chip_types::SPACE_WEIGHT ? WEIGHT_BANK :
                           oldest.spaces[1] == chip_types::SPACE_ACTIVATION ? ACTIVATION_BANK : PARAMETER_BANK);
  assign back_request = !back_active && count > 5'(front_occupied) && (oldest_is_sync || replies != 0);
  assign back_start = back_request && back_grant;
  assign back_cycles = oldest_is_sync ? 1 : chip_types::ceil_div(destination.rows * destination.bytes, bytes_per_cycle);
  assign back_held = back_active ? back_ports : '0;
  assign moving = back_active || back_start;
  assign left_now = back_start ? back_cycles : back_left;
  assign ends = moving && left_now == 1;
  assign pop = ends;
  assign write_space = oldest.spaces[1];
  assign first_row = back_start ? 0 : row;
  assign first_column = back_start ? 0 : column;

  row_walker #(.LANES(LANES), .INDICES(1)) walker (
    .transfer(destination),
    .indices('0),
    .row(first_row),
    .column(first_column),
    .count(moving && !oldest_is_sync ? bytes_per_cycle : 0),
    .valid(write),
    .addresses(write_address),
    .row_after(row_after),
    .column_after(column_after));

  always_comb begin
    buffer_read = write;
    buffer_address = '0;
    if (write != 0)
      for (int lane = 0; lane < LANES; lane++)
        buffer_address[32*lane +: 32] = 32'(BUFFER'(buffer_position + BUFFER'(lane)));
  end

  logic [BUFFER-1:0] moved;
  always_comb begin
    moved = 0;
    if (write != 0)
      for (int lane = 0; lane < LANES; lane++) moved += BUFFER'(write[lane]);
  end

  always_ff @(posedge clk)
    if (rst) begin
      oldest_place <= 0;
      next_place <= 0;
      count <= 0;
      replies <= 0;
      back_active <= 0;
      buffer_position <= 0;
      complete <= 0;
      posted <= '0;
      released <= '0;
    end else begin
      if (start) memory[next_place] <= head;
      next_place <= next_place + 4'(start);
      oldest_place <= oldest_place + 4'(pop);
      count <= count + 5'(start) - 5'(pop);
      replies <= replies + 5'(reply) - 5'(back_start && !oldest_is_sync);
      if (moving) begin
        back_left <= left_now - 1;
        row <= row_after;
        column <= column_after;
        buffer_position <= buffer_position + moved;
      end
      back_active <= moving && !ends;
      if (back_start) back_ports <= back_wanted;
      complete <= ends;
      posted <= ends ? oldest.signals : '0;
      released <= ends ? oldest.releases : '0;
    end

  assign busy = count != 0;
endmodule
