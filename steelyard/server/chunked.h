#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace steelyard::server {

/// Reads a chunked body (RFC 9112, section 7.1) as it comes, strictly: sizes of at most 8
/// hexadecimal digits, every line with CR LF; extensions and trailers, which nobody needs
/// and readers disagree about, are refused.
class ChunkReader {
 public:
  enum class Status : std::uint8_t { needs_more, is_complete, is_malformed };

  /// Takes what it can of `bytes`, and appends the content to `to`. `taken` is set to how
  /// many bytes belong to the body: what is behind its end does not.
  Status take(std::string_view bytes, std::string& to, std::size_t& taken);

  /// Why it is malformed.
  const char* what() const { return what_; }

 private:
  enum class State : std::uint8_t {
    size_begin,
    size,
    size_lf,
    content,
    content_cr,
    content_lf,
    last_cr,
    last_lf,
    done,
    bad,
  };
  State fail(const char* what);
  State size_line(char byte);

  State state_ = State::size_begin;
  std::uint64_t left_ = 0;
  int digits_ = 0;
  const char* what_ = "";
};

}  // namespace steelyard::server
