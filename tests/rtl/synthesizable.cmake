# Yosys reads the whole chip in a small shape, resolves every module, and makes processes to registers and logic: no latch, no
# wire with no driver or with two, no loop of logic.
find_program(YOSYS yosys)
if(NOT YOSYS)
  if(RONDO_TESTS)
    message(FATAL_ERROR "the tests need Yosys (package yosys)")
  endif()
  return()
endif()

set(small ROWS 2 COLS 2 LANES 1 STREAM_ROWS 2 OPS 1 READS 1 RESULTS 1 RECORDS 1 KERNELS 2 MOVED 2 BUFFER 3 INDICES 2 SLOTS 2
  SEMAPHORES 2 DRAM_BYTES 64 WEIGHT_BYTES 32 ACTIVATION_BYTES 32 PARAMETER_BYTES 16 ACCUMULATOR_BYTES 32)
list(JOIN small " " small)
string(REGEX REPLACE "([A-Z_]+) ([0-9]+)" "-set \\1 \\2" small "${small}")
set(others ${modules})
list(REMOVE_ITEM others ${packages})
list(JOIN packages " " package_files)
list(JOIN others " " module_files)
foreach(dataflow 0 1)
  math(EXPR arrays "${dataflow} + 1")
  set(script ${RTL_BUILD}/synthesizable_${dataflow}.ys)
  file(CONFIGURE OUTPUT ${script} CONTENT [=[
read_verilog -sv @package_files@
read_verilog -sv -defer @module_files@
chparam @small@ -set OUTPUT_STATIONARY @dataflow@ -set ARRAYS @arrays@ chip
hierarchy -check -top chip
proc
check -assert
select -assert-none t:$dlatch
select -assert-min 100 t:$dff
]=] @ONLY)
  add_test(NAME rtl.synthesizable.${dataflow} COMMAND ${YOSYS} -q -s ${script})
  set_tests_properties(rtl.synthesizable.${dataflow} PROPERTIES TIMEOUT 600)
endforeach()
