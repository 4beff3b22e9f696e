#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "steelyard/base/time.h"
#include "steelyard/server/request.h"

namespace steelyard::server {

/// Makes a problem its document; leaves other answers alone.
void render(Response& response, std::string_view request_id);

/// What an answer's head has beside the Response.
struct AnswerHead {
  std::string_view request_id;
  base::Instant now;
  bool keep_alive = true;
  bool is_encrypted = false;
  std::span<const std::pair<std::string_view, std::string>> fields;
};

/// Status line and fields to the empty line. Control characters in a value become spaces, so
/// that no value can end its field.
std::string head_text(const Response& response, const AnswerHead& head);

/// Whether an answer of this status has a body: not 204, not 304.
constexpr bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

/// "Not Found"
std::string_view reason_of(int status);

/// "Wed, 25 Nov 2026 12:00:00 GMT" (RFC 9110, section 5.6.7).
std::string http_date(base::Instant time);

}  // namespace steelyard::server
