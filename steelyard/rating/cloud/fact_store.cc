#include "steelyard/rating/cloud/fact_store.h"

#include <cstring>

#include "steelyard/base/check.h"
#include "steelyard/rating/cloud/packing.h"

namespace steelyard::rating::cloud {
namespace {

constexpr auto unit = static_cast<std::int64_t>(money::Decimal::whole(1).scaled());

/// A small whole number takes few bytes, any other value all that it has.
void put_meter(const Fact::Meter& each, Packer& to) {
  const auto scaled = each.value.scaled();
  const auto whole = static_cast<std::int64_t>(scaled) / unit;
  const bool is_short = static_cast<std::int64_t>(scaled) == scaled && whole * unit == scaled;
  to.put_short(std::uint64_t{each.meter} * 2 + (is_short ? 0 : 1));
  if (is_short) {
    to.put_signed(whole);
  } else {
    to.put(scaled);
  }
}

Fact::Meter take_meter(Unpacker& from) {
  const std::uint64_t number = from.take_short();
  const auto meter = static_cast<std::uint16_t>(number / 2);
  if (number % 2 == 0) return {meter, money::Decimal::whole(from.take_signed())};
  return {meter, money::Decimal::from_scaled(from.take<money::int128>())};
}

constexpr std::size_t meter_bytes_max = 3 + sizeof(money::int128);
constexpr std::size_t head_bytes_max =
    sizeof(FactStore::Key) + sizeof(PackedRoom::Place) + 7 * Packer::short_bytes_max;

FactStore::Key key_at(const char* at) { return Unpacker(at).take<FactStore::Key>(); }

/// Texts begin with their size, behind which stands what is compared.
std::string_view texts_at(const char* at) {
  Unpacker from(at);
  const auto size = from.take<std::uint32_t>();
  return {from.at(), size};
}

}  // namespace

FactStore::Place FactStore::place_of(Key key) const {
  return places_.find(hash_of(key), [&](Place place) { return key_at(facts_.at(place)) == key; });
}

char* FactStore::room_for(std::size_t bytes) {
  if (packed_.size() < bytes) packed_.resize(bytes);
  return packed_.data();
}

void FactStore::prefetch(Key key, const Fact& fact) const {
  places_.prefetch(hash_of(key));
  const std::uint32_t guess = fact.hint.resource;
  if (guess < latest_texts_.size()) __builtin_prefetch(&latest_texts_[guess]);
}

/// Most facts have the texts of the one that came before of the same resource.
FactStore::Place FactStore::place_of_texts(const Fact& fact, const TextNumbers& numbers) {
  if (numbers.attributes == 0) return find_or_add_texts(fact);
  if (numbers.place >= latest_texts_.size()) latest_texts_.resize(numbers.place + 1);
  Texts& latest = latest_texts_[numbers.place];
  if (latest.resource != numbers.resource || latest.attributes != numbers.attributes) {
    latest = {numbers.resource, find_or_add_texts(fact), numbers.attributes};
  }
  return latest.place;
}

FactStore::Place FactStore::find_or_add_texts(const Fact& fact) {
  std::size_t most = fact.account.size() + fact.resource.size();
  for (const std::string_view each : fact.attributes) most += each.size();
  most += (fact.attributes.size() + 4) * Packer::short_bytes_max;
  Packer to(room_for(most));
  to.put_short(fact.code);
  to.put_short(fact.attributes.size());
  to.put_text(fact.account);
  to.put_text(fact.resource);
  for (const std::string_view each : fact.attributes) to.put_text(each);
  const std::string_view texts(packed_.data(), static_cast<std::size_t>(to.at() - packed_.data()));

  const std::uint64_t hash = base::hash(texts);
  const Place known =
      text_places_.find(hash, [&](Place place) { return texts_at(texts_.at(place)) == texts; });
  if (known != base::NumberTable::none) return known;
  Place place = 0;
  const auto size = static_cast<std::uint32_t>(texts.size());
  char* const room = texts_.add(sizeof size + size, place);
  std::memcpy(room, &size, sizeof size);
  std::memcpy(room + sizeof size, texts.data(), size);
  text_places_.add(hash, place);
  return place;
}

void FactStore::keep(Key key, const Fact& fact, const TextNumbers& numbers) {
  const Place texts = place_of_texts(fact, numbers);
  Packer to(room_for(head_bytes_max + fact.meters.size() * meter_bytes_max));
  to.put(key);
  to.put(texts);
  to.put_signed(fact.start.seconds);
  to.put_signed(fact.end.seconds - fact.start.seconds);
  to.put_short(fact.start.nanoseconds);
  to.put_short(fact.end.nanoseconds);
  to.put_short(fact.sequence);
  to.put_short(fact.meters.size());
  for (const Fact::Meter& each : fact.meters) put_meter(each, to);
  const auto size = static_cast<std::size_t>(to.at() - packed_.data());
  Place place = 0;
  std::memcpy(facts_.add(size, place), packed_.data(), size);
  forget(key);
  places_.add(hash_of(key), place);
}

void FactStore::forget(Key key) {
  const Place place = place_of(key);
  if (place != base::NumberTable::none) places_.erase(hash_of(key), place);
}

/// With its texts where they stand.
Fact FactStore::unpacked(Place place) const {
  Unpacker from(facts_.at(place));
  from.take<Key>();
  Unpacker texts(texts_at(texts_.at(from.take<Place>())).data());
  Fact fact;
  fact.code = static_cast<std::uint16_t>(texts.take_short());
  fact.attributes.resize(texts.take_short());
  fact.account = texts.take_text();
  fact.resource = texts.take_text();
  for (std::string_view& each : fact.attributes) each = texts.take_text();
  fact.start.seconds = from.take_signed();
  fact.end.seconds = fact.start.seconds + from.take_signed();
  fact.start.nanoseconds = static_cast<std::uint32_t>(from.take_short());
  fact.end.nanoseconds = static_cast<std::uint32_t>(from.take_short());
  fact.sequence = from.take_short();
  fact.meters.resize(from.take_short());
  for (Fact::Meter& each : fact.meters) each = take_meter(from);
  return fact;
}

std::optional<Fact> FactStore::find(Key key) const {
  const Place place = place_of(key);
  if (place == base::NumberTable::none) return std::nullopt;
  return unpacked(place);
}

void FactStore::forget_if(const std::function<bool(const Fact&)>& is_over) {
  FactStore rest;
  places_.each([&](Place place) {
    const Fact fact = unpacked(place);
    if (!is_over(fact)) rest.keep(key_at(facts_.at(place)), fact);
  });
  *this = std::move(rest);
}

}  // namespace steelyard::rating::cloud
