// One systolic array with all that is its own: weights unit, matrix unit, tiles, adders, stream.
module array_unit #(
  parameter int ROWS = 4,
  parameter int COLS = 4,
  parameter int TILES = 2,
  parameter int OUTPUT_STATIONARY = 0,
  parameter int STREAM_ROWS = 1,
  parameter int GATE_READS = 1,
  parameter int WEIGHT_BANK = 64,
  parameter int ACTIVATION_BANK = 64,
  parameter int ACCUMULATOR_BANK = 64
) (
  input logic clk,
  input logic rst,
  input logic [31:0] now,
  input chip_types::pace_t pace,
  input logic [63:0] available,                                    // semaphores
  // Its two units, each: the head of its queue, what it reports, what it posts, the ports it asks for.
  input logic weights_valid,
  input chip_types::instruction_t weights_head,
  output logic weights_start,
  output logic weights_complete,
  output logic [63:0] weights_posted,
  output logic [63:0] weights_released,
  output logic weights_request,
  output logic [63:0] weights_wanted,
  output logic [63:0] weights_held,
  input logic weights_grant,
  input logic matrix_valid,
  input chip_types::instruction_t matrix_head,
  output logic matrix_start,
  output logic matrix_complete,
  output logic [63:0] matrix_posted,
  output logic [63:0] matrix_released,
  output logic matrix_request,
  output logic [63:0] matrix_wanted,
  output logic [63:0] matrix_held,
  input logic matrix_grant,
  output logic busy,
  // The SRAMs
  output logic [ROWS*COLS-1:0] weight_read,
  output logic [ROWS*COLS*32-1:0] weight_address,
  output logic weight_narrow,
  input logic [ROWS*COLS*16-1:0] weight_data,
  output logic [ROWS-1:0] activation_read,
  output logic [ROWS*32-1:0] activation_address,
  output logic activation_narrow,
  input logic [ROWS*16-1:0] activation_data,
  output logic [COLS-1:0] sum_read,
  output logic [COLS-1:0] sum_write,
  output logic [COLS*32-1:0] sum_address,
  output logic [COLS*32-1:0] sum_write_data,
  input logic [COLS*32-1:0] sum_read_data,
  output logic [31:0] sum_bytes,                                   // of the row for the accumulators that leaves the array
  // The stream's end at the gate unit
  output logic stream_valid,
  output chip_types::stream_time_t stream_times,
  output logic [15:0] stream_oldest,
  input logic stream_pop,
  input logic [15:0] stream_pop_rows,
  input logic [GATE_READS-1:0] stream_read,
  input logic [GATE_READS*32-1:0] stream_read_address,
  output logic [GATE_READS*32-1:0] stream_read_data
);
  localparam int SLOT = TILES > 1 ? $clog2(TILES) : 1;
  localparam int SUM = 48;

  logic room, oldest_usable, push, use_up, free;
  logic [SLOT-1:0] push_slot, oldest_slot;
  logic [4:0] push_bits, oldest_bits;
  logic [31:0] push_usable;
  tile_fifo #(.TILES(TILES), .SLOT(SLOT)) tiles (
    .clk(clk), .rst(rst), .now(now),
    .push(push), .push_bits(push_bits), .push_usable(push_usable), .use_up(use_up), .free(free),
    .room(room), .push_slot(push_slot),
    .oldest_usable(oldest_usable), .oldest_slot(oldest_slot), .oldest_bits(oldest_bits));

  logic weights_busy, matrix_busy;
  logic [ROWS-1:0] tile_row_valid;
  logic [SLOT-1:0] tile_row_slot;
  logic [ROWS*COLS*16-1:0] tile_row_data;
  weights_unit #(.ROWS(ROWS), .COLS(COLS), .SLOT(SLOT), .WEIGHT_BANK(WEIGHT_BANK)) weights (
    .clk(clk), .rst(rst), .now(now), .pace(pace), .head_valid(weights_valid), .head(weights_head), .available(available),
    .start(weights_start), .complete(weights_complete), .posted(weights_posted), .released(weights_released),
    .busy(weights_busy),
    .request(weights_request), .wanted(weights_wanted), .held(weights_held), .grant(weights_grant),
    .room(room), .push_slot(push_slot), .push(push), .push_bits(push_bits), .push_usable(push_usable),
    .element_read(weight_read), .element_address(weight_address), .element_narrow(weight_narrow),
    .element_data(weight_data),
    .row_valid(tile_row_valid), .row_slot(tile_row_slot), .row_data(tile_row_data));

  logic stream_push, fetch, fetch_first, row_valid;
  logic [15:0] stream_room, stream_next, stream_vectors, fetch_index;
  logic [SLOT-1:0] fetch_slot;
  logic [ROWS*16-1:0] fetch_data;
  chip_types::stream_time_t stream_time;
  chip_types::row_t row;
  matrix_unit #(
    .ROWS(ROWS), .COLS(COLS), .SLOT(SLOT), .OUTPUT_STATIONARY(OUTPUT_STATIONARY), .STREAM_ROWS(STREAM_ROWS),
    .ACTIVATION_BANK(ACTIVATION_BANK), .ACCUMULATOR_BANK(ACCUMULATOR_BANK)) matrix (
    .clk(clk), .rst(rst), .now(now), .pace(pace), .head_valid(matrix_valid), .head(matrix_head), .available(available),
    .start(matrix_start), .complete(matrix_complete), .posted(matrix_posted), .released(matrix_released), .busy(matrix_busy),
    .request(matrix_request), .wanted(matrix_wanted), .held(matrix_held), .grant(matrix_grant),
    .oldest_usable(oldest_usable), .oldest_slot(oldest_slot), .oldest_bits(oldest_bits), .use_up(use_up), .free(free),
    .stream_room(stream_room), .stream_next(stream_next), .stream_push(stream_push), .stream_vectors(stream_vectors),
    .stream_time(stream_time),
    .fetch(fetch), .fetch_first(fetch_first), .fetch_slot(fetch_slot), .fetch_index(fetch_index),
    .element_read(activation_read), .element_address(activation_address),
    .element_narrow(activation_narrow), .element_data(activation_data),
    .fetch_data(fetch_data), .row_valid(row_valid), .row(row));
  assign busy = weights_busy || matrix_busy;
  assign sum_bytes = row_valid && (row.add || !row.stream) ? 4 * 32'(row.cols) : 0;

  logic [COLS*SUM-1:0] bottom;
  generate
    if (OUTPUT_STATIONARY != 0) begin : output_stationary
      // The tiles wait before the array's upper edge.
      logic [COLS*16-1:0] tile_memory [0:TILES*ROWS-1];
      for (genvar r = 0; r < ROWS; r++) begin : tile_row
        always @(posedge clk)
          if (tile_row_valid[r]) tile_memory[ROWS*tile_row_slot + r] <= tile_row_data[16*COLS*r +: 16*COLS];
      end
      array_output_stationary #(.ROWS(ROWS), .COLS(COLS), .SUM(SUM)) array (
        .clk(clk), .rst(rst), .now(now), .latency(pace.activation_sram.latency),
        .step_valid(fetch), .step_first(fetch_first), .step_activations(fetch_data),
        .step_weights(tile_memory[ROWS*fetch_slot + 32'(fetch_index)]),
        .empty_valid(row_valid), .empty_row(row.row), .bottom(bottom));
    end else begin : weight_stationary
      array_weight_stationary #(.ROWS(ROWS), .COLS(COLS), .TILES(TILES), .SLOT(SLOT), .SUM(SUM)) array (
        .clk(clk), .rst(rst), .now(now), .latency(pace.activation_sram.latency),
        .weight_valid(tile_row_valid), .weight_slot(tile_row_slot), .weight_data(tile_row_data),
        .vector_slot(fetch_slot), .vector_data(fetch_data), .bottom(bottom));
    end
  endgenerate

  logic [COLS-1:0] stream_write;
  logic [COLS*32-1:0] stream_address;
  array_output #(.ROWS(ROWS), .COLS(COLS), .SUM(SUM)) adders (
    .clk(clk), .rst(rst), .now(now), .latency(pace.activation_sram.latency), .accumulate_latency(pace.accumulate_latency),
    .row_valid(row_valid), .row(row), .bottom(bottom),
    .read(sum_read), .write(sum_write), .address(sum_address), .read_data(sum_read_data), .write_data(sum_write_data),
    .stream_write(stream_write), .stream_address(stream_address));

  stream #(.STREAM_ROWS(STREAM_ROWS), .COLS(COLS), .READS(GATE_READS)) to_gate (
    .clk(clk), .rst(rst),
    .push(stream_push), .push_vectors(stream_vectors), .push_time(stream_time), .room(stream_room), .next_row(stream_next),
    .write(stream_write), .write_address(stream_address), .write_data(sum_write_data),
    .valid(stream_valid), .times(stream_times), .pop(stream_pop), .pop_rows(stream_pop_rows), .oldest_row(stream_oldest),
    .read(stream_read), .read_address(stream_read_address), .read_data(stream_read_data));
endmodule
