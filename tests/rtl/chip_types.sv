// What the modules of the chip agree on: encodings, widths, the registers of its pace. program_image.cpp writes the same
// encodings. The subset of SystemVerilog is the one that both Verilator and Yosys read: no import, no packed arrays but in
// structs, no return.
package chip_types;
  // The order of opcodes.def.
  typedef enum logic [3:0] {
    OP_LOOP, OP_END, OP_HALT, OP_SYNC, OP_MLOAD, OP_MMUL, OP_GATE, OP_LOAD, OP_GATHER, OP_STORE
  } opcode_t;

  typedef enum logic [7:0] {
    MICRO_LD8, MICRO_LD16, MICRO_LD32, MICRO_ST8, MICRO_ST16, MICRO_ST32, MICRO_LI, MICRO_ADD, MICRO_SUB, MICRO_ADDI,
    MICRO_RSUBI, MICRO_MAX, MICRO_MIN, MICRO_CLIP, MICRO_SAT, MICRO_SHIFT, MICRO_SELECT, MICRO_MUL, MICRO_SCALE,
    MICRO_SCALEI, MICRO_SIGMOID, MICRO_TANH, MICRO_EXP, MICRO_SOFTPLUS, MICRO_LN, MICRO_DIV, MICRO_RMAX, MICRO_RSUM,
    MICRO_POP
  } micro_t;

  // Spaces that a place can name.
  localparam logic [2:0] SPACE_DRAM = 0, SPACE_WEIGHT = 1, SPACE_ACTIVATION = 2, SPACE_PARAMETER = 3, SPACE_ACCUMULATOR = 4;

  // Units, numbered as in machine.hpp; array a > 0 has its weights unit at 3 + 2a and its matrix unit at 4 + 2a.
  localparam logic [3:0] UNIT_WEIGHTS = 0, UNIT_MATRIX = 1, UNIT_GATE = 2, UNIT_LOAD = 3, UNIT_STORE = 4;
  localparam int ARRAYS_MOST = 4, UNITS_MOST = 11;

  localparam int SEMAPHORES_MOST = 64, LOOPS_MOST = 8, PLACES = 8, FIELDS = 11;

  // Fields of an instruction. The operands of a copy are src, dst and (gather) the index list.
  localparam int LOOP_COUNT = 0;
  localparam int MLOAD_ROWS = 0, MLOAD_COLS = 1, MLOAD_STRIDE = 2, MLOAD_BITS = 3;  // then the array
  localparam int MMUL_VECTORS = 0, MMUL_ROWS = 1, MMUL_COLS = 2, MMUL_SRC_STRIDE = 3, MMUL_DST_STRIDE = 4, MMUL_BITS = 5,
                 MMUL_ACCUMULATE = 6, MMUL_KEEP = 7, MMUL_STREAM = 9, MMUL_HOLD = 10;  // 8: the array
  localparam int GATE_KERNEL = 0, GATE_ELEMENTS = 1, GATE_ROWS = 2, GATE_STRIDES = 3;
  localparam int COPY_ROWS = 0, COPY_BYTES = 1, COPY_SRC_STRIDE = 2, COPY_DST_STRIDE = 3;

  // A word of the instruction memory, in 32-bit parts: opcode and unit; wait, signal and release masks; fields; and for each
  // place its base, its space and a stride per loop.
  localparam int WORD_MASKS = 1, WORD_FIELDS = 7, WORD_PLACES = WORD_FIELDS + FIELDS, PLACE_PARTS = 2 + LOOPS_MOST;
  localparam int WORD_BITS = 32 * (WORD_PLACES + PLACES * PLACE_PARTS);
  localparam int PC_BITS = 10;

  // An instruction on its way to a unit, addresses worked out.
  typedef struct packed {
    logic [3:0] opcode;
    logic [3:0] unit;
    logic [PC_BITS-1:0] pc;
    logic [SEMAPHORES_MOST-1:0] waits;
    logic [SEMAPHORES_MOST-1:0] signals;
    logic [SEMAPHORES_MOST-1:0] releases;
    logic [FIELDS-1:0][31:0] fields;
    logic [PLACES-1:0][2:0] spaces;
    logic [PLACES-1:0][31:0] addresses;
  } instruction_t;
  localparam int INSTRUCTION_BITS = 4 + 4 + PC_BITS + 3 * SEMAPHORES_MOST + 32 * FIELDS + 3 * PLACES + 32 * PLACES;

  // A micro-operation of a kernel; `port` numbers the kernel's reads, and its results, from 0.
  typedef struct packed {
    logic [31:0] i;
    logic [31:0] j;
    logic [5:0] port;
    logic [2:0] p;  // pop: the array
    logic [4:0] b;
    logic [4:0] a;
    logic [4:0] d;
    logic [7:0] opcode;
  } micro_op_t;
  localparam int MICRO_OP_BITS = 96;

  // Ports of the SRAMs' banks as one mask: 16 bits for each SRAM, 8 banks' read ports, then 8 banks' write ports.
  localparam int BANKS_MOST = 8, PORTS = 64;

  typedef struct packed {
    logic [7:0] bytes_per_cycle;
    logic [7:0] latency;
    logic [3:0] read_ports;
    logic [3:0] write_ports;
  } sram_pace_t;

  // The registers that set the pace, named as in params.hpp.
  typedef struct packed {
    logic [2:0] dispatch_width;
    logic [3:0] weights_queue_depth;
    logic [7:0] rows_per_cycle;
    logic [3:0] matrix_queue_depth;
    logic [4:0] operand_bits;
    logic [7:0] accumulate_latency;
    logic [3:0] gate_queue_depth;
    logic [3:0] adders;
    logic [3:0] multipliers;
    logic [3:0] tables;
    logic [7:0] add_latency;
    logic [7:0] multiply_latency;
    logic [7:0] table_latency;
    logic [7:0] divide_cycles;
    logic [7:0] reduce_latency;
    logic [3:0] load_queue_depth;
    logic [3:0] load_outstanding;
    logic [7:0] load_setup_cycles;
    logic [3:0] store_queue_depth;
    logic [3:0] store_outstanding;
    logic [7:0] store_setup_cycles;
    sram_pace_t weight_sram;
    sram_pace_t activation_sram;
    sram_pace_t parameter_sram;
    sram_pace_t accumulators;
    logic [11:0] dram_latency;
    logic [7:0] dram_bytes_per_cycle;
    logic [12:0] dram_burst_bytes;
  } pace_t;

  // A row of sums that leaves an array, and where it goes.
  typedef struct packed {
    logic [31:0] address;      // of column 0 in the accumulators
    logic [31:0] stream_row;
    logic [15:0] row;          // within its mmul
    logic [15:0] cols;
    logic add;                 // to the sums at `address`
    logic stream;
  } row_t;
  localparam int ROW_BITS = 98;

  // When the words of a streaming mmul can be read: column c of row v from first + v * step + c on.
  typedef struct packed {
    logic [31:0] first;
    logic [31:0] step;
  } stream_time_t;

  // A transfer between an SRAM and the DRAM; gather: row r of the DRAM is at address + index[r] * bytes.
  typedef struct packed {
    logic gather;
    logic [31:0] address;
    logic [31:0] stride;
    logic [31:0] rows;
    logic [31:0] bytes;
  } transfer_t;
  localparam int TRANSFER_BITS = 129;

  // Bytes from row to row of operand p of a gate instruction.
  function automatic logic [31:0] gate_stride(input logic [32*FIELDS-1:0] fields, input logic [2:0] p);
    gate_stride = fields[32*(GATE_STRIDES + 32'(p)) +: 32];
  endfunction

  function automatic logic [31:0] ceil_div(input logic [31:0] a, input logic [31:0] b);
    ceil_div = (a + b - 1) / b;
  endfunction

  function automatic logic [31:0] larger(input logic [31:0] a, input logic [31:0] b);
    larger = a > b ? a : b;
  endfunction

  // The ports of one kind in all banks that an access of `rows` rows of `bytes` touches, in the SRAM of `space`.
  function automatic logic [PORTS-1:0] bank_ports(
      input logic [2:0] space, input logic write, input logic [31:0] address, input logic [31:0] rows,
      input logic [31:0] stride, input logic [31:0] bytes, input logic [31:0] bank_bytes);
    /* verilator no_inline_task */
    logic [31:0] reach, low, high, first, last;
    reach = (rows - 1) * stride;
    low = reach[31] ? address + reach : address;
    high = (reach[31] ? address : address + reach) + bytes - 1;
    first = low / bank_bytes;
    last = high / bank_bytes;
    bank_ports = '0;
    for (int bank = 0; bank < BANKS_MOST; bank++)
      if (32'(bank) >= first && 32'(bank) <= last)
        bank_ports[{2'(space - 3'd1), write, 3'(bank)}] = 1'b1;
  endfunction
endpackage
