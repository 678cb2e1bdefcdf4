# SPDX-License-Identifier: Apache-2.0
# Flags are set per target, never globally: rr_set_flags(TARGET).

set(RR_WARNINGS
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings
  -Wformat=2 -Wundef -Wvla -Wpointer-arith -Wswitch-enum -Wno-gnu-statement-expression)

function(rr_set_flags target)
  target_compile_features(${target} PRIVATE c_std_17)
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE _FILE_OFFSET_BITS=64)
  target_compile_options(${target} PRIVATE ${RR_WARNINGS} -fstack-protector-strong -fPIE -fno-strict-aliasing)
  if(RR_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    # The statement expressions of rr_steal are a GNU extension that -Wpedantic accepts behind __extension__.
    target_compile_options(${target} PRIVATE -Wduplicated-cond -Wlogical-op)
  endif()
  if(RR_SANITIZE)
    string(REPLACE "," ";" sanitizers "${RR_SANITIZE}")
    foreach(sanitizer IN LISTS sanitizers)
      target_compile_options(${target} PRIVATE -fsanitize=${sanitizer} -fno-omit-frame-pointer)
      target_link_options(${target} PRIVATE -fsanitize=${sanitizer})
    endforeach()
    target_compile_options(${target} PRIVATE -fno-sanitize-recover=all)
  elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
    # No path of the machine that built it: the same sources give the same bytes everywhere.
    file(RELATIVE_PATH to_source ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
    set(no_paths -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -ffile-prefix-map=${CMAKE_BINARY_DIR}=build -ffile-prefix-map=${to_source}=)
    target_compile_options(${target} PRIVATE ${no_paths})
    target_link_options(${target} PRIVATE ${no_paths} -fstack-protector-strong) # the link compiles: CMAKE_INTERPROCEDURAL_OPTIMIZATION
    target_compile_options(${target} PRIVATE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -ffunction-sections -fdata-sections)
    target_link_options(${target} PRIVATE -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed -Wl,--gc-sections)
  endif()
endfunction()
