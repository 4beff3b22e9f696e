#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/identity/identities.h"

namespace steelyard::batch {

/// Which facts came without a price and have none yet.
class WaitingFacts {
 public:
  struct Fact {
    std::uint64_t sequence = 0;
    std::uint32_t tenant = 0;
    std::string_view source;
    std::string_view id;
  };

  bool contains(std::uint64_t sequence) const { return key_of_.contains(sequence); }
  /// The sequence of the fact with that identity; 0: it does not wait.
  std::uint64_t find(identity::IdentityKey key) const;
  std::vector<std::uint64_t> sequences() const;
  std::size_t size() const { return key_of_.size(); }

  /// `key`: its identity among those of all tenants.
  void add(const Fact& fact, identity::IdentityKey key);
  void remove(identity::IdentityKey key);

  /// Called with what changed since the last call, in order; a fact that waits no more has no id.
  void for_each_changed(const std::function<void(const Fact&)>& visit);
  /// Takes one that was visited. False: it is there.
  [[nodiscard]] bool restore(const Fact& fact, identity::IdentityKey key);

 private:
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const identity::IdentityKey& key) const {
      return static_cast<std::size_t>(key.high ^ key.low);
    }
  };
  struct Change {
    std::uint64_t sequence = 0;
    std::uint32_t tenant = 0;
    std::string source;
    std::string id;
  };

  boost::unordered_flat_map<identity::IdentityKey, std::uint64_t, Hash> sequence_of_;
  boost::unordered_flat_map<std::uint64_t, identity::IdentityKey> key_of_;
  std::vector<Change> changes_;
};

}  // namespace steelyard::batch
