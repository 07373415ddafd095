# SPDX-License-Identifier: 0BSD
# godwit_add_plugin(NAME name SOURCES file... [LIBRARIES library...])
#
# A target `name` that builds name.so: it exports godwit_plugin_v1 and nothing else, whatever it is linked
# with, and leaves no symbol to be found out about when it is loaded.
set(GODWIT_EXPORTS ${CMAKE_CURRENT_LIST_DIR}/plugin.map)

function(godwit_add_plugin)
  cmake_parse_arguments(PLUGIN "" "NAME" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT PLUGIN_NAME OR NOT PLUGIN_SOURCES OR PLUGIN_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "godwit_add_plugin(NAME name SOURCES file... [LIBRARIES library...])")
  endif()
  add_library(${PLUGIN_NAME} MODULE ${PLUGIN_SOURCES})
  target_link_libraries(${PLUGIN_NAME} PRIVATE Godwit::plugin ${PLUGIN_LIBRARIES})
  target_link_options(${PLUGIN_NAME} PRIVATE
    -Wl,--version-script=${GODWIT_EXPORTS} -Wl,--exclude-libs,ALL -Wl,-z,relro,-z,now)
  # A sanitizer's functions are in the program.
  if(NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} ${GODWIT_SANITIZE}" MATCHES "-fsanitize|address|thread|undefined")
    target_link_options(${PLUGIN_NAME} PRIVATE -Wl,-z,defs)
  endif()
  set_target_properties(${PLUGIN_NAME} PROPERTIES
    PREFIX "" SUFFIX ".so" POSITION_INDEPENDENT_CODE ON LINK_DEPENDS ${GODWIT_EXPORTS}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endfunction()
