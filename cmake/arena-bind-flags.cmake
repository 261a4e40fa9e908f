# src-cpp/flags.json, which the compiler driver reads as well, as options of a target.

# Sets `result` to the list under the keys that follow, such as arena_bind_private_list(flags threads link).
function(arena_bind_private_list result)
  set(file "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../src-cpp/flags.json")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${file}" text)
  string(JSON count LENGTH "${text}" ${ARGN})
  set(items "")
  if(count GREATER 0)
    math(EXPR last "${count} - 1")
    foreach(at RANGE ${last})
      string(JSON item GET "${text}" ${ARGN} ${at})
      list(APPEND items "${item}")
    endforeach()
  endif()
  set(${result} "${items}" PARENT_SCOPE)
endfunction()

# Gives `target` what the driver gives its compiler, by configuration: Debug is its --debug, MinSizeRel its --size.
function(arena_bind_private_flags target simd)
  target_compile_features("${target}" PRIVATE cxx_std_20)
  set_target_properties("${target}" PROPERTIES CXX_EXTENSIONS OFF)

  arena_bind_private_list(compile compile)
  arena_bind_private_list(cxx cxx)
  arena_bind_private_list(link emcc link)
  arena_bind_private_list(answered answered)
  list(TRANSFORM answered PREPEND "-Wl,--wrap=")
  list(APPEND link ${answered})
  target_compile_options("${target}" PRIVATE ${compile} "$<$<COMPILE_LANGUAGE:CXX>:${cxx}>")
  target_link_options("${target}" PRIVATE ${link})

  arena_bind_private_list(speed optimize speed)
  arena_bind_private_list(size optimize size)
  arena_bind_private_list(debug optimize debug)
  arena_bind_private_list(checks checks)
  target_compile_options("${target}" PRIVATE "$<$<CONFIG:Debug>:${checks}>")
  set(optimize "$<$<CONFIG:Debug>:${debug}>" "$<$<CONFIG:MinSizeRel>:${size}>"
               "$<$<NOT:$<CONFIG:Debug,MinSizeRel>>:${speed}>")
  target_compile_options("${target}" PRIVATE ${optimize})
  target_link_options("${target}" PRIVATE ${optimize})

  if(simd)
    arena_bind_private_list(flags simd)
    target_compile_options("${target}" PRIVATE ${flags})
  endif()
endfunction()

# Makes `target` the twin of `other` for shared memory: all that is set on the one, also later, holds for both.
function(arena_bind_private_twin target other)
  target_sources("${target}" PRIVATE "$<TARGET_PROPERTY:${other},SOURCES>")
  target_link_libraries("${target}" PRIVATE "$<TARGET_PROPERTY:${other},LINK_LIBRARIES>")
  target_link_directories("${target}" PRIVATE "$<TARGET_PROPERTY:${other},LINK_DIRECTORIES>")
  target_include_directories("${target}" PRIVATE "$<TARGET_PROPERTY:${other},INCLUDE_DIRECTORIES>")
  target_compile_definitions("${target}" PRIVATE "$<TARGET_PROPERTY:${other},COMPILE_DEFINITIONS>")
  target_compile_features("${target}" PRIVATE cxx_std_20)
  arena_bind_private_list(compile threads compile)
  arena_bind_private_list(link threads link)
  target_compile_options("${target}" PRIVATE ${compile} "$<TARGET_PROPERTY:${other},COMPILE_OPTIONS>")
  target_link_options("${target}" PRIVATE ${link} "$<TARGET_PROPERTY:${other},LINK_OPTIONS>")
  set_target_properties("${target}" PROPERTIES CXX_EXTENSIONS OFF SUFFIX .wasm
                                               OUTPUT_NAME "$<TARGET_FILE_BASE_NAME:${other}>.threads"
                                               RUNTIME_OUTPUT_DIRECTORY "$<TARGET_FILE_DIR:${other}>")
  add_dependencies("${other}" "${target}")
endfunction()
