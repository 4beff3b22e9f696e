#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "steelyard/base/time.h"
#include "steelyard/core/command.h"
#include "steelyard/core/entity.h"
#include "steelyard/ledger/id.h"
#include "steelyard/ledger/ledger.h"

namespace steelyard::core {

/// A client's key of a command that moves money, and all that the command says.
struct KeyedCommand {
  ledger::Id key;
  ledger::Id content;
};

/// nullopt: it moves none, or its own names make a repeat of it known (holds). What is proposed is
/// known by what it proposes: under one key, it is the same command.
std::optional<KeyedCommand> keyed(const Command& command);

/// What was answered to commands that moved money, under the keys of their clients: so that the
/// same command gives the same answer, whenever the server was restarted. Those of the last week,
/// and no more than 100,000: when there are so many, a tenant that has more than an equal share
/// forgets its own oldest, others the oldest of all. The ledger knows the keys of its own entries
/// for ever.
class KeyedAnswers {
 public:
  struct Kept {
    std::uint64_t sequence = 0;
    std::uint32_t tenant = 0;
    KeyedCommand command;
    base::Instant at;
    std::optional<ledger::Balance> balance;  ///< Of the account, behind it.
    std::uint64_t proposal = 0;              ///< That it made or decided; 0: none.
  };

  static constexpr std::int64_t memory_seconds = std::int64_t{7} * 86'400;
  static constexpr std::size_t answers_max = 100'000;

  const Kept* find(std::uint32_t tenant, ledger::Id key) const;

  /// Requires: its key is not known, and sequences rise.
  void add(const Kept& kept);

  /// Forgets what was answered more than memory_seconds before.
  void forget_expired(base::Instant now);

  /// Called with each that is new or gone since the last call: its sequence, and its value.
  using Visitor =
      std::function<void(std::uint64_t sequence, std::optional<std::string_view> value)>;
  void for_each_changed(const Visitor& visit);

  /// Takes them back in the order of their sequences. False: it is none.
  [[nodiscard]] bool restore(std::uint64_t sequence, std::string_view value);

 private:
  using Key = std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>;

  static Key key_of(std::uint32_t tenant, ledger::Id key) { return {tenant, key.high, key.low}; }
  bool keep(const Kept& kept);
  void forget(std::uint64_t sequence);
  bool has_more_than_its_share(std::uint32_t tenant) const;

  std::map<std::uint64_t, Kept> answers_;                        // By sequence.
  std::map<Key, std::uint64_t> sequences_;                       // Of the answer of each key.
  std::map<std::uint32_t, std::set<std::uint64_t>> of_tenants_;  // Sequences.
  std::uint64_t last_kept_ = 0;  // Sequence of the last that was visited.
  std::vector<std::uint64_t> forgotten_;
};

}  // namespace steelyard::core
