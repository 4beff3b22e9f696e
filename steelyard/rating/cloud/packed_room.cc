#include "steelyard/rating/cloud/packed_room.h"

#include <algorithm>

#include "steelyard/base/check.h"

namespace steelyard::rating::cloud {
namespace {

constexpr std::size_t block_bytes = 1 << 20;
constexpr std::size_t unit_bytes = 8;  // Things begin at multiples of it.
constexpr std::size_t block_units = block_bytes / unit_bytes;

}  // namespace

char* PackedRoom::add(std::size_t bytes, Place& place) {
  bytes = (bytes + unit_bytes - 1) / unit_bytes * unit_bytes;
  if (blocks_.empty() || used_ + bytes > blocks_.back().size) {
    const std::size_t size = std::max(bytes, block_bytes);
    STEELYARD_CHECK((blocks_.size() + 1) * block_units < UINT32_MAX);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    used_ = 0;
  }
  char* const room = blocks_.back().bytes.get() + used_;
  place = static_cast<Place>((blocks_.size() - 1) * block_units + used_ / unit_bytes);
  used_ += bytes;
  bytes_ += bytes;
  return room;
}

const char* PackedRoom::at(Place place) const {
  return blocks_[place / block_units].bytes.get() + place % block_units * unit_bytes;
}

}  // namespace steelyard::rating::cloud
