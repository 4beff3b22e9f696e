#include "steelyard/cli/folders.h"

#include <filesystem>
#include <system_error>

namespace steelyard::cli {
namespace {

bool is_within(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const auto relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

std::filesystem::path real(const std::string& folder) {
  std::error_code error;
  // A slash at its end would be a part of its own.
  const auto path = std::filesystem::weakly_canonical(folder, error);
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

bool overlap(const std::string& folder, const std::string& other) {
  return is_within(real(folder), real(other)) || is_within(real(other), real(folder));
}

}  // namespace steelyard::cli
