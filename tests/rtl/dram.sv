// The ideal DRAM: a queue of requests, a fixed latency, a bus. A transfer's bytes move in the cycles in which it has the bus.
module dram #(
  parameter int BYTES = 65536,
  parameter int LANES = 64,
  parameter int BUFFER = 14,
  parameter int INDICES = 256
) (
  input logic clk,
  input logic rst,
  input logic [31:0] now,
  input chip_types::pace_t pace,
  input logic load_request,
  input chip_types::transfer_t load_transfer,
  input logic [INDICES*32-1:0] indices,
  input logic store_request,
  input chip_types::transfer_t store_transfer,
  output logic load_reply,                                         // given in this cycle
  output logic store_reply,
  output logic busy,                                               // there is a request
  output logic [LANES-1:0] to_load,                                // bytes for the load unit's buffer
  output logic [LANES*32-1:0] to_load_address,
  output logic [LANES*8-1:0] to_load_data,
  output logic [LANES-1:0] from_store,                             // bytes from the store unit's buffer
  output logic [LANES*32-1:0] from_store_address,
  input logic [LANES*8-1:0] from_store_data
);
  localparam int ENTRY_BITS = 32 + 1 + chip_types::TRANSFER_BITS;  // when its latency is over, whether a store, what

  logic [ENTRY_BITS-1:0] memory [0:31];
  logic [4:0] read, write;
  logic [5:0] count;
  logic [31:0] ready, head_ready;
  logic head_is_store;
  chip_types::transfer_t head;

  assign ready = now + 1 + 32'(pace.dram_latency);                 // of a request that is pushed now
  assign {head_ready, head_is_store, head} = memory[read];

  // `moving` holds in b..e.
  logic active, begins, moving, ends;
  logic [31:0] left, left_now, cycles, moved_bytes;
  assign moved_bytes = head.rows * 32'(pace.dram_burst_bytes) *
                       chip_types::ceil_div(head.bytes, 32'(pace.dram_burst_bytes));
  assign cycles = chip_types::ceil_div(moved_bytes, 32'(pace.dram_bytes_per_cycle));
  assign begins = !active && count != 0 && $signed(now - head_ready) >= 0;
  assign moving = active || begins;
  assign left_now = begins ? cycles : left;
  assign ends = moving && left_now == 1;
  assign busy = count != 0;

  logic [31:0] row, column, row_now, column_now, row_after, column_after;
  logic [LANES-1:0] valid;
  logic [LANES*32-1:0] addresses;
  assign row_now = begins ? 0 : row;
  assign column_now = begins ? 0 : column;
  row_walker #(.LANES(LANES), .INDICES(INDICES)) walker (
    .transfer(head),
    .indices(indices),
    .row(row_now),
    .column(column_now),
    .count(moving ? 32'(pace.dram_bytes_per_cycle) : 0),
    .valid(valid),
    .addresses(addresses),
    .row_after(row_after),
    .column_after(column_after));

  // Both buffers are rings.
  logic [BUFFER-1:0] load_position, store_position, position, moved;
  logic [LANES*32-1:0] ring_addresses;
  assign position = head_is_store ? store_position : load_position;
  always_comb begin
    ring_addresses = '0;
    moved = 0;
    if (valid != 0)
      for (int lane = 0; lane < LANES; lane++) begin
        ring_addresses[32*lane +: 32] = 32'(BUFFER'(position + BUFFER'(lane)));
        moved += BUFFER'(valid[lane]);
      end
  end
  assign to_load = head_is_store ? '0 : valid;
  assign to_load_address = ring_addresses;
  assign from_store = head_is_store ? valid : '0;
  assign from_store_address = ring_addresses;

  sram #(.BYTES(BYTES), .MOVED_READS(LANES), .MOVED_WRITES(LANES)) cells (
    .clk(clk),
    .gate_read('0), .gate_read_address('0), .gate_read_data(),
    .gate_write('0), .gate_write_address('0), .gate_write_data('0),
    .element_read('0), .element_address('0), .element_data(),
    .sum_read('0), .sum_write('0), .sum_address('0), .sum_write_data('0), .sum_read_data(),
    .moved_read(to_load), .moved_read_address(addresses), .moved_read_data(to_load_data),
    .moved_write(from_store), .moved_write_address(addresses), .moved_write_data(from_store_data));

  always_ff @(posedge clk)
    if (rst) begin
      read <= 0;
      write <= 0;
      count <= 0;
      active <= 0;
      load_position <= 0;
      store_position <= 0;
      load_reply <= 0;
      store_reply <= 0;
    end else begin
      if (load_request) memory[write] <= {ready, 1'b0, load_transfer};
      if (store_request) memory[write + 5'(load_request)] <= {ready, 1'b1, store_transfer};
      write <= write + 5'(load_request) + 5'(store_request);
      read <= read + 5'(ends);
      count <= count + 6'(load_request) + 6'(store_request) - 6'(ends);
      active <= moving && !ends;
      if (moving) begin
        left <= left_now - 1;
        row <= row_after;
        column <= column_after;
        if (head_is_store) store_position <= store_position + moved;
        else load_position <= load_position + moved;
      end
      load_reply <= ends && !head_is_store;
      store_reply <= ends && head_is_store;
    end
endmodule
