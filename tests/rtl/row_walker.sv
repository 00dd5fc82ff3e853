// The addresses of the next `count` bytes of a copy of rows, one after the other: up to LANES in a cycle.
module row_walker #(
  parameter int LANES = 64,
  parameter int INDICES = 256
) (
  input chip_types::transfer_t transfer,
  input logic [INDICES*32-1:0] indices,                                // of a gather's rows
  input logic [31:0] row,
  input logic [31:0] column,                                       // within the row
  input logic [31:0] count,
  output logic [LANES-1:0] valid,
  output logic [LANES*32-1:0] addresses,
  output logic [31:0] row_after,
  output logic [31:0] column_after
);
  localparam int BITS = INDICES == 1 ? 1 : $clog2(INDICES);

  always_comb begin
    logic [31:0] begins;
    valid = '0;
    addresses = '0;
    row_after = row;
    column_after = column;
    begins = '0;
    if (count != 0) begin
      begins = transfer.address + (transfer.gather ? indices[32*row[BITS-1:0] +: 32] * transfer.bytes : row * transfer.stride);
      for (int lane = 0; lane < LANES; lane++)
        if (lane < count && row_after < transfer.rows) begin
          valid[lane] = 1;
          addresses[32*lane +: 32] = begins + column_after;
          column_after = column_after + 1;
          if (column_after == transfer.bytes) begin
            column_after = 0;
            row_after = row_after + 1;
            begins = transfer.address + (transfer.gather ? indices[32*row_after[BITS-1:0] +: 32] * transfer.bytes
                                                         : row_after * transfer.stride);
          end
        end
    end
  end
endmodule
