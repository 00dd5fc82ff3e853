// Sends vectors through a systolic array: when a product starts, when its operands are fetched, when its rows of sums leave.
// Weight-stationary: one vector after the other is fetched, each is a row of sums. Output-stationary: one step after the other
// is fetched (an element of every vector and a row of weights), then the rows of sums leave, unless they are held.
module matrix_unit #(
  parameter int ROWS = 4,
  parameter int COLS = 4,
  parameter int SLOT = 1,
  parameter int OUTPUT_STATIONARY = 0,
  parameter int STREAM_ROWS = 1,
  parameter int ACTIVATION_BANK = 64,
  parameter int ACCUMULATOR_BANK = 64
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
  input logic oldest_usable,
  input logic [SLOT-1:0] oldest_slot,
  input logic [4:0] oldest_bits,
  output logic use_up,
  output logic free,
  // Stream
  input logic [15:0] stream_room,
  input logic [15:0] stream_next,                                  // the row that is written next
  output logic stream_push,
  output logic [15:0] stream_vectors,
  output chip_types::stream_time_t stream_time,
  // A fetch: a vector, or a step.
  output logic fetch,
  output logic fetch_first,                                        // of new sums
  output logic [SLOT-1:0] fetch_slot,
  output logic [15:0] fetch_index,
  output logic [ROWS-1:0] element_read,
  output logic [ROWS*32-1:0] element_address,
  output logic element_narrow,                                     // they have one byte each
  input logic [ROWS*16-1:0] element_data,
  output logic [ROWS*16-1:0] fetch_data,
  // A row of sums that leaves the array.
  output logic row_valid,
  output chip_types::row_t row
);
  logic is_sync, streams, holds, adds, touches;
  logic [31:0] vectors, rows, cols, row_bytes, latency, drain;
  assign is_sync = head.opcode == chip_types::OP_SYNC;
  assign vectors = head.fields[chip_types::MMUL_VECTORS];
  assign rows = head.fields[chip_types::MMUL_ROWS];
  assign cols = head.fields[chip_types::MMUL_COLS];
  assign row_bytes = rows * head.fields[chip_types::MMUL_BITS] >> 3;
  assign streams = !is_sync && head.fields[chip_types::MMUL_STREAM] != 0;
  assign holds = !is_sync && head.fields[chip_types::MMUL_HOLD] != 0;
  assign adds = !is_sync && head.fields[chip_types::MMUL_ACCUMULATE] == 1 && !holds;
  assign touches = !is_sync && !holds && (adds || !streams);        // accumulators
  assign latency = 32'(pace.activation_sram.latency);
  assign drain = latency + ROWS + COLS - 1 + 32'(pace.accumulate_latency);

  // Rate of the fetches, and of the rows of sums.
  logic [31:0] passes, fetch_bytes, sum_cycles, fetch_cycles, row_cycles, window;
  assign passes = (oldest_bits > pace.operand_bits ? 2 : 1) *
                  (head.fields[chip_types::MMUL_BITS] > 32'(pace.operand_bits) ? 2 : 1);
  assign fetch_bytes = OUTPUT_STATIONARY != 0 ? vectors * head.fields[chip_types::MMUL_BITS] >> 3 : row_bytes;
  assign sum_cycles = touches ? chip_types::ceil_div(4 * cols, 32'(pace.accumulators.bytes_per_cycle)) : 1;
  always_comb begin
    fetch_cycles = chip_types::larger(
      passes, chip_types::ceil_div(fetch_bytes, 32'(pace.activation_sram.bytes_per_cycle)));
    if (OUTPUT_STATIONARY == 0) fetch_cycles = chip_types::larger(fetch_cycles, sum_cycles);
    row_cycles = OUTPUT_STATIONARY != 0 ? sum_cycles : fetch_cycles;
    if (is_sync) window = 1;
    else if (OUTPUT_STATIONARY != 0) window = rows * fetch_cycles + (holds ? 0 : vectors * row_cycles);
    else window = vectors * fetch_cycles;
  end

  logic occupied, window_full;
  logic [31:0] window_left;
  logic [63:0] reads, releases, sum_ports, held_sums;
  assign occupied = window_full && window_left != 0;
  assign reads = is_sync ? '0 :
    chip_types::bank_ports(chip_types::SPACE_ACTIVATION, 1'b0, head.addresses[0], vectors,
                           head.fields[chip_types::MMUL_SRC_STRIDE], row_bytes, ACTIVATION_BANK);
  assign sum_ports = (touches && !streams ? chip_types::bank_ports(
                        chip_types::SPACE_ACCUMULATOR, 1'b1, head.addresses[1], vectors,
                        head.fields[chip_types::MMUL_DST_STRIDE], 4 * cols, ACCUMULATOR_BANK) : '0) |
                     (adds ? chip_types::bank_ports(
                        chip_types::SPACE_ACCUMULATOR, 1'b0, head.addresses[1], vectors,
                        head.fields[chip_types::MMUL_DST_STRIDE], 4 * cols, ACCUMULATOR_BANK) : '0);
  assign wanted = reads | sum_ports;
  assign request = !occupied && head_valid && (head.waits & ~available) == 0 &&
                   (is_sync || (oldest_usable && (!streams || 32'(stream_room) >= vectors)));
  assign start = request && grant;

  // What the window ends with.
  logic keeps, uses_tile;
  logic [63:0] window_ports;
  assign released = window_full && window_left == 0 ? releases : '0;
  assign free = window_full && window_left == 0 && uses_tile && !keeps;
  assign use_up = start && !is_sync && head.fields[chip_types::MMUL_KEEP] == 0;
  assign held = (occupied ? window_ports : '0) | held_sums;
  always_ff @(posedge clk)
    if (rst) begin
      window_full <= 0;
      window_left <= 0;
    end else if (start) begin
      window_full <= 1;
      window_left <= window - 1;
      window_ports <= reads;
      releases <= head.releases;
      keeps <= head.fields[chip_types::MMUL_KEEP] != 0;
      uses_tile <= !is_sync;
    end else if (occupied) window_left <= window_left - 1;
    else window_full <= 0;

  // The accumulators' ports are held until the last sum is there: several products at once, the last one the longest.
  generate
    for (genvar port = 0; port < 64; port++) begin : hold
      if (port < 48) begin : never
        assign held_sums[port] = 0;
      end else begin : until_end
        logic [31:0] last;
        assign held_sums[port] = $signed(last - now) > 0;
        always_ff @(posedge clk)
          if (rst) last <= 0;
          else if (start && sum_ports[port]) last <= now + window + drain;
      end
    end
  endgenerate

  logic pending;
  in_flight #(.ADDRESS($clog2(32 + ROWS + COLS))) results (
    .clk(clk), .rst(rst), .now(now), .push(start), .ending(now + window + drain), .signals(head.signals),
    .complete(complete), .posted(posted), .pending(pending));
  assign busy = occupied || pending;

  assign stream_push = start && streams;
  assign stream_vectors = vectors[15:0];
  assign stream_time.first = now + (OUTPUT_STATIONARY != 0 ? rows * fetch_cycles : 0) + row_cycles + latency + ROWS +
                             32'(pace.accumulate_latency);
  assign stream_time.step = row_cycles;

  // The instruction in its window, from the cycle after its start on: fetches, then (output-stationary) rows of sums.
  logic fetching, emptying, emit, narrow, continues, does_hold, does_add, does_stream;
  logic [31:0] timer, index, fetch_interval, row_interval, source, source_stride, sums, sums_stride;
  logic [31:0] all_vectors, all_rows, all_cols;
  logic [15:0] stream_row;
  assign element_narrow = narrow;
  assign fetch = fetching && timer == 0;
  assign emit = emptying && timer == 0;
  assign fetch_first = index == 0 && !continues;
  assign fetch_index = index[15:0];
  always_ff @(posedge clk)
    if (rst) begin
      fetching <= 0;
      emptying <= 0;
    end else if (start) begin
      fetching <= !is_sync;
      emptying <= 0;
      timer <= fetch_cycles - 1;
      index <= 0;
      fetch_interval <= fetch_cycles;
      row_interval <= row_cycles;
      fetch_slot <= oldest_slot;
      narrow <= head.fields[chip_types::MMUL_BITS] == 8;
      continues <= head.fields[chip_types::MMUL_ACCUMULATE] == 2;
      does_hold <= holds;
      does_add <= adds;
      does_stream <= streams;
      source <= head.addresses[0];
      source_stride <= head.fields[chip_types::MMUL_SRC_STRIDE];
      sums <= head.addresses[1];
      sums_stride <= head.fields[chip_types::MMUL_DST_STRIDE];
      all_vectors <= vectors;
      all_rows <= rows;
      all_cols <= cols;
      stream_row <= stream_next;
    end else if (timer != 0) timer <= timer - 1;
    else if (fetching) begin
      index <= index + 1;
      timer <= fetch_interval - 1;
      if (index + 1 == (OUTPUT_STATIONARY != 0 ? all_rows : all_vectors)) begin
        fetching <= 0;
        emptying <= OUTPUT_STATIONARY != 0 && !does_hold;
        index <= 0;
        timer <= row_interval - 1;
      end
    end else if (emptying) begin
      index <= index + 1;
      timer <= row_interval - 1;
      if (index + 1 == all_vectors) emptying <= 0;
    end

  always_comb begin
    element_read = '0;
    element_address = '0;
    if (fetch)
      for (int e = 0; e < ROWS; e++)
        if (OUTPUT_STATIONARY != 0) begin
          element_read[e] = e < all_vectors;
          element_address[32*e +: 32] = source + e * source_stride + (narrow ? index : index << 1);
        end else begin
          element_read[e] = e < all_rows;
          element_address[32*e +: 32] = source + index * source_stride + (narrow ? e : e << 1);
        end
  end
  always_comb begin
    fetch_data = '0;
    if (fetch)
      for (int e = 0; e < ROWS; e++)
        fetch_data[16*e +: 16] = narrow ? {{8{element_data[16*e + 7]}}, element_data[16*e +: 8]} : element_data[16*e +: 16];
  end

  logic [31:0] place;
  assign place = 32'(stream_row) + index;
  assign row_valid = OUTPUT_STATIONARY != 0 ? emit : fetch;
  assign row.address = sums + index * sums_stride;
  assign row.stream_row = place >= STREAM_ROWS ? place - STREAM_ROWS : place;
  assign row.row = index[15:0];
  assign row.cols = all_cols[15:0];
  assign row.add = does_add;
  assign row.stream = does_stream;
endmodule
