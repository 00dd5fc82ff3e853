// The chip, an ideal DRAM behind it, and what a test bench looks at. Its shape is in the parameters, its pace in registers; the
// program, the kernels, the semaphores' initial counts and the DRAM's bytes are put into their memories while `rst` holds.
module chip #(
  parameter int ROWS = 4,
  parameter int COLS = 4,
  parameter int TILE_FIFO = 2,
  parameter int ARRAYS = 1,
  parameter int OUTPUT_STATIONARY = 0,
  parameter int STREAM_ROWS = 0,
  parameter int LANES = 4,
  parameter int TABLE_ENTRIES = 64,
  parameter int SEMAPHORES = 16,
  parameter int WEIGHT_BYTES = 1024,
  parameter int WEIGHT_BANKS = 2,
  parameter int ACTIVATION_BYTES = 1024,
  parameter int ACTIVATION_BANKS = 2,
  parameter int PARAMETER_BYTES = 1024,
  parameter int PARAMETER_BANKS = 1,
  parameter int ACCUMULATOR_BYTES = 1024,
  parameter int ACCUMULATOR_BANKS = 2,
  parameter int DRAM_BYTES = 65536,
  // Room that a program and a pace need, see Limits in rtl_chip.hpp.
  parameter int SLOTS = 4,
  parameter int OPS = 128,
  parameter int KERNELS = 64,
  parameter int READS = 32,
  parameter int RESULTS = 16,
  parameter int RECORDS = 9,
  parameter int MOVED = 64,
  parameter int BUFFER = 14,
  parameter int INDICES = 256,
  localparam int UNITS = 3 + 2 * ARRAYS
) (
  input logic clk,
  input logic rst,
  input chip_types::pace_t pace_registers,                         // taken over while `rst` holds
  output logic running,                                            // `now` counts
  output logic [31:0] now,
  output logic [UNITS-1:0] starts,                                 // in this cycle
  output logic [UNITS*chip_types::PC_BITS-1:0] start_pcs,
  output logic [UNITS-1:0] completes,                              // each unit's instructions in order
  output logic halted,
  output logic idle                                                // nothing ends after this cycle
);
  localparam int IB = chip_types::INSTRUCTION_BITS;
  localparam int CLIENTS = 4 + 2 * ARRAYS;
  localparam int GATE_READS = READS * LANES;
  localparam int STREAM = STREAM_ROWS > 0 ? STREAM_ROWS : 1;
  localparam int WEIGHT_BANK = WEIGHT_BYTES / WEIGHT_BANKS;
  localparam int ACTIVATION_BANK = ACTIVATION_BYTES / ACTIVATION_BANKS;
  localparam int PARAMETER_BANK = PARAMETER_BYTES / PARAMETER_BANKS;
  localparam int ACCUMULATOR_BANK = ACCUMULATOR_BYTES / ACCUMULATOR_BANKS;

  chip_types::pace_t pace;
  always_ff @(posedge clk) if (rst) pace <= pace_registers;

  // Sequencer, queues, semaphores
  logic scanned;
  logic [chip_types::PC_BITS-1:0] scan_pc;
  logic [chip_types::WORD_BITS-1:0] scan_word;
  logic [UNITS*5-1:0] queue_counts;
  logic [UNITS*SLOTS-1:0] push;
  logic [SLOTS*IB-1:0] entries;
  logic [UNITS-1:0] head_valid;
  logic [UNITS*IB-1:0] heads;
  logic [UNITS*64-1:0] signals, releases, taken;
  logic [63:0] available;

  always_ff @(posedge clk)
    if (rst) begin
      running <= 0;
      now <= 0;
    end else begin
      running <= scanned;
      now <= now + 32'(running);
    end

  sequencer #(.UNITS(UNITS), .SLOTS(SLOTS)) sequencing (
    .clk(clk), .rst(rst), .run(running), .pace(pace), .queue_counts(queue_counts), .push(push), .entries(entries),
    .halted(halted), .scan_pc(scan_pc), .scan_word(scan_word));

  generate
    for (genvar unit = 0; unit < UNITS; unit++) begin : queues
      unit_queue #(.SLOTS(SLOTS)) queue (
        .clk(clk), .rst(rst), .push(push[SLOTS*unit +: SLOTS]), .entries(entries), .pop(starts[unit]),
        .count(queue_counts[5*unit +: 5]), .valid(head_valid[unit]), .head(heads[IB*unit +: IB]),
        .taken(taken[64*unit +: 64]), .pc(start_pcs[chip_types::PC_BITS*unit +: chip_types::PC_BITS]));
    end
  endgenerate

  semaphores #(.UNITS(UNITS), .SEMAPHORES(SEMAPHORES)) counters (
    .clk(clk), .rst(rst), .signals(signals), .releases(releases), .taken(taken), .available(available));

  // Ports of the banks: store, load's back stage, gather's front stage, gate, matrix units, weights units.
  logic [CLIENTS-1:0] request, grant;
  logic [CLIENTS*64-1:0] wanted, held;
  bank_arbiter #(.CLIENTS(CLIENTS)) arbiter (
    .clk(clk), .rst(rst), .now(now), .pace(pace), .request(request), .wanted(wanted), .held(held), .grant(grant));

  // Words of the memories
  logic [GATE_READS-1:0] gate_read;
  logic [READS*4-1:0] gate_sources;
  logic [READS*2-1:0] gate_read_sizes;
  logic [GATE_READS*32-1:0] gate_read_addresses, gate_read_data;
  logic [RESULTS*LANES*4-1:0] gate_write;
  logic [RESULTS*3-1:0] gate_spaces;
  logic [RESULTS*LANES*32-1:0] gate_write_addresses, gate_write_words;
  logic [ARRAYS*ROWS*COLS-1:0] weight_read;
  logic [ARRAYS*ROWS*COLS*32-1:0] weight_address;
  logic [ARRAYS*ROWS*COLS*16-1:0] weight_data;
  logic [ARRAYS-1:0] weight_narrow, activation_narrow;
  logic [ARRAYS*ROWS-1:0] activation_read;
  logic [ARRAYS*ROWS*32-1:0] activation_address;
  logic [ARRAYS*ROWS*16-1:0] activation_data;
  logic [ARRAYS*COLS-1:0] sum_read, sum_write;
  logic [ARRAYS*COLS*32-1:0] sum_address, sum_write_data, sum_read_data;
  logic [ARRAYS*32-1:0] sum_bytes;
  logic [MOVED-1:0] index_read, store_read, load_buffer_read, load_write, to_load, from_store;
  logic [MOVED*32-1:0] index_address, store_address, store_buffer_address, load_buffer_address, load_address;
  logic [MOVED*32-1:0] to_load_address, from_store_address;
  logic [MOVED*8-1:0] index_data, to_load_data, from_store_data;
  logic [2:0] load_space;

  // Arrays
  logic [ARRAYS-1:0] array_busy, stream_valid, stream_pop;
  logic [ARRAYS*64-1:0] stream_times;
  logic [ARRAYS*16-1:0] stream_oldest;
  logic [15:0] stream_pop_rows;
  logic [ARRAYS*GATE_READS*32-1:0] stream_data;
  generate
    for (genvar a = 0; a < ARRAYS; a++) begin : arrays
      localparam int W = a == 0 ? 0 : 3 + 2 * a;
      localparam int M = a == 0 ? 1 : 4 + 2 * a;
      localparam int MC = 4 + a;                                   // as clients of the arbiter
      localparam int WC = 4 + ARRAYS + a;
      logic [GATE_READS-1:0] stream_read;
      always_comb begin
        stream_read = '0;
        if (gate_read != 0)
          for (int port = 0; port < READS; port++)
            if (gate_sources[4*port +: 4] == 4'(8 + a))
              stream_read[LANES*port +: LANES] = gate_read[LANES*port +: LANES];
      end
      array_unit #(
        .ROWS(ROWS), .COLS(COLS), .TILES(TILE_FIFO), .OUTPUT_STATIONARY(OUTPUT_STATIONARY), .STREAM_ROWS(STREAM),
        .GATE_READS(GATE_READS), .WEIGHT_BANK(WEIGHT_BANK), .ACTIVATION_BANK(ACTIVATION_BANK),
        .ACCUMULATOR_BANK(ACCUMULATOR_BANK)) array (
        .clk(clk), .rst(rst), .now(now), .pace(pace), .available(available),
        .weights_valid(head_valid[W]), .weights_head(heads[IB*W +: IB]), .weights_start(starts[W]),
        .weights_complete(completes[W]), .weights_posted(signals[64*W +: 64]), .weights_released(releases[64*W +: 64]),
        .weights_request(request[WC]), .weights_wanted(wanted[64*WC +: 64]), .weights_held(held[64*WC +: 64]),
        .weights_grant(grant[WC]),
        .matrix_valid(head_valid[M]), .matrix_head(heads[IB*M +: IB]), .matrix_start(starts[M]),
        .matrix_complete(completes[M]), .matrix_posted(signals[64*M +: 64]), .matrix_released(releases[64*M +: 64]),
        .matrix_request(request[MC]), .matrix_wanted(wanted[64*MC +: 64]), .matrix_held(held[64*MC +: 64]),
        .matrix_grant(grant[MC]),
        .busy(array_busy[a]),
        .weight_read(weight_read[ROWS*COLS*a +: ROWS*COLS]),
        .weight_address(weight_address[ROWS*COLS*32*a +: ROWS*COLS*32]),
        .weight_narrow(weight_narrow[a]), .weight_data(weight_data[ROWS*COLS*16*a +: ROWS*COLS*16]),
        .activation_read(activation_read[ROWS*a +: ROWS]), .activation_address(activation_address[ROWS*32*a +: ROWS*32]),
        .activation_narrow(activation_narrow[a]), .activation_data(activation_data[ROWS*16*a +: ROWS*16]),
        .sum_read(sum_read[COLS*a +: COLS]), .sum_write(sum_write[COLS*a +: COLS]),
        .sum_address(sum_address[COLS*32*a +: COLS*32]), .sum_write_data(sum_write_data[COLS*32*a +: COLS*32]),
        .sum_read_data(sum_read_data[COLS*32*a +: COLS*32]), .sum_bytes(sum_bytes[32*a +: 32]),
        .stream_valid(stream_valid[a]), .stream_times(stream_times[64*a +: 64]), .stream_oldest(stream_oldest[16*a +: 16]),
        .stream_pop(stream_pop[a]), .stream_pop_rows(stream_pop_rows), .stream_read(stream_read),
        .stream_read_address(gate_read_addresses), .stream_read_data(stream_data[GATE_READS*32*a +: GATE_READS*32]));
    end
  endgenerate

  logic gate_busy;
  gate_unit #(
    .LANES(LANES), .COLS(COLS), .ARRAYS(ARRAYS), .STREAM_ROWS(STREAM), .ENTRIES(TABLE_ENTRIES), .OPS(OPS), .KERNELS(KERNELS),
    .READS(READS), .RESULTS(RESULTS), .RECORDS(RECORDS), .WEIGHT_BANK(WEIGHT_BANK), .ACTIVATION_BANK(ACTIVATION_BANK),
    .PARAMETER_BANK(PARAMETER_BANK), .ACCUMULATOR_BANK(ACCUMULATOR_BANK)) gate (
    .clk(clk), .rst(rst), .now(now), .pace(pace), .scan_pc(scan_pc), .scan_word(scan_word), .scanned(scanned),
    .head_valid(head_valid[2]), .head(heads[IB*2 +: IB]), .available(available), .start(starts[2]), .complete(completes[2]),
    .posted(signals[64*2 +: 64]), .released(releases[64*2 +: 64]), .busy(gate_busy),
    .request(request[3]), .wanted(wanted[64*3 +: 64]), .held(held[64*3 +: 64]), .grant(grant[3]),
    .stream_valid(stream_valid), .stream_times(stream_times), .stream_oldest(stream_oldest), .stream_pop(stream_pop),
    .stream_pop_rows(stream_pop_rows),
    .read(gate_read), .read_sources(gate_sources), .read_sizes(gate_read_sizes), .read_addresses(gate_read_addresses), .read_data(gate_read_data),
    .write(gate_write), .write_spaces(gate_spaces), .write_addresses(gate_write_addresses), .write_words(gate_write_words));

  logic load_busy, store_busy, dram_busy, load_request, store_request, load_reply, store_reply;
  logic [INDICES*32-1:0] indices;
  chip_types::transfer_t load_transfer, store_transfer;
  load_unit #(
    .LANES(MOVED), .BUFFER(BUFFER), .INDICES(INDICES), .WEIGHT_BANK(WEIGHT_BANK), .ACTIVATION_BANK(ACTIVATION_BANK),
    .PARAMETER_BANK(PARAMETER_BANK)) load (
    .clk(clk), .rst(rst), .pace(pace), .head_valid(head_valid[3]), .head(heads[IB*3 +: IB]), .available(available),
    .start(starts[3]), .complete(completes[3]), .posted(signals[64*3 +: 64]), .released(releases[64*3 +: 64]),
    .busy(load_busy),
    .index_request(request[2]), .index_wanted(wanted[64*2 +: 64]), .index_held(held[64*2 +: 64]), .index_grant(grant[2]),
    .back_request(request[1]), .back_wanted(wanted[64*1 +: 64]), .back_held(held[64*1 +: 64]), .back_grant(grant[1]),
    .dram_request(load_request), .dram_transfer(load_transfer), .indices(indices), .reply(load_reply),
    .index_read(index_read), .index_address(index_address), .index_data(index_data),
    .buffer_read(load_buffer_read), .buffer_address(load_buffer_address),
    .write_space(load_space), .write(load_write), .write_address(load_address));
  store_unit #(.LANES(MOVED), .BUFFER(BUFFER), .ACTIVATION_BANK(ACTIVATION_BANK)) store (
    .clk(clk), .rst(rst), .pace(pace), .head_valid(head_valid[4]), .head(heads[IB*4 +: IB]), .available(available),
    .start(starts[4]), .complete(completes[4]), .posted(signals[64*4 +: 64]), .released(releases[64*4 +: 64]),
    .busy(store_busy),
    .request(request[0]), .wanted(wanted[64*0 +: 64]), .held(held[64*0 +: 64]), .grant(grant[0]),
    .dram_request(store_request), .dram_transfer(store_transfer), .reply(store_reply),
    .read(store_read), .read_address(store_address), .buffer_address(store_buffer_address));
  dram #(.BYTES(DRAM_BYTES), .LANES(MOVED), .BUFFER(BUFFER), .INDICES(INDICES)) behind (
    .clk(clk), .rst(rst), .now(now), .pace(pace),
    .load_request(load_request), .load_transfer(load_transfer), .indices(indices),
    .store_request(store_request), .store_transfer(store_transfer), .load_reply(load_reply), .store_reply(store_reply),
    .busy(dram_busy),
    .to_load(to_load), .to_load_address(to_load_address), .to_load_data(to_load_data),
    .from_store(from_store), .from_store_address(from_store_address), .from_store_data(from_store_data));
  assign idle = halted && queue_counts == 0 && array_busy == 0 && !gate_busy && !load_busy && !store_busy && !dram_busy;

  chip_memories #(
    .ELEMENTS_WEIGHT(ARRAYS*ROWS*COLS), .ELEMENTS_ACTIVATION(ARRAYS*ROWS), .SUMS(ARRAYS*COLS), .READS(READS),
    .RESULTS(RESULTS), .LANES(LANES), .ARRAYS(ARRAYS), .MOVED(MOVED), .BUFFER(BUFFER), .WEIGHT_BYTES(WEIGHT_BYTES),
    .ACTIVATION_BYTES(ACTIVATION_BYTES), .PARAMETER_BYTES(PARAMETER_BYTES), .ACCUMULATOR_BYTES(ACCUMULATOR_BYTES)) memories (
    .clk(clk), .gate_read(gate_read), .gate_sources(gate_sources), .gate_read_addresses(gate_read_addresses),
    .stream_data(stream_data), .gate_read_data(gate_read_data), .gate_write(gate_write), .gate_spaces(gate_spaces),
    .gate_write_addresses(gate_write_addresses), .gate_write_words(gate_write_words),
    .weight_read(weight_read), .weight_address(weight_address), .weight_data(weight_data),
    .activation_read(activation_read), .activation_address(activation_address), .activation_data(activation_data),
    .sum_read(sum_read), .sum_write(sum_write), .sum_address(sum_address), .sum_write_data(sum_write_data),
    .sum_read_data(sum_read_data),
    .index_read(index_read), .index_address(index_address), .index_data(index_data),
    .store_read(store_read), .store_address(store_address), .store_buffer_address(store_buffer_address),
    .from_store(from_store), .from_store_address(from_store_address), .from_store_data(from_store_data),
    .to_load(to_load), .to_load_address(to_load_address), .to_load_data(to_load_data),
    .load_buffer_read(load_buffer_read), .load_buffer_address(load_buffer_address),
    .load_space(load_space), .load_write(load_write), .load_address(load_address));

