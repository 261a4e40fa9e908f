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
function(arena_bind_private_flags target simd threads)
  target_compile_features("${target}" PRIVATE cxx_std_20)
  set_target_properties("${target}" PROPERTIES CXX_EXTENSIONS OFF)

  arena_bind_private_list(compile compile)
  arena_bind_private_list(cxx cxx)
  arena_bind_private_list(link emcc link)
  target_compile_options("${target}" PRIVATE ${compile} "$<$<COMPILE_LANGUAGE:CXX>:${cxx}>")
  target_link_options("${target}" PRIVATE ${link})

  arena_bind_private_list(speed optimize speed)
  arena_bind_private_list(size optimize size)
  arena_bind_private_list(debug optimize debug)
  set(optimize "$<$<CONFIG:Debug>:${debug}>" "$<$<CONFIG:MinSizeRel>:${size}>"
               "$<$<NOT:$<CONFIG:Debug,MinSizeRel>>:${speed}>")
  target_compile_options("${target}" PRIVATE ${optimize})
  target_link_options("${target}" PRIVATE ${optimize})

  if(simd)
    arena_bind_private_list(flags simd)
    target_compile_options("${target}" PRIVATE ${flags})
  endif()
  if(threads)
    arena_bind_private_list(compile threads compile)
    arena_bind_private_list(link threads link)
    target_compile_options("${target}" PRIVATE ${compile})
    target_link_options("${target}" PRIVATE ${link})
  endif()
endfunction()
