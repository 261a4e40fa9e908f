# arena_bind_add_module: one target from C++ kernels, which is a wasm with its JavaScript and types under Emscripten,
# and a static library to test the same kernels with everywhere else.
include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/arena-bind-flags.cmake")

# arena_bind_add_module(<name> SOURCES <file>... [THREADS] [NO_SIMD] [PREBUILT] [CAPACITY <bytes>])
function(arena_bind_add_module name)
  set(call "arena_bind_add_module(${name})")
  set(usage "arena_bind_add_module(<name> SOURCES <file>... [THREADS] [NO_SIMD] [PREBUILT] [CAPACITY <bytes>])")
  cmake_parse_arguments(PARSE_ARGV 1 module "THREADS;NO_SIMD;PREBUILT" "CAPACITY" "SOURCES")
  if(DEFINED module_UNPARSED_ARGUMENTS)
    list(JOIN module_UNPARSED_ARGUMENTS " " unknown)
    message(FATAL_ERROR "arena-bind: ${call}: unknown argument: ${unknown}. Expected: ${usage}")
  endif()
  if(NOT module_SOURCES)
    message(FATAL_ERROR "arena-bind: ${call}: there are no SOURCES. Expected SOURCES and at least one C++ file: "
                        "${usage}")
  endif()
  if("CAPACITY" IN_LIST module_KEYWORDS_MISSING_VALUES
     OR (DEFINED module_CAPACITY AND NOT module_CAPACITY MATCHES "^[1-9][0-9]*([KMG]iB)?$"))
    message(FATAL_ERROR "arena-bind: ${call}: CAPACITY is \"${module_CAPACITY}\". Expected the bytes of the arena, a "
                        "number such as 67108864 or 64MiB, or no CAPACITY for 64 MiB.")
  endif()
  if(TARGET "${name}")
    message(FATAL_ERROR "arena-bind: ${call}: there is a target ${name} already. Expected a name of its own for each "
                        "module: rename one of the two, or list all files as SOURCES of one module.")
  endif()
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(NOT "CXX" IN_LIST languages)
    message(FATAL_ERROR "arena-bind: ${call}: this project has the languages ${languages}. Expected CXX among them: "
                        "write project(<name> LANGUAGES CXX).")
  endif()

  if(EMSCRIPTEN)
    arena_bind_private_wasm()
  elseif(CMAKE_SYSTEM_NAME STREQUAL "WASI" OR CMAKE_CXX_COMPILER_TARGET MATCHES "^wasm")
    message(FATAL_ERROR "arena-bind: ${call}: this is a wasm toolchain other than Emscripten's. Expected Emscripten "
                        "(configure with `emcmake cmake`) or a native compiler; with clang alone, build the wasm by "
                        "`npx arena-bind build --toolchain clang`.")
  else()
    arena_bind_private_native()
  endif()
endfunction()

# The wasm: an executable to CMake, with a step after linking that describes it in JavaScript and TypeScript.
function(arena_bind_private_wasm)
  if(EMSCRIPTEN_VERSION VERSION_LESS 3.1.6)
    message(FATAL_ERROR "arena-bind: ${call}: this is Emscripten ${EMSCRIPTEN_VERSION}. Expected 3.1.6 or newer: "
                        "install a newer one, for example with `emsdk install latest && emsdk activate latest`.")
  endif()
  arena_bind_private_node()
  arena_bind_private_sources(runtime sources)
  add_executable("${name}" ${module_SOURCES} ${runtime})
  target_link_libraries("${name}" PRIVATE arena-bind::headers)
  set(simd TRUE)
  if(module_NO_SIMD)
    set(simd FALSE)
  endif()
  arena_bind_private_flags("${name}" ${simd})
  set(threads "")
  if(module_THREADS)
    add_executable("${name}.threads")
    arena_bind_private_twin("${name}.threads" "${name}")
    arena_bind_private_sources(behind threads sources)
    target_sources("${name}.threads" PRIVATE ${behind})
    set(threads --threads)
  endif()

  get_filename_component(tool "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../dist/tools/cli.js" ABSOLUTE)
  if(NOT EXISTS "${tool}")
    message(FATAL_ERROR "arena-bind: ${call}: there is no ${tool}. Expected the package as npm installs it: run "
                        "`npm install arena-bind`, or in a clone of its repository `npm run build`.")
  endif()
  set(capacity ${module_CAPACITY})
  if(capacity)
    list(PREPEND capacity --capacity)
  endif()
  # The sources are read for their /// comments.
  add_custom_command(
    TARGET "${name}"
    POST_BUILD
    COMMAND "${ARENA_BIND_NODE}" "${tool}" wrap ${capacity} ${threads} "$<TARGET_FILE:${name}>"
            "$<TARGET_PROPERTY:${name},SOURCES>"
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
    COMMENT "Describing ${name} in JavaScript and TypeScript"
    COMMAND_EXPAND_LISTS VERBATIM)
  set(stem "$<TARGET_FILE_DIR:${name}>/$<TARGET_FILE_BASE_NAME:${name}>")
  set_target_properties("${name}" PROPERTIES SUFFIX .wasm LINK_DEPENDS "${tool}"
                                             ADDITIONAL_CLEAN_FILES "${stem}.js;${stem}.d.ts")
