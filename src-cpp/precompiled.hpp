// What the driver compiles ahead of the sources that begin with it: src-ts/driver/precompiled.ts.
#include "arena_bind/kernel.hpp"
