#pragma once

#include <string>

namespace rondo::testing {

/// A small trace that is fit to run and uses every instruction, for tests that break one thing in it.
inline std::string small_program() {
  return R"(.rondo 1
.program small
.machine rows=4 cols=4 arrays=1 dataflow=weight_stationary tile_fifo=2 stream_rows=0 table_entries=64
.machine weight_bytes=256 weight_banks=4 activation_bytes=256 activation_banks=4
.machine parameter_bytes=256 parameter_banks=4 accumulator_bytes=256 accumulator_banks=4
.machine dram_bytes=4096 semaphores=4 loop_depth=3
.layer one
.semaphore 0 from=load to=weights initial=0
.semaphore 1 from=matrix to=gate initial=0
.semaphore 2 from=gate to=store initial=2
.symbol w dram[0] bytes=64
.symbol tile weight[0] bytes=64
.port input x dram[64] bits=16 scale=0.5 shape=2,4
.port output y dram[128] bits=32 scale=0.25 shape=2,4
.kernel soft
  ld32     r0, p0
  scalei   r1, r0, 100, 7
  rmax     r2, r1
  st32     r2, p1 step=0
  tanh     r1, r1, 12
  st16     r1, p2 at=2 step=2
.end
.in_layer one
load src=dram[w] dst=weight[tile] rows=1 bytes=64 signal=0
load src=dram[64] dst=activation[0] rows=2 bytes=8 src_stride=8 dst_stride=16
gather src=dram[256] dst=parameter[0] index=activation[64] rows=2 bytes=8 dst_stride=8 table_rows=10
sync weights wait=0
loop 2
  loop 3
    mload src=weight[tile + 16*i0 + 4*i1] rows=2 cols=4 stride=4 bits=8
    mmul src=activation[16*i0] dst=accumulator[16*i1] vectors=1 rows=2 cols=4 bits=16 accumulate=1 keep=1
    mmul src=activation[0] dst=accumulator[64] vectors=2 rows=2 cols=4 src_stride=8 dst_stride=16 bits=8
  end
  sync matrix signal=1
  gate soft p0=accumulator[0] p1=activation[128] p2=activation[160] elements=4 rows=2 s0=16 s1=4 s2=16 wait=1 signal=2
end
store src=activation[160] dst=dram[128] rows=2 bytes=16 src_stride=16 dst_stride=16 wait=2
halt
.data dram[w]
  00112233 44556677
.end
)";
}

}  // namespace rondo::testing
