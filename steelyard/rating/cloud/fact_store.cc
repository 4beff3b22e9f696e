#include "steelyard/rating/cloud/fact_store.h"

#include <algorithm>
#include <cstring>

#include "steelyard/base/check.h"

namespace steelyard::rating::cloud {
namespace {

constexpr std::size_t block_bytes = 1 << 20;
constexpr std::size_t unit_bytes = 16;  // Facts begin at multiples of it.
constexpr std::size_t block_units = block_bytes / unit_bytes;
constexpr std::uint8_t is_long = 255;  ///< The size of a text stands behind, in four bytes.

/// What stands in front of a fact's meters and texts.
struct Head {
  FactStore::Key key = 0;
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::uint64_t sequence = 0;
  std::uint32_t start_nanoseconds = 0;
  std::uint32_t end_nanoseconds = 0;
  std::uint32_t size = 0;  ///< Of all, in bytes.
  std::uint16_t code = 0;
  std::uint16_t meters = 0;
  std::uint16_t attributes = 0;
};

std::size_t size_of(std::string_view text) {
  return 1 + text.size() + (text.size() < is_long ? 0 : sizeof(std::uint32_t));
}

/// Writes one thing behind the other.
class Packer {
 public:
  explicit Packer(char* at) : at_(at) {}

  template <class Number>
  void put(const Number& number) {
    std::memcpy(at_, &number, sizeof number);
    at_ += sizeof number;
  }
  void put_text(std::string_view text) {
    if (text.size() < is_long) {
      put(static_cast<std::uint8_t>(text.size()));
    } else {
      put(is_long);
      put(static_cast<std::uint32_t>(text.size()));
    }
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

 private:
  char* at_;
};

/// Reads what was put, in the same order.
class Unpacker {
 public:
  explicit Unpacker(const char* at) : at_(at) {}

  template <class Number>
  Number take() {
    Number number;
    std::memcpy(&number, at_, sizeof number);
    at_ += sizeof number;
    return number;
  }
  std::string_view take_text() {
    std::size_t size = take<std::uint8_t>();
    if (size == is_long) size = take<std::uint32_t>();
    const std::string_view text(at_, size);
    at_ += size;
    return text;
  }

 private:
  const char* at_;
};

Head head_at(const char* at) { return Unpacker(at).take<Head>(); }

/// With its texts where they stand.
Fact unpacked(const char* at) {
  Unpacker from(at);
  const auto head = from.take<Head>();
  Fact fact;
  fact.code = head.code;
  fact.start = {head.start, head.start_nanoseconds};
  fact.end = {head.end, head.end_nanoseconds};
  fact.sequence = head.sequence;
  fact.account = from.take_text();
  fact.resource = from.take_text();
  fact.meters.resize(head.meters);
  for (Fact::Meter& each : fact.meters) {
    each.meter = from.take<std::uint16_t>();
    each.value = money::Decimal::from_scaled(from.take<money::int128>());
  }
  fact.attributes.resize(head.attributes);
  for (std::string_view& each : fact.attributes) each = from.take_text();
  return fact;
}

}  // namespace

const char* FactStore::at(Place place) const {
  return blocks_[place / block_units].bytes.get() + place % block_units * unit_bytes;
}

char* FactStore::room_for(std::size_t bytes, Place& place) {
  bytes = (bytes + unit_bytes - 1) / unit_bytes * unit_bytes;
  if (blocks_.empty() || used_ + bytes > blocks_.back().size) {
    const std::size_t size = std::max(bytes, block_bytes);
    STEELYARD_CHECK((blocks_.size() + 1) * block_units < base::NumberTable::none);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    used_ = 0;
  }
  char* const room = blocks_.back().bytes.get() + used_;
  place = static_cast<Place>((blocks_.size() - 1) * block_units + used_ / unit_bytes);
  used_ += bytes;
  bytes_ += bytes;
  return room;
}

FactStore::Place FactStore::place_of(Key key) const {
  return places_.find(hash_of(key), [&](Place place) { return head_at(at(place)).key == key; });
}

void FactStore::keep(Key key, const Fact& fact) {
  Head head{key,
            fact.start.seconds,
            fact.end.seconds,
            fact.sequence,
            fact.start.nanoseconds,
            fact.end.nanoseconds,
            0,
            fact.code,
            static_cast<std::uint16_t>(fact.meters.size()),
            static_cast<std::uint16_t>(fact.attributes.size())};
  std::size_t size = sizeof(Head) + size_of(fact.account) + size_of(fact.resource) +
                     fact.meters.size() * (sizeof(std::uint16_t) + sizeof(money::int128));
  for (const std::string_view each : fact.attributes) size += size_of(each);
  head.size = static_cast<std::uint32_t>(size);
  Place place;
  Packer to(room_for(size, place));
  to.put(head);
  to.put_text(fact.account);
  to.put_text(fact.resource);
  for (const Fact::Meter& each : fact.meters) {
    to.put(each.meter);
    to.put(each.value.scaled());
  }
  for (const std::string_view each : fact.attributes) to.put_text(each);
  forget(key);
  places_.add(hash_of(key), place);
}

void FactStore::forget(Key key) {
  const Place place = place_of(key);
  if (place != base::NumberTable::none) places_.erase(hash_of(key), place);
}

std::optional<Fact> FactStore::find(Key key, std::string& text) const {
  const Place place = place_of(key);
  if (place == base::NumberTable::none) return std::nullopt;
  const char* const kept = at(place);
  text.assign(kept, head_at(kept).size);
  return unpacked(text.data());
}

void FactStore::forget_if(const std::function<bool(const Fact&)>& is_over) {
  FactStore rest;
  places_.each([&](Place place) {
    const char* const kept = at(place);
    if (is_over(unpacked(kept))) return;
    const Head head = head_at(kept);
    Place moved = 0;
    std::memcpy(rest.room_for(head.size, moved), kept, head.size);
    rest.places_.add(hash_of(head.key), moved);
  });
  *this = std::move(rest);
}

}  // namespace steelyard::rating::cloud
