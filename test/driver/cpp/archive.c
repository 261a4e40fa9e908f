#include <stdint.h>

int32_t from_archive(int32_t n) { return n + 1000; }
