#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>

#include "steelyard/batch/record.h"
#include "steelyard/core/name_book.h"

namespace steelyard::node {

/// Refuses events of a tenant that has as many distinct names as it may have, before they come to
/// the log. It knows the names of the core and those that are on their way to it. Thread-safe.
class NameQuota {
 public:
  NameQuota(core::NameLimits limits, identity::KeyMaker keys) : limits_(limits), keys_(keys) {}

  /// What the core knows at the start.
  void take(std::uint32_t tenant, const core::NameSets& known);

  /// Calls `refuse` with each event that may not come, and why. Of the others, those whose names
  /// the core all knows are marked so: it need not look. Requires: then `applied` or `give_back`.
  using Refuse = std::function<void(batch::Record&, std::string why)>;
  void admit(std::uint32_t tenant, std::span<batch::Record> records,
             std::span<batch::EventDetail> details, const Refuse& refuse);

  /// The core has applied these.
  void applied(std::uint32_t tenant, std::span<const batch::Record> records,
               std::span<const batch::EventDetail> details);

  /// These were admitted and do not come: the log has no room, or one of them was refused. Asks for
  /// no memory.
  void give_back(std::uint32_t tenant, std::span<const batch::Record> records,
                 std::span<const batch::EventDetail> details);

 private:
  /// How many events that are on their way have a name.
  using EventCounts = std::unordered_map<std::uint64_t, std::uint32_t>;

  /// A name stands in one of both.
  struct Names {
    core::NameSets applied;
    std::array<EventCounts, core::name_kind_count> on_their_way;

    bool has(std::size_t kind, std::uint64_t hash) const {
      return applied[kind].contains(hash) || on_their_way[kind].contains(hash);
    }
    std::size_t count(std::size_t kind) const {
      return applied[kind].size() + on_their_way[kind].size();
    }
  };

  bool all_are_applied(const Names& names, const batch::Record& record,
                       const batch::EventDetail& detail) const;
  std::string take_new(Names& names, const batch::Record& record,
                       const batch::EventDetail& detail) const;

  core::NameLimits limits_;
  identity::KeyMaker keys_;
  std::shared_mutex mutex_;
  std::map<std::uint32_t, Names> tenants_;
};

}  // namespace steelyard::node
