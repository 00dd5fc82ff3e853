.rondo 1
.program dma

# In and out of the chip: a block of 3 x 4 bytes is cut out of a picture of 8 bytes a row, three times, further right each
# time, and the three blocks are written one below the other.
#
# It shows two-dimensional copies, a loop with strides, and both kinds of waiting: for data (`signal`) and for room (`release`).

# The machine: the shape of the chip `edge`. A chip of another shape refuses this trace.
.machine rows=32 cols=32 arrays=1 dataflow=weight_stationary tile_fifo=2 stream_rows=8 table_entries=512
.machine weight_bytes=524288 weight_banks=4 activation_bytes=262144 activation_banks=4
.machine parameter_bytes=131072 parameter_banks=2 accumulator_bytes=131072 accumulator_banks=4
.machine dram_bytes=1073741824 semaphores=64 loop_depth=8

.symbol picture dram[0] bytes=40
.symbol blocks dram[64] bytes=36
.symbol room activation[0] bytes=12

.port input picture dram[picture] bits=8 scale=1 shape=5,8
.port output blocks dram[blocks] bits=8 scale=1 shape=9,4

.semaphore 0 from=load to=store initial=0     # a block has arrived
.semaphore 1 from=store to=load initial=1     # the room is free: so it is at the start, hence initial=1

# i0 is the iteration of the outermost loop: 0, 1, 2. An address may move by so many bytes with each of them.
loop 3
  # 3 rows of 4 bytes. In DRAM they lie 8 bytes apart, in the SRAM one after the other.
  load  src=dram[picture + 8 + 2*i0] dst=activation[room] rows=3 bytes=4 src_stride=8 dst_stride=4 wait=1 signal=0
  # `release` comes earlier than `signal`: when the operands have been read, not when the results are visible. The next load
  # may fill the room while these bytes are still on their way to DRAM.
  store src=activation[room] dst=dram[blocks + 12*i0] rows=3 bytes=4 src_stride=4 dst_stride=4 wait=0 release=1
end
halt

.data dram[picture] int8
   0  1  2  3  4  5  6  7
  10 11 12 13 14 15 16 17
  20 21 22 23 24 25 26 27
  30 31 32 33 34 35 36 37
  40 41 42 43 44 45 46 47
.end
