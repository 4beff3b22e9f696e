#include "steelyard/server/api_key.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "steelyard/base/check.h"
#include "steelyard/server/base62.h"
#include "steelyard/server/crypto.h"

namespace steelyard::server {
namespace {

constexpr KeyKind kinds[] = {KeyKind::ingest, KeyKind::read, KeyKind::full};
constexpr KeyMode modes[] = {KeyMode::live, KeyMode::test};

template <class Enum, std::size_t size>
std::optional<Enum> named(const Enum (&all)[size], std::string_view name) {
  for (const Enum each : all) {
    if (name_of(each) == name) return each;
  }
  return std::nullopt;
}

std::string checksum_of(std::string_view text) {
  const std::uint32_t crc = crc32_of(text);
  const unsigned char bytes[] = {
      static_cast<unsigned char>(crc >> 24), static_cast<unsigned char>(crc >> 16),
      static_cast<unsigned char>(crc >> 8), static_cast<unsigned char>(crc)};
  return to_base62(bytes, ApiKeyText::checksum_characters);
}

std::unexpected<Error> no_key(std::string what) {
  return failure(ErrorCode::invalid_field, "the API key is malformed: " + std::move(what));
}

/// Cuts off what stands before the next underscore.
std::string_view next_part(std::string_view& rest) {
  const std::string_view part = rest.substr(0, rest.find('_'));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

}  // namespace

std::string_view name_of(KeyKind kind) {
  switch (kind) {
    case KeyKind::ingest: return "ingest";
    case KeyKind::read: return "read";
    case KeyKind::full: return "full";
  }
  base::check_failed("every kind has a name", __FILE__, __LINE__);
}

ScopeSet scopes_of(KeyKind kind) {
  switch (kind) {
    case KeyKind::ingest: return {Scope::ingest, Scope::hold};
    case KeyKind::read:
      return {Scope::read_usage, Scope::read_money, Scope::read_prices, Scope::query_sql,
              Scope::read_audit};
    case KeyKind::full: return ScopeSet::all();
  }
  base::check_failed("every kind has scopes", __FILE__, __LINE__);
}

std::string_view name_of(KeyMode mode) { return mode == KeyMode::live ? "live" : "test"; }

Result<ApiKeyText> parse_api_key(std::string_view text) {
  const std::string_view all = text;
  if (next_part(text) != ApiKeyText::prefix) return no_key("it does not begin as ours do");
  const auto mode = named(modes, next_part(text));
  const auto kind = named(kinds, next_part(text));
  if (!mode.has_value() || !kind.has_value()) return no_key("its mode or kind is unknown");
  ApiKeyText key{.mode = *mode, .kind = *kind, .id = next_part(text), .secret = next_part(text)};
  if (key.id.size() != ApiKeyText::id_characters || !is_base62(key.id) ||
      key.secret.size() != ApiKeyText::secret_characters || !is_base62(key.secret) ||
      text.size() != ApiKeyText::checksum_characters) {
    return no_key("a part has a wrong length or character");
  }
  const std::string_view checked = all.substr(0, all.size() - text.size() - 1);
  if (checksum_of(checked) != text) return no_key("its check sum is wrong: a slip in copying?");
  return key;
}

std::size_t find_api_key(std::string_view text) {
  constexpr std::string_view begins[] = {"steelyard_live_", "steelyard_test_"};
  std::size_t found = std::string_view::npos;
  for (const std::string_view begin : begins) found = std::min(found, text.find(begin));
  return found;
}

Principal KeyRecord::principal() const {
  return {.tenant = tenant,
          .key_id = id,
          .role = role,
          .scopes = row_of(role).scopes & scopes_of(kind),
          .customer = customer};
}

std::string KeyRecord::encode() const {
  nlohmann::ordered_json json;
  json["id"] = id;
  json["mode"] = name_of(mode);
  json["kind"] = name_of(kind);
  json["role"] = name_of(role);
  json["tenant"] = tenant;
  if (customer.has_value()) json["customer"] = *customer;
  json["name"] = name;
  json["secret_mac"] = to_hex(view_of(secret_mac));
  json["created_at"] = to_rfc3339(created_at);
  if (expires_at.has_value()) json["expires_at"] = to_rfc3339(*expires_at);
  if (revoked_at.has_value()) json["revoked_at"] = to_rfc3339(*revoked_at);
  if (!addresses.empty()) json["addresses"] = addresses;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<KeyRecord> KeyRecord::decode(std::string_view text) {
  const auto malformed = [](std::string_view what) {
    return failure(ErrorCode::file_is_malformed, "record of an API key: " + std::string(what));
  };
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return malformed("it is no JSON object");
  const auto text_of = [&json](const char* name) -> std::optional<std::string> {
    const auto member = json.find(name);
    if (member == json.end() || !member->is_string()) return std::nullopt;
    return member->get<std::string>();
  };
  const auto time_of = [&](const char* name, std::optional<base::Instant>& to) {
    if (!json.contains(name)) return true;
    base::Instant time;
    const auto written = text_of(name);
    if (!written.has_value() || !base::parse_rfc3339(*written, time)) return false;
    to = time;
    return true;
  };

  KeyRecord record;
  record.id = text_of("id").value_or("");
  record.tenant = text_of("tenant").value_or("");
  record.name = text_of("name").value_or("");
  record.customer = text_of("customer");
  if (record.id.size() != ApiKeyText::id_characters || !is_base62(record.id)) {
    return malformed("`id`");
  }
  if (record.tenant.empty()) return malformed("`tenant`");
  if (json.contains("customer") && !record.customer.has_value()) return malformed("`customer`");
  const auto mode = named(modes, text_of("mode").value_or(""));
  const auto kind = named(kinds, text_of("kind").value_or(""));
  if (!mode.has_value() || !kind.has_value()) return malformed("`mode` or `kind`");
  record.mode = *mode;
  record.kind = *kind;
  STEELYARD_TRY(role, role_named(text_of("role").value_or("")));
  record.role = role;
  const std::string mac = from_hex(text_of("secret_mac").value_or(""));
  if (mac.size() != record.secret_mac.size()) return malformed("`secret_mac`");
  std::ranges::copy(mac, record.secret_mac.begin());
  std::optional<base::Instant> created_at;
  if (!time_of("created_at", created_at) || !created_at.has_value() ||
      !time_of("expires_at", record.expires_at) || !time_of("revoked_at", record.revoked_at)) {
    return malformed("a time");
  }
  record.created_at = *created_at;
  if (const auto addresses = json.find("addresses"); addresses != json.end()) {
    if (!addresses->is_array()) return malformed("`addresses`");
    for (const auto& address : *addresses) {
      if (!address.is_string()) return malformed("`addresses`");
      record.addresses.push_back(address.get<std::string>());
    }
  }
  return record;
}

CreatedKey create_api_key(NewKey wanted, const Secret& pepper, const RandomBytes& random,
                          base::Instant now) {
  // 7 bytes are less than 62^10: every id has ten digits.
  std::array<unsigned char, 7> id_bytes{};
  std::array<unsigned char, ApiKeyText::secret_bytes> secret_bytes{};
  random(id_bytes);
  random(secret_bytes);
  const Secret secret(to_base62(secret_bytes, ApiKeyText::secret_characters));
  std::ranges::fill(secret_bytes, static_cast<unsigned char>(0));

  KeyRecord record;
  record.id = to_base62(id_bytes, ApiKeyText::id_characters);
  record.mode = wanted.mode;
  record.kind = wanted.kind;
  record.role = wanted.role;
  record.tenant = std::move(wanted.tenant);
  record.customer = std::move(wanted.customer);
  record.name = std::move(wanted.name);
  record.secret_mac = hmac_sha256(pepper.reveal(), secret.reveal());
  record.created_at = now;
  record.expires_at = wanted.expires_at;
  record.addresses = std::move(wanted.addresses);

  std::string text(ApiKeyText::prefix);
  for (const std::string_view part :
       {name_of(record.mode), name_of(record.kind), std::string_view(record.id), secret.reveal()}) {
    text += '_';
    text += part;
  }
  text += '_' + checksum_of(text);
  return {.text = Secret(std::move(text)), .record = std::move(record)};
}

}  // namespace steelyard::server
