#include <stdint.h>

int32_t from_object(int32_t n) { return n + 100; }
