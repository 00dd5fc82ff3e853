// A word of the instruction memory as an instruction for a unit: every place's address is its base plus stride times
// iteration over the loops around it.
module instruction_fetch (
  input logic enabled,
  input logic [chip_types::PC_BITS-1:0] pc,
  input logic [chip_types::WORD_BITS-1:0] word,
  input logic [3:0] depth,
  input logic [chip_types::LOOPS_MOST*32-1:0] iterations,
  output chip_types::instruction_t entry
);
  localparam int PART_BITS = 32 * chip_types::PLACE_PARTS;

  always_comb begin
    logic [PART_BITS-1:0] place;
    logic [31:0] address;
    place = '0;
    address = '0;
    entry = '0;
    if (enabled) begin
      entry.opcode = word[3:0];
      entry.unit = word[11:8];
      entry.pc = pc;
      entry.waits = word[32*chip_types::WORD_MASKS +: 64];
      entry.signals = word[32*chip_types::WORD_MASKS + 64 +: 64];
      entry.releases = word[32*chip_types::WORD_MASKS + 128 +: 64];
      entry.fields = word[32*chip_types::WORD_FIELDS +: 32*chip_types::FIELDS];
      for (int p = 0; p < chip_types::PLACES; p++) begin
        place = word[32*chip_types::WORD_PLACES + p*PART_BITS +: PART_BITS];
        address = place[31:0];
        for (int level = 0; level < chip_types::LOOPS_MOST; level++)
          if (level < 32'(depth)) address += place[64 + 32*level +: 32] * iterations[32*level +: 32];
        entry.spaces[p] = place[34:32];
        entry.addresses[p] = address;
      end
    end
  end
endmodule
