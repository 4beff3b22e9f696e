#include "steelyard/ledger/siphash.h"

#include <bit>

#include "steelyard/base/hash.h"

namespace steelyard::ledger {

SipHash::SipHash(std::uint64_t key_low, std::uint64_t key_high)
    : v0_(key_low ^ 0x736f6d6570736575ULL),
      v1_(key_high ^ 0x646f72616e646f6dULL ^ 0xee),
      v2_(key_low ^ 0x6c7967656e657261ULL),
      v3_(key_high ^ 0x7465646279746573ULL) {}

void SipHash::round() {
  v0_ += v1_;
  v1_ = std::rotl(v1_, 13) ^ v0_;
  v0_ = std::rotl(v0_, 32);
  v2_ += v3_;
  v3_ = std::rotl(v3_, 16) ^ v2_;
  v0_ += v3_;
  v3_ = std::rotl(v3_, 21) ^ v0_;
  v2_ += v1_;
  v1_ = std::rotl(v1_, 17) ^ v2_;
  v2_ = std::rotl(v2_, 32);
}

void SipHash::compress(std::uint64_t word) {
  v3_ ^= word;
  round();
  round();
  v0_ ^= word;
}

void SipHash::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t filled = size_ % 8;
    const std::size_t taken = bytes.size() < 8 - filled ? bytes.size() : 8 - filled;
    tail_ |= base::hashing::load(bytes.data(), taken) << (8 * filled);
    size_ += taken;
    bytes.remove_prefix(taken);
    if (size_ % 8 != 0) return;
    compress(tail_);
    tail_ = 0;
  }
}

void SipHash::add_number(std::uint64_t number) {
  char bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(number >> (8 * i));
  add({bytes, 8});
}

Id SipHash::finish() {
  compress(tail_ | (size_ << 56));
  v2_ ^= 0xee;
  for (int i = 0; i < 4; ++i) round();
  Id id;
  id.low = v0_ ^ v1_ ^ v2_ ^ v3_;
  v1_ ^= 0xdd;
  for (int i = 0; i < 4; ++i) round();
  id.high = v0_ ^ v1_ ^ v2_ ^ v3_;
  return id;
}

SipHash stable_hash() { return {0x73746565'6c796172ULL, 0x6c656467'65722031ULL}; }

Id id_of(std::initializer_list<std::string_view> parts) {
  SipHash hash = stable_hash();
  for (const std::string_view part : parts) {
    hash.add_number(part.size());
    hash.add(part);
  }
  return hash.finish();
}

std::size_t TenantKeyHash::operator()(const TenantKey& key) const {
  return static_cast<std::size_t>(base::hash_pair(key.id.low ^ key.tenant, key.id.high));
}

}  // namespace steelyard::ledger
