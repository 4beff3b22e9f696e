#include <zlib.h>

#include <vector>

#include "steelyard/input/file_source.h"

namespace steelyard::input {
namespace {

/// A gzip file of one or more members (RFC 1952).
class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<FileSource> file) : file_(std::move(file)) {}
  ~GzipSource() override { inflateEnd(&stream_); }

  /// Returns false if zlib can not start.
  bool start() {
    constexpr int gzip_only = 15 + 16;
    return inflateInit2(&stream_, gzip_only) == Z_OK;
  }

  std::uint64_t position() const override { return file_->position(); }

  Result<std::size_t> read(char* to, std::size_t size) override {
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = static_cast<uInt>(size);
    while (stream_.avail_out == size) {
      if (stream_.avail_in == 0) {
        STEELYARD_TRY(count, file_->read(buffer_.data(), buffer_.size()));
        if (count == 0) {
          if (is_between_members_) return 0;
          return damaged("ends too early");
        }
        stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
        stream_.avail_in = static_cast<uInt>(count);
      }
      is_between_members_ = false;
      const int outcome = inflate(&stream_, Z_NO_FLUSH);
      if (outcome == Z_STREAM_END) {
        is_between_members_ = true;
        inflateReset(&stream_);
      } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
        return damaged(stream_.msg == nullptr ? "is no gzip data" : stream_.msg);
      }
    }
    return size - stream_.avail_out;
  }

 private:
  std::unexpected<Error> damaged(const char* what) const {
    return failure(ErrorCode::archive_is_damaged,
                   file_->name() + ": gzip data at byte " +
                       std::to_string(file_->position() - stream_.avail_in) + ": " + what);
  }

  std::unique_ptr<FileSource> file_;
  std::vector<char> buffer_ = std::vector<char>(65'536);
  z_stream stream_{};
  bool is_between_members_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> gzip_source(std::unique_ptr<FileSource> file) {
  auto source = std::make_unique<GzipSource>(std::move(file));
  if (!source->start()) return failure(ErrorCode::archive_is_damaged, "zlib does not start");
  return std::unique_ptr<ByteSource>(std::move(source));
}

}  // namespace steelyard::input
