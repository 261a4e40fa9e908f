// A frame of as many blocks as is said, and its end: for a tool that counts the instructions of a hook by its name.
#include <arena_bind/abi.h>

#include <cstdlib>

int main(int count, char **texts) {
  if (count != 2) return 1;
  arena::Current *arena = arena_open(arena::default_capacity);
  for (long blocks = std::atol(texts[1]); blocks > 0; blocks--)
    if (arena_alloc(arena, 16, 8) == 0) return 1;
  arena_reset(arena);
}
