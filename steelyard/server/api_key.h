#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/base/time.h"
#include "steelyard/server/clock.h"
#include "steelyard/server/principal.h"
#include "steelyard/server/secret.h"

namespace steelyard::server {

/// What a key can be used for at most, whatever its role. Stands in the key's text.
enum class KeyKind : std::uint8_t { ingest, read, full };
std::string_view name_of(KeyKind kind);
ScopeSet scopes_of(KeyKind kind);

/// Whether a key belongs to real money or to trials. Stands in the key's text.
enum class KeyMode : std::uint8_t { live, test };
std::string_view name_of(KeyMode mode);

/// The text of an API key, taken apart:
///   steelyard_live_full_4fGh71kPq0_<43 characters>_<6 characters>
/// The prefix is for scanners of leaked secrets, the check sum against their false hits.
struct ApiKeyText {
  static constexpr std::string_view prefix = "steelyard";
  static constexpr std::size_t id_characters = 10;
  static constexpr std::size_t secret_bytes = 32;
  static constexpr std::size_t secret_characters = 43;  ///< 32 bytes in base 62.
  static constexpr std::size_t checksum_characters = 6;

  KeyMode mode = KeyMode::live;
  KeyKind kind = KeyKind::full;
  std::string_view id;
  std::string_view secret;
};

/// Views into `text`. Errors: invalid_field, which never shows the text.
[[nodiscard]] Result<ApiKeyText> parse_api_key(std::string_view text);

/// Whether a text contains something shaped like a key: such a URL is refused, such a log
/// line masked. Returns where it begins, or npos.
std::size_t find_api_key(std::string_view text);

/// What is kept of a key: its secret only as HMAC-SHA-256 under the pepper.
struct KeyRecord {
  std::string id;
  KeyMode mode = KeyMode::live;
  KeyKind kind = KeyKind::full;
  Role role = Role::tenant_owner;
  std::string tenant;
  std::optional<std::string> customer;  ///< Set: restricted to this account.
  std::string name;                     ///< What the owner calls it.
  std::array<unsigned char, 32> secret_mac{};
  base::Instant created_at;
  std::optional<base::Instant> expires_at;
  std::optional<base::Instant> revoked_at;
  std::vector<std::string> addresses;  ///< May come from these only; empty: from any.

  Principal principal() const;

  /// One line of JSON, and back: for the log or a state store.
  std::string encode() const;
  [[nodiscard]] static Result<KeyRecord> decode(std::string_view text);

  bool operator==(const KeyRecord&) const = default;
};

struct NewKey {
  KeyMode mode = KeyMode::live;
  KeyKind kind = KeyKind::full;
  Role role = Role::tenant_owner;
  std::string tenant{};
  std::optional<std::string> customer{};
  std::string name{};
  std::optional<base::Instant> expires_at{};
  std::vector<std::string> addresses{};
};

struct CreatedKey {
  Secret text;  ///< Shown once.
  KeyRecord record;
};

/// Makes a key. Its id and secret come from `random`.
CreatedKey create_api_key(NewKey wanted, const Secret& pepper, const RandomBytes& random,
                          base::Instant now);

}  // namespace steelyard::server
