#include "steelyard/node/keeper.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <thread>

#include "steelyard/base/exit_status.h"
#include "steelyard/base/thread.h"

namespace steelyard::node {

/// Decides for the core. What can not be looked up can not be decided: the process ends.
class Keeper::StoredIdentities final : public identity::Identities {
 public:
  explicit StoredIdentities(std::unique_ptr<identity::IdentityStore>& store) : store_(store) {}

  void prefetch(identity::IdentityKey key) const override { store_->prefetch(key); }

  identity::Known insert(identity::IdentityKey key, std::uint64_t fingerprint,
                         std::uint64_t sequence) override {
    auto known = store_->insert(key, fingerprint, sequence);
    if (known.has_value()) return *known;
    std::fprintf(stderr, "steelyard: the identities of facts can not be used any more: %s\n",
                 known.error().detail.c_str());
    _exit(base::exit_status_of_io_error);
  }

  void forget(identity::IdentityKey key, std::uint64_t sequence) override {
    store_->forget(key, sequence);
  }

  std::uint64_t count() const override { return store_->size(); }

 private:
  std::unique_ptr<identity::IdentityStore>& store_;
};

Keeper::Keeper(std::string directory, KeeperOptions options)
    : directory_(std::move(directory)),
      options_(std::move(options)),
      identities_(std::make_unique<StoredIdentities>(identity_store_)) {}

Keeper::~Keeper() {
  if (flushing_.valid()) flushing_.wait();
}

identity::Identities& Keeper::identities() { return *identities_; }

Result<void> Keeper::open_identities() {
  identity::StoreOptions options;
  options.seed = options_.seed;
  STEELYARD_TRY(store, identity::IdentityStore::open(directory_ + "/identities", options));
  identity_store_ = std::move(store);
  return {};
}

Result<std::unique_ptr<Keeper>> Keeper::open(const std::string& directory, KeeperOptions options) {
  std::unique_ptr<Keeper> keeper(new Keeper(directory, std::move(options)));
  STEELYARD_TRY(state, state::StateStore::open(directory + "/state"));
  keeper->state_.emplace(std::move(state));
  keeper->set_aside_ = keeper->state_->set_aside();
  auto opened = keeper->open_identities();
  if (opened.has_value()) return keeper;
  if (opened.error().code != ErrorCode::file_is_malformed) return std::unexpected(opened.error());
  keeper->set_aside_ = opened.error().detail;
  STEELYARD_PASS(keeper->forget());
  return keeper;
}

/// The state first: without it, nothing relies on the identities.
Result<void> Keeper::forget() {
  STEELYARD_PASS(state_->clear());
  identity_store_.reset();
  STEELYARD_PASS(identity::IdentityStore::discard(directory_ + "/identities", nullptr));
  return open_identities();
}

Result<std::optional<core::PublishedPrices>> Keeper::prices() const {
  std::optional<std::string> last;
  STEELYARD_PASS(
      state_->scan(core::Core::prices_prefix, [&](std::string_view, std::string_view value) {
        last = value;
        return true;
      }));
  if (!last.has_value()) return std::nullopt;
  STEELYARD_TRY(prices, core::Core::read_prices(*last));
  return prices;
}

Result<base::ZoneBook> Keeper::zones() const {
  constexpr std::string_view prefix = core::Core::zones_prefix;
  base::ZoneBook zones;
  Result<void> outcome;
  STEELYARD_PASS(state_->scan(prefix, [&](std::string_view key, std::string_view value) {
    auto rules = core::Core::read_zone(key.substr(prefix.size()), value);
    if (rules.has_value()) {
      zones.set(*std::move(rules));
    } else {
      outcome = std::unexpected(std::move(rules).error());
    }
    return outcome.has_value();
  }));
  STEELYARD_PASS(outcome);
  return zones;
}

Result<std::uint64_t> Keeper::restore(core::Core& core) {
  const std::uint64_t kept = state_->flushed();
  if (kept == 0) return 0;
  Result<void> outcome;
  STEELYARD_PASS(state_->scan("", [&](std::string_view key, std::string_view value) {
    outcome = core.restore(key, value);
    return outcome.has_value();
  }));
  STEELYARD_PASS(outcome);
  STEELYARD_PASS(core.finish_restore());
  const std::uint64_t reached = options_.views_reached ? options_.views_reached() : kept;
  const bool has_all = reached >= core.last_event() && identity_store_->known_end() > kept;
  if (has_all) return kept;
  return failure(ErrorCode::file_is_malformed, "what is kept up to " + std::to_string(kept) +
                                                   " is ahead of the views, at " +
                                                   std::to_string(reached));
}

void Keeper::take_changes(core::Core& core, std::uint64_t applied) {
  std::vector<state::Change> changes(1);
  core.for_each_changed([&](std::string_view key, std::optional<std::string_view> value) {
    changes[0] = {key, value};
    state_->apply(changes, applied);
  });
}

Result<void> Keeper::begin(core::Core& core, std::uint64_t applied) {
  steps_ = 0;
  take_changes(core, applied);
  writing_event_ = core.last_event();
  STEELYARD_PASS(identity_store_->begin_checkpoint(applied + 1));
  is_writing_ = true;
  return {};
}

/// One stage after the other: identities, then the views, then the state that relies on both.
Result<void> Keeper::go_on() {
  if (flushing_.valid()) {
    if (flushing_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return {};
    is_writing_ = false;
    return flushing_.get();
  }
  if (auto polled = identity_store_->poll(); !polled.has_value()) {
    is_writing_ = false;  // Another time.
    return polled;
  }
  if (identity_store_->known_end() <= state_->applied()) return {};
  if (options_.views_reached && options_.views_reached() < writing_event_) return {};
  flushing_ = std::async(std::launch::async, [this] {
    base::give_way("state");
    return state_->flush();
  });
  return {};
}

void Keeper::step(core::Core& core, std::uint64_t applied) {
  if (has_failed_) {
    core.for_each_changed(
        [](std::string_view, std::optional<std::string_view>) {});  // It piles up.
    return;
  }
  ++steps_;
  const std::uint64_t behind = applied - state_->applied();
  const bool is_due =
      behind >= options_.records_max || (behind > 0 && steps_ >= options_.steps_max);
  if (!is_writing_ && !is_due) return;
  const auto outcome = is_writing_ ? go_on() : begin(core, applied);
  if (outcome.has_value()) return;
  has_failed_ = outcome.error().code != ErrorCode::disk_full;
  if (options_.alarm) options_.alarm(outcome.error());
}

Result<void> Keeper::finish(core::Core& core, std::uint64_t applied) {
  constexpr auto wait = std::chrono::milliseconds(5);
  const auto go_on_to_the_end = [&]() -> Result<void> {
    for (; is_writing_; std::this_thread::sleep_for(wait)) STEELYARD_PASS(go_on());
    return {};
  };
  if (has_failed_) {
    return failure(ErrorCode::store_failed, directory_ + "/state: could not be written before");
  }
  STEELYARD_PASS(go_on_to_the_end());
  if (applied == state_->flushed()) return {};
  STEELYARD_PASS(begin(core, applied));
  return go_on_to_the_end();
}

}  // namespace steelyard::node
