#include "steelyard/node/rebuild.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "steelyard/identity/identity_set.h"
#include "steelyard/node/prices.h"
#include "steelyard/node/replay.h"
#include "steelyard/state/state_store.h"

namespace steelyard::node {
namespace {

constexpr std::uint64_t progress_records = 1'000'000;

using Entities = std::map<std::string, std::string, std::less<>>;

/// Identities that know where a fact came first, of those that wait for a price: nobody asks for
/// others. Memory for few sequences, whatever the length of the log.
class RebuiltIdentities : public identity::Identities {
 public:
  /// `waits`: whether the fact of a sequence, which was decided, waits.
  explicit RebuiltIdentities(std::function<bool(std::uint64_t)> waits) : waits_(std::move(waits)) {}

  void prefetch(identity::IdentityKey key) const override { known_.prefetch(key); }

  identity::Known insert(identity::IdentityKey key, std::uint64_t fingerprint,
                         std::uint64_t sequence) override {
    identity::Known known = known_.insert(key, fingerprint, sequence);
    if (known.seen == identity::Seen::first) {
      if (sequences_.size() >= sequences_max_) leave_out();
      sequences_[key] = sequence;
    } else if (const auto found = sequences_.find(key); found != sequences_.end()) {
      known.first_sequence = found->second;
    }
    return known;
  }

  void forget(identity::IdentityKey key, std::uint64_t sequence) override {
    sequences_.erase(key);
    known_.forget(key, sequence);
  }

  std::uint64_t count() const override { return known_.count(); }

 private:
  struct Hash {
    std::size_t operator()(const identity::IdentityKey& key) const {
      return static_cast<std::size_t>(key.high ^ key.low);
    }
  };

  void leave_out() {
    std::erase_if(sequences_, [this](const auto& each) { return !waits_(each.second); });
    sequences_max_ = std::max(sequences_min, 2 * sequences_.size());
  }

  static constexpr std::size_t sequences_min = 65'536;

  std::function<bool(std::uint64_t)> waits_;
  identity::IdentitySet known_;
  std::unordered_map<identity::IdentityKey, std::uint64_t, Hash> sequences_;
  std::size_t sequences_max_ = sequences_min;
};

/// Keys have bytes of numbers in them.
std::string readable(std::string_view key) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte < 0x7f) {
      text += c;
    } else {
      text += "\\x";
      text += digits[byte >> 4];
      text += digits[byte & 15];
    }
  }
  return text;
}

std::unexpected<Error> differs(std::string_view key, const std::string& how) {
  return failure(ErrorCode::file_is_malformed,
                 "what is kept differs from what follows from the log: entity " + readable(key) +
                     ' ' + how + "; remove the folder 'state' to have it made again");
}

Result<void> compare(const Entities& rebuilt, const state::StateStore& kept) {
  Result<void> outcome;
  auto at = rebuilt.begin();
  STEELYARD_PASS(kept.scan("", [&](std::string_view key, std::string_view value) {
    if (at == rebuilt.end() || key < at->first) {
      outcome = differs(key, "follows from nothing");
    } else if (at->first < key) {
      outcome = differs(at->first, "is missing");
    } else if (at->second != value) {
      outcome = differs(key, "has another value");
    } else {
      ++at;
    }
    return outcome.has_value();
  }));
  STEELYARD_PASS(outcome);
  if (at != rebuilt.end()) return differs(at->first, "is missing");
  return {};
}

/// Writes them as the state of a record.
Result<void> write(const Entities& entities, std::uint64_t until, const std::string& to) {
  STEELYARD_TRY(store, state::StateStore::open(to + "/state"));
  if (store.flushed() > 0) {
    return failure(ErrorCode::file_is_malformed, to + "/state: there is state in it already");
  }
  std::vector<state::Change> changes(1);
  for (const auto& [key, value] : entities) {
    changes[0] = {key, value};
    store.apply(changes, until);
  }
  return store.flush();
}