`ifndef SYNTHESIS
  access_watch #(
    .ROWS(ROWS), .COLS(COLS), .ARRAYS(ARRAYS), .LANES(LANES), .READS(READS), .RESULTS(RESULTS), .MOVED(MOVED),
    .WEIGHT_BANK(WEIGHT_BANK), .ACTIVATION_BANK(ACTIVATION_BANK), .PARAMETER_BANK(PARAMETER_BANK),
    .ACCUMULATOR_BANK(ACCUMULATOR_BANK)) watch (
    .clk(clk), .rst(rst), .pace(pace), .grant(grant), .wanted(wanted), .held(held),
    .weight_read(weight_read), .weight_address(weight_address), .weight_narrow(weight_narrow),
    .activation_read(activation_read), .activation_address(activation_address), .activation_narrow(activation_narrow),
    .sum_read(sum_read), .sum_write(sum_write), .sum_address(sum_address), .sum_bytes(sum_bytes),
    .gate_read(gate_read), .gate_sources(gate_sources), .gate_read_sizes(gate_read_sizes),
    .gate_read_addresses(gate_read_addresses), .gate_write(gate_write), .gate_spaces(gate_spaces),
    .gate_write_addresses(gate_write_addresses), .index_read(index_read), .index_address(index_address),
    .store_read(store_read), .store_address(store_address),
    .load_space(load_space), .load_write(load_write), .load_address(load_address));
`endif
endmodule
