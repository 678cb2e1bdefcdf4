# SPDX-License-Identifier: Apache-2.0
# rr_add_room(NAME SOURCES a.c ... [ROOMS base ...] [LIBRARIES PkgConfig::X ...])
# One static library a room. ROOMS are the rooms it may include (docs/architecture.md); LIBRARIES the third-party
# libraries that it alone may include, so they are not passed on to the rooms above.

function(rr_add_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
  add_library(rr_${name} STATIC ${ROOM_SOURCES})
  rr_set_flags(rr_${name})
  target_include_directories(rr_${name} PUBLIC ${CMAKE_SOURCE_DIR}/include)
  foreach(room IN LISTS ROOM_ROOMS)
    target_link_libraries(rr_${name} PUBLIC rr_${room})
  endforeach()
  target_link_libraries(rr_${name} PRIVATE ${ROOM_LIBRARIES})
endfunction()
