// Runs kernels over rows x elements: LANES elements, a chunk, every `interval` cycles. A chunk's operands are read when it
// enters, its results are written when it has gone through the depth of the kernel.
module gate_unit #(
  parameter int LANES = 4,
  parameter int COLS = 4,
  parameter int ARRAYS = 1,
  parameter int STREAM_ROWS = 1,
  parameter int ENTRIES = 64,
  parameter int OPS = 128,
  parameter int KERNELS = 64,
  parameter int READS = 32,
  parameter int RESULTS = 16,
  parameter int RECORDS = 8,                                       // 2^RECORDS chunks on their way
  parameter int WEIGHT_BANK = 64,
  parameter int ACTIVATION_BANK = 64,
  parameter int PARAMETER_BANK = 64,
  parameter int ACCUMULATOR_BANK = 64
) (
  input logic clk,
  input logic rst,
  input logic [31:0] now,
  input chip_types::pace_t pace,
  // Before the program starts: its gate instructions are looked at.
  output logic [chip_types::PC_BITS-1:0] scan_pc,
  input logic [chip_types::WORD_BITS-1:0] scan_word,
  output logic scanned,
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
  // The arrays' streams
  input logic [ARRAYS-1:0] stream_valid,
  input logic [ARRAYS*64-1:0] stream_times,
  input logic [ARRAYS*16-1:0] stream_oldest,
  output logic [ARRAYS-1:0] stream_pop,
  output logic [15:0] stream_pop_rows,
  // Words
  output logic [READS*LANES-1:0] read,
  output logic [READS*4-1:0] read_sources,
  output logic [READS*2-1:0] read_sizes,
  output logic [READS*LANES*32-1:0] read_addresses,
  input logic [READS*LANES*32-1:0] read_data,
  output logic [RESULTS*LANES*4-1:0] write,
  output logic [RESULTS*3-1:0] write_spaces,
  output logic [RESULTS*LANES*32-1:0] write_addresses,
  output logic [RESULTS*LANES*32-1:0] write_words
);
  localparam int KERNEL_BITS = OPS * chip_types::MICRO_OP_BITS;
  localparam int RECORD_BITS = RESULTS * (LANES + 1) * 32;

  logic [KERNEL_BITS-1:0] kernels [0:KERNELS-1]  /* verilator public_flat_rd */;
  logic [7:0] kernel_steps [0:KERNELS-1]  /* verilator public_flat_rd */;
  logic [31:0] facts [0:(1<<chip_types::PC_BITS)-1];              // depth and interval of the gate instruction at each pc

  logic [5:0] scan_kernel;
  logic [7:0] scan_step;
  logic scan_write;
  logic [15:0] scan_interval, scan_depth;
  gate_scan #(.LANES(LANES)) scan (
    .clk(clk), .rst(rst), .pace(pace), .pc(scan_pc), .word(scan_word), .kernel(scan_kernel), .step(scan_step),
    .op(kernels[scan_kernel][chip_types::MICRO_OP_BITS*scan_step +: chip_types::MICRO_OP_BITS]),
    .steps(kernel_steps[scan_kernel]), .done(scanned), .write(scan_write), .interval(scan_interval), .depth(scan_depth));
  always_ff @(posedge clk) if (scan_write) facts[scan_pc] <= {scan_depth, scan_interval};

  // The start
  logic is_sync, may_start, streams_ready, occupied, in_window;
  logic [5:0] head_kernel;
  logic [31:0] interval, depth, chunks, window;
  logic [63:0] reads, writes;
  logic [ARRAYS-1:0] pops;
  assign is_sync = head.opcode == chip_types::OP_SYNC;
  assign head_kernel = 6'(head.fields[chip_types::GATE_KERNEL]);
  assign {depth[15:0], interval[15:0]} = facts[head.pc];
  assign depth[31:16] = 0;
  assign interval[31:16] = 0;
  assign chunks = head.fields[chip_types::GATE_ROWS] * chip_types::ceil_div(head.fields[chip_types::GATE_ELEMENTS], LANES);
  assign window = is_sync ? 1 : chunks * interval;
  assign may_start = !occupied && head_valid && (head.waits & ~available) == 0;
  gate_conditions #(
    .OPS(OPS), .LANES(LANES), .ARRAYS(ARRAYS), .WEIGHT_BANK(WEIGHT_BANK), .ACTIVATION_BANK(ACTIVATION_BANK),
    .PARAMETER_BANK(PARAMETER_BANK), .ACCUMULATOR_BANK(ACCUMULATOR_BANK)) conditions (
    .enabled(may_start && !is_sync), .now(now), .head(head), .kernel(kernels[head_kernel]), .steps(kernel_steps[head_kernel]),
    .interval(interval), .stream_valid(stream_valid), .stream_times(stream_times),
    .reads(reads), .writes(writes), .pops(pops), .streams_ready(streams_ready));
  assign request = may_start && streams_ready;
  assign wanted = reads | writes;
  assign start = request && grant;

  // The instruction at work
  chip_types::instruction_t current;
  logic [KERNEL_BITS-1:0] kernel;
  logic [7:0] steps;
  logic full, window_full;
  logic [31:0] left, window_left, chunk_interval;
  logic [63:0] held_reads, held_writes;
  logic [ARRAYS-1:0] popped;
  assign occupied = full && left != 0;
  assign in_window = window_full && window_left != 0;
  assign held = (in_window ? held_reads : '0) | (occupied ? held_writes : '0);
  assign complete = full && left == 0;
  assign posted = complete ? current.signals : '0;
  assign released = window_full && !in_window ? current.releases : '0;
  assign stream_pop = window_full && !in_window ? popped : '0;
  assign stream_pop_rows = 16'(current.fields[chip_types::GATE_ROWS]);
  assign busy = occupied;

  always_ff @(posedge clk)
    if (rst) begin
      full <= 0;
      window_full <= 0;
    end else if (start) begin
      full <= 1;
      window_full <= 1;
      left <= window + (is_sync ? 0 : depth) - 1;
      window_left <= window - 1;
      current <= head;
      kernel <= kernels[head_kernel];
      steps <= kernel_steps[head_kernel];
      chunk_interval <= interval;
      held_reads <= reads;
      held_writes <= writes;
      popped <= pops;
    end else begin
      if (occupied) left <= left - 1;
      else full <= 0;
      if (in_window) window_left <= window_left - 1;
      else window_full <= 0;
    end

  // Chunks enter from the cycle after the start on.
  logic entering, enter, last_of_row, leaving, leave;
  logic [31:0] timer, row, element, to_enter;
  assign enter = entering && timer == 0;
  assign last_of_row = element + LANES >= current.fields[chip_types::GATE_ELEMENTS];
  always_ff @(posedge clk)
    if (rst) entering <= 0;
    else if (start) begin
      entering <= !is_sync;
      timer <= 0;
      row <= 0;
      element <= 0;
      to_enter <= chunks;
    end else if (enter) begin
      entering <= to_enter != 1;
      to_enter <= to_enter - 1;
      timer <= chunk_interval - 1;
      element <= last_of_row ? 0 : element + LANES;
      row <= row + 32'(last_of_row);
    end else timer <= timer - 1;

  gate_operands #(
    .OPS(OPS), .READS(READS), .LANES(LANES), .COLS(COLS), .ARRAYS(ARRAYS), .STREAM_ROWS(STREAM_ROWS)) operands (
    .enabled(enter), .instruction(current), .kernel(kernel), .steps(steps), .row(row), .element(element),
    .stream_oldest(stream_oldest), .valid(read), .sources(read_sources), .sizes(read_sizes), .addresses(read_addresses));

  logic [LANES-1:0] lanes_valid;
  logic [LANES*RESULTS*32-1:0] values;
  logic [RESULTS*32-1:0] reduced;
  generate
    for (genvar lane = 0; lane < LANES; lane++) begin : lanes
      logic [READS*32-1:0] words;
      always_comb begin
        words = '0;
        if (enter)
          for (int port = 0; port < READS; port++) words[32*port +: 32] = read_data[32*(LANES*port + lane) +: 32];
      end
      assign lanes_valid[lane] = element + lane < current.fields[chip_types::GATE_ELEMENTS];
      gate_lane #(.OPS(OPS), .READS(READS), .RESULTS(RESULTS), .ENTRIES(ENTRIES)) one (
        .enabled(enter && lanes_valid[lane]), .kernel(kernel), .steps(steps), .operands(words),
        .results(values[32*RESULTS*lane +: 32*RESULTS]));
    end
  endgenerate
  gate_reducer #(.OPS(OPS), .RESULTS(RESULTS), .LANES(LANES)) reducer (
    .clk(clk), .enabled(enter), .kernel(kernel), .steps(steps), .first(element == 0), .lanes(lanes_valid), .values(values),
    .stored(reduced));

  // Results on their way: chunk g is written in the last cycle before s + (g+1) * interval + depth.
  logic [RECORD_BITS-1:0] records [0:(1<<RECORDS)-1];
  logic [RECORDS-1:0] first_record, next_record;
  logic [31:0] leave_timer, leave_row, leave_element, to_leave;
  logic leave_last_of_row;
  logic [RECORD_BITS-1:0] record;
  assign leave = leaving && leave_timer == 0;
  assign record = records[first_record];
  assign leave_last_of_row = leave_element + LANES >= current.fields[chip_types::GATE_ELEMENTS];
  always_ff @(posedge clk)
    if (rst) begin
      leaving <= 0;
      first_record <= 0;
      next_record <= 0;
    end else begin
      if (enter) begin
        records[next_record] <= {reduced, values};
        next_record <= next_record + 1;
      end
      if (start) begin
        leaving <= !is_sync;
        leave_timer <= interval + depth - 2;
        leave_row <= 0;
        leave_element <= 0;
        to_leave <= chunks;
      end else if (leave) begin
        leaving <= to_leave != 1;
        to_leave <= to_leave - 1;
        leave_timer <= chunk_interval - 1;
        leave_element <= leave_last_of_row ? 0 : leave_element + LANES;
        leave_row <= leave_row + 32'(leave_last_of_row);
        first_record <= first_record + 1;
      end else leave_timer <= leave_timer - 1;
    end

  gate_writer #(.OPS(OPS), .RESULTS(RESULTS), .LANES(LANES)) writer (
    .enabled(leave), .instruction(current), .kernel(kernel), .steps(steps), .row(leave_row), .element(leave_element),
    .values(record[32*RESULTS*LANES-1:0]), .reduced(record[32*RESULTS*LANES +: 32*RESULTS]),
    .bytes(write), .spaces(write_spaces), .addresses(write_addresses), .words(write_words));
endmodule
