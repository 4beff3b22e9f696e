#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace steelyard::ledger {

/// Names a command, a hold, a grant or a quota. Given by the caller, never made up here.
struct Id {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  constexpr auto operator<=>(const Id&) const = default;
  constexpr bool is_none() const { return high == 0 && low == 0; }
};

/// The id of an origin: SipHash-2-4 with 128 bits over its parts, each behind its length, so
/// that ("a", "bc") and ("ab", "c") differ. The same for ever and on every machine: it is stored.
///
///     id_of({source, event_id, line, revision})
///
/// Every table keeps ids tenant by tenant, so that nobody can aim at the ids of others.
Id id_of(std::initializer_list<std::string_view> parts);

/// 32 hexadecimal digits.
std::string to_text(Id id);
/// None: it is no such text.
std::optional<Id> id_from_text(std::string_view text);

struct IdHash {
  using is_avalanching = void;
  std::size_t operator()(const Id& id) const { return static_cast<std::size_t>(id.low ^ id.high); }
};

/// An id within a tenant.
struct TenantKey {
  std::uint32_t tenant = 0;
  Id id;

  constexpr auto operator<=>(const TenantKey&) const = default;
};

struct TenantKeyHash {
  using is_avalanching = void;
  std::size_t operator()(const TenantKey& key) const;
};

}  // namespace steelyard::ledger
