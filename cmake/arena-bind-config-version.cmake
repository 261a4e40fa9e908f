# Which requests find_package(arena-bind <version>) grants: this version or an older one of the same major version, and
# below 1.0 of the same minor version. The number itself stands in package.json alone.
file(READ "${CMAKE_CURRENT_LIST_DIR}/../package.json" text)
string(REGEX MATCH "\"version\": *\"([0-9]+)\\.([0-9]+)\\.([0-9]+)" text "${text}")
set(major "${CMAKE_MATCH_1}")
set(minor "${CMAKE_MATCH_2}")
set(PACKAGE_VERSION "${major}.${minor}.${CMAKE_MATCH_3}")

set(PACKAGE_VERSION_EXACT FALSE)
set(PACKAGE_VERSION_COMPATIBLE FALSE)
if(PACKAGE_FIND_VERSION_RANGE)
  set(end "${PACKAGE_FIND_VERSION_MAX}")
  if(PACKAGE_VERSION VERSION_GREATER_EQUAL PACKAGE_FIND_VERSION_MIN
     AND (PACKAGE_VERSION VERSION_LESS end
          OR (PACKAGE_FIND_VERSION_RANGE_MAX STREQUAL "INCLUDE" AND PACKAGE_VERSION VERSION_EQUAL end)))
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
  endif()
elseif(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
  set(PACKAGE_VERSION_EXACT TRUE)
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
elseif(PACKAGE_FIND_VERSION VERSION_LESS PACKAGE_VERSION AND PACKAGE_FIND_VERSION_MAJOR EQUAL major)
  if(major GREATER 0 OR PACKAGE_FIND_VERSION_COUNT LESS 2 OR PACKAGE_FIND_VERSION_MINOR EQUAL minor)
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
  endif()
endif()
