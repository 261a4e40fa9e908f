// Decodes PNG and JPEG.
#include <arena_bind/kernel.hpp>

#define STBI_NO_STDIO
#include <stb_image.h>

struct Size {
  std::int32_t width, height;
};
ARENA_STRUCT(Size, width, height)

Size decode(std::span<const std::uint8_t> file, std::span<std::uint8_t> rgba) {
  Size size{};
  stbi_uc *pixels =
      stbi_load_from_memory(file.data(), static_cast<int>(file.size()), &size.width, &size.height, nullptr, 4);
  if (!pixels) arena::fail("no picture: ", std::string_view(stbi_failure_reason()));
  const auto bytes = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 4;
  for (std::size_t i = 0; i < bytes && i < rgba.size(); i++) rgba[i] = pixels[i];
  stbi_image_free(pixels);
  return size;
}
ARENA_KERNEL(decode, file, rgba)
