# SPDX-License-Identifier: Apache-2.0
# Writes OUT, a header that defines RR_COMMIT: COMMIT when given, else what git says about SOURCE_DIR, else "unknown".
# Run as a script at each build.
cmake_minimum_required(VERSION 3.25)

if(NOT COMMIT)
  set(COMMIT unknown)
  find_program(git git)
  if(git)
    execute_process(COMMAND ${git} -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude=*
      OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(NOT failed)
      set(COMMIT ${described})
    endif()
  endif()
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT "#define RR_COMMIT \"@COMMIT@\"\n" @ONLY)
