#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace steelyard::rating::cloud {

/// Bytes one behind the other, that stay where they are: blocks that are never moved.
class PackedRoom {
 public:
  /// Where something begins, in units over all blocks.
  using Place = std::uint32_t;

  /// A place for some bytes; to be written at once, and never more than these.
  char* add(std::size_t bytes, Place& place);
  const char* at(Place place) const;
  std::size_t bytes() const { return bytes_; }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };

  std::vector<Block> blocks_;
  std::size_t used_ = 0;  // Of the last block.
  std::size_t bytes_ = 0;
};

}  // namespace steelyard::rating::cloud
