// A unit's queue of instructions: what is pushed in cycle t can be popped from t+1 on. The sequencer knows the depth.
module unit_queue #(
  parameter int SLOTS = 4
) (
  input logic clk,
  input logic rst,
  input logic [SLOTS-1:0] push,
  input logic [SLOTS*chip_types::INSTRUCTION_BITS-1:0] entries,
  input logic pop,
  output logic [4:0] count,
  output logic valid,
  output chip_types::instruction_t head,
  output logic [63:0] taken,                                       // semaphores that the popped instruction takes
  output logic [chip_types::PC_BITS-1:0] pc
);
  logic [chip_types::INSTRUCTION_BITS-1:0] memory [0:15];
  logic [3:0] read, write;
  logic [4:0] pushes;

  assign valid = count != 0;
  assign head = memory[read];
  assign taken = pop ? head.waits : '0;
  assign pc = head.pc;

  always_comb begin
    pushes = 0;
    for (int slot = 0; slot < SLOTS; slot++) pushes += 5'(push[slot]);
  end

  always_ff @(posedge clk)
    if (rst) begin
      read <= 0;
      write <= 0;
      count <= 0;
    end else begin
      read <= read + 4'(pop);
      write <= write + 4'(pushes);
      count <= count + pushes - 5'(pop);
    end

  // Slots push in their order: a slot's place is behind those of the slots earlier it.
  generate
    for (genvar slot = 0; slot < SLOTS; slot++) begin : port
      logic [3:0] place;
      always_comb begin
        place = write;
        for (int earlier = 0; earlier < slot; earlier++) place += 4'(push[earlier]);
      end
      always @(posedge clk)
        if (push[slot]) memory[place] <= entries[slot*chip_types::INSTRUCTION_BITS +: chip_types::INSTRUCTION_BITS];
    end
  endgenerate
endmodule
