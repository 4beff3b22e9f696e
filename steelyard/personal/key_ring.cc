#include "steelyard/personal/key_ring.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "steelyard/log/bytes.h"
#include "steelyard/log/crc32c.h"
#include "steelyard/log/file_io.h"
#include "steelyard/server/crypto.h"

namespace steelyard::personal {
namespace {

constexpr std::string_view magic = "steelyard keys 1";
constexpr std::size_t key_at = 16;
constexpr std::size_t state_at = key_at + 64;
constexpr std::size_t crc_at = state_at + 4;

std::string_view view_of(const Owner& owner) { return {owner.data(), owner.size()}; }

std::string path_in(const std::string& folder) {
  return folder + '/' + std::string(KeyRing::file_name);
}

}  // namespace

std::string_view name_of(Subject subject) {
  return subject == Subject::usage ? "usage" : "invoices";
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
  log::store(bytes.data() + state_at, static_cast<std::uint32_t>(entry.state));
  log::store(bytes.data() + crc_at, log::crc32c({bytes.data(), crc_at}));
  return bytes;
}

KeyRing::Entry KeyRing::read_record(std::string_view bytes) {
  Entry entry;
  const auto state = log::load<std::uint32_t>(bytes.data() + state_at);
  const bool is_whole =
      log::load<std::uint32_t>(bytes.data() + crc_at) == log::crc32c(bytes.substr(0, crc_at));
  if (!is_whole || (state != 1 && state != 2)) return entry;
  std::copy_n(bytes.begin(), entry.owner.size(), entry.owner.begin());
  std::memcpy(entry.key.data(), bytes.data() + key_at, entry.key.size());
  entry.state = static_cast<State>(state);
  return entry;
}

Result<std::vector<KeyRing::Entry>> KeyRing::entries_in(const std::string& folder) const {
  std::vector<Entry> entries;
  const auto names = files_.list(folder);
  if (!names.has_value() || !std::ranges::binary_search(*names, file_name)) return entries;
  STEELYARD_TRY(bytes, log::read_file(files_, path_in(folder)));
  if (bytes.size() < header_bytes && magic.starts_with(bytes)) return entries;
  if (!bytes.starts_with(magic)) {
    return failure(ErrorCode::file_is_malformed,
                   path_in(folder) + ": is no file of keys; take it from a backup");
  }
  for (std::size_t at = header_bytes; at + record_bytes <= bytes.size(); at += record_bytes) {
    entries.push_back(read_record(std::string_view(bytes).substr(at, record_bytes)));
  }
  // What a crash left of the last ones: nothing was acknowledged that they sealed.
  while (!entries.empty() && entries.back().state == State::damaged) entries.pop_back();
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return entries;
}

Result<void> KeyRing::take_up() {
  bool differ = false;
  for (std::size_t i = 0; i < folders_.size(); ++i) {
    STEELYARD_TRY(entries, entries_in(folders_[i]));
    differ = differ || (i > 0 && entries.size() != entries_.size());
    if (entries.size() > entries_.size()) entries_.resize(entries.size());
    for (std::size_t place = 0; place < entries.size(); ++place) {
      Entry& known = entries_[place];
      const Entry& other = entries[place];
      differ = differ || (i > 0 && known.state != other.state);
      const bool is_first = known.state == State::damaged;
      if (!is_first && other.state != State::damaged && known.owner != other.owner) {
        return failure(ErrorCode::file_is_malformed,
                       path_in(folders_[i]) + ": key " + std::to_string(place + 1) +
                           " is of another owner than in " + path_in(folders_[0]) +
                           ": one of them is of another server");
      }
      if (is_first || other.state == State::destroyed) known = other;
    }
  }
  for (std::size_t place = 0; place < entries_.size(); ++place) {
    if (entries_[place].state != State::damaged) last_[entries_[place].owner] = place + 1;
  }
  if (!differ) on_disk_ = entries_.size();
  return {};
}

Result<std::unique_ptr<KeyRing>> KeyRing::open(std::vector<std::string> folders, log::Files& files,
                                               server::RandomBytes random) {
  std::unique_ptr<KeyRing> ring(new KeyRing(std::move(folders), files, std::move(random)));
  STEELYARD_PASS(ring->take_up());
  STEELYARD_PASS(ring->sync());
  return ring;
}

/// In each folder, from this record on, counted from 0; the file is made with the first.
Result<void> KeyRing::write(std::uint64_t begin, std::string_view records) {
  if (has_failed_) {
    return failure(ErrorCode::storage_failed,
                   path_in(folders_[0]) + ": could not be synced before; start the server again");
  }
  for (std::size_t i = open_files_.size(); i < folders_.size(); ++i) {
    const auto names = files_.list(folders_[i]);
    const bool is_there = names.has_value() && std::ranges::binary_search(*names, file_name);
    if (!is_there) {
      STEELYARD_PASS(log::write_file_durably(files_, folders_[i], std::string(file_name), magic));
    }
    STEELYARD_TRY(file, log::open_file(files_, path_in(folders_[i]), log::OpenMode::write));
    open_files_.push_back(std::move(file));
  }
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
std::shared_ptr<const Sealer> KeyRing::sealer_of(std::uint64_t number) {
  const std::lock_guard lock(sealers_mutex_);
  if (sealers_.size() == sealers_max && !sealers_.contains(number)) sealers_.clear();
  std::shared_ptr<const Sealer>& sealer = sealers_[number];
  if (sealer == nullptr) {
    const Entry& entry = entries_[number - 1];
    sealer = std::make_shared<const Sealer>(entry.key, view_of(entry.owner));
  }
  return sealer;
}

std::string KeyRing::seal(const Owner& owner, std::string_view text) {
  const auto find = [&] {
    const auto found = last_.find(owner);
    const bool is_live = found != last_.end() && entries_[found->second - 1].state == State::live;
    return is_live ? found->second : 0;
  };
  std::uint64_t number = 0;
  std::shared_ptr<const Sealer> sealer;
  {
    const std::shared_lock lock(mutex_);
    number = find();
    if (number != 0) sealer = sealer_of(number);
  }
  if (sealer == nullptr) {
    const std::unique_lock lock(mutex_);
    number = find();
    if (number == 0) {
      Entry entry{.owner = owner, .key = {}, .state = State::live};
      random_(entry.key);
      entries_.push_back(entry);
      number = last_[owner] = entries_.size();
    }
    sealer = sealer_of(number);
  }
  return std::string(prefix) + std::to_string(number) + ':' +
         server::to_base64url(sealer->seal(text));
}

Result<void> KeyRing::sync() {
  const std::lock_guard writing(write_mutex_);
  return append_new();
}

Result<void> KeyRing::append_new() {
  std::string records;
  {
    const std::shared_lock lock(mutex_);
    for (std::uint64_t i = on_disk_; i < entries_.size(); ++i) records += record_of(entries_[i]);
  }
  if (records.empty()) return {};
  STEELYARD_PASS(write(on_disk_, records));
  on_disk_ += records.size() / record_bytes;
  OPENSSL_cleanse(records.data(), records.size());
  return {};
}

Opened KeyRing::open_text(const Owner& owner, std::string_view sealed) const {
  using enum Opened::State;
  if (!sealed.starts_with(prefix)) return {};
  sealed.remove_prefix(prefix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(sealed.data(), sealed.data() + sealed.size(), number);
  if (error != std::errc() || end == sealed.data() + sealed.size() || *end != ':') return {};
  std::string bytes;
  const auto digits = static_cast<std::size_t>(end - sealed.data());
  if (!server::from_base64url(sealed.substr(digits + 1), bytes)) return {};
  const std::shared_lock lock(mutex_);
  if (number == 0 || number > entries_.size()) return {};
  const Entry& entry = entries_[number - 1];
  if (entry.state == State::damaged) return {erased, {}};
  if (entry.owner != owner) return {};
  if (entry.state == State::destroyed) return {erased, {}};
  auto text = unseal(entry.key, view_of(owner), bytes);
  if (!text.has_value()) return {};
  return {readable, *std::move(text)};
}

std::uint64_t KeyRing::key_of(const Owner& owner) const {
  const std::shared_lock lock(mutex_);
  const auto found = last_.find(owner);
  const bool is_live = found != last_.end() && entries_[found->second - 1].state == State::live;
  return is_live ? found->second : 0;
}

/// Only an owner's last key can be live: the next is made when it is not.
Result<std::uint64_t> KeyRing::destroy(const Owner& owner, std::uint64_t through) {
  const std::lock_guard writing(write_mutex_);
  Entry gone{.owner = owner, .key = {}, .state = State::destroyed};
  std::uint64_t number = 0;
  {
    const std::unique_lock lock(mutex_);
    while (entries_.size() < through) entries_.push_back(gone);
    const auto found = last_.find(owner);
    if (found != last_.end() && found->second <= through) number = found->second;
    if (number != 0 && entries_[number - 1].state != State::live) number = 0;
  }
  STEELYARD_PASS(append_new());
  if (number == 0) return 0;
  STEELYARD_PASS(write(number - 1, record_of(gone)));
  const std::unique_lock lock(mutex_);
  Entry& entry = entries_[number - 1];
  OPENSSL_cleanse(entry.key.data(), entry.key.size());
  entry = gone;
  const std::lock_guard forgetting(sealers_mutex_);
  sealers_.erase(number);
  return 1;
}

std::size_t KeyRing::live_count() const {
  const std::shared_lock lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count(entries_, State::live, [](const Entry& each) { return each.state; }));
}

std::vector<std::uint64_t> KeyRing::damaged() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].state == State::damaged) numbers.push_back(i + 1);
  }
  return numbers;
}

}  // namespace steelyard::personal
