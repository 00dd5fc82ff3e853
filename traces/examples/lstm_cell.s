.rondo 1
.program lstm_cell

# The element-wise half of an LSTM, for 6 hidden units, in one pass of the gate unit:
#
#   c' = sigmoid(f) * c + sigmoid(i) * tanh(g)
#   h  = sigmoid(o) * tanh(c')
#
# It shows a kernel: a chain of micro-operations that every element goes through, without a memory in between.
#
# Numbers are integers with a fixed scale, as in the integer LSTM of TensorFlow Lite. "Q3.12" is a 16-bit integer whose
# value is integer / 2^12; sigmoid and tanh take it and give Q0.15. The cell state is Q4.11, the output h is Q0.7: one byte.

# The machine: the shape of the chip `edge`. A chip of another shape refuses this trace.
.machine rows=32 cols=32 arrays=1 dataflow=weight_stationary tile_fifo=2 stream_rows=8 table_entries=512
.machine weight_bytes=524288 weight_banks=4 activation_bytes=262144 activation_banks=4
.machine parameter_bytes=131072 parameter_banks=2 accumulator_bytes=131072 accumulator_banks=4
.machine dram_bytes=1073741824 semaphores=64 loop_depth=8

.layer cell

.symbol gates dram[0] bytes=48                  # i, f, g, o: 6 numbers each
.symbol state dram[64] bytes=12
.symbol new_state dram[128] bytes=12
.symbol h dram[192] bytes=6
.symbol gates activation[0] bytes=48            # the same name in another memory is another symbol
.symbol state activation[48] bytes=12
.symbol h activation[64] bytes=6

.port input gates dram[gates] bits=16 scale=0.000244140625 shape=4,6
.port input state dram[state] bits=16 scale=0.00048828125 shape=1,6
.port output new_state dram[new_state] bits=16 scale=0.00048828125 shape=1,6
.port output h dram[h] bits=8 scale=0.0078125 shape=1,6

.semaphore 0 from=load to=gate initial=0        # gates and state have arrived
.semaphore 1 from=gate to=store initial=0       # new state and h are there

# r0 to r31 are registers of 32 bits. p0 to p7 are the operands that the gate instruction names: here p0 the four gates, p1
# the state (read and written), p2 the output. `at` is a distance in bytes: one operand serves all four gates.
.kernel lstm_cell
  ld16     r0, p0               # i
  ld16     r1, p0 at=12         # f
  ld16     r2, p0 at=24         # g
  ld16     r3, p0 at=36         # o
  ld16     r4, p1               # c
  sigmoid  r0, r0, 12           # 12 fraction bits in, Q0.15 out
  sigmoid  r1, r1, 12
  tanh     r2, r2, 12
  sigmoid  r3, r3, 12
  mul      r1, r1, r4, 15       # f * c:  Q0.15 x Q4.11, shifted right by 15, is Q4.11
  mul      r0, r0, r2, 19       # i * g:  Q0.15 x Q0.15, shifted right by 19, is Q4.11
  add      r4, r0, r1
  st16     r4, p1               # c', saturated to 16 bits
  sat      r4, r4, 16           # what follows must see the same c' that is stored
  tanh     r4, r4, 11
  mul      r3, r3, r4, 23       # h:  Q0.15 x Q0.15, shifted right by 23, is Q0.7
  st8      r3, p2
.end

.in_layer cell                                  # what follows works for this layer: reports count by layer
load  src=dram[gates] dst=activation[gates] rows=1 bytes=48
load  src=dram[state] dst=activation[state] rows=1 bytes=12
sync load signal=0                              # a unit is in order: one signal for both loads
gate  lstm_cell p0=activation[gates] p1=activation[state] p2=activation[h] elements=6 rows=1 wait=0 signal=1
store src=activation[state] dst=dram[new_state] rows=1 bytes=12 wait=1
store src=activation[h] dst=dram[h] rows=1 bytes=6
halt

# Unit 0: keeps its state. Unit 1: forgets it. Unit 2: takes the input. Unit 3: both halves. Unit 4: output shut. Unit 5: all 0.
.data dram[gates] int16
  -32768 -32768  32767      0  32767  0         # i
   32767 -32768 -32768      0  32767  0         # f
       0      0   8192   4096   4096  0         # g
   32767  32767  32767      0 -32768  0         # o
.end
.data dram[state] int16
  2048 2048 2048 -2048 2048 0                   # 1.0 is 2048
.end
