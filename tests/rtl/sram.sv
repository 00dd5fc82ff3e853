// The bytes of one memory. What is written in cycle t is read from t+1 on: the writes of a cycle are latched at its end and
// done at the next falling edge. Whoever may access which bank when is decided elsewhere (bank_arbiter). The groups of ports:
//   gate      32-bit words, read and written by the gate unit's lanes
//   element   16-bit words, read by the arrays' edges
//   sum       32-bit words, read and written by the adders behind the arrays' columns
//   moved     bytes, read and written by the load and the store unit
module sram #(
  parameter int BYTES = 4096,
  parameter int GATE_READS = 1,
  parameter int GATE_WRITES = 1,
  parameter int ELEMENTS = 1,
  parameter int SUMS = 1,
  parameter int MOVED_READS = 1,
  parameter int MOVED_WRITES = 1
) (
  input logic clk,
  input logic [GATE_READS-1:0] gate_read,
  input logic [GATE_READS*32-1:0] gate_read_address,
  output logic [GATE_READS*32-1:0] gate_read_data,
  input logic [GATE_WRITES*4-1:0] gate_write,                      // byte enables
  input logic [GATE_WRITES*32-1:0] gate_write_address,
  input logic [GATE_WRITES*32-1:0] gate_write_data,
  input logic [ELEMENTS-1:0] element_read,
  input logic [ELEMENTS*32-1:0] element_address,
  output logic [ELEMENTS*16-1:0] element_data,
  input logic [SUMS-1:0] sum_read,
  input logic [SUMS-1:0] sum_write,
  input logic [SUMS*32-1:0] sum_address,
  input logic [SUMS*32-1:0] sum_write_data,
  output logic [SUMS*32-1:0] sum_read_data,
  input logic [MOVED_READS-1:0] moved_read,
  input logic [MOVED_READS*32-1:0] moved_read_address,
  output logic [MOVED_READS*8-1:0] moved_read_data,
  input logic [MOVED_WRITES-1:0] moved_write,
  input logic [MOVED_WRITES*32-1:0] moved_write_address,
  input logic [MOVED_WRITES*8-1:0] moved_write_data
);
  localparam int ADDRESS = $clog2(BYTES + 3);
  logic [7:0] memory [0:BYTES+2]  /* verilator public_flat_rd */;  // a word that begins in the last byte may be looked at

  always_comb begin
    gate_read_data = '0;
    if (gate_read != 0)
      for (int port = 0; port < GATE_READS; port++)
        if (gate_read[port])
          for (int b = 0; b < 4; b++)
            gate_read_data[32*port + 8*b +: 8] = memory[ADDRESS'(gate_read_address[32*port +: 32]) + ADDRESS'(b)];
  end

  always_comb begin
    element_data = '0;
    if (element_read != 0)
      for (int port = 0; port < ELEMENTS; port++)
        if (element_read[port])
          for (int b = 0; b < 2; b++)
            element_data[16*port + 8*b +: 8] = memory[ADDRESS'(element_address[32*port +: 32]) + ADDRESS'(b)];
  end

  always_comb begin
    sum_read_data = '0;
    if (sum_read != 0)
      for (int port = 0; port < SUMS; port++)
        if (sum_read[port])
          for (int b = 0; b < 4; b++)
            sum_read_data[32*port + 8*b +: 8] = memory[ADDRESS'(sum_address[32*port +: 32]) + ADDRESS'(b)];
  end

  always_comb begin
    moved_read_data = '0;
    if (moved_read != 0)
      for (int port = 0; port < MOVED_READS; port++)
        if (moved_read[port]) moved_read_data[8*port +: 8] = memory[ADDRESS'(moved_read_address[32*port +: 32])];
  end

  logic [GATE_WRITES*4-1:0] gate_enables;
  logic [GATE_WRITES*32-1:0] gate_addresses, gate_words;
  logic [SUMS-1:0] sum_enables;
  logic [SUMS*32-1:0] sum_addresses, sum_words;
  logic [MOVED_WRITES-1:0] moved_enables;
  logic [MOVED_WRITES*32-1:0] moved_addresses;
  logic [MOVED_WRITES*8-1:0] moved_bytes;

  always_ff @(posedge clk) begin
    gate_enables <= gate_write;
    if (gate_write != 0) begin
      gate_addresses <= gate_write_address;
      gate_words <= gate_write_data;
    end
    sum_enables <= sum_write;
    if (sum_write != 0) begin
      sum_addresses <= sum_address;
      sum_words <= sum_write_data;
    end
    moved_enables <= moved_write;
    if (moved_write != 0) begin
      moved_addresses <= moved_write_address;
      moved_bytes <= moved_write_data;
    end
  end

  // Blocking assignments, as nobody looks at this edge; where two ports of a cycle meet, the later one in a group wins.
  always @(negedge clk) begin
    if (moved_enables != 0)
      for (int port = 0; port < MOVED_WRITES; port++)
        if (moved_enables[port]) memory[ADDRESS'(moved_addresses[32*port +: 32])] = moved_bytes[8*port +: 8];
    if (sum_enables != 0)
      for (int port = 0; port < SUMS; port++)
        if (sum_enables[port])
          for (int b = 0; b < 4; b++)
            memory[ADDRESS'(sum_addresses[32*port +: 32]) + ADDRESS'(b)] = sum_words[32*port + 8*b +: 8];
    if (gate_enables != 0)
      for (int port = 0; port < GATE_WRITES; port++)
        for (int b = 0; b < 4; b++)
          if (gate_enables[4*port + b])
            memory[ADDRESS'(gate_addresses[32*port +: 32]) + ADDRESS'(b)] = gate_words[32*port + 8*b +: 8];
  end
endmodule
