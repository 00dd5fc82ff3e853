// Works out, before the program starts, each gate instruction's interval and depth: one micro-operation of its kernel a cycle.
module gate_scan #(
  parameter int LANES = 4
) (
  input logic clk,
  input logic rst,
  input chip_types::pace_t pace,
  output logic [chip_types::PC_BITS-1:0] pc,
  input logic [chip_types::WORD_BITS-1:0] word,                    // of the program, at pc
  output logic [5:0] kernel,
  output logic [7:0] step,
  input chip_types::micro_op_t op,                                 // of that kernel, at that step
  input logic [7:0] steps,                                         // of that kernel
  output logic done,
  output logic write,                                              // of the facts of pc
  output logic [15:0] interval,
  output logic [15:0] depth
);
  logic is_gate, is_last;
  logic [31:0] elements, lanes_used;
  assign is_gate = word[3:0] == chip_types::OP_GATE;
  assign kernel = word[32*(chip_types::WORD_FIELDS + chip_types::GATE_KERNEL) +: 6];
  assign elements = word[32*(chip_types::WORD_FIELDS + chip_types::GATE_ELEMENTS) +: 32];
  assign lanes_used = elements < LANES ? elements : LANES;
  assign is_last = step + 1 == steps;

  // The registers' times, and what the micro-operations so far ask for.
  logic [32*16-1:0] times;
  logic [15:0] deepest, adders, multipliers, tables, divides, reductions;
  logic [8*32-1:0] bytes;                                          // [SRAM][write]

  // This micro-operation.
  logic [2:0] space;
  logic [31:0] width, moved, sram;
  logic [15:0] from_a, from_b, latency, ready;
  logic [7:0] memory_latency;
  logic is_load, is_store, is_adder, is_multiplier, is_table, is_divide, is_reduction, uses_a, uses_b;
  assign is_load = op.opcode <= chip_types::MICRO_LD32;
  assign is_store = op.opcode >= chip_types::MICRO_ST8 && op.opcode <= chip_types::MICRO_ST32;
  assign is_adder = op.opcode >= chip_types::MICRO_LI && op.opcode <= chip_types::MICRO_SELECT;
  assign is_multiplier = op.opcode >= chip_types::MICRO_MUL && op.opcode <= chip_types::MICRO_SCALEI;
  assign is_table = op.opcode >= chip_types::MICRO_SIGMOID && op.opcode <= chip_types::MICRO_LN;
  assign is_divide = op.opcode == chip_types::MICRO_DIV;
  assign is_reduction = op.opcode == chip_types::MICRO_RMAX || op.opcode == chip_types::MICRO_RSUM;
  assign uses_b = op.opcode == chip_types::MICRO_ADD || op.opcode == chip_types::MICRO_SUB ||
                  op.opcode == chip_types::MICRO_MAX || op.opcode == chip_types::MICRO_MIN ||
                  op.opcode == chip_types::MICRO_SELECT || op.opcode == chip_types::MICRO_MUL ||
                  op.opcode == chip_types::MICRO_SCALE || op.opcode == chip_types::MICRO_DIV;
  assign uses_a = !is_load && op.opcode != chip_types::MICRO_LI && op.opcode != chip_types::MICRO_POP;

  assign space = word[32*(chip_types::WORD_PLACES + 32'(op.p)*chip_types::PLACE_PARTS + 1) +: 3];
  assign sram = 32'(space) - 1;
  assign width = op.opcode == chip_types::MICRO_LD8 || op.opcode == chip_types::MICRO_ST8 ? 1 :
                 op.opcode == chip_types::MICRO_LD16 || op.opcode == chip_types::MICRO_ST16 ? 2 : 4;
  assign moved = op.j == 0 ? width : width * lanes_used;
  assign memory_latency = space == chip_types::SPACE_WEIGHT ? pace.weight_sram.latency :
                              space == chip_types::SPACE_ACTIVATION ? pace.activation_sram.latency :
                              space == chip_types::SPACE_PARAMETER ? pace.parameter_sram.latency : pace.accumulators.latency;
  assign latency = is_load ? 16'(memory_latency) : is_adder ? 16'(pace.add_latency) :
                   is_multiplier ? 16'(pace.multiply_latency) : is_table ? 16'(pace.table_latency) : is_divide ? 16'(pace.divide_cycles) :
                   is_reduction ? 16'(pace.reduce_latency) : 1;    // store, pop
  assign from_a = uses_a ? times[16*op.a +: 16] : 0;
  assign from_b = uses_b ? times[16*op.b +: 16] : 0;
  assign ready = (from_a > from_b ? from_a : from_b) + latency;

  // Everything with this micro-operation.
  logic [31:0] longest;
  logic [8*32-1:0] all_bytes;
  logic [15:0] all_adders, all_multipliers, all_tables, all_divides, all_reductions;
  logic [7:0] bandwidth;
  assign all_adders = adders + 16'(is_adder);
  assign all_multipliers = multipliers + 16'(is_multiplier);
  assign all_tables = tables + 16'(is_table);
  assign all_divides = divides + 16'(is_divide);
  assign all_reductions = reductions + 16'(is_reduction);
  assign depth = ready > deepest ? ready : deepest;
  always_comb begin
    all_bytes = bytes;
    if (is_load || is_store)
      all_bytes[32*(2*sram + 32'(is_store)) +: 32] = bytes[32*(2*sram + 32'(is_store)) +: 32] + moved;
    longest = 1;
    if (is_gate && is_last) begin
      longest = chip_types::larger(longest, chip_types::ceil_div(32'(all_adders), 32'(pace.adders)));
      longest = chip_types::larger(longest, chip_types::ceil_div(32'(all_multipliers), 32'(pace.multipliers)));
      longest = chip_types::larger(longest, chip_types::ceil_div(32'(all_tables), 32'(pace.tables)));
      longest = chip_types::larger(longest, 32'(all_divides) * 32'(pace.divide_cycles));
      longest = chip_types::larger(longest, 32'(all_reductions));
      for (int s = 0; s < 4; s++) begin
        bandwidth = s == 0 ? pace.weight_sram.bytes_per_cycle : s == 1 ? pace.activation_sram.bytes_per_cycle :
                    s == 2 ? pace.parameter_sram.bytes_per_cycle : pace.accumulators.bytes_per_cycle;
        longest = chip_types::larger(longest, chip_types::ceil_div(all_bytes[64*s +: 32], 32'(bandwidth)));
        longest = chip_types::larger(longest, chip_types::ceil_div(all_bytes[64*s + 32 +: 32], 32'(bandwidth)));
      end
    end else bandwidth = 0;
  end
  assign interval = longest[15:0];
  assign write = !done && is_gate && is_last;

  always_ff @(posedge clk)
    if (rst || (!done && (!is_gate || is_last))) begin
      step <= 0;
      times <= '0;
      deepest <= 0;
      adders <= 0;
      multipliers <= 0;
      tables <= 0;
      divides <= 0;
      reductions <= 0;
      bytes <= '0;
      pc <= rst ? 0 : pc + 1;
      done <= !rst && word[3:0] == chip_types::OP_HALT;
    end else if (!done) begin
      step <= step + 1;
      if (!is_store) times[16*op.d +: 16] <= ready;
      deepest <= depth;
      adders <= all_adders;
      multipliers <= all_multipliers;
      tables <= all_tables;
      divides <= all_divides;
      reductions <= all_reductions;
      bytes <= all_bytes;
    end
endmodule