/// `take`: what the entities of the record are that state was kept at, else of the last one.
Result<Rebuilt> rebuild(const rating::Rater& rater, const log::LocalLog& log,
                        const std::string& directory, const Progress& progress, const Stops& stops,
                        const std::function<Result<void>(const Entities&, std::uint64_t)>& take) {
  Rebuilt result;
  std::optional<state::StateStore> kept;
  if (std::error_code none; std::filesystem::exists(directory + "/state", none)) {
    STEELYARD_TRY(opened, state::StateStore::open(directory + "/state"));
    if (opened.set_aside().has_value()) {
      return failure(ErrorCode::file_is_malformed, *opened.set_aside());
    }
    kept.emplace(std::move(opened));
    result.kept_until = kept->flushed();
    if (result.kept_until >= log.durable_end()) {
      return failure(ErrorCode::file_is_malformed, "what is kept, up to record " +
                                                       std::to_string(result.kept_until) +
                                                       ", is ahead of the log, which ends before " +
                                                       std::to_string(log.durable_end()));
    }
  }
  const core::Core* current = nullptr;
  RebuiltIdentities identities(
      [&current](std::uint64_t sequence) { return current->waiting().contains(sequence); });
  Entities entities;
  const auto take_changes = [&entities](core::Core& core) {
    core.for_each_changed([&](std::string_view key, std::optional<std::string_view> value) {
      if (value.has_value()) {
        entities.insert_or_assign(std::string(key), *value);
      } else {
        entities.erase(std::string(key));
      }
    });
  };
  Prices prices(std::shared_ptr<const rating::Rater>(&rater, [](const rating::Rater*) {}));
  std::vector<SharedRater> raters;  // Cores have no share in them.
  auto core = std::make_unique<core::Core>(rater, identities);
  current = core.get();
  const auto make_anew = [&](const core::GivenCommand& given,
                             const core::Place& place) -> Result<core::Core*> {
    const base::ZoneBook zones = core->zones_behind(given.what);
    STEELYARD_TRY(made, prices.rater_behind(given.what, *core));
    raters.push_back(std::move(made));
    take_changes(*core);
    core = std::make_unique<core::Core>(*raters.back(), identities, identity::KeyMaker(0), zones);
    current = core.get();
    for (const auto& [key, value] : entities) STEELYARD_PASS(core->restore(key, value));
    STEELYARD_PASS(core->finish_restore());
    core->apply(given.what, place, given.by);
    return core.get();
  };
  Replay replay(*core, make_anew);
  Result<void> outcome;
  const auto compare_at_kept = [&]() -> Result<void> {
    STEELYARD_PASS(replay.flush());
    take_changes(*core);
    result.kept_entities = entities.size();
    STEELYARD_PASS(compare(entities, *kept));
    return take(entities, result.kept_until);
  };
  std::size_t stop = 0;
  const auto show_stops = [&](std::uint64_t sequence) -> Result<void> {
    for (; stop < stops.sequences.size() && stops.sequences[stop] == sequence; ++stop) {
      STEELYARD_PASS(replay.flush());
      STEELYARD_PASS(stops.look(stop, *core));
    }
    return {};
  };
  STEELYARD_PASS(log.read(1, [&](std::uint64_t sequence, std::string_view bytes) {
    outcome = replay.take(sequence, bytes);
    if (outcome.has_value()) outcome = show_stops(sequence);
    if (outcome.has_value() && sequence == result.kept_until) outcome = compare_at_kept();
    if (progress && sequence % progress_records == 0) progress(sequence);
    return outcome.has_value();
  }));
  STEELYARD_PASS(outcome);
  STEELYARD_PASS(replay.flush());
  if (result.kept_until == 0) {
    take_changes(*core);
    STEELYARD_PASS(take(entities, log.durable_end() - 1));
  }
  if (const auto difference = core->imbalance(); difference.has_value()) {
    return failure(ErrorCode::file_is_malformed, "the books do not balance: " + *difference);
  }
  result.events = core->identities();
  result.accounts = core->ledger().wallet_count();
  result.open_holds = core->ledger().open_hold_count();
  return result;
}

}  // namespace

Result<Rebuilt> rebuild(const rating::Rater& rater, const log::LocalLog& log,
                        const std::string& directory, const Progress& progress,
                        const Stops& stops) {
  return rebuild(rater, log, directory, progress, stops,
                 [](const Entities&, std::uint64_t) { return Result<void>(); });
}

Result<Rebuilt> rebuild_into(const std::string& to, const rating::Rater& rater,
                             const log::LocalLog& log, const std::string& directory,
                             const Progress& progress) {
  return rebuild(
      rater, log, directory, progress, {},
      [&to](const Entities& entities, std::uint64_t until) { return write(entities, until, to); });
}

}  // namespace steelyard::node
