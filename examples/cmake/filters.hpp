// The kernels as functions, for their tests.
#pragma once

#include <span>

void smooth(std::span<const float> in, std::span<float> out, float factor);
float loudness(std::span<const float> in);
void median(std::span<const float> in, std::span<float> out);
