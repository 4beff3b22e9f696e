#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "steelyard/server/problem.h"
#include "steelyard/server/request.h"
#include "steelyard/server/server_limits.h"

namespace steelyard::server {

/// How the bytes of a body are framed.
enum class Framing : std::uint8_t { none, length, chunked };

/// Request line and header fields of a request, as views into what was read.
struct RequestHead {
  Method method = Method::get;
  std::string_view target;
  std::vector<Field> fields;

  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expects_continue = false;
  bool is_http_1_0 = false;

  std::optional<std::string_view> field(std::string_view name) const;
};

/// Reads a head strictly: what two readers could understand in two ways is refused, so that
/// no proxy and we disagree about where a request ends (S14). Lines end with CRLF; no line
/// is folded; names are tokens and stand at their colon; values are visible ASCII and UTF-8;
/// one Host; one Content-Length of digits, or one Transfer-Encoding: chunked, not both.
/// `text` ends with the empty line.
/// Errors: malformed_request, request_line_too_long, head_too_large, not_implemented,
/// version_not_supported, expectation_failed; after each the connection is closed.
/// Requires: nothing. Source: RFC 9112. Shown by: request_head_test.cc, and
/// request_head_referee_test.cc, which compares it with Boost.Beast's parser.
[[nodiscard]] std::expected<void, Problem> parse_head(std::string_view text,
                                                      const ServerLimits& limits,
                                                      RequestHead& head);

/// The end of the first head in `text` (behind its empty line), or npos. Looks from `from`
/// on, where an earlier look has ended. A bare LF LF ends it too, for parse_head to refuse.
std::size_t find_head_end(std::string_view text, std::size_t from);

/// Whether names of fields are the same: without case.
bool is_same_name(std::string_view a, std::string_view b);

/// The elements of a comma-separated list, trimmed.
std::vector<std::string_view> list_of(std::string_view value);

/// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view text);

}  // namespace steelyard::server
