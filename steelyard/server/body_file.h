#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "steelyard/base/result.h"

namespace steelyard::server {

/// A body that is read from a file while it is sent, so that it takes no memory. The file has no
/// name any more: it is gone with the answer, however that ends.
class BodyFile {
 public:
  /// Takes the file's name away. Errors: file_is_unreadable.
  [[nodiscard]] static Result<std::shared_ptr<const BodyFile>> take(
      const std::filesystem::path& path);
  ~BodyFile();
  BodyFile(const BodyFile&) = delete;
  BodyFile& operator=(const BodyFile&) = delete;

  std::uint64_t size() const { return size_; }

  /// Fills `to` with what begins there. Errors: file_is_unreadable (also: it is shorter than that).
  [[nodiscard]] Result<void> read(std::uint64_t offset, std::span<char> to) const;

 private:
  BodyFile(int descriptor, std::uint64_t size) : descriptor_(descriptor), size_(size) {}

  int descriptor_;
  std::uint64_t size_;
};

}  // namespace steelyard::server
