// Holds every access to the SRAMs to what the contract gave its unit: it lies (its first byte) in a bank of which the unit holds a port, in
// this cycle or, where operands are read through a register, in the one before; and its bytes fit into the window at the
// SRAM's bytes per cycle. Only for simulation: nothing in the chip depends on it.
module access_watch #(
  parameter int ROWS = 4,
  parameter int COLS = 4,
  parameter int ARRAYS = 1,
  parameter int LANES = 4,
  parameter int READS = 32,
  parameter int RESULTS = 16,
  parameter int MOVED = 64,
  parameter int WEIGHT_BANK = 64,
  parameter int ACTIVATION_BANK = 64,
  parameter int PARAMETER_BANK = 64,
  parameter int ACCUMULATOR_BANK = 64,
  localparam int CLIENTS = 4 + 2 * ARRAYS
) (
  input logic clk,
  input logic rst,
  input chip_types::pace_t pace,
  input logic [CLIENTS-1:0] grant,
  input logic [CLIENTS*64-1:0] wanted,
  input logic [CLIENTS*64-1:0] held,
  input logic [ARRAYS*ROWS*COLS-1:0] weight_read,
  input logic [ARRAYS*ROWS*COLS*32-1:0] weight_address,
  input logic [ARRAYS-1:0] weight_narrow,                          // one byte each
  input logic [ARRAYS*ROWS-1:0] activation_read,
  input logic [ARRAYS*ROWS*32-1:0] activation_address,
  input logic [ARRAYS-1:0] activation_narrow,
  input logic [ARRAYS*COLS-1:0] sum_read,
  input logic [ARRAYS*COLS-1:0] sum_write,
  input logic [ARRAYS*COLS*32-1:0] sum_address,
  input logic [ARRAYS*32-1:0] sum_bytes,                           // of a row that begins to leave the array
  input logic [READS*LANES-1:0] gate_read,
  input logic [READS*4-1:0] gate_sources,
  input logic [READS*2-1:0] gate_read_sizes,                       // 1 << size bytes
  input logic [READS*LANES*32-1:0] gate_read_addresses,
  input logic [RESULTS*LANES*4-1:0] gate_write,
  input logic [RESULTS*3-1:0] gate_spaces,
  input logic [RESULTS*LANES*32-1:0] gate_write_addresses,
  input logic [MOVED-1:0] index_read,
  input logic [MOVED*32-1:0] index_address,
  input logic [MOVED-1:0] store_read,
  input logic [MOVED*32-1:0] store_address,
  input logic [2:0] load_space,
  input logic [MOVED-1:0] load_write,
  input logic [MOVED*32-1:0] load_address
);
  // What there has been so far: accesses without a port, by the groups below; then bytes beyond the budget.
  localparam int WEIGHTS = 0, VECTORS = 1, SUMS = 2, GATE_READS = 3, GATE_WRITES = 4, INDEX = 5, STORE = 6, LOAD = 7;
  logic [15:0] breaches  /* verilator public_flat_rd */;

  // Ports in this cycle and in the one before; whether their holder is another instruction than before.
  logic [CLIENTS*64-1:0] owned, earlier;
  logic [CLIENTS-1:0] fresh;
  always_comb
    for (int client = 0; client < CLIENTS; client++)
      owned[64*client +: 64] = held[64*client +: 64] | (grant[client] ? wanted[64*client +: 64] : '0);
  always_ff @(posedge clk) begin
    earlier <= rst ? '0 : owned;
    fresh <= rst ? '0 : grant;
  end

  function automatic logic [31:0] bank_bytes(input logic [2:0] space);
    case (space)
      chip_types::SPACE_WEIGHT: bank_bytes = WEIGHT_BANK;
      chip_types::SPACE_ACTIVATION: bank_bytes = ACTIVATION_BANK;
      chip_types::SPACE_PARAMETER: bank_bytes = PARAMETER_BANK;
      default: bank_bytes = ACCUMULATOR_BANK;
    endcase
  endfunction

  // Whether `ports` has one for this byte.
  function automatic logic has_port(input logic [63:0] ports, input logic [2:0] space, input logic write,
                                    input logic [31:0] address);
    logic [31:0] bank;
    bank = address / bank_bytes(space);
    has_port = bank < chip_types::BANKS_MOST && ports[{2'(space - 3'd1), write, bank[2:0]}];
  endfunction

  logic [7:0] no_port;
  logic [ARRAYS-1:0] array_no_weights, array_no_vectors, array_no_sums;
  generate
    for (genvar a = 0; a < ARRAYS; a++) begin : arrays
      logic [63:0] weights_ports, vector_ports, sum_ports;
      assign weights_ports = earlier[64*(4 + ARRAYS + a) +: 64];
      assign vector_ports = earlier[64*(4 + a) +: 64];
      assign sum_ports = owned[64*(4 + a) +: 64];
      always_comb begin
        array_no_weights[a] = 0;
        if (weight_read[ROWS*COLS*a +: ROWS*COLS] != 0)
          for (int e = ROWS*COLS*a; e < ROWS*COLS*(a + 1); e++)
            if (weight_read[e] && !has_port(weights_ports, chip_types::SPACE_WEIGHT, 1'b0, weight_address[32*e +: 32]))
              array_no_weights[a] = 1;
        array_no_vectors[a] = 0;
        if (activation_read[ROWS*a +: ROWS] != 0)
          for (int e = ROWS*a; e < ROWS*(a + 1); e++)
            if (activation_read[e] &&
                !has_port(vector_ports, chip_types::SPACE_ACTIVATION, 1'b0, activation_address[32*e +: 32]))
              array_no_vectors[a] = 1;
        array_no_sums[a] = 0;
        if (sum_write[COLS*a +: COLS] != 0)
          for (int e = COLS*a; e < COLS*(a + 1); e++) begin
            if (sum_read[e] && !has_port(sum_ports, chip_types::SPACE_ACCUMULATOR, 1'b0, sum_address[32*e +: 32]))
              array_no_sums[a] = 1;
            if (sum_write[e] && !has_port(sum_ports, chip_types::SPACE_ACCUMULATOR, 1'b1, sum_address[32*e +: 32]))
              array_no_sums[a] = 1;
          end
      end
    end
  endgenerate

  always_comb begin
    no_port = '0;
    no_port[WEIGHTS] = array_no_weights != 0;
    no_port[VECTORS] = array_no_vectors != 0;
    no_port[SUMS] = array_no_sums != 0;
    if (gate_read != 0)
      for (int port = 0; port < READS; port++)
        if (!gate_sources[4*port + 3])
          for (int lane = 0; lane < LANES; lane++)
            if (gate_read[LANES*port + lane] && !has_port(earlier[64*3 +: 64], gate_sources[4*port +: 3], 1'b0,
                                                          gate_read_addresses[32*(LANES*port + lane) +: 32]))
              no_port[GATE_READS] = 1;
    if (gate_write != 0)
      for (int port = 0; port < RESULTS; port++)
        for (int lane = 0; lane < LANES; lane++)
          if (gate_write[4*(LANES*port + lane)] && !has_port(owned[64*3 +: 64], gate_spaces[3*port +: 3], 1'b1,
                                                             gate_write_addresses[32*(LANES*port + lane) +: 32]))
            no_port[GATE_WRITES] = 1;
    if (index_read != 0)
      for (int lane = 0; lane < MOVED; lane++)
        if (index_read[lane] && !has_port(owned[64*2 +: 64], chip_types::SPACE_ACTIVATION, 1'b0, index_address[32*lane +: 32]))
          no_port[INDEX] = 1;
    if (store_read != 0)
      for (int lane = 0; lane < MOVED; lane++)
        if (store_read[lane] && !has_port(owned[64*0 +: 64], chip_types::SPACE_ACTIVATION, 1'b0, store_address[32*lane +: 32]))
          no_port[STORE] = 1;
    if (load_write != 0)
      for (int lane = 0; lane < MOVED; lane++)
        if (load_write[lane] && !has_port(owned[64*1 +: 64], load_space, 1'b1, load_address[32*lane +: 32]))
          no_port[LOAD] = 1;
  end

  // Bytes of this cycle's chunk, by space - 1.
  logic [4*32-1:0] gate_read_bytes, gate_write_bytes;
  always_comb begin
    logic [31:0] words;
    gate_read_bytes = '0;
    words = '0;
    if (gate_read != 0)
      for (int port = 0; port < READS; port++)
        if (gate_read[LANES*port] && !gate_sources[4*port + 3]) begin
          words = $countones(gate_read[LANES*port +: LANES]);
          if (LANES > 1 && words > 1 && gate_read_addresses[32*LANES*port +: 32] ==
                                        gate_read_addresses[32*(LANES*port + (LANES > 1 ? 1 : 0)) +: 32])
            words = 1;                                             // one value for all lanes
          gate_read_bytes[32*2'(gate_sources[4*port +: 3] - 3'd1) +: 32] += words << gate_read_sizes[2*port +: 2];
        end
    gate_write_bytes = '0;
    if (gate_write != 0)
      for (int port = 0; port < RESULTS; port++)
        if (gate_write[4*LANES*port +: 4*LANES] != 0)
          gate_write_bytes[32*2'(gate_spaces[3*port +: 3] - 3'd1) +: 32] += $countones(gate_write[4*LANES*port +: 4*LANES]);
  end

  logic [7:0] too_many;
  logic [ARRAYS-1:0] many_weights, many_vectors, many_sums;
  logic [3:0] many_reads, many_writes;
  logic [31:0] sram_bytes;                                         // per cycle, of each SRAM
  assign sram_bytes = {pace.accumulators.bytes_per_cycle, pace.parameter_sram.bytes_per_cycle,
                       pace.activation_sram.bytes_per_cycle, pace.weight_sram.bytes_per_cycle};
  generate
    for (genvar a = 0; a < ARRAYS; a++) begin : budgets
      byte_budget #(.SPREAD(0)) weights (
        .clk(clk), .rst(rst), .bytes_per_cycle(pace.weight_sram.bytes_per_cycle),
        .bytes(weight_read[ROWS*COLS*a +: ROWS*COLS] == 0 ? 0
               : 32'($countones(weight_read[ROWS*COLS*a +: ROWS*COLS])) << !weight_narrow[a]),
        .closes(fresh[4 + ARRAYS + a] || earlier[64*(4 + ARRAYS + a) +: 8] == 0), .breach(many_weights[a]));
      byte_credit vectors (
        .clk(clk), .bytes_per_cycle(pace.activation_sram.bytes_per_cycle),
        .bytes(activation_read[ROWS*a +: ROWS] == 0 ? 0
               : 32'($countones(activation_read[ROWS*a +: ROWS])) << !activation_narrow[a]),
        .opens(fresh[4 + a]), .breach(many_vectors[a]));
      byte_credit sums (
        .clk(clk), .bytes_per_cycle(pace.accumulators.bytes_per_cycle), .bytes(sum_bytes[32*a +: 32]),
        .opens(fresh[4 + a]), .breach(many_sums[a]));
    end
    for (genvar s = 0; s < 4; s++) begin : spaces
      byte_budget reads (
        .clk(clk), .rst(rst), .bytes_per_cycle(sram_bytes[8*s +: 8]), .bytes(gate_read_bytes[32*s +: 32]),
        .closes(fresh[3] || earlier[64*3 + 16*s +: 8] == 0), .breach(many_reads[s]));
      byte_credit writes (
        .clk(clk), .bytes_per_cycle(sram_bytes[8*s +: 8]), .bytes(gate_write_bytes[32*s +: 32]),
        .opens(fresh[3]), .breach(many_writes[s]));
    end
  endgenerate

  always_comb begin
    too_many = '0;
    too_many[WEIGHTS] = many_weights != 0;
    too_many[VECTORS] = many_vectors != 0;
    too_many[SUMS] = many_sums != 0;
    too_many[GATE_READS] = many_reads != 0;
    too_many[GATE_WRITES] = many_writes != 0;
    if (index_read != 0) too_many[INDEX] = $countones(index_read) > 32'(pace.activation_sram.bytes_per_cycle);
    if (store_read != 0) too_many[STORE] = $countones(store_read) > 32'(pace.activation_sram.bytes_per_cycle);
    if (load_write != 0) too_many[LOAD] = $countones(load_write) > 32'(sram_bytes[8*2'(load_space - 3'd1) +: 8]);
  end

  always_ff @(posedge clk)
    if (rst) breaches <= '0;
    else breaches <= breaches | {too_many, no_port};
endmodule
