// The counting semaphores. What is posted and taken in cycle t shows from t+1 on.
module semaphores #(
  parameter int UNITS = 5,
  parameter int SEMAPHORES = 16
) (
  input logic clk,
  input logic rst,
  input logic [UNITS*64-1:0] signals,                              // posted in this cycle, by each unit
  input logic [UNITS*64-1:0] releases,
  input logic [UNITS*64-1:0] taken,
  output logic [63:0] available                                    // above 0
);
  logic [31:0] initial_counts [0:63]  /* verilator public_flat_rd */;
  logic [SEMAPHORES*32-1:0] counts;
  logic [63:0] touched;

  always_comb begin
    touched = '0;
    for (int unit = 0; unit < UNITS; unit++)
      touched |= signals[64*unit +: 64] | releases[64*unit +: 64] | taken[64*unit +: 64];
  end

  generate
    for (genvar s = 0; s < 64; s++) begin : semaphore
      if (s >= SEMAPHORES) begin : absent
        assign available[s] = 0;
      end else begin : present
        assign available[s] = counts[32*s +: 32] != 0;
        always_ff @(posedge clk) begin
          logic [31:0] count;
          count = counts[32*s +: 32];
          for (int unit = 0; unit < UNITS; unit++)
            count += 32'(signals[64*unit + s]) + 32'(releases[64*unit + s]) - 32'(taken[64*unit + s]);
          if (rst) counts[32*s +: 32] <= initial_counts[s];
          else if (touched[s]) counts[32*s +: 32] <= count;
        end
      end
    end
  endgenerate
endmodule
