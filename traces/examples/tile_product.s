.rondo 1
.program tile_product

# One product: a vector of 4 numbers times a tile of 4 x 3 weights.
#
#            | 1  2  3 |
#   (10 20   | 0  1  0 |  =  (110 80 100)
#    30 40)  | 2  0  1 |
#            | 1  1  1 |
#
# It shows how every product goes through the chip: DRAM -> SRAM -> array -> accumulators -> gate unit -> SRAM -> DRAM.
# Each unit takes its instructions in order from its own queue and runs beside the others. Only semaphores make one
# unit wait for another.

# The machine: the shape of the chip `edge`. A chip of another shape refuses this trace.
.machine rows=32 cols=32 arrays=1 dataflow=weight_stationary tile_fifo=2 stream_rows=8 table_entries=512
.machine weight_bytes=524288 weight_banks=4 activation_bytes=262144 activation_banks=4
.machine parameter_bytes=131072 parameter_banks=2 accumulator_bytes=131072 accumulator_banks=4
.machine dram_bytes=1073741824 semaphores=64 loop_depth=8

# Names for places. `weight[tile]` below means: the weight SRAM, at the address of `tile`.
.symbol w dram[0] bytes=12
.symbol x dram[64] bytes=8
.symbol y dram[128] bytes=12
.symbol tile weight[0] bytes=12
.symbol vector activation[0] bytes=8
.symbol result activation[64] bytes=12
.symbol sums accumulator[0] bytes=12

# What a run reads and leaves: real value = integer x scale.
.port input x dram[x] bits=16 scale=1 shape=1,4
.port output y dram[y] bits=32 scale=1 shape=1,3

# A semaphore joins one unit to one other. `signal` adds 1 to it when an instruction's results are visible; `wait` holds an
# instruction back until it is above 0, and takes 1.
.semaphore 0 from=load to=weights initial=0     # the tile has arrived in the weight SRAM
.semaphore 1 from=load to=matrix initial=0      # the vector has arrived in the activation SRAM
.semaphore 2 from=matrix to=gate initial=0      # the sums are complete
.semaphore 3 from=gate to=store initial=0       # the result lies in the activation SRAM

# A kernel is what the gate unit does with each element of a row. This one only moves the sums to where the store unit finds
# them: operand p0 is read, operand p1 is written.
.kernel move_sums
  ld32  r0, p0
  st32  r0, p1
.end

load src=dram[w] dst=weight[tile] rows=1 bytes=12 signal=0
load src=dram[x] dst=activation[vector] rows=1 bytes=8 signal=1

# Push the tile into the array (4 rows of 3 bytes, 3 bytes apart), then stream one vector of 16-bit numbers through it. The
# array itself makes mmul wait for its tile: no semaphore is needed between the two.
mload src=weight[tile] rows=4 cols=3 stride=3 bits=8 wait=0
mmul  src=activation[vector] dst=accumulator[sums] vectors=1 rows=4 cols=3 bits=16 wait=1 signal=2

gate  move_sums p0=accumulator[sums] p1=activation[result] elements=3 rows=1 wait=2 signal=3
store src=activation[result] dst=dram[y] rows=1 bytes=12 wait=3
halt

# Bytes in DRAM before the start. `int8`, `int16` and `int32` take decimal numbers; without a form, pairs of hexadecimal digits.
.data dram[w] int8
  1  2  3
  0  1  0
  2  0  1
  1  1  1
.end
.data dram[x] int16
  10 20 30 40
.end
