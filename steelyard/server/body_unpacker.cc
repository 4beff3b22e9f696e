#include "steelyard/server/body_unpacker.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

#include "steelyard/base/check.h"
#include "steelyard/server/request_head.h"

namespace steelyard::server {
namespace {

constexpr std::size_t piece_bytes = std::size_t{64} * 1024;

std::unexpected<Problem> damaged(std::string detail) {
  return std::unexpected(Problem("archive_is_damaged", std::move(detail)));
}

/// What has gone in and come out so far.
class Meter {
 public:
  explicit Meter(const ServerLimits& limits) : limits_(limits) {}

  void packed(std::size_t bytes) { packed_ += bytes; }

  /// How much may come out next, at most a piece; one more than the limit shows a bomb.
  std::size_t room() const { return std::min(piece_bytes, limits_.unpacked_bytes - unpacked_ + 1); }

  [[nodiscard]] std::expected<void, Problem> unpacked(std::size_t bytes) {
    unpacked_ += bytes;
    if (unpacked_ > limits_.unpacked_bytes) {
      return std::unexpected(
          Problem("body_too_large",
                  "it unpacks to more than " + std::to_string(limits_.unpacked_bytes) + " bytes"));
    }
    if (unpacked_ > piece_bytes && unpacked_ / limits_.unpack_ratio > packed_) {
      return std::unexpected(Problem(
          "body_too_large",
          "it unpacks to more than " + std::to_string(limits_.unpack_ratio) + " times its size"));
    }
    return {};
  }

 private:
  const ServerLimits limits_;
  std::uint64_t packed_ = 0;
  std::uint64_t unpacked_ = 0;
};

class Plain : public BodyUnpacker {
 public:
  explicit Plain(const ServerLimits& limits) : limits_(limits) {}

  std::expected<void, Problem> take(std::string_view packed, std::string& to) override {
    if (to.size() + packed.size() > limits_.body_bytes) {
      return std::unexpected(Problem(
          "body_too_large", "it has more than " + std::to_string(limits_.body_bytes) + " bytes"));
    }
    to += packed;
    return {};
  }
  std::expected<void, Problem> finish() override { return {}; }

 private:
  const ServerLimits limits_;
};

class Gzip : public BodyUnpacker {
 public:
  explicit Gzip(const ServerLimits& limits) : meter_(limits) {
    constexpr int gzip_only = 15 + 16;
    STEELYARD_CHECK(inflateInit2(&stream_, gzip_only) == Z_OK);
  }
  ~Gzip() override { inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  std::expected<void, Problem> take(std::string_view packed, std::string& to) override {
    if (packed.empty()) return {};
    if (is_complete_) return damaged("bytes behind the end of the gzip stream");
    meter_.packed(packed.size());
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
    int status = Z_OK;
    do {
      const std::size_t before = to.size();
      const std::size_t room = meter_.room();
      to.resize(before + room);
      stream_.next_out = reinterpret_cast<Bytef*>(to.data() + before);
      stream_.avail_out = static_cast<uInt>(room);
      status = inflate(&stream_, Z_NO_FLUSH);
      const std::size_t out = room - stream_.avail_out;
      to.resize(before + out);
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
        return damaged("it is not a gzip stream");
      }
      if (auto counted = meter_.unpacked(out); !counted.has_value()) return counted;
    } while (status == Z_OK && (stream_.avail_in > 0 || stream_.avail_out == 0));
    if (status == Z_STREAM_END) {
      is_complete_ = true;
      if (stream_.avail_in > 0) return damaged("bytes behind the end of the gzip stream");
    }
    return {};
  }

  std::expected<void, Problem> finish() override {
    if (!is_complete_) return damaged("the gzip stream is cut off");
    return {};
  }

 private:
  Meter meter_;
  z_stream stream_{};
  bool is_complete_ = false;
};

class Zstd : public BodyUnpacker {
 public:
  explicit Zstd(const ServerLimits& limits) : meter_(limits), stream_(ZSTD_createDStream()) {
    STEELYARD_CHECK(stream_ != nullptr);
    // 8 MB: what RFC 9659 lets a sender on the web use.
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 23);
  }
  ~Zstd() override { ZSTD_freeDStream(stream_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

  std::expected<void, Problem> take(std::string_view packed, std::string& to) override {
    if (packed.empty()) return {};
    if (is_complete_) return damaged("bytes behind the end of the zstd frame");
    meter_.packed(packed.size());
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    bool is_full = true;
    while (!is_complete_ && (in.pos < in.size || is_full)) {
      const std::size_t before = to.size();
      const std::size_t room = meter_.room();
      to.resize(before + room);
      ZSTD_outBuffer out{to.data() + before, room, 0};
      const std::size_t status = ZSTD_decompressStream(stream_, &out, &in);
      to.resize(before + out.pos);
      if (ZSTD_isError(status) != 0) {
        return damaged(std::string("it is not a zstd frame: ") + ZSTD_getErrorName(status));
      }
      if (auto counted = meter_.unpacked(out.pos); !counted.has_value()) return counted;
      is_complete_ = status == 0;
      is_full = out.pos == out.size;
    }
    if (in.pos < in.size) return damaged("bytes behind the end of the zstd frame");
    return {};
  }

  std::expected<void, Problem> finish() override {
    if (!is_complete_) return damaged("the zstd frame is cut off");
    return {};
  }

 private:
  Meter meter_;
  ZSTD_DStream* stream_;
  bool is_complete_ = false;
};

}  // namespace

std::expected<std::unique_ptr<BodyUnpacker>, Problem> BodyUnpacker::of(
    std::string_view content_encoding, const ServerLimits& limits) {
  if (content_encoding.empty() || is_same_name(content_encoding, "identity")) {
    return std::make_unique<Plain>(limits);
  }
  if (is_same_name(content_encoding, "gzip") || is_same_name(content_encoding, "x-gzip")) {
    return std::make_unique<Gzip>(limits);
  }
  if (is_same_name(content_encoding, "zstd")) return std::make_unique<Zstd>(limits);
  return std::unexpected(
      Problem("unsupported_encoding", "Content-Encoding is none of gzip and zstd"));
}

}  // namespace steelyard::server
