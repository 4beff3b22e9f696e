#include "steelyard/node/name_quota.h"

#include <mutex>
#include <vector>

namespace steelyard::node {
namespace {

bool comes_to_the_log(const batch::Record& record) {
  return record.status != batch::Status::rejected;
}

}  // namespace

void NameQuota::take(std::uint32_t tenant, const core::NameSets& known) {
  const std::unique_lock lock(mutex_);
  tenants_[tenant].applied = known;
}

bool NameQuota::all_are_applied(const Names& names, const batch::Record& record,
                                const batch::EventDetail& detail) const {
  const auto texts = core::names_of(record, detail);
  bool are_all = true;  // All are looked up, for the processor does that side by side.
  for (std::size_t kind = 0; kind < texts.size(); ++kind) {
    if (texts[kind].empty()) continue;
    are_all &= names.applied[kind].contains(keys_.hash_of(texts[kind], kind));
  }
  return are_all;
}

/// Takes the new names of an event, all or none. Returns why none; empty: all were taken.
std::string NameQuota::take_new(Names& names, const batch::Record& record,
                                const batch::EventDetail& detail) const {
  const auto texts = core::names_of(record, detail);
  std::array<std::uint64_t, core::name_kind_count> hashes{};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].empty()) continue;
    hashes[i] = keys_.hash_of(texts[i], i);
    const auto kind = static_cast<core::NameKind>(i);
    if (names.has(i, hashes[i]) || names.count(i) < limits_.of(kind)) continue;
    return "'" + std::string(texts[i]) + "' is new, and the tenant has " +
           std::to_string(limits_.of(kind)) + " " + std::string(core::plural_of(kind)) + " already";
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!texts[i].empty() && !names.applied[i].contains(hashes[i])) {
      ++names.on_their_way[i][hashes[i]];
    }
  }
  return {};
}

void NameQuota::admit(std::uint32_t tenant, std::span<batch::Record> records,
                      std::span<batch::EventDetail> details, const Refuse& refuse) {
  static const Names none;
  std::vector<std::size_t> with_new;
  {
    const std::shared_lock lock(mutex_);
    const auto found = tenants_.find(tenant);
    const Names& names = found == tenants_.end() ? none : found->second;
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (!comes_to_the_log(records[i])) continue;
      details[i].names_are_known = all_are_applied(names, records[i], details[i]);
      if (!details[i].names_are_known) with_new.push_back(i);
    }
  }
  if (with_new.empty()) return;
  const std::unique_lock lock(mutex_);
  Names& names = tenants_[tenant];
  for (const std::size_t i : with_new) {
    std::string why = take_new(names, records[i], details[i]);
    if (!why.empty()) refuse(records[i], std::move(why));
  }
}

void NameQuota::applied(std::uint32_t tenant, std::span<const batch::Record> records,
                        std::span<const batch::EventDetail> details) {
  std::unique_lock lock(mutex_, std::defer_lock);
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (details[i].sequence == 0 || details[i].names_are_known) continue;
    if (!lock.owns_lock()) lock.lock();
    Names& names = tenants_[tenant];
    const auto texts = core::names_of(records[i], details[i]);
    for (std::size_t kind = 0; kind < texts.size(); ++kind) {
      if (texts[kind].empty()) continue;
      const std::uint64_t hash = keys_.hash_of(texts[kind], kind);
      names.on_their_way[kind].erase(hash);
      names.applied[kind].insert(hash);
    }
  }
}

void NameQuota::give_back(std::uint32_t tenant, std::span<const batch::Record> records,
                          std::span<const batch::EventDetail> details) {
  const std::unique_lock lock(mutex_);
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return;  // It has never had a new name.
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!comes_to_the_log(records[i]) || details[i].names_are_known) continue;
    const auto texts = core::names_of(records[i], details[i]);
    for (std::size_t kind = 0; kind < texts.size(); ++kind) {
      if (texts[kind].empty()) continue;
      EventCounts& counts = found->second.on_their_way[kind];
      const auto counted = counts.find(keys_.hash_of(texts[kind], kind));
      if (counted != counts.end() && --counted->second == 0) counts.erase(counted);
    }
  }
}

}  // namespace steelyard::node
