#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "steelyard/base/hash.h"
#include "steelyard/base/time.h"
#include "steelyard/ledger/id.h"
#include "steelyard/money/decimal.h"
#include "steelyard/money/money.h"

namespace steelyard::ledger {

/// Appends what is kept: numbers of fixed width, the lowest byte first; texts behind their
/// length.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& to) : to_(to) {}

  template <class Unsigned>
  void number(Unsigned value) {
    for (std::size_t i = 0; i < sizeof(Unsigned); ++i)
      to_.push_back(static_cast<char>(value >> (8 * i)));
  }
  /// The highest byte first, as keys have it: they sort like their numbers.
  template <class Unsigned>
  void sorting(Unsigned value) {
    for (std::size_t i = sizeof(Unsigned); i-- > 0;)
      to_.push_back(static_cast<char>(value >> (8 * i)));
  }

  void u8(std::uint8_t value) { to_.push_back(static_cast<char>(value)); }
  void u16(std::uint16_t value) { number(value); }
  void u32(std::uint32_t value) { number(value); }
  void u64(std::uint64_t value) { number(value); }
  void i64(std::int64_t value) { number(static_cast<std::uint64_t>(value)); }
  void u128(base::uint128 value) { number(value); }
  void decimal(money::Decimal value) { u128(static_cast<base::uint128>(value.scaled())); }
  void instant(base::Instant value) {
    i64(value.seconds);
    u32(value.nanoseconds);
  }
  void id(const Id& value) {
    u64(value.high);
    u64(value.low);
  }
  void currency(const money::Currency& value) { to_.append(value.code()); }
  void text(std::string_view value) {
    u32(static_cast<std::uint32_t>(value.size()));
    to_.append(value);
  }

 private:
  std::string& to_;
};

/// Reads what ByteWriter wrote. After the first thing that does not fit, everything is 0 and
/// `is_good` false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view from) : from_(from) {}

  bool is_good() const { return is_good_; }
  /// All was there and nothing is left.
  bool is_done() const { return is_good_ && from_.empty(); }

  template <class Unsigned>
  Unsigned number() {
    const std::string_view bytes = take(sizeof(Unsigned));
    Unsigned value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
      value = static_cast<Unsigned>((value << 8) | static_cast<unsigned char>(bytes[i]));
    }
    return value;
  }
  template <class Unsigned>
  Unsigned sorting() {
    Unsigned value = 0;
    for (const char byte : take(sizeof(Unsigned))) {
      value = static_cast<Unsigned>((value << 8) | static_cast<unsigned char>(byte));
    }
    return value;
  }

  std::uint8_t u8() {
    const std::string_view byte = take(1);
    return byte.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(byte[0]);
  }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  base::uint128 u128() { return number<base::uint128>(); }
  money::Decimal decimal() {
    return money::Decimal::from_scaled(static_cast<money::int128>(u128()));
  }
  base::Instant instant() {
    const std::int64_t seconds = i64();
    return {seconds, u32()};
  }
  Id id() {
    const std::uint64_t high = u64();
    return {high, u64()};
  }
  money::Currency currency() {
    const std::string_view code = take(3);
    return money::Currency(code.size() == 3 ? code : "XXX");
  }
  std::string_view text() { return take(u32()); }
  bool boolean() {
    const std::uint8_t value = u8();
    if (value > 1) refuse();
    return value == 1;
  }
  /// An enumerator from 1 to `last`, or from 0 if `first` says so.
  template <class Enum>
  Enum enumerator(Enum first, Enum last) {
    const auto value = static_cast<Enum>(u8());
    if (value < first || value > last) refuse();
    return is_good_ ? value : first;
  }

  void refuse() {
    is_good_ = false;
    from_ = {};
  }

 private:
  std::string_view take(std::size_t size) {
    if (size > from_.size()) {
      refuse();
      return {};
    }
    const std::string_view bytes = from_.substr(0, size);
    from_.remove_prefix(size);
    return bytes;
  }

  std::string_view from_;
  bool is_good_ = true;
};

}  // namespace steelyard::ledger
