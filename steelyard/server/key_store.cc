#include "steelyard/server/key_store.h"

#include <algorithm>
#include <mutex>

namespace steelyard::server {

CreatedKey KeyStore::create(NewKey wanted, const RandomBytes& random, base::Instant now) {
  CreatedKey created = create_api_key(std::move(wanted), pepper_, random, now);
  put(created.record);
  return created;
}

void KeyStore::put(KeyRecord record) {
  const std::unique_lock lock(mutex_);
  std::string id = record.id;
  keys_.insert_or_assign(std::move(id), std::move(record));
}

bool KeyStore::revoke(std::string_view id, base::Instant at) {
  const std::unique_lock lock(mutex_);
  const auto found = keys_.find(std::string(id));
  if (found == keys_.end()) return false;
  if (!found->second.revoked_at.has_value()) found->second.revoked_at = at;
  return true;
}

std::vector<KeyRecord> KeyStore::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<KeyRecord> records;
  records.reserve(keys_.size());
  for (const auto& [id, record] : keys_) records.push_back(record);
  std::ranges::sort(records, {}, &KeyRecord::id);
  return records;
}

std::optional<KeyRecord> KeyStore::find(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto found = keys_.find(std::string(id));
  if (found == keys_.end()) return std::nullopt;
  return found->second;
}

std::expected<Principal, Problem> KeyStore::authenticate(std::string_view text, base::Instant now,
                                                         std::string_view address) const {
  const auto refused = [] {
    return std::unexpected(
        Problem("unauthenticated", "the API key is malformed, unknown, expired or revoked"));
  };
  const auto key = parse_api_key(text);
  if (!key.has_value()) return refused();
  const Mac mac = mac_.of(key->secret);

  const std::shared_lock lock(mutex_);
  const auto found = keys_.find(std::string(key->id));
  static constexpr Mac nobody{};
  const bool is_known = found != keys_.end();
  const bool is_right = is_equal_in_constant_time(
      view_of(mac), view_of(is_known ? found->second.secret_mac : nobody));
  if (!is_known || !is_right) return refused();
  const KeyRecord& record = found->second;
  if (record.mode != key->mode || record.kind != key->kind) return refused();
  if (record.revoked_at.has_value() && *record.revoked_at <= now) return refused();
  if (record.expires_at.has_value() && *record.expires_at <= now) return refused();
  if (!record.addresses.empty() &&
      std::ranges::find(record.addresses, address) == record.addresses.end()) {
    return std::unexpected(Problem("forbidden", "the key may not be used from this address"));
  }
  return record.principal();
}

}  // namespace steelyard::server
