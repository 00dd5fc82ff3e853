// Runs the program: each cycle's slots, one after the other, push an instruction to its unit's queue or step through a loop.
module sequencer #(
  parameter int UNITS = 5,
  parameter int SLOTS = 4
) (
  input logic clk,
  input logic rst,
  input logic run,
  input chip_types::pace_t pace,
  input logic [UNITS*5-1:0] queue_counts,
  output logic [UNITS*SLOTS-1:0] push,                             // [unit][slot]
  output logic [SLOTS*chip_types::INSTRUCTION_BITS-1:0] entries,
  output logic halted,
  input logic [chip_types::PC_BITS-1:0] scan_pc,                   // for what the gate unit works out earlier the start
  output logic [chip_types::WORD_BITS-1:0] scan_word
);
  localparam int PC_BITS = chip_types::PC_BITS;
  localparam int LOOPS = chip_types::LOOPS_MOST;

  logic [chip_types::WORD_BITS-1:0] memory [0:(1<<PC_BITS)-1]  /* verilator public_flat_rd */;
  logic [PC_BITS-1:0] pc, next_pc;
  logic [3:0] depth, next_depth;                                   // loops around pc
  logic [LOOPS*32-1:0] iterations, next_iterations, counts, next_counts;
  logic [LOOPS*PC_BITS-1:0] bodies, next_bodies;                   // where each loop's body begins
  logic next_halted, stopped;

  logic [SLOTS-1:0] slot_pushes;
  logic [SLOTS*PC_BITS-1:0] slot_pc;
  logic [SLOTS*4-1:0] slot_depth;
  logic [SLOTS*LOOPS*32-1:0] slot_iterations;
  logic [UNITS*4-1:0] queue_depths;

  assign scan_word = memory[scan_pc];

  always_comb
    for (int unit = 0; unit < UNITS; unit++)
      case (unit)
        2: queue_depths[4*unit +: 4] = pace.gate_queue_depth;
        3: queue_depths[4*unit +: 4] = pace.load_queue_depth;
        4: queue_depths[4*unit +: 4] = pace.store_queue_depth;
        0, 5, 7, 9: queue_depths[4*unit +: 4] = pace.weights_queue_depth;
        default: queue_depths[4*unit +: 4] = pace.matrix_queue_depth;
      endcase

  always_comb begin
    logic [31:0] head, count;
    logic [4:0] filled;
    logic [2:0] inner;
    next_pc = pc;
    next_depth = depth;
    next_iterations = iterations;
    next_counts = counts;
    next_bodies = bodies;
    next_halted = halted;
    stopped = !run || halted;                                      // the cycle's remaining slots stay empty
    push = '0;
    slot_pushes = '0;
    slot_pc = '0;
    slot_depth = '0;
    slot_iterations = '0;
    head = '0;
    count = '0;
    filled = '0;
    inner = '0;
    for (int slot = 0; slot < SLOTS; slot++)
      if (!stopped && slot < 32'(pace.dispatch_width)) begin
        head = memory[next_pc][31:0];
        count = memory[next_pc][32*(chip_types::WORD_FIELDS + chip_types::LOOP_COUNT) +: 32];
        inner = 3'(next_depth - 4'd1);
        case (head[3:0])
          chip_types::OP_LOOP: begin
            next_pc = next_pc + 1;
            next_iterations[32*next_depth[2:0] +: 32] = 0;
            next_counts[32*next_depth[2:0] +: 32] = count;
            next_bodies[PC_BITS*next_depth[2:0] +: PC_BITS] = next_pc;
            next_depth = next_depth + 1;
          end
          chip_types::OP_END: begin
            next_iterations[32*inner +: 32] = next_iterations[32*inner +: 32] + 1;
            if (next_iterations[32*inner +: 32] == next_counts[32*inner +: 32]) begin
              next_depth = next_depth - 1;
              next_pc = next_pc + 1;
            end else next_pc = next_bodies[PC_BITS*inner +: PC_BITS];
          end
          chip_types::OP_HALT: begin
            next_halted = 1;
            stopped = 1;
          end
          default: begin
            filled = queue_counts[5*head[11:8] +: 5];
            for (int earlier = 0; earlier < slot; earlier++) filled += 5'(push[SLOTS*head[11:8] + earlier]);
            if (filled < 5'(queue_depths[4*head[11:8] +: 4])) begin
              push[SLOTS*head[11:8] + slot] = 1;
              slot_pushes[slot] = 1;
              slot_pc[PC_BITS*slot +: PC_BITS] = next_pc;
              slot_depth[4*slot +: 4] = next_depth;
              slot_iterations[LOOPS*32*slot +: LOOPS*32] = next_iterations;
              next_pc = next_pc + 1;
            end else stopped = 1;
          end
        endcase
      end
  end

  generate
    for (genvar slot = 0; slot < SLOTS; slot++) begin : fetch
      instruction_fetch one (
        .enabled(slot_pushes[slot]),
        .pc(slot_pc[PC_BITS*slot +: PC_BITS]),
        .word(memory[slot_pc[PC_BITS*slot +: PC_BITS]]),
        .depth(slot_depth[4*slot +: 4]),
        .iterations(slot_iterations[LOOPS*32*slot +: LOOPS*32]),
        .entry(entries[chip_types::INSTRUCTION_BITS*slot +: chip_types::INSTRUCTION_BITS]));
    end
  endgenerate

  always_ff @(posedge clk)
    if (rst) begin
      pc <= 0;
      depth <= 0;
      iterations <= '0;
      counts <= '0;
      bodies <= '0;
      halted <= 0;
    end else begin
      pc <= next_pc;
      depth <= next_depth;
      iterations <= next_iterations;
      counts <= next_counts;
      bodies <= next_bodies;
      halted <= next_halted;
    end
endmodule
