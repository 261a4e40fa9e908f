/* A library of one header gets its code in a C file, as its manual says. */
#define STB_IMAGE_IMPLEMENTATION
#define STBI_NO_STDIO
#include <stb_image.h>
