#include "steelyard/charges/export_room.h"

#include <string>
#include <system_error>

namespace steelyard::charges {

Result<void> check_export_room(const std::filesystem::path& folder, std::uint64_t bytes) {
  constexpr std::uint64_t of_the_log = std::uint64_t{1} << 30;
  std::error_code error;
  const std::uint64_t available = std::filesystem::space(folder, error).available;
  if (error || available >= of_the_log + bytes) return {};
  return failure(ErrorCode::disk_full, "the disk has " + std::to_string(available >> 20) +
                                           " MiB left, and an export of " +
                                           std::to_string(bytes >> 20) +
                                           " MiB may not take the last 1,024: ask for less time");
}

}  // namespace steelyard::charges
