#include "steelyard/personal/key_ring.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "steelyard/base/check.h"
#include "steelyard/log/bytes.h"
#include "steelyard/log/crc32c.h"
#include "steelyard/log/file_io.h"
#include "steelyard/server/crypto.h"

namespace steelyard::personal {
namespace {

constexpr std::string_view magic = "steelyard keys 1";
constexpr std::size_t key_at = 16;
constexpr std::size_t name_at = key_at + 64;
constexpr std::size_t made_at = name_at + 8;
constexpr std::size_t state_at = made_at + 8;
constexpr std::size_t crc_at = state_at + 4;

std::string_view view_of(const Owner& owner) { return {owner.data(), owner.size()}; }

std::string path_in(const std::string& folder) {
  return folder + '/' + std::string(KeyRing::file_name);
}

std::string text_of(std::uint64_t name) {
  std::string bytes(sizeof name, '\0');
  log::store(bytes.data(), name);
  return server::to_base64url(bytes);
}

void wipe(std::span<unsigned char> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

}  // namespace

std::string_view name_of(Subject subject) {
  return subject == Subject::usage ? "usage" : "invoices";
}

Subject subject_named(std::string_view word) {
  STEELYARD_CHECK(word == name_of(Subject::usage) || word == name_of(Subject::invoices));
  return word == name_of(Subject::usage) ? Subject::usage : Subject::invoices;
}

Owner owner_of(std::string_view tenant, std::string_view account, Subject subject) {
  std::string text(tenant);
  text += '\0';  // In no name.
  text += static_cast<char>(subject);
  const server::Mac hash = server::sha256(text.append(account));
  Owner owner;
  std::copy_n(hash.begin(), owner.size(), owner.begin());
  return owner;
}

std::string KeyRing::record_of(const Entry& entry) {
  std::string bytes(record_bytes, '\0');
  std::ranges::copy(entry.owner, bytes.begin());
  std::memcpy(bytes.data() + key_at, entry.key.data(), entry.key.size());
  log::store(bytes.data() + name_at, entry.name);
  log::store(bytes.data() + made_at, entry.made_micros);
  log::store(bytes.data() + state_at, static_cast<std::uint32_t>(entry.state));
  log::store(bytes.data() + crc_at, log::crc32c({bytes.data(), crc_at}));
  return bytes;
}

/// Of a damaged one, everything is kept as it stands there: it may be whose it says.
KeyRing::Entry KeyRing::read_record(std::string_view bytes) {
  Entry entry;
  std::copy_n(bytes.begin(), entry.owner.size(), entry.owner.begin());
  std::memcpy(entry.key.data(), bytes.data() + key_at, entry.key.size());
  entry.name = log::load<std::uint64_t>(bytes.data() + name_at);
  entry.made_micros = log::load<std::int64_t>(bytes.data() + made_at);
  const auto state = log::load<std::uint32_t>(bytes.data() + state_at);
  const bool is_whole =
      log::load<std::uint32_t>(bytes.data() + crc_at) == log::crc32c(bytes.substr(0, crc_at));
  if (is_whole && (state == 1 || state == 2)) entry.state = static_cast<State>(state);
  return entry;
}

Result<std::vector<KeyRing::Entry>> KeyRing::entries_in(const std::string& folder) {
  std::vector<Entry> entries;
  const auto names = files_.list(folder);
  if (!names.has_value()) return std::unexpected(log::error_of(names.error(), "list", folder));
  if (!std::ranges::binary_search(*names, file_name)) return entries;
  STEELYARD_TRY(bytes, log::read_file(files_, path_in(folder)));
  if (bytes.size() < header_bytes && magic.starts_with(bytes)) return entries;
  if (!bytes.starts_with(magic)) {
    return failure(ErrorCode::file_is_malformed,
                   path_in(folder) + ": is no file of keys; take it from a backup");
  }
  has_file_.back() = true;
  // What a crash leaves of the last ones is cut off, or room without content: nothing was
  // acknowledged that they sealed.
  std::size_t end = bytes.find_last_not_of('\0') + 1;
  end = header_bytes + (std::max(end, header_bytes) - header_bytes + record_bytes - 1) /
                           record_bytes * record_bytes;
  for (std::size_t at = header_bytes; at + record_bytes <= std::min(end, bytes.size());
       at += record_bytes) {
    entries.push_back(read_record(std::string_view(bytes).substr(at, record_bytes)));
  }
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return entries;
}

Result<void> KeyRing::take_up() {
  bool differ = false;
  for (std::size_t i = 0; i < folders_.size(); ++i) {
    has_file_.push_back(false);
    STEELYARD_TRY(entries, entries_in(folders_[i]));
    differ = differ || (i > 0 && entries.size() != entries_.size());
    for (std::size_t place = 0; place < entries.size(); ++place) {
      const Entry& other = entries[place];
      if (place == entries_.size()) {
        entries_.push_back(other);
        continue;
      }
      Entry& known = entries_[place];
      differ = differ || known.state != other.state;
      if (other.state == State::damaged) continue;
      if (known.state != State::damaged && known.name != other.name) {
        return failure(ErrorCode::file_is_malformed,
                       path_in(folders_[i]) + ": key " + std::to_string(place + 1) +
                           " is another one than in " + path_in(folders_[0]) +
                           ": one of them is of another server");
      }
      if (known.state == State::damaged || other.state == State::destroyed) known = other;
    }
  }
  for (std::size_t place = 0; place < entries_.size(); ++place) {
    const Entry& entry = entries_[place];
    of_owners_[entry.owner].push_back(place);
    if (entry.state != State::damaged) {
      by_name_[entry.name] = place;
      last_micros_ = std::max(last_micros_, entry.made_micros);
    } else {
      by_name_.try_emplace(entry.name, place);
    }
  }
  if (!differ) on_disk_ = entries_.size();
  return {};
}

Result<std::unique_ptr<KeyRing>> KeyRing::open(std::vector<std::string> folders, log::Files& files,
                                               Sources sources) {
  std::unique_ptr<KeyRing> ring(new KeyRing(std::move(folders), files, std::move(sources)));
  STEELYARD_PASS(ring->take_up());
  STEELYARD_PASS(ring->sync());
  return ring;
}

/// The files are made with their first key.
Result<void> KeyRing::open_for_writing() {
  for (std::size_t i = open_files_.size(); i < folders_.size(); ++i) {
    if (!has_file_[i]) {
      STEELYARD_PASS(log::write_file_durably(files_, folders_[i], std::string(file_name), magic));
      has_file_[i] = true;
    }
    STEELYARD_TRY(file, log::open_file(files_, path_in(folders_[i]), log::OpenMode::write));
    open_files_.push_back(std::move(file));
  }
  return {};
}

/// In each folder, from this record on, counted from 0.
Result<void> KeyRing::write(std::uint64_t begin, std::string_view records) {
  if (has_failed_) {
    return failure(ErrorCode::storage_failed,
                   path_in(folders_[0]) + ": could not be synced before; start the server again");
  }
  STEELYARD_PASS(open_for_writing());
  for (std::size_t i = 0; i < folders_.size(); ++i) {
    const auto written =
        log::write_all(*open_files_[i], records, header_bytes + begin * record_bytes);
    if (!written.has_value()) {
      return std::unexpected(log::error_of(written.error(), "write", path_in(folders_[i])));
    }
    if (const auto synced = open_files_[i]->fdatasync(); !synced.has_value()) {
      has_failed_ = true;
      return std::unexpected(log::error_of(synced.error(), "sync", path_in(folders_[i])));
    }
  }
  return {};
}

/// Requires: `mutex_` is held, and the key is live.
std::shared_ptr<const Sealer> KeyRing::sealer_of(std::size_t place) {
  const std::lock_guard lock(sealers_mutex_);
  if (sealers_.size() == sealers_max && !sealers_.contains(place)) sealers_.clear();
  std::shared_ptr<const Sealer>& sealer = sealers_[place];
  if (sealer == nullptr) {
    const Entry& entry = entries_[place];
    sealer = std::make_shared<const Sealer>(entry.key, view_of(entry.owner));
  }
  return sealer;
}

/// Its last key, if that is live. Requires: `mutex_` is held.
KeyRing::Entry* KeyRing::live_entry(const Owner& owner) {
  const auto found = of_owners_.find(owner);
  if (found == of_owners_.end() || found->second.empty()) return nullptr;
  Entry& entry = entries_[found->second.back()];
  return entry.state == State::live ? &entry : nullptr;
}

std::string KeyRing::seal(const Owner& owner, std::string_view text) {
  std::uint64_t name = 0;
  std::shared_ptr<const Sealer> sealer;
  const auto take = [&](const Entry& entry) {
    name = entry.name;
    sealer = sealer_of(static_cast<std::size_t>(&entry - entries_.data()));
  };
  {
    const std::shared_lock lock(mutex_);
    if (const Entry* const entry = live_entry(owner); entry != nullptr) take(*entry);
  }
  if (sealer == nullptr) {
    const std::unique_lock lock(mutex_);
    Entry* entry = live_entry(owner);
    if (entry == nullptr) {
      entry = &entries_.emplace_back();
      entry->owner = owner;
      entry->state = State::live;
      sources_.random(entry->key);
      while (entry->name == 0 || by_name_.contains(entry->name)) {
        sources_.random({reinterpret_cast<unsigned char*>(&entry->name), sizeof entry->name});
      }
      by_name_[entry->name] = entries_.size() - 1;
      last_micros_ = std::max(sources_.micros(), last_micros_ + 1);
      entry->made_micros = last_micros_;
      of_owners_[owner].push_back(entries_.size() - 1);
    }
    take(*entry);
  }
  return std::string(prefix) + text_of(name) + ':' + server::to_base64url(sealer->seal(text));
}

Result<void> KeyRing::sync() {
  const std::lock_guard writing(write_mutex_);
  return write_all_new();
}

Result<void> KeyRing::write_all_new() {
  std::string records;
  std::vector<std::size_t> overwritten;
  {
    const std::shared_lock lock(mutex_);
    for (std::uint64_t i = on_disk_; i < entries_.size(); ++i) records += record_of(entries_[i]);
    overwritten = to_overwrite_;
  }
  if (!records.empty()) {
    STEELYARD_PASS(write(on_disk_, records));
    on_disk_ += records.size() / record_bytes;
    OPENSSL_cleanse(records.data(), records.size());
  }
  for (const std::size_t place : overwritten) {
    std::string record;
    {
      const std::shared_lock lock(mutex_);
      record = record_of(entries_[place]);
    }
    STEELYARD_PASS(write(place, record));
    const std::unique_lock lock(mutex_);
    std::erase(to_overwrite_, place);
  }
  return {};
}

Opened KeyRing::open_text(const Owner& owner, std::string_view sealed) const {
  using enum Opened::State;
  if (!sealed.starts_with(prefix)) return {};
  sealed.remove_prefix(prefix.size());
  const std::size_t colon = sealed.find(':');
  std::string name;
  std::string bytes;
  if (colon == std::string_view::npos || !server::from_base64url(sealed.substr(0, colon), name) ||
      name.size() != sizeof(std::uint64_t) ||
      !server::from_base64url(sealed.substr(colon + 1), bytes)) {
    return {};
  }
  const std::shared_lock lock(mutex_);
  const auto found = by_name_.find(log::load<std::uint64_t>(name.data()));
  if (found == by_name_.end()) return {};
  const Entry& entry = entries_[found->second];
  if (entry.owner != owner) return {};
  if (entry.state != State::live) return {erased, {}};
  auto text = unseal(entry.key, view_of(owner), bytes);
  if (!text.has_value()) return {};
  return {readable, *std::move(text)};
}

std::int64_t KeyRing::erasure_micros() {
  const std::unique_lock lock(mutex_);
  return last_micros_ = std::max(sources_.micros(), last_micros_ + 1);
}

Result<std::size_t> KeyRing::destroy(const Owner& owner, std::int64_t until_micros) {
  std::size_t count = 0;
  const std::lock_guard writing(write_mutex_);
  {
    const std::unique_lock lock(mutex_);
    last_micros_ = std::max(last_micros_, until_micros);
    const auto found = of_owners_.find(owner);
    const auto places = found == of_owners_.end() ? std::vector<std::size_t>() : found->second;
    for (const std::size_t place : places) {
      Entry& entry = entries_[place];
      if (entry.state == State::destroyed || entry.made_micros > until_micros) continue;
      wipe(entry.key);
      entry.state = State::destroyed;
      if (place < on_disk_) to_overwrite_.push_back(place);
      ++count;
      const std::lock_guard forgetting(sealers_mutex_);
      sealers_.erase(place);
    }
  }
  STEELYARD_PASS(write_all_new());
  return count;
}

std::size_t KeyRing::live_count() const {
  const std::shared_lock lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count(entries_, State::live, [](const Entry& each) { return each.state; }));
}

std::size_t KeyRing::damaged_count() const {
  const std::shared_lock lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count(entries_, State::damaged, [](const Entry& each) { return each.state; }));
}

}  // namespace steelyard::personal
