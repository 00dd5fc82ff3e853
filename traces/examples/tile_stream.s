.rondo 1
.program tile_stream

# Weights that do not fit on the chip: eight tiles of 4 x 4 stream through a double buffer of two, while the array adds up
# one long dot product for each column. The vector has 8 x 4 = 32 elements, all of them 1, and tile t is filled with t + 1,
# so that each sum is 4 x (1 + 2 + ... + 8) = 144.
#
# It shows the schedule on which everything at batch 1 depends: while one tile is used, the next one is on its way.

# The machine: the shape of the chip `edge`. A chip of another shape refuses this trace.
.machine rows=32 cols=32 arrays=1 dataflow=weight_stationary tile_fifo=2 stream_rows=8 table_entries=512
.machine weight_bytes=524288 weight_banks=4 activation_bytes=262144 activation_banks=4
.machine parameter_bytes=131072 parameter_banks=2 accumulator_bytes=131072 accumulator_banks=4
.machine dram_bytes=1073741824 semaphores=64 loop_depth=8

.symbol w dram[0] bytes=128
.symbol x dram[128] bytes=64
.symbol y dram[192] bytes=16
.symbol buffer weight[0] bytes=32               # two tiles of 16 bytes
.symbol vector activation[0] bytes=64
.symbol result activation[64] bytes=16
.symbol sums accumulator[0] bytes=16

.port input x dram[x] bits=16 scale=1 shape=1,32
.port output y dram[y] bits=32 scale=1 shape=1,4

.semaphore 0 from=load to=matrix initial=0      # the vector has arrived
.semaphore 1 from=load to=weights initial=0     # so many tiles lie in the buffer
.semaphore 2 from=weights to=load initial=2     # so many halves of the buffer are free: both, at the start
.semaphore 3 from=gate to=matrix initial=0      # the sums are zero
.semaphore 4 from=matrix to=gate initial=0      # the sums are complete
.semaphore 5 from=gate to=store initial=0       # the result lies in the activation SRAM

.kernel clear
  li    r0, 0
  st32  r0, p0
.end

.kernel move_sums
  ld32  r0, p0
  st32  r0, p1
.end

load src=dram[x] dst=activation[vector] rows=1 bytes=64 signal=0
gate clear p0=accumulator[sums] elements=4 rows=1 signal=3
sync matrix wait=0,3                            # does nothing but wait: once, before the loop

# Two loops, so that i1 = 0, 1, 0, 1 ... says which half of the buffer is meant. The instructions stand in the order of the
# data, yet load runs ahead of mload, and mload ahead of mmul, as far as semaphores 1 and 2 and the array's FIFO of two
# tiles allow.
loop 4
  loop 2
    load  src=dram[w + 32*i0 + 16*i1] dst=weight[buffer + 16*i1] rows=1 bytes=16 wait=2 signal=1
    mload src=weight[buffer + 16*i1] rows=4 cols=4 stride=4 bits=8 wait=1 release=2
    mmul  src=activation[vector + 16*i0 + 8*i1] dst=accumulator[sums] vectors=1 rows=4 cols=4 bits=16 accumulate=1
  end
end

sync matrix signal=4                            # units are in order: all products are done when this is
gate  move_sums p0=accumulator[sums] p1=activation[result] elements=4 rows=1 wait=4 signal=5
store src=activation[result] dst=dram[y] rows=1 bytes=16 wait=5
halt

.data dram[w] int8
  1 1 1 1  1 1 1 1  1 1 1 1  1 1 1 1
  2 2 2 2  2 2 2 2  2 2 2 2  2 2 2 2
  3 3 3 3  3 3 3 3  3 3 3 3  3 3 3 3
  4 4 4 4  4 4 4 4  4 4 4 4  4 4 4 4
  5 5 5 5  5 5 5 5  5 5 5 5  5 5 5 5
  6 6 6 6  6 6 6 6  6 6 6 6  6 6 6 6
  7 7 7 7  7 7 7 7  7 7 7 7  7 7 7 7
  8 8 8 8  8 8 8 8  8 8 8 8  8 8 8 8
.end
.data dram[x] int16
  1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1
  1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1
.end
