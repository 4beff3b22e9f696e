#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace steelyard::log {

/// Records to append together, in one buffer: record i is bytes[ends[i - 1], ends[i]).
struct Batch {
  std::string bytes;
  std::vector<std::uint32_t> ends;

  void add(std::string_view record) {
    bytes += record;
    ends.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  std::size_t size() const { return ends.size(); }
  std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(bytes).substr(begin, ends[i] - begin);
  }
  /// What it takes of a queue and of a frame.
  std::size_t total_bytes() const { return bytes.size() + ends.size() * sizeof(std::uint32_t); }
};

}  // namespace steelyard::log
