#include "steelyard/charges/duckdb/rollup_sums.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "steelyard/base/check.h"
#include "steelyard/base/hash.h"

namespace steelyard::charges::duckdb {
namespace {

constexpr std::size_t places_min = 1'024;

std::uint32_t hash_of(const RollupKey& key) {
  const auto words = std::bit_cast<std::array<std::uint64_t, sizeof(RollupKey) / 8>>(key);
  std::uint64_t all = 0;
  for (const std::uint64_t word : words) all = base::hash_pair(all, word);
  return static_cast<std::uint32_t>(all >> 32);
}

}  // namespace

/// At least half of the places stay free.
void RollupSums::make_room() {
  if (2 * (rows_.size() + 1) <= places_.size()) return;
  STEELYARD_CHECK(rows_.size() < UINT32_MAX / 4);
  const std::vector<Place> old = std::exchange(places_, {});
  places_.resize(std::max(places_min, 4 * old.size()));
  const std::size_t mask = places_.size() - 1;
  for (const Place place : old) {
    if (place.number == 0) continue;
    std::size_t at = place.hash & mask;
    while (places_[at].number != 0) at = (at + 1) & mask;
    places_[at] = place;
  }
}

void RollupSums::add(const RollupKey& key, money::Decimal quantity, money::Decimal amount) {
  make_room();
  const std::uint32_t hash = hash_of(key);
  const std::size_t mask = places_.size() - 1;
  std::size_t at = hash & mask;
  const auto is_it = [&](const Place place) {
    return place.hash == hash && rows_[place.number - 1].key == key;
  };
  while (places_[at].number != 0 && !is_it(places_[at])) at = (at + 1) & mask;
  if (places_[at].number == 0) {
    rows_.push_back({key, {}, {}, 0});
    places_[at] = {static_cast<std::uint32_t>(rows_.size()), hash};
  }
  RollupRow& row = rows_[places_[at].number - 1];
  row.quantity += quantity;
  row.amount += amount;
  ++row.lines;
}

std::vector<RollupRow> RollupSums::take() {
  std::ranges::fill(places_, Place());
  std::vector<RollupRow> rows = std::exchange(rows_, {});
  std::ranges::sort(rows, {}, &RollupRow::key);
  return rows;
}

}  // namespace steelyard::charges::duckdb
