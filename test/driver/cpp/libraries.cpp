// Header-only libraries as Debian has them, by -I alone.
#include <arena_bind/kernel.hpp>

#include <Eigen/Dense>
#include <glm/glm.hpp>
#include <glm/gtc/matrix_transform.hpp>
#include <glm/gtc/quaternion.hpp>

using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// a is rows by inner, b inner by columns, both row by row.
void multiply(std::span<const double> a, std::span<const double> b, std::span<double> out, std::uint32_t inner) {
  const auto rows = static_cast<Eigen::Index>(a.size() / inner), columns = static_cast<Eigen::Index>(b.size() / inner);
  Eigen::Map<Rows>(out.data(), rows, columns) =
      Eigen::Map<const Rows>(a.data(), rows, inner) * Eigen::Map<const Rows>(b.data(), inner, columns);
}
ARENA_KERNEL(multiply, a, b, out, inner)

// Least squares.
void solve(std::span<const double> a, std::span<const double> b, std::span<double> out) {
  const auto rows = static_cast<Eigen::Index>(b.size()), columns = static_cast<Eigen::Index>(out.size());
  Eigen::Map<Eigen::VectorXd>(out.data(), columns) = Eigen::Map<const Rows>(a.data(), rows, columns)
                                                         .colPivHouseholderQr()
                                                         .solve(Eigen::Map<const Eigen::VectorXd>(b.data(), rows));
}
ARENA_KERNEL(solve, a, b, out)

// Turns a point about an axis, then moves it.
void place(std::span<float> point, std::span<const float> axis, float degrees, std::span<const float> by) {
  const auto vector = [](auto in) { return glm::vec3(in[0], in[1], in[2]); };
  const glm::quat turn = glm::angleAxis(glm::radians(degrees), glm::normalize(vector(axis)));
  const glm::mat4 all = glm::translate(glm::mat4(1), vector(by)) * glm::mat4_cast(turn);
  const glm::vec4 placed = all * glm::vec4(vector(point), 1);
  for (int i = 0; i < 3; i++) point[static_cast<std::size_t>(i)] = placed[i];
}
ARENA_KERNEL(place, point, axis, degrees, by)