endfunction()

# The native twin: the same sources as a static library. The runtime is a part of it, so that what is set on the
# target (a sanitizer, coverage) holds for all of it; a program that links two modules takes the runtime of one.
function(arena_bind_private_native)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "MSVC")
    message(FATAL_ERROR "arena-bind: ${call}: the compiler is MSVC. Expected GCC or Clang, whose attributes and vectors "
                        "kernels use: configure with -T ClangCL, or with -DCMAKE_CXX_COMPILER=clang++.")
  endif()
  arena_bind_private_sources(runtime native)
  add_library("${name}" STATIC ${module_SOURCES} ${runtime})
  target_link_libraries("${name}" PUBLIC arena-bind::headers)
  set_target_properties("${name}" PROPERTIES CXX_EXTENSIONS OFF)
  # The results are those of the wasm to the bit: wasm has no fused multiply-add.
  target_compile_options("${name}" PRIVATE -ffp-contract=off)
  if(module_THREADS)
    target_compile_options("${name}" PUBLIC -pthread)
    target_link_options("${name}" PUBLIC -pthread)
  endif()
endfunction()

# Sets `result` to the package's own C++ files: those that flags.json lists under the keys that follow, and the prebuilt
# kernels if asked for. The user's warnings, precompiled headers and linters are not for them.
function(arena_bind_private_sources result)
  get_filename_component(folder "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../src-cpp" ABSOLUTE)
  arena_bind_private_list(files ${ARGN})
  list(TRANSFORM files PREPEND "${folder}/")
  if(module_PREBUILT AND NOT "threads" IN_LIST ARGN) # what is behind threads comes to the rest
    file(GLOB prebuilt "${folder}/kernels/*.cpp")
    list(APPEND files ${prebuilt})
  endif()
  # Optimized always: what comes after an overflow of the stack may not use the stack.
  set(options "-w;$<$<CONFIG:Debug>:-O2>")
  if(EMSCRIPTEN)
    string(APPEND options ";$<$<CONFIG:Debug>:-fno-sanitize=undefined>")
  endif()
  set_source_files_properties(${files} PROPERTIES COMPILE_OPTIONS "${options}" SKIP_UNITY_BUILD_INCLUSION ON
                                                  SKIP_PRECOMPILE_HEADERS ON SKIP_LINTING ON)
  set(${result} "${files}" PARENT_SCOPE)
endfunction()

# Finds the Node that runs the package's tool.
function(arena_bind_private_node)
  find_program(ARENA_BIND_NODE node NO_CMAKE_FIND_ROOT_PATH DOC "Node 20 or newer")
  set(remedy "Expected Node 20 or newer, which writes the JavaScript and the types: install it, or configure with "
             "-DARENA_BIND_NODE=/path/to/node.")
  if(NOT ARENA_BIND_NODE)
    message(FATAL_ERROR "arena-bind: ${call}: there is no node on the PATH. " ${remedy})
  endif()
  execute_process(
    COMMAND "${ARENA_BIND_NODE}" --version
    OUTPUT_VARIABLE version
    ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT version MATCHES "^v([0-9]+)" OR CMAKE_MATCH_1 LESS 20)
    message(FATAL_ERROR "arena-bind: ${call}: ${ARENA_BIND_NODE} says its version is \"${version}\". " ${remedy})
  endif()
endfunction()
