#pragma once

#include <cstdint>
#include <filesystem>

#include "steelyard/base/result.h"

namespace steelyard::charges {

/// More than a charge line takes in a file of any format.
inline constexpr std::uint64_t export_line_bytes = 500;

/// Whether there is room for so many bytes of an export beside 1 GiB, which the log has to itself:
/// it mostly stands on the same disk. Errors: disk_full.
[[nodiscard]] Result<void> check_export_room(const std::filesystem::path& folder,
                                             std::uint64_t bytes);

}  // namespace steelyard::charges
