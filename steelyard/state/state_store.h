#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"

namespace steelyard::state {

/// A place in the log. Positions grow; 0 stands before the first.
using Position = std::uint64_t;

/// A key takes a value, or is removed.
struct Change {
  std::string_view key;
  std::optional<std::string_view> value;
};

/// What the core remembers, by key, as of one position of the log. A view of the log: it can be
/// lost and is then made again by replay.
///
/// Changes are kept in memory until `flush`, which writes the last value of each key together
/// with the position, at once. So what is on disk is always the state of a flushed position,
/// never between two, whatever happens; and an entity that changes a thousand times is written
/// once. The log is what makes a fact durable; this only shortens the replay.
///
/// One thread applies; others may ask and flush meanwhile.
class StateStore {
 public:
  /// Opens or creates the folder. One that is damaged, or of another layout, is renamed to
  /// FOLDER.set-aside-N, and an empty one takes its place: see `set_aside`.
  /// Errors: store_is_locked (by another process), store_failed (no rights, disk).
  [[nodiscard]] static Result<StateStore> open(const std::filesystem::path& folder);
  ~StateStore();
  StateStore(StateStore&&) noexcept;
  StateStore& operator=(StateStore&&) noexcept;

  /// Where the folder went that could not be used, and why.
  const std::optional<std::string>& set_aside() const;

  /// The position of the last `apply`,
  Position applied() const;

  /// and that of the last `flush`: where a restart begins to replay.
  Position flushed() const;

  /// All changes of the facts up to `position`, at once. Of two changes of one key the later
  /// holds. Requires: `position` is at least `applied()`.
  void apply(std::span<const Change> changes, Position position);

  /// Bytes of keys and values that wait for `flush`.
  std::size_t pending_bytes() const;

  /// Writes everything applied up to now, synced. What is applied meanwhile is not in it.
  /// Errors: store_failed; the state on disk is then that of `flushed()`, and the store has to be
  /// opened again.
  [[nodiscard]] Result<void> flush();

  /// Errors: store_failed.
  [[nodiscard]] Result<std::optional<std::string>> get(std::string_view key) const;

  /// Shows all keys that begin with `prefix`, in the order of their bytes, as of now. Return false
  /// to stop; the visitor does not call the store. Errors: store_failed.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  [[nodiscard]] Result<void> scan(std::string_view prefix, const Visitor& visit) const;

  /// Of all keys and values in order, and of the position: two states are equal if it is.
  /// Errors: store_failed.
  [[nodiscard]] Result<std::uint64_t> hash() const;

  /// Flushes, and makes a store of the same contents in a folder that must not exist: by hard
  /// links, so it costs next to nothing and stays as it is.
  /// Errors: store_failed.
  [[nodiscard]] Result<void> checkpoint(const std::filesystem::path& folder);

  /// Forgets everything, also the position. Errors: store_failed.
  [[nodiscard]] Result<void> clear();

 private:
  struct Parts;
  explicit StateStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace steelyard::state
