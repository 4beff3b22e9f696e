#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/base/zone_rules.h"
#include "steelyard/core/core.h"
#include "steelyard/identity/identity_store.h"
#include "steelyard/state/state_store.h"

namespace steelyard::node {

struct KeeperOptions {
  std::uint64_t seed = 0;  ///< Of the keys of identities; the same at every start.
  /// So many records, or so many steps with any, and state is written.
  std::uint64_t records_max = 500'000;
  std::uint32_t steps_max = 300;
  /// The sequence up to which the views behind the core have all events, on disk.
  std::function<std::uint64_t()> views_reached;
  /// State could not be written; the next start replays more of the log. On a full disk it is
  /// tried again, else not.
  std::function<void(const Error&)> alarm;
};

/// Keeps on disk what the core remembers, so that a start does not replay the whole log:
/// DIR/state and DIR/identities. Both are views of the log; without them, or when one of them is
/// damaged, the replay begins at the first record.
///
/// All calls from one thread, that of the core. Files are written by others.
class Keeper {
 public:
  /// Errors: store_is_locked, store_failed, storage_failed.
  [[nodiscard]] static Result<std::unique_ptr<Keeper>> open(const std::string& directory,
                                                            KeeperOptions options);
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  /// Of all facts up to where the core is. The process ends where they can not be read.
  identity::Identities& identities();
  identity::KeyMaker keys() const { return identity::KeyMaker(options_.seed); }

  /// What the core was made with; none: nothing was kept or published. Errors: as `restore`.
  [[nodiscard]] Result<std::optional<core::PublishedPrices>> prices() const;

  /// And its rules of time zones. Errors: as `restore`.
  [[nodiscard]] Result<base::ZoneBook> zones() const;

  /// Gives a new core what is kept. Returns the sequence up to which the core knows the log.
  /// Errors: store_failed; file_is_malformed: it is of another version, or the views are behind it
  /// (`forget` it, and begin with another new core).
  [[nodiscard]] Result<std::uint64_t> restore(core::Core& core);

  /// Forgets all, for a replay from the beginning into a new core.
  [[nodiscard]] Result<void> forget();

  /// To be called about ten times a second, between facts.
  void step(core::Core& core, std::uint64_t applied);

  /// Writes all that the core knows, and waits for it. Requires: the views will reach it. Errors:
  /// store_failed, also if state could not be written before.
  [[nodiscard]] Result<void> finish(core::Core& core, std::uint64_t applied);

  /// State can not be written any more; `finish` fails from now on.
  bool has_failed() const { return has_failed_; }

  /// What a start begins behind.
  std::uint64_t kept() const { return state_->flushed(); }

  /// Why what was kept could not be used.
  const std::optional<std::string>& set_aside() const { return set_aside_; }

 private:
  class StoredIdentities;

  Keeper(std::string directory, KeeperOptions options);
  Result<void> open_identities();
  void take_changes(core::Core& core, std::uint64_t applied);
  Result<void> begin(core::Core& core, std::uint64_t applied);
  Result<void> go_on();

  std::string directory_;
  KeeperOptions options_;
  std::unique_ptr<identity::IdentityStore> identity_store_;
  std::unique_ptr<StoredIdentities> identities_;
  std::optional<state::StateStore> state_;
  std::optional<std::string> set_aside_;
  std::uint64_t writing_event_ = 0;  // That the views have to reach first.
  bool is_writing_ = false;
  std::uint32_t steps_ = 0;  // Since state was written.
  std::future<Result<void>> flushing_;
  bool has_failed_ = false;
};

}  // namespace steelyard::node
