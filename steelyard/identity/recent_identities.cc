#include "steelyard/identity/recent_identities.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "steelyard/base/check.h"
#include "steelyard/base/hash.h"

namespace steelyard::identity {

RecentIdentities::RecentIdentities(std::size_t entries_max)
    : entries_max_(entries_max),
      place_count_(entries_max + entries_max / 3 + 8),
      places_(allocate(place_count_)) {
  STEELYARD_CHECK(entries_max > 0);
}

/// Zeros, which come when they are touched, by large pages where the machine has them.
IdentityEntry* RecentIdentities::allocate(std::size_t place_count) {
  void* const memory = mmap(nullptr, place_count * sizeof(IdentityEntry), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  STEELYARD_CHECK(memory != MAP_FAILED);
  (void)madvise(memory, place_count * sizeof(IdentityEntry), MADV_HUGEPAGE);
  return static_cast<IdentityEntry*>(memory);
}

RecentIdentities::~RecentIdentities() { munmap(places_, memory_bytes()); }

std::size_t RecentIdentities::ideal_place(IdentityKey key) const {
  return static_cast<std::size_t>((base::uint128{key.high} * place_count_) >> 64);
}

/// Where the key stands, or the free place where it would.
std::size_t RecentIdentities::place_of(IdentityKey key) const {
  std::size_t at = ideal_place(key);
  while (places_[at].sequence != 0 && places_[at].key != key) {
    if (++at == place_count_) at = 0;
  }
  return at;
}

const IdentityEntry* RecentIdentities::find(IdentityKey key) const {
  const IdentityEntry& entry = places_[place_of(key)];
  return entry.sequence != 0 ? &entry : nullptr;
}

void RecentIdentities::insert(const IdentityEntry& entry) {
  STEELYARD_CHECK(!is_full());
  STEELYARD_CHECK(entry.sequence != 0);
  IdentityEntry& place = places_[place_of(entry.key)];
  STEELYARD_CHECK(place.sequence == 0);
  place = entry;
  ++count_;
}

void RecentIdentities::erase(IdentityKey key, std::uint64_t sequence) {
  std::size_t free = place_of(key);
  if (places_[free].sequence != sequence) return;
  places_[free] = {};
  --count_;
  // Those behind it move up, unless that would be before the place where they are looked for.
  const auto distance = [this](std::size_t from, std::size_t to) {
    return to >= from ? to - from : to + place_count_ - from;
  };
  for (std::size_t at = free;;) {
    if (++at == place_count_) at = 0;
    if (places_[at].sequence == 0) return;
    if (distance(ideal_place(places_[at].key), at) < distance(free, at)) continue;
    places_[free] = std::exchange(places_[at], IdentityEntry{});
    free = at;
  }
}

void RecentIdentities::clear() {
  constexpr std::size_t places_of_page = 4'096 / sizeof(IdentityEntry);
  const bool is_nearly_empty = count_ < place_count_ / places_of_page;
  if (!is_nearly_empty || madvise(places_, memory_bytes(), MADV_DONTNEED) != 0) {
    std::memset(static_cast<void*>(places_), 0, memory_bytes());
  }
  count_ = 0;
}

/// Places rise with the key, so the entries are almost sorted as they stand.
std::vector<IdentityEntry> RecentIdentities::sorted() const {
  std::vector<IdentityEntry> entries;
  entries.reserve(count_);
  for (std::size_t i = 0; i < place_count_; ++i) {
    if (places_[i].sequence != 0) entries.push_back(places_[i]);
  }
  std::ranges::sort(entries, {}, &IdentityEntry::key);
  return entries;
}

}  // namespace steelyard::identity
