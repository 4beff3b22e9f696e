#include "steelyard/identity/identity_set.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "steelyard/base/check.h"

namespace steelyard::identity {
namespace {

constexpr std::size_t slack = 64;  // Places behind the last ideal one.
constexpr std::size_t page_bytes = 4096;
constexpr std::uint64_t fingerprint_mask = (std::uint64_t{1} << 48) - 1;

}  // namespace

IdentitySet::~IdentitySet() {
  for (Table& table : tables_) release(table);
}

/// Places rise with the hash, so a table is sorted and growing it needs no search.
std::size_t IdentitySet::ideal_place(const Table& table, std::uint64_t high) {
  return static_cast<std::size_t>((base::uint128{high << 8} * table.capacity) >> 64);
}

void IdentitySet::prefetch(IdentityKey key) const {
  const Table& table = tables_[key.high >> 56];
  if (table.entries != nullptr) __builtin_prefetch(&table.entries[ideal_place(table, key.high)], 1);
}

Seen IdentitySet::insert(IdentityKey key, std::uint64_t fingerprint) {
  Table& table = tables_[key.high >> 56];
  if (table.count * 8 >= table.capacity * 7) grow(table);
  const std::uint64_t rest = (key.low << 48) | (fingerprint & fingerprint_mask);

  std::size_t at = ideal_place(table, key.high);
  while (table.entries[at].high != 0 && table.entries[at].high < key.high) ++at;
  for (; table.entries[at].high == key.high; ++at) {
    if ((table.entries[at].rest ^ rest) >> 48 != 0) continue;  // Another id.
    return table.entries[at].rest == rest ? Seen::same : Seen::other;
  }
  std::size_t free = at;
  while (table.entries[free].high != 0) ++free;
  if (free + 1 == table.places) {  // The last place stays free: it ends every search.
    grow(table);
    return insert(key, fingerprint);
  }
  std::memmove(&table.entries[at + 1], &table.entries[at], (free - at) * sizeof(Entry));
  table.entries[at] = {key.high, rest};
  ++table.count;
  ++size_;
  return Seen::first;
}

void IdentitySet::forget(IdentityKey key, std::uint64_t) {
  Table& table = tables_[key.high >> 56];
  std::size_t at = ideal_place(table, key.high);
  while (table.entries[at].high != key.high ||
         ((table.entries[at].rest ^ (key.low << 48)) >> 48) != 0) {
    STEELYARD_CHECK(table.entries[at].high != 0);
    ++at;
  }
  // Those behind it move up, unless they stand where they belong.
  for (; table.entries[at + 1].high != 0 && ideal_place(table, table.entries[at + 1].high) <= at;
       ++at) {
    table.entries[at] = table.entries[at + 1];
  }
  table.entries[at] = {};
  --table.count;
  --size_;
}

void IdentitySet::release(Table& table) {
  if (table.entries != nullptr) munmap(table.entries, table.places * sizeof(Entry));
  table = Table{};
}

/// In the memory that it has, and some more behind it.
void IdentitySet::make_longer(Table& table) {
  const std::size_t capacity_min = table.capacity + table.capacity / 5 + 1;
  const std::size_t bytes =
      ((capacity_min + slack) * sizeof(Entry) + page_bytes - 1) / page_bytes * page_bytes;
  void* const memory =
      table.entries == nullptr
          ? mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
          : mremap(table.entries, table.places * sizeof(Entry), bytes, MREMAP_MAYMOVE);
  STEELYARD_CHECK(memory != MAP_FAILED);
  table.entries = static_cast<Entry*>(memory);
  table.places = bytes / sizeof(Entry);
  table.capacity = table.places - slack;
}

/// All entries move to the end, and from there to where they belong, which is never behind
/// those that have yet to move.
void IdentitySet::grow(Table& table) {
  const std::size_t places_before = table.places;
  make_longer(table);
  std::size_t first = table.places;
  for (std::size_t i = places_before; i-- > 0;) {
    if (table.entries[i].high == 0) continue;
    table.entries[--first] = std::exchange(table.entries[i], {});
  }
  std::size_t free = 0;
  for (std::size_t i = first; i < table.places; ++i) {
    const Entry entry = std::exchange(table.entries[i], {});
    const std::size_t at = std::max(free, ideal_place(table, entry.high));
    STEELYARD_CHECK(at + 1 < table.places);
    table.entries[at] = entry;
    free = at + 1;
  }
}

std::size_t IdentitySet::memory_bytes() const {
  std::size_t bytes = 0;
  for (const Table& table : tables_) bytes += table.places * sizeof(Entry);
  return bytes;
}

}  // namespace steelyard::identity
