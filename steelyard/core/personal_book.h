#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steelyard/base/time.h"
#include "steelyard/core/entity.h"

namespace steelyard::core {

/// What tenants have of people: what of it is sealed from now on, and of which accounts it was
/// erased. The core knows no keys: what is sealed is a text to it.
class PersonalBook {
 public:
  /// Keys of an account that were made until then are destroyed.
  struct Erasure {
    std::uint32_t tenant = 0;
    std::string account;
    std::string of;  ///< "usage" or "invoices".
    base::Instant until;
  };

  struct Sealed {
    std::vector<std::string> members;  ///< Of events, as JSON pointers.
    bool buyers = false;               ///< Names, addresses and tax ids that invoices are for.
    bool operator==(const Sealed&) const = default;
  };

  const Sealed& sealed(std::uint32_t tenant) const;
  void set_sealed(std::uint32_t tenant, Sealed sealed);

  std::vector<Erasure> erasures() const;
  void erase(const Erasure& erasure);

  /// Called with each that changed since the last call: a key of the book, and its value.
  void for_each_changed(const EntityVisitor& visit);

  /// False: it is none.
  [[nodiscard]] bool restore(std::string_view key, std::string_view value);

 private:
  using Account = std::pair<std::uint32_t, std::string>;
  using Erased = std::pair<Account, std::string>;  // And of what.

  std::map<std::uint32_t, Sealed> sealed_;
  std::map<Erased, base::Instant> erased_;
  std::set<std::uint32_t> changed_sealed_;
  std::set<Erased> changed_erased_;
};

}  // namespace steelyard::core
