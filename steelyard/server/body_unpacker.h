#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "steelyard/server/problem.h"
#include "steelyard/server/server_limits.h"

namespace steelyard::server {

/// Unpacks a body as it arrives, and counts what comes out: a bomb stops at the limit, not
/// when memory does (E13).
class BodyUnpacker {
 public:
  virtual ~BodyUnpacker() = default;

  /// For the value of Content-Encoding: "", identity, gzip (x-gzip), zstd.
  /// Errors: unsupported_encoding, also for two encodings.
  [[nodiscard]] static std::expected<std::unique_ptr<BodyUnpacker>, Problem> of(
      std::string_view content_encoding, const ServerLimits& limits);

  /// Appends what `packed` unpacks to. Errors: body_too_large, archive_is_damaged.
  [[nodiscard]] virtual std::expected<void, Problem> take(std::string_view packed,
                                                          std::string& to) = 0;
  /// The end of the body: the stream must be complete. Errors: archive_is_damaged.
  [[nodiscard]] virtual std::expected<void, Problem> finish() = 0;
};

}  // namespace steelyard::server
