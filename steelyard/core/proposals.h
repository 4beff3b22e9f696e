#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "steelyard/base/time.h"

namespace steelyard::core {

/// What became of a proposal. Numbers are stored.
enum class ProposalState : std::uint8_t { open = 1, approved = 2, rejected = 3, expired = 4 };

/// The enumerator as text: "open".
std::string_view name_of(ProposalState state);

/// A command about money that one person wants, and that another one has to approve.
struct Proposal {
  std::uint64_t number = 0;  ///< The sequence of its record in the log.
  std::uint32_t tenant = 0;
  std::string what;         ///< The command, as JSON: see Propose.
  std::string account;      ///< Whose money it is.
  std::string proposed_by;  ///< The id of an API key.
  base::Instant proposed_at;
  base::Instant expires_at;  ///< Exclusive.
  ProposalState state = ProposalState::open;
  std::string decided_by;    ///< The id of an API key; of one that expired: empty.
  base::Instant decided_at;  ///< Of one that is not open.
};

/// The proposals of all tenants: those that are open, and of each tenant the latest that are not.
class Proposals {
 public:
  /// How long one is open.
  static constexpr std::int64_t open_seconds = std::int64_t{7} * 86'400;
  /// Of a tenant.
  static constexpr std::size_t open_max = 100;
  static constexpr std::size_t closed_max = 1'000;

  /// Null: it was never made, or is forgotten.
  const Proposal* find(std::uint32_t tenant, std::uint64_t number) const;

  /// Of a tenant.
  std::size_t open_count(std::uint32_t tenant) const;

  /// Calls with each of a tenant below a number, the newest first, until `visit` returns false.
  void each_below(std::uint32_t tenant, std::uint64_t number,
                  const std::function<bool(const Proposal&)>& visit) const;

  /// Requires: it is open, and numbers rise; the tenant has fewer than open_max.
  void add(Proposal proposal);

  /// Requires: it is open. Ensures: it is not, and `find` still knows it.
  void decide(std::uint32_t tenant, std::uint64_t number, ProposalState state, std::string_view by,
              base::Instant at);

  /// Whether the time of one is over.
  bool is_due(base::Instant now) const;

  /// Ends those whose time is over.
  void expire(base::Instant now);

  /// Called with each that changed since the last call: its number, and its value; none: forgotten.
  using Visitor = std::function<void(std::uint64_t number, std::optional<std::string_view> value)>;
  void for_each_changed(const Visitor& visit);

  /// Takes them back in the order of their numbers. False: it is none.
  [[nodiscard]] bool restore(std::uint64_t number, std::string_view value);

 private:
  struct OfTenant {
    std::map<std::uint64_t, Proposal> all;
    std::set<std::pair<base::Instant, std::uint64_t>> closed;  // Since when, number.
  };

  Proposal& at(std::uint32_t tenant, std::uint64_t number);
  void keep(Proposal proposal);
  void close(Proposal& proposal, ProposalState state, std::string_view by, base::Instant at);

  std::map<std::uint32_t, OfTenant> of_tenants_;
  std::map<std::uint64_t, std::uint32_t> open_;  // Tenants. All are open equally long.
  std::map<std::uint64_t, std::uint32_t> changed_;
};

}  // namespace steelyard::core
