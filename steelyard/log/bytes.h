#pragma once

#include <bit>
#include <cstring>

namespace steelyard::log {

static_assert(std::endian::native == std::endian::little, "files are little-endian");

/// A number as it stands in a file.
template <class T>
T load(const char* from) {
  T value{};
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class T>
void store(char* to, const T& value) {
  std::memcpy(to, &value, sizeof value);
}

}  // namespace steelyard::log
