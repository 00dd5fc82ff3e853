# Adds to rondo_rtl a Verilated model of each shape in shapes.cmake, and the table of them. Without Verilator the table is empty.
set(RTL ${CMAKE_CURRENT_SOURCE_DIR})
set(RTL_BUILD ${CMAKE_CURRENT_BINARY_DIR})

# The activation tables' package.
set(tables ${RTL_BUILD}/activation_tables.sv)
add_custom_command(OUTPUT ${tables}
  COMMAND ${CMAKE_COMMAND} -DTABLES=${CMAKE_SOURCE_DIR}/models/isa/tables.inc -DOUTPUT=${tables} -P ${RTL}/make_tables.cmake
  DEPENDS make_tables.cmake ${CMAKE_SOURCE_DIR}/models/isa/tables.inc COMMENT "Writing the RTL's activation tables")
file(GLOB modules ${RTL}/*.sv)
set(packages ${RTL}/chip_types.sv ${RTL}/arithmetic.sv ${tables} ${RTL}/micro_operations.sv)

# rtl_shape(NAME KEY VALUE...): a model of this shape, and its entry in the table. Keys are the fields of Machine, in capitals, but
# for loop_depth, and LANES; what is not given is in RTL_SHAPE_DEFAULTS.
set(RTL_SHAPE_KEYS ROWS COLS ARRAYS DATAFLOW TILE_FIFO STREAM_ROWS TABLE_ENTRIES WEIGHT_BYTES WEIGHT_BANKS ACTIVATION_BYTES
  ACTIVATION_BANKS PARAMETER_BYTES PARAMETER_BANKS ACCUMULATOR_BYTES ACCUMULATOR_BANKS DRAM_BYTES SEMAPHORES LANES)
set(shape_declarations "")
set(shape_additions "")
function(rtl_shape name)
  cmake_parse_arguments(default "" "${RTL_SHAPE_KEYS}" "" ${RTL_SHAPE_DEFAULTS})
  cmake_parse_arguments(given "" "${RTL_SHAPE_KEYS}" "" ${ARGN})
  if(given_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "rtl_shape ${name}: unknown ${given_UNPARSED_ARGUMENTS}")
  endif()
  set(machine_fields "")
  set(parameters "")
  foreach(key IN LISTS RTL_SHAPE_KEYS)
    set(${key} ${default_${key}})
    if(DEFINED given_${key})
      set(${key} ${given_${key}})
    endif()
    if(NOT "${key}" STREQUAL "LANES")
      string(TOLOWER ${key} field)
      string(APPEND machine_fields "  m.${field} = ${${key}};\n")
    endif()
    if(NOT "${key}" STREQUAL "DATAFLOW")
      list(APPEND parameters -G${key}=${${key}})
    endif()
  endforeach()
  foreach(banks ${WEIGHT_BANKS} ${ACTIVATION_BANKS} ${PARAMETER_BANKS} ${ACCUMULATOR_BANKS})
    sv_match(most ${sv_types} "BANKS_MOST = ([0-9]+)")
    if(banks GREATER most)
      message(FATAL_ERROR "rtl_shape ${name}: ${banks} banks; allowed 1..${most}")
    endif()
  endforeach()
  if(DATAFLOW STREQUAL "Dataflow::output_stationary")
    list(APPEND parameters -GOUTPUT_STATIONARY=1)
  endif()

  # The Verilog is clean but for widths of constants and for what the parameters of a shape leave unused.
  set(directory ${RTL_BUILD}/V${name})
  set(outputs ${directory}/V${name}__fast.cpp ${directory}/V${name}__slow.cpp)
  add_custom_command(OUTPUT ${outputs} ${directory}/V${name}.h
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${directory}
    COMMAND ${VERILATOR} --cc -O3 --x-assign fast --x-initial unique --noassert
      --unroll-count 8 --unroll-stmts 100 --output-split-cfuncs 500
      -Wall -Wno-WIDTH -Wno-WIDTHCONCAT -Wno-UNUSEDPARAM -Wno-UNUSEDSIGNAL -Wno-BLKSEQ -Wno-PINCONNECTEMPTY
      -y ${RTL} ${parameters} --top-module chip --prefix V${name} --Mdir ${directory} ${packages} ${RTL}/chip.sv
    COMMAND ${CMAKE_COMMAND} -DDIRECTORY=${directory} -DNAME=V${name} -P ${RTL}/join_sources.cmake
    DEPENDS ${modules} ${tables} join_sources.cmake COMMENT "Verilating the shape ${name}")
  set_source_files_properties(${directory}/V${name}__fast.cpp PROPERTIES
    COMPILE_OPTIONS "-w;-O2" INCLUDE_DIRECTORIES ${directory})
  set_source_files_properties(${directory}/V${name}__slow.cpp PROPERTIES
    COMPILE_OPTIONS "-w;-O0" INCLUDE_DIRECTORIES ${directory})
  set(entry ${RTL_BUILD}/shape_${name}.cpp)
  configure_file(shape.cpp.in ${entry} @ONLY)
  set_source_files_properties(${entry} PROPERTIES INCLUDE_DIRECTORIES ${directory} OBJECT_DEPENDS ${directory}/V${name}.h)
  target_sources(rondo_rtl PRIVATE ${entry} ${outputs})
  set(shape_declarations "${shape_declarations}void add_shape_${name}(std::vector<ShapeEntry>& list);\n" PARENT_SCOPE)
  set(shape_additions "${shape_additions}    add_shape_${name}(list);\n" PARENT_SCOPE)
endfunction()

find_program(VERILATOR verilator)
if(VERILATOR)
  execute_process(COMMAND ${VERILATOR} --getenv VERILATOR_ROOT
    OUTPUT_VARIABLE verilator_root OUTPUT_STRIP_TRAILING_WHITESPACE)
  find_package(Threads REQUIRED)
  set(runtime ${verilator_root}/include/verilated.cpp ${verilator_root}/include/verilated_threads.cpp)
  set_source_files_properties(${runtime} PROPERTIES COMPILE_OPTIONS -w)
  target_sources(rondo_rtl PRIVATE ${runtime})
  target_include_directories(rondo_rtl SYSTEM PRIVATE ${verilator_root}/include ${verilator_root}/include/vltstd)
  target_link_libraries(rondo_rtl PRIVATE Threads::Threads)
  include(shapes.cmake)
elseif(RONDO_TESTS)
  message(FATAL_ERROR "the tests need Verilator (package verilator)")
endif()
configure_file(all_shapes.cpp.in ${RTL_BUILD}/all_shapes.cpp @ONLY)
target_sources(rondo_rtl PRIVATE ${RTL_BUILD}/all_shapes.cpp)
