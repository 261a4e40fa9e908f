// C, with its own library and heap.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int32_t from_c(int32_t n) {
  char *text = malloc(8);
  strcpy(text, "abc");
  n += (int32_t)strlen(text) + (int32_t)floor(sqrt(17.0));
  free(text);
  return n;
}
