#include "steelyard/rating/cloud/fact_store.h"

#include <cstring>

namespace steelyard::rating::cloud {
namespace {

template <class Number>
void put(const Number& number, std::string& to) {
  to.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void put_text(std::string_view text, std::string& to) {
  put(static_cast<std::uint16_t>(text.size()), to);
  to += text;
}

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
    const auto size = take<std::uint16_t>();
    const std::string_view text(at_, size);
    at_ += size;
    return text;
  }

 private:
  const char* at_;
};

}  // namespace

void FactStore::keep(Key key, const Fact& fact) {
  if (blocks_.empty() || blocks_.back().size() > block_bytes) {
    blocks_.emplace_back().reserve(block_bytes + 8'192);
  }
  std::string& block = blocks_.back();
  const std::size_t before = block.size();
  places_[key] = {static_cast<std::uint32_t>(blocks_.size() - 1),
                  static_cast<std::uint32_t>(before)};
  put(fact.code, block);
  put(fact.start.seconds, block);
  put(fact.start.nanoseconds, block);
  put(fact.end.seconds, block);
  put(fact.end.nanoseconds, block);
  put(fact.sequence, block);
  put_text(fact.account, block);
  put_text(fact.resource, block);
  put(static_cast<std::uint16_t>(fact.meters.size()), block);
  for (const Fact::Meter& each : fact.meters) {
    put(each.meter, block);
    put(each.value.scaled(), block);
  }
  put(static_cast<std::uint16_t>(fact.attributes.size()), block);
  for (const std::string_view each : fact.attributes) put_text(each, block);
  bytes_ += block.size() - before;
}

std::optional<Fact> FactStore::find(Key key, std::string& text) const {
  const auto found = places_.find(key);
  if (found == places_.end()) return std::nullopt;
  const auto [block, offset] = found->second;
  text = blocks_[block].substr(offset, 65'536);  // Texts are limited to 128 characters each.
  Unpacker from(text.data());
  Fact fact;
  fact.code = from.take<std::uint16_t>();
  fact.start.seconds = from.take<std::int64_t>();
  fact.start.nanoseconds = from.take<std::uint32_t>();
  fact.end.seconds = from.take<std::int64_t>();
  fact.end.nanoseconds = from.take<std::uint32_t>();
  fact.sequence = from.take<std::uint64_t>();
  fact.account = from.take_text();
  fact.resource = from.take_text();
  fact.meters.resize(from.take<std::uint16_t>());
  for (Fact::Meter& each : fact.meters) {
    each.meter = from.take<std::uint16_t>();
    each.value = money::Decimal::from_scaled(from.take<money::int128>());
  }
  fact.attributes.resize(from.take<std::uint16_t>());
  for (std::string_view& each : fact.attributes) each = from.take_text();
  return fact;
}

}  // namespace steelyard::rating::cloud
