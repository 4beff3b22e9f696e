#include "steelyard/server/cursor.h"

#include "steelyard/server/crypto.h"

namespace steelyard::server {
namespace {

constexpr std::size_t mac_bytes = 16;

/// With its length before it, so that no two lists of texts are the same bytes.
void append_part(std::string_view part, std::string& to) {
  to += std::to_string(part.size());
  to += ':';
  to += part;
}

}  // namespace

std::string CursorSigner::mac(std::string_view tenant, std::string_view filter,
                              std::string_view position) const {
  std::string message = "cursor ";
  append_part(tenant, message);
  append_part(filter, message);
  append_part(position, message);
  return std::string(view_of(hmac_sha256(key_.reveal(), message)).substr(0, mac_bytes));
}

std::string CursorSigner::make(std::string_view tenant, std::string_view filter,
                               std::string_view position) const {
  return to_base64url(mac(tenant, filter, position) + std::string(position));
}

std::expected<std::string, Problem> CursorSigner::read(std::string_view tenant,
                                                       std::string_view filter,
                                                       std::string_view cursor) const {
  std::string bytes;
  if (!from_base64url(cursor, bytes) || bytes.size() < mac_bytes) {
    return std::unexpected(Problem("invalid_cursor", "it is not one of ours"));
  }
  std::string position = bytes.substr(mac_bytes);
  if (!is_equal_in_constant_time(std::string_view(bytes).substr(0, mac_bytes),
                                 mac(tenant, filter, position))) {
    return std::unexpected(
        Problem("invalid_cursor", "it was made for another list, or has been changed"));
  }
  return position;
}

}  // namespace steelyard::server
