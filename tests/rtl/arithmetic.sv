// The arithmetic of the gate unit's lanes, as models/isa/numerics.hpp and micro_ops.def state it.
package arithmetic;
  function automatic logic signed [63:0] saturate(input logic signed [63:0] value, input int bits);
    logic signed [63:0] most;
    most = (64'sd1 <<< (bits - 1)) - 64'sd1;
    saturate = value > most ? most : value < -most - 64'sd1 ? -most - 64'sd1 : value;
  endfunction

  // value / 2^shift, rounded half up; a negative shift multiplies.
  function automatic logic signed [63:0] round_shift(input logic signed [63:0] value, input logic signed [31:0] shift);
    round_shift = shift <= 0 ? value <<< -shift : (value + (64'sd1 <<< (shift - 1))) >>> shift;
  endfunction

  function automatic logic signed [63:0] magnitude(input logic signed [31:0] a);
    magnitude = a < 0 ? -(64'(a)) : 64'(a);
  endfunction

  // a * 2^shift / b, rounded half away from zero, saturated.
  function automatic logic signed [31:0] divide(input logic signed [31:0] a, input logic signed [31:0] b,
                                                input logic signed [31:0] shift);
    logic signed [63:0] numerator, denominator, quotient;
    numerator = magnitude(a) <<< shift;
    denominator = b == 0 ? 64'sd1 : magnitude(b);
    quotient = (2 * numerator + denominator) / (2 * denominator);
    if (b == 0) divide = a < 0 ? 32'sh80000000 : 32'sh7fffffff;
    else divide = 32'(saturate((a < 0) != (b < 0) ? -quotient : quotient, 32));
  endfunction
endpackage
