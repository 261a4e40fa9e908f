// Between the files of one module.
#pragma once
#include <cstdint>

template <class T> T twice(T x) { return x + x; }

std::int32_t from_cpp(std::int32_t n);
extern "C" {
std::int32_t from_c(std::int32_t n);
std::int32_t from_object(std::int32_t n);
std::int32_t from_archive(std::int32_t n);
}
