#pragma once

#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "steelyard/money/rational.h"

namespace steelyard::rating::cloud {

/// A quantity at one slot's price.
struct Part {
  std::uint32_t slot = 0;
  money::Rational quantity;

  bool operator==(const Part&) const = default;
};

/// Quantities at the prices of different slots: almost always one, which then stands inside.
class Parts {
 public:
  Parts() = default;
  explicit Parts(const Part& part) : one_(part), size_(1) {}
  Parts(std::initializer_list<Part> parts) {
    for (const Part& each : parts) push_back(each);
  }
  Parts(const Parts& other) : one_(other.one_), size_(other.size_) {
    if (other.many_ != nullptr) [[unlikely]]
      copy_many(other);
  }
  Parts(Parts&& other) noexcept
      : one_(other.one_), many_(std::move(other.many_)), size_(std::exchange(other.size_, 0)) {}
  Parts& operator=(const Parts& other) {
    if (this == &other) return *this;
    one_ = other.one_;
    size_ = other.size_;
    if (other.many_ != nullptr || many_ != nullptr) [[unlikely]]
      copy_many(other);
    return *this;
  }
  Parts& operator=(Parts&& other) noexcept {
    one_ = other.one_;
    many_ = std::move(other.many_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~Parts() = default;

  void push_back(const Part& part) {
    if (size_ == 0) one_ = part;
    if (size_ == 1 && many_ == nullptr) many_ = std::make_unique<std::vector<Part>>(1, one_);
    if (many_ != nullptr) many_->push_back(part);
    ++size_;
  }
  void clear() {
    size_ = 0;
    many_.reset();
  }

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  Part* begin() { return many_ != nullptr ? many_->data() : &one_; }
  Part* end() { return begin() + size_; }
  const Part* begin() const { return many_ != nullptr ? many_->data() : &one_; }
  const Part* end() const { return begin() + size_; }
  auto rbegin() { return std::make_reverse_iterator(end()); }
  auto rend() { return std::make_reverse_iterator(begin()); }
  Part& front() { return *begin(); }
  const Part& front() const { return *begin(); }
  Part& back() { return end()[-1]; }

  std::size_t bytes_outside() const {
    return many_ == nullptr ? 0 : many_->capacity() * sizeof(Part) + sizeof(*many_);
  }

  friend bool operator==(const Parts& a, const Parts& b) {
    if (a.size_ != b.size_) return false;
    for (std::size_t i = 0; i < a.size_; ++i) {
      if (a.begin()[i] != b.begin()[i]) return false;
    }
    return true;
  }

 private:
  /// Not inline: copies of one part are.
  [[gnu::noinline]] void copy_many(const Parts& other) {
    many_ = other.many_ == nullptr ? nullptr : std::make_unique<std::vector<Part>>(*other.many_);
  }

  Part one_;
  std::unique_ptr<std::vector<Part>> many_;  // All of them, if there were more.
  std::uint32_t size_ = 0;
};

}  // namespace steelyard::rating::cloud
