.rondo 1
.program rnn

# A whole recurrent network of 4 units over 10 steps: h[t] = tanh(Wx x[t] + Wh h[t-1]).
#
# Wx is the identity and Wh hands every unit's value to its neighbour, weakened to 7/8. The input is 1 for unit 0 at the first
# step and 0 ever after: one impulse goes round and round, and comes back every fourth step, as the theme of a rondo does.
#
# It shows a recurrence: what a step must wait for, and what it need not. All 10 steps are the same 5 instructions; the strides of
# the loop do the rest.

# The machine: the shape of the chip `edge`. A chip of another shape refuses this trace.
.machine rows=32 cols=32 arrays=1 dataflow=weight_stationary tile_fifo=2 stream_rows=8 table_entries=512
.machine weight_bytes=524288 weight_banks=4 activation_bytes=262144 activation_banks=4
.machine parameter_bytes=131072 parameter_banks=2 accumulator_bytes=131072 accumulator_banks=4
.machine dram_bytes=1073741824 semaphores=64 loop_depth=8

.layer rnn

# Numbers: weights are 8 bits, 64 is 1.0. x and h are Q3.12: 4096 is 1.0. So the sums have 6 + 12 = 18 fraction bits.
.symbol weights dram[0] bytes=32
.symbol x dram[64] bytes=80
.symbol h dram[192] bytes=80
.symbol wx weight[0] bytes=16
.symbol wh weight[16] bytes=16
.symbol x activation[0] bytes=80                # 10 vectors of 8 bytes
.symbol h activation[128] bytes=88              # 11 vectors: the first is the state before the first step
.symbol sums accumulator[0] bytes=16

.port input x dram[x] bits=16 scale=0.000244140625 shape=10,4
.port output h dram[h] bits=16 scale=0.000244140625 shape=10,4

.semaphore 0 from=load to=weights initial=0     # weights have arrived
.semaphore 1 from=load to=matrix initial=0      # inputs have arrived
.semaphore 2 from=gate to=matrix initial=0      # h of the step before is there
.semaphore 3 from=gate to=matrix initial=1      # the sums have been read: the next step may write them
.semaphore 4 from=matrix to=gate initial=0      # the sums are complete
.semaphore 5 from=gate to=store initial=0       # all steps are done

.kernel zero
  li     r0, 0
  st16   r0, p0
.end

.kernel cell
  ld32   r0, p0
  shift  r0, r0, 6          # 18 fraction bits -> 12
  tanh   r0, r0, 12         # Q0.15
  shift  r0, r0, 3          # Q3.12
  st16   r0, p1
.end

.in_layer rnn
load src=dram[weights] dst=weight[wx] rows=1 bytes=32 signal=0
load src=dram[x] dst=activation[x] rows=1 bytes=80 signal=1
gate zero p0=activation[h] elements=4 rows=1 signal=2       # h before the first step: its signal is what step 0 waits for
sync weights wait=0
sync matrix wait=1

loop 10
  # The product with x needs nothing of the step before but room for its sums: it runs while the gate unit still works on the
  # last h. The product with h is the one that must wait.
  mload src=weight[wx] rows=4 cols=4 stride=4 bits=8
  mmul  src=activation[x + 8*i0] dst=accumulator[sums] vectors=1 rows=4 cols=4 bits=16 wait=3
  mload src=weight[wh] rows=4 cols=4 stride=4 bits=8
  mmul  src=activation[h + 8*i0] dst=accumulator[sums] vectors=1 rows=4 cols=4 bits=16 accumulate=1 wait=2 signal=4
  gate  cell p0=accumulator[sums] p1=activation[h + 8 + 8*i0] elements=4 rows=1 wait=4 signal=2 release=3
end

sync gate signal=5
store src=activation[h+8] dst=dram[h] rows=1 bytes=80 wait=5
halt

.data dram[weights] int8
  64  0  0  0               # Wx, a row for each input
   0 64  0  0
   0  0 64  0
   0  0  0 64

   0 56  0  0               # Wh: from unit 0 to unit 1, and so on round
   0  0 56  0
   0  0  0 56
  56  0  0  0
.end
.data dram[x] int16
  4096 0 0 0
     0 0 0 0
     0 0 0 0
     0 0 0 0
     0 0 0 0
     0 0 0 0
     0 0 0 0
     0 0 0 0
     0 0 0 0
     0 0 0 0
.end
