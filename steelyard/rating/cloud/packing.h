#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

/// Numbers and texts one behind the other, in as few bytes as they need. For one process's own
/// memory: whoever reads knows what was written.
namespace steelyard::rating::cloud {

/// Requires: room for what is put.
class Packer {
 public:
  explicit Packer(char* at) : at_(at) {}

  template <class Number>
  void put(const Number& number) {
    std::memcpy(at_, &number, sizeof number);
    at_ += sizeof number;
  }

  /// Seven bits in a byte, the lowest first: 1 to 10 bytes.
  void put_short(std::uint64_t number) {
    for (; number >= 0x80; number >>= 7) *at_++ = static_cast<char>(number | 0x80);
    *at_++ = static_cast<char>(number);
  }
  static constexpr std::size_t short_bytes_max = 10;

  /// Small numbers of either sign in few bytes.
  void put_signed(std::int64_t number) {
    put_short((static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63));
  }

  void put_text(std::string_view text) {
    put_short(text.size());
    copy(text.data(), text.size());
    at_ += text.size();
  }

  const char* at() const { return at_; }

 private:
  /// Most texts are short: a call would cost more than they do.
  void copy(const char* from, std::size_t size) {
    if (size > 16) {
      std::memcpy(at_, from, size);
    } else if (size >= 8) {
      copy_ends<8>(from, size);
    } else if (size >= 4) {
      copy_ends<4>(from, size);
    } else {
      for (std::size_t i = 0; i < size; ++i) at_[i] = from[i];
    }
  }

  /// The first and the last bytes, which may overlap.
  template <std::size_t Count>
  void copy_ends(const char* from, std::size_t size) {
    std::memcpy(at_, from, Count);
    std::memcpy(at_ + size - Count, from + size - Count, Count);
  }

  char* at_;
};

/// Takes what was put, in the same order.
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
  std::uint64_t take_short() {
    std::uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      number |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return number;
    }
  }
  std::int64_t take_signed() {
    const std::uint64_t number = take_short();
    return static_cast<std::int64_t>((number >> 1) ^ (~(number & 1) + 1));
  }
  std::string_view take_text() {
    const std::size_t size = take_short();
    const std::string_view text(at_, size);
    at_ += size;
    return text;
  }

  const char* at() const { return at_; }

 private:
  const char* at_;
};

}  // namespace steelyard::rating::cloud
