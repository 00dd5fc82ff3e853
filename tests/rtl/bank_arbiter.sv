// The ports of the SRAMs' banks, given away within the cycle. Clients ask in their fixed order (client 0 first) for sets of
// ports: all or none. A client that was refused waits, and no younger one gets a port that it waits for.
module bank_arbiter #(
  parameter int CLIENTS = 6
) (
  input logic clk,
  input logic rst,
  input logic [31:0] now,
  input chip_types::pace_t pace,
  input logic [CLIENTS-1:0] request,
  input logic [CLIENTS*chip_types::PORTS-1:0] wanted,
  input logic [CLIENTS*chip_types::PORTS-1:0] held,                // from earlier cycles
  output logic [CLIENTS-1:0] grant
);
  localparam int PORTS = chip_types::PORTS;

  logic [CLIENTS-1:0] waiting;
  logic [CLIENTS*32-1:0] since;
  logic [CLIENTS*PORTS-1:0] waiting_for;

  // Ports of which there is no more than one, no more than two: a mask each.
  logic [PORTS-1:0] one, two;
  logic [31:0] ports;                                              // of each SRAM and kind, in the order of the mask
  assign ports = {pace.accumulators.write_ports, pace.accumulators.read_ports,
                  pace.parameter_sram.write_ports, pace.parameter_sram.read_ports,
                  pace.activation_sram.write_ports, pace.activation_sram.read_ports,
                  pace.weight_sram.write_ports, pace.weight_sram.read_ports};
  always_comb
    for (int kind = 0; kind < 8; kind++) begin
      one[8*kind +: 8] = {8{ports[4*kind +: 4] == 1}};
      two[8*kind +: 8] = {8{ports[4*kind +: 4] == 2}};
    end

  always_comb begin
    logic [PORTS-1:0] mine, others, held_by_one, held_by_two, held_by_three, full, older;
    logic [31:0] asked;
    grant = '0;
    mine = '0;
    others = '0;
    held_by_one = '0;
    held_by_two = '0;
    held_by_three = '0;
    full = '0;
    older = '0;
    asked = '0;
    for (int client = 0; client < CLIENTS; client++)
      if (request[client]) begin
        mine = wanted[PORTS*client +: PORTS];
        asked = waiting[client] ? since[32*client +: 32] : now;
        held_by_one = '0;
        held_by_two = '0;
        held_by_three = '0;
        older = '0;
        for (int other = 0; other < CLIENTS; other++)
          if (other != client) begin
            others = held[PORTS*other +: PORTS] | (grant[other] ? wanted[PORTS*other +: PORTS] : '0);
            held_by_three |= held_by_two & others;
            held_by_two |= held_by_one & others;
            held_by_one |= others;
            if (waiting[other] && since[32*other +: 32] < asked) older |= waiting_for[PORTS*other +: PORTS];
          end
        full = (one & held_by_one) | (two & held_by_two) | held_by_three;
        grant[client] = (mine & (full | older)) == 0;
      end
  end

  generate
    for (genvar client = 0; client < CLIENTS; client++) begin : age
      always_ff @(posedge clk)
        if (rst) waiting[client] <= 0;
        else begin
          waiting[client] <= request[client] && !grant[client];
          waiting_for[PORTS*client +: PORTS] <= wanted[PORTS*client +: PORTS];
          if (!waiting[client]) since[32*client +: 32] <= now;
        end
    end
  endgenerate
endmodule
