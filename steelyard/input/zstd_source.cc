#include <zstd.h>

#include <vector>

#include "steelyard/input/file_source.h"

namespace steelyard::input {
namespace {

/// A Zstandard file of one or more frames (RFC 8878).
class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(std::unique_ptr<FileSource> file) : file_(std::move(file)) {
    constexpr int window_log_max = 27;  // 128 MiB: what `zstd` itself reads without asking.
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, window_log_max);
  }

  std::uint64_t position() const override { return file_->position(); }

  Result<std::size_t> read(char* to, std::size_t size) override {
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size && !has_more_) {
        STEELYARD_TRY(count, file_->read(buffer_.data(), buffer_.size()));
        if (count == 0) {
          if (is_between_frames_ && has_begun_) return 0;
          return damaged("ends too early");
        }
        in_ = {buffer_.data(), count, 0};
      }
      has_begun_ = true;
      const std::size_t outcome = ZSTD_decompressStream(stream_.get(), &out, &in_);
      if (ZSTD_isError(outcome) != 0) return damaged(ZSTD_getErrorName(outcome));
      is_between_frames_ = outcome == 0;
      has_more_ = out.pos == out.size && !is_between_frames_;
    }
    return out.pos;
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* stream) const { ZSTD_freeDCtx(stream); }
  };

  std::unexpected<Error> damaged(const char* what) const {
    return failure(ErrorCode::archive_is_damaged,
                   file_->name() + ": zstd data at byte " +
                       std::to_string(file_->position() - in_.size + in_.pos) + ": " + what);
  }

  std::unique_ptr<FileSource> file_;
  std::unique_ptr<ZSTD_DCtx, Free> stream_{ZSTD_createDCtx()};
  std::vector<char> buffer_ = std::vector<char>(65'536);
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool is_between_frames_ = false;
  bool has_begun_ = false;
  bool has_more_ = false;  // The decoder may hold more than fitted into the last answer.
};

}  // namespace

Result<std::unique_ptr<ByteSource>> zstd_source(std::unique_ptr<FileSource> file) {
  return std::unique_ptr<ByteSource>(std::make_unique<ZstdSource>(std::move(file)));
}

}  // namespace steelyard::input
