# find_package(arena-bind): gives arena_bind_add_module and the target arena-bind::headers.
if(CMAKE_VERSION VERSION_LESS 3.21)
  message(FATAL_ERROR "arena-bind: this is CMake ${CMAKE_VERSION}. Expected 3.21 or newer: install a newer one, for "
                      "example with `pip install cmake`.")
endif()
cmake_policy(PUSH)
cmake_policy(VERSION 3.21)

# What includes <arena_bind/kernel.hpp> without being a module: a library of helpers, a test.
if(NOT TARGET arena-bind::headers)
  add_library(arena-bind::headers INTERFACE IMPORTED GLOBAL)
  get_filename_component(include "${CMAKE_CURRENT_LIST_DIR}/../src-cpp/include" ABSOLUTE)
  set_target_properties(arena-bind::headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${include}"
                                                       INTERFACE_COMPILE_FEATURES cxx_std_20)
  unset(include)
endif()

include("${CMAKE_CURRENT_LIST_DIR}/arena-bind-module.cmake")

cmake_policy(POP)
