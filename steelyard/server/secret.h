#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace steelyard::server {

/// A text that must not be seen: it cannot be printed, formatted, compared or copied by
/// accident, and its memory is wiped. What is shown is asked for by name.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  ~Secret() { wipe(); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;

  /// The text itself: to show a new key once, to compute a hash.
  std::string_view reveal() const { return text_; }
  Secret clone() const { return Secret(text_); }
  bool empty() const { return text_.empty(); }

 private:
  void wipe();
  std::string text_;
};

}  // namespace steelyard::server
