#pragma once

#include <memory>
#include <string>

#include "steelyard/input/byte_source.h"

namespace steelyard::input {

/// The bytes of a file as they are. `peek` looks at the first ones before they are read.
class FileSource final : public ByteSource {
 public:
  [[nodiscard]] static Result<std::unique_ptr<FileSource>> open(const std::string& file_name);
  ~FileSource() override;

  [[nodiscard]] Result<std::size_t> read(char* to, std::size_t size) override;
  std::uint64_t position() const override { return position_; }

  /// The first bytes of the file: at most four.
  [[nodiscard]] Result<std::string> peek();
  const std::string& name() const { return name_; }

 private:
  FileSource(std::string name, int descriptor) : name_(std::move(name)), descriptor_(descriptor) {}
  [[nodiscard]] Result<std::size_t> read_some(char* to, std::size_t size);

  std::string name_;
  int descriptor_;
  std::string peeked_;
  std::uint64_t position_ = 0;
};

/// What decompresses the rest of a file.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> gzip_source(std::unique_ptr<FileSource> file);
[[nodiscard]] Result<std::unique_ptr<ByteSource>> zstd_source(std::unique_ptr<FileSource> file);

}  // namespace steelyard::input
