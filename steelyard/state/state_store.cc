#include "steelyard/state/state_store.h"

#include <mutex>
#include <system_error>
#include <utility>

#include "steelyard/base/check.h"
#include "steelyard/base/hash.h"
#include "steelyard/state/database.h"
#include "steelyard/state/pending.h"

namespace steelyard::state {
namespace {

namespace fs = std::filesystem;

/// Renames the folder to the first FOLDER.set-aside-N that is free.
Result<fs::path> rename_aside(const fs::path& folder) {
  std::error_code error;
  for (int n = 1;; ++n) {
    const fs::path aside = folder.string() + ".set-aside-" + std::to_string(n);
    if (fs::exists(aside, error)) continue;
    fs::rename(folder, aside, error);
    if (!error) return aside;
    return failure(ErrorCode::store_failed, folder.string() + ": " + error.message());
  }
}

struct Opened {
  Database database;
  Position position = 0;
};

Result<Opened> open_with_position(const fs::path& folder) {
  STEELYARD_TRY(database, open_database(folder));
  STEELYARD_TRY(position, read_position(*database));
  return Opened{std::move(database), position};
}

}  // namespace

struct StateStore::Parts {
  Database database;
  std::optional<std::string> set_aside;

  std::mutex flushing;  // Held while the disk is written. Taken before `mutex`.

  mutable std::mutex mutex;  // Of everything below.
  Pending pending;
  Pending in_flush;  // What is being written: not in `pending` any more, not yet on disk.
  Position applied = 0;
  Position flushed = 0;
  std::optional<Error> failed;

  /// Requires: `flushing` is held.
  Result<void> flush();
};

Result<void> StateStore::Parts::flush() {
  Position to = 0;
  {
    const std::lock_guard lock(mutex);
    if (failed.has_value()) return std::unexpected(*failed);
    if (applied == flushed && pending.empty()) return {};
    in_flush = std::exchange(pending, Pending());
    to = applied;
  }
  Result<void> written = write(*database, in_flush, to);
  const std::lock_guard lock(mutex);
  if (!written.has_value()) {
    failed = written.error();
    return written;
  }
  in_flush = Pending();
  flushed = to;
  return {};
}

StateStore::StateStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
StateStore::~StateStore() = default;
StateStore::StateStore(StateStore&&) noexcept = default;
StateStore& StateStore::operator=(StateStore&&) noexcept = default;

Result<StateStore> StateStore::open(const fs::path& folder) {
  auto parts = std::make_unique<Parts>();
  auto opened = open_with_position(folder);
  if (!opened.has_value() && opened.error().code == ErrorCode::file_is_malformed) {
    STEELYARD_TRY(aside, rename_aside(folder));
    parts->set_aside = aside.string() + ": " + opened.error().detail;
    opened = open_with_position(folder);
  }
  if (!opened.has_value()) return std::unexpected(std::move(opened).error());
  parts->database = std::move(opened->database);
  parts->applied = parts->flushed = opened->position;
  return StateStore(std::move(parts));
}

const std::optional<std::string>& StateStore::set_aside() const { return parts_->set_aside; }

Position StateStore::applied() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->applied;
}

Position StateStore::flushed() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->flushed;
}

void StateStore::apply(std::span<const Change> changes, Position position) {
  const std::lock_guard lock(parts_->mutex);
  STEELYARD_CHECK(position >= parts_->applied);
  for (const Change& change : changes) parts_->pending.put(change);
  parts_->applied = position;
}

std::size_t StateStore::pending_bytes() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->pending.bytes();
}

Result<void> StateStore::flush() {
  const std::lock_guard flushing(parts_->flushing);
  return parts_->flush();
}

Result<std::optional<std::string>> StateStore::get(std::string_view key) const {
  const std::lock_guard lock(parts_->mutex);
  for (const Pending* pending : {&parts_->pending, &parts_->in_flush}) {
    const std::optional<std::string>* const value = pending->find(key);
    if (value != nullptr) return *value;
  }
  std::string value;
  const rocksdb::Status status = parts_->database->Get({}, key_of(key), &value);
  if (status.ok()) return value;
  if (status.IsNotFound()) return std::nullopt;
  return failed(status);
}

Result<void> StateStore::scan(std::string_view prefix, const Visitor& visit) const {
  // Nothing is flushed or applied meanwhile: scans are for starts and comparisons.
  const std::lock_guard flushing(parts_->flushing);
  const std::lock_guard lock(parts_->mutex);
  Pending::Ordered changed;
  parts_->in_flush.add_to(changed, prefix);
  parts_->pending.add_to(changed, prefix);

  const std::string from = key_of(prefix);
  const std::unique_ptr<rocksdb::Iterator> stored(parts_->database->NewIterator({}));
  stored->Seek(from);
  auto change = changed.begin();
  while (true) {
    const bool is_stored = stored->Valid() && stored->key().starts_with(from);
    if (!is_stored && !stored->status().ok()) return failed(stored->status());
    if (!is_stored && change == changed.end()) return {};
    std::string_view key;
    if (is_stored) key = std::string_view(stored->key().data() + 1, stored->key().size() - 1);
    if (change != changed.end() && (!is_stored || change->first <= key)) {
      const bool replaces = is_stored && change->first == key;
      if (change->second->has_value() && !visit(change->first, **change->second)) return {};
      ++change;
      if (replaces) stored->Next();
      continue;
    }
    if (!visit(key, stored->value().ToStringView())) return {};
    stored->Next();
  }
}

Result<std::uint64_t> StateStore::hash() const {
  std::uint64_t all = base::hash(std::to_string(applied()));
  STEELYARD_PASS(scan("", [&](std::string_view key, std::string_view value) {
    all = base::hash_pair(all, base::hash_pair(base::hash(key), base::hash(value)));
    return true;
  }));
  return all;
}

Result<void> StateStore::checkpoint(const fs::path& folder) {
  const std::lock_guard flushing(parts_->flushing);
  STEELYARD_PASS(parts_->flush());
  return make_checkpoint(*parts_->database, folder);
}

Result<void> StateStore::clear() {
  const std::lock_guard flushing(parts_->flushing);
  const std::lock_guard lock(parts_->mutex);
  if (parts_->failed.has_value()) return std::unexpected(*parts_->failed);
  parts_->pending = Pending();
  parts_->applied = parts_->flushed = 0;
  Result<void> removed = remove_all(*parts_->database);
  if (!removed.has_value()) parts_->failed = removed.error();
  return removed;
}

}  // namespace steelyard::state
