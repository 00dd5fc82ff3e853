# Writes sv_constants.hpp: what the C++ around the RTL must know of it, read from chip_types.sv and chip.sv, so that nothing is
# stated twice. A name that is not found is an error.
set(sv_types ${CMAKE_CURRENT_SOURCE_DIR}/chip_types.sv)
set(sv_chip ${CMAKE_CURRENT_SOURCE_DIR}/chip.sv)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sv_types} ${sv_chip})

# sv_match(OUTPUT FILE REGEX): the first group.
function(sv_match output file regex)
  file(READ ${file} text)
  string(REGEX REPLACE "//[^\n]*" "" text "${text}")
  if(NOT text MATCHES "${regex}")
    message(FATAL_ERROR "${file}: nothing matches ${regex}")
  endif()
  set(${output} "${CMAKE_MATCH_1}" PARENT_SCOPE)
endfunction()

set(constants "")
function(sv_numbers file)
  foreach(name IN LISTS ARGN)
    sv_match(value ${file} "[ ,]${name} = ([0-9]+)")
    set(pascal "")
    string(REPLACE "_" ";" words ${name})
    foreach(word IN LISTS words)
      string(SUBSTRING ${word} 0 1 first)
      string(SUBSTRING ${word} 1 -1 rest)
      string(TOLOWER "${rest}" rest)
      string(APPEND pascal ${first}${rest})
    endforeach()
    string(APPEND constants "inline constexpr int k${pascal} = ${value};  // ${name}\n")
  endforeach()
  set(constants "${constants}" PARENT_SCOPE)
endfunction()
sv_numbers(${sv_types} ARRAYS_MOST UNITS_MOST SEMAPHORES_MOST LOOPS_MOST PLACES FIELDS WORD_MASKS WORD_FIELDS PC_BITS BANKS_MOST)
sv_numbers(${sv_chip} SLOTS OPS KERNELS READS RESULTS MOVED BUFFER INDICES)

function(sv_names enumeration constant)
  sv_match(words ${sv_types} "{([A-Z0-9_, \n]+)} ${enumeration};")
  string(REGEX REPLACE "(OP|MICRO)_([A-Z0-9]+)" "\"\\2\"" words "${words}")
  set(constants "${constants}inline constexpr std::string_view ${constant}[] = {${words}};\n" PARENT_SCOPE)
endfunction()
sv_names(opcode_t kOpcodes)
sv_names(micro_t kMicroOps)

# The registers of a structure, as {"name", bits}; those of the SRAMs as {"sram.name", bits}.
function(sv_registers output structure prefix)
  sv_match(members ${sv_types} "struct packed {([^{}]+)} ${structure};")
  string(REPLACE ";" "," members "${members}")
  string(REGEX MATCHALL "[a-z_]+ [^,]+" members "${members}")
  set(rows "")
  foreach(member IN LISTS members)
    if(member MATCHES "sram_pace_t ([a-z_]+)")
      sv_registers(inner sram_pace_t ${CMAKE_MATCH_1}.)
      string(APPEND rows "${inner}")
    elseif(member MATCHES "logic \\[([0-9]+):0\\] ([a-z_]+)")
      math(EXPR bits "${CMAKE_MATCH_1} + 1")
      string(APPEND rows "    {\"${prefix}${CMAKE_MATCH_2}\", ${bits}},\n")
    else()
      message(FATAL_ERROR "${sv_types}: ${structure} has a member that is no register: ${member}")
    endif()
  endforeach()
  set(${output} "${rows}" PARENT_SCOPE)
endfunction()
sv_registers(registers pace_t "")

file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/sv_constants.hpp CONTENT [=[
// Written by sv_constants.cmake from chip_types.sv and chip.sv.
#pragma once

#include <string_view>

namespace rondo::rtl::sv {

@constants@
struct Register {
  std::string_view name;
  int bits;
};
/// The members of pace_t from the first (most significant) to the last.
inline constexpr Register kPace[] = {
@registers@};

}  // namespace rondo::rtl::sv
]=] @ONLY)
