// The four SRAMs and the two buffers between them and the DRAM, and which unit's accesses go to which.
module chip_memories #(
  parameter int ELEMENTS_WEIGHT = 16,
  parameter int ELEMENTS_ACTIVATION = 4,
  parameter int SUMS = 4,
  parameter int READS = 32,
  parameter int RESULTS = 16,
  parameter int LANES = 4,
  parameter int ARRAYS = 1,
  parameter int MOVED = 64,
  parameter int BUFFER = 14,
  parameter int WEIGHT_BYTES = 1024,
  parameter int ACTIVATION_BYTES = 1024,
  parameter int PARAMETER_BYTES = 1024,
  parameter int ACCUMULATOR_BYTES = 1024
) (
  input logic clk,
  // The gate unit; `stream_data` is what the arrays' streams answer.
  input logic [READS*LANES-1:0] gate_read,
  input logic [READS*4-1:0] gate_sources,
  input logic [READS*LANES*32-1:0] gate_read_addresses,
  input logic [ARRAYS*READS*LANES*32-1:0] stream_data,
  output logic [READS*LANES*32-1:0] gate_read_data,
  input logic [RESULTS*LANES*4-1:0] gate_write,
  input logic [RESULTS*3-1:0] gate_spaces,
  input logic [RESULTS*LANES*32-1:0] gate_write_addresses,
  input logic [RESULTS*LANES*32-1:0] gate_write_words,
  // The arrays
  input logic [ELEMENTS_WEIGHT-1:0] weight_read,
  input logic [ELEMENTS_WEIGHT*32-1:0] weight_address,
  output logic [ELEMENTS_WEIGHT*16-1:0] weight_data,
  input logic [ELEMENTS_ACTIVATION-1:0] activation_read,
  input logic [ELEMENTS_ACTIVATION*32-1:0] activation_address,
  output logic [ELEMENTS_ACTIVATION*16-1:0] activation_data,
  input logic [SUMS-1:0] sum_read,
  input logic [SUMS-1:0] sum_write,
  input logic [SUMS*32-1:0] sum_address,
  input logic [SUMS*32-1:0] sum_write_data,
  output logic [SUMS*32-1:0] sum_read_data,
  // Load and store unit
  input logic [MOVED-1:0] index_read,
  input logic [MOVED*32-1:0] index_address,
  output logic [MOVED*8-1:0] index_data,
  input logic [MOVED-1:0] store_read,
  input logic [MOVED*32-1:0] store_address,
  input logic [MOVED*32-1:0] store_buffer_address,
  input logic [MOVED-1:0] from_store,
  input logic [MOVED*32-1:0] from_store_address,
  output logic [MOVED*8-1:0] from_store_data,
  input logic [MOVED-1:0] to_load,
  input logic [MOVED*32-1:0] to_load_address,
  input logic [MOVED*8-1:0] to_load_data,
  input logic [MOVED-1:0] load_buffer_read,
  input logic [MOVED*32-1:0] load_buffer_address,
  input logic [2:0] load_space,
  input logic [MOVED-1:0] load_write,
  input logic [MOVED*32-1:0] load_address
);
  localparam int GATE_READS = READS * LANES;
  localparam int GATE_WRITES = RESULTS * LANES;

  // [space - 1]
  logic [4*GATE_READS-1:0] reads;
  logic [4*GATE_READS*32-1:0] words;
  logic [4*GATE_WRITES*4-1:0] writes;
  always_comb begin
    reads = '0;
    if (gate_read != 0)
      for (int port = 0; port < READS; port++)
        for (int s = 0; s < 4; s++)
          if (gate_sources[4*port +: 4] == 4'(s + 1))
            reads[GATE_READS*s + LANES*port +: LANES] = gate_read[LANES*port +: LANES];
    writes = '0;
    if (gate_write != 0)
      for (int port = 0; port < RESULTS; port++)
        for (int s = 0; s < 4; s++)
          if (gate_spaces[3*port +: 3] == 3'(s + 1))
            writes[4*(GATE_WRITES*s + LANES*port) +: 4*LANES] = gate_write[4*LANES*port +: 4*LANES];
  end
  always_comb begin
    gate_read_data = '0;
    if (gate_read != 0) begin
      for (int s = 0; s < 4; s++) gate_read_data |= words[GATE_READS*32*s +: GATE_READS*32];
      for (int a = 0; a < ARRAYS; a++) gate_read_data |= stream_data[GATE_READS*32*a +: GATE_READS*32];
    end
  end

  logic [MOVED*8-1:0] store_data, load_data;

  sram #(
    .BYTES(WEIGHT_BYTES), .GATE_READS(GATE_READS), .GATE_WRITES(GATE_WRITES), .ELEMENTS(ELEMENTS_WEIGHT),
    .MOVED_WRITES(MOVED)) weight (
    .clk(clk),
    .gate_read(reads[GATE_READS*0 +: GATE_READS]), .gate_read_address(gate_read_addresses),
    .gate_read_data(words[GATE_READS*32*0 +: GATE_READS*32]),
    .gate_write(writes[GATE_WRITES*4*0 +: GATE_WRITES*4]), .gate_write_address(gate_write_addresses),
    .gate_write_data(gate_write_words),
    .element_read(weight_read), .element_address(weight_address), .element_data(weight_data),
    .sum_read('0), .sum_write('0), .sum_address('0), .sum_write_data('0), .sum_read_data(),
    .moved_read('0), .moved_read_address('0), .moved_read_data(),
    .moved_write(load_space == chip_types::SPACE_WEIGHT ? load_write : '0), .moved_write_address(load_address),
    .moved_write_data(load_data));

  sram #(
    .BYTES(ACTIVATION_BYTES), .GATE_READS(GATE_READS), .GATE_WRITES(GATE_WRITES), .ELEMENTS(ELEMENTS_ACTIVATION),
    .MOVED_READS(2*MOVED), .MOVED_WRITES(MOVED)) activation (
    .clk(clk),
    .gate_read(reads[GATE_READS*1 +: GATE_READS]), .gate_read_address(gate_read_addresses),
    .gate_read_data(words[GATE_READS*32*1 +: GATE_READS*32]),
    .gate_write(writes[GATE_WRITES*4*1 +: GATE_WRITES*4]), .gate_write_address(gate_write_addresses),
    .gate_write_data(gate_write_words),
    .element_read(activation_read), .element_address(activation_address), .element_data(activation_data),
    .sum_read('0), .sum_write('0), .sum_address('0), .sum_write_data('0), .sum_read_data(),
    .moved_read({index_read, store_read}), .moved_read_address({index_address, store_address}),
    .moved_read_data({index_data, store_data}),
    .moved_write(load_space == chip_types::SPACE_ACTIVATION ? load_write : '0), .moved_write_address(load_address),
    .moved_write_data(load_data));

  sram #(
    .BYTES(PARAMETER_BYTES), .GATE_READS(GATE_READS), .GATE_WRITES(GATE_WRITES), .MOVED_WRITES(MOVED)) parameters (
    .clk(clk),
    .gate_read(reads[GATE_READS*2 +: GATE_READS]), .gate_read_address(gate_read_addresses),
    .gate_read_data(words[GATE_READS*32*2 +: GATE_READS*32]),
    .gate_write(writes[GATE_WRITES*4*2 +: GATE_WRITES*4]), .gate_write_address(gate_write_addresses),
    .gate_write_data(gate_write_words),
    .element_read('0), .element_address('0), .element_data(),
    .sum_read('0), .sum_write('0), .sum_address('0), .sum_write_data('0), .sum_read_data(),
    .moved_read('0), .moved_read_address('0), .moved_read_data(),
    .moved_write(load_space == chip_types::SPACE_PARAMETER ? load_write : '0), .moved_write_address(load_address),
    .moved_write_data(load_data));

  sram #(
    .BYTES(ACCUMULATOR_BYTES), .GATE_READS(GATE_READS), .GATE_WRITES(GATE_WRITES), .SUMS(SUMS)) accumulators (
    .clk(clk),
    .gate_read(reads[GATE_READS*3 +: GATE_READS]), .gate_read_address(gate_read_addresses),
    .gate_read_data(words[GATE_READS*32*3 +: GATE_READS*32]),
    .gate_write(writes[GATE_WRITES*4*3 +: GATE_WRITES*4]), .gate_write_address(gate_write_addresses),
    .gate_write_data(gate_write_words),
    .element_read('0), .element_address('0), .element_data(),
    .sum_read(sum_read), .sum_write(sum_write), .sum_address(sum_address), .sum_write_data(sum_write_data),
    .sum_read_data(sum_read_data),
    .moved_read('0), .moved_read_address('0), .moved_read_data(),
    .moved_write('0), .moved_write_address('0), .moved_write_data('0));

  sram #(.BYTES(1 << BUFFER), .MOVED_READS(MOVED), .MOVED_WRITES(MOVED)) load_buffer (
    .clk(clk),
    .gate_read('0), .gate_read_address('0), .gate_read_data(),
    .gate_write('0), .gate_write_address('0), .gate_write_data('0),
    .element_read('0), .element_address('0), .element_data(),
    .sum_read('0), .sum_write('0), .sum_address('0), .sum_write_data('0), .sum_read_data(),
    .moved_read(load_buffer_read), .moved_read_address(load_buffer_address), .moved_read_data(load_data),
    .moved_write(to_load), .moved_write_address(to_load_address), .moved_write_data(to_load_data));

  sram #(.BYTES(1 << BUFFER), .MOVED_READS(MOVED), .MOVED_WRITES(MOVED)) store_buffer (
    .clk(clk),
    .gate_read('0), .gate_read_address('0), .gate_read_data(),
    .gate_write('0), .gate_write_address('0), .gate_write_data('0),
    .element_read('0), .element_address('0), .element_data(),
    .sum_read('0), .sum_write('0), .sum_address('0), .sum_write_data('0), .sum_read_data(),
    .moved_read(from_store), .moved_read_address(from_store_address), .moved_read_data(from_store_data),
    .moved_write(store_read), .moved_write_address(store_buffer_address), .moved_write_data(store_data));
endmodule
