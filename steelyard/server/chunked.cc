#include "steelyard/server/chunked.h"

#include <algorithm>

namespace steelyard::server {
namespace {

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

ChunkReader::State ChunkReader::fail(const char* what) {
  what_ = what;
  return State::bad;
}

ChunkReader::State ChunkReader::size_line(char byte) {
  if (const int value = hex_value(byte); value >= 0) {
    if (++digits_ > 8) return fail("a chunk's size has more than 8 digits");
    left_ = left_ * 16 + static_cast<std::uint64_t>(value);
    return State::size;
  }
  if (state_ == State::size && byte == '\r') return State::size_lf;
  if (byte == ';') return fail("a chunk has an extension");
  return fail("a chunk's size is not hexadecimal digits and CR LF");
}

ChunkReader::Status ChunkReader::take(std::string_view bytes, std::string& to, std::size_t& taken) {
  taken = 0;
  while (taken < bytes.size() && state_ != State::done && state_ != State::bad) {
    if (state_ == State::content) {
      const auto size =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - taken));
      to.append(bytes.substr(taken, size));
      taken += size;
      left_ -= size;
      if (left_ == 0) state_ = State::content_cr;
      continue;
    }
    const char byte = bytes[taken++];
    switch (state_) {
      case State::size_begin:
        left_ = 0;
        digits_ = 0;
        [[fallthrough]];
      case State::size: state_ = size_line(byte); break;
      case State::size_lf:
        if (byte != '\n') {
          state_ = fail("a chunk's size ends without CR LF");
        } else {
          state_ = left_ == 0 ? State::last_cr : State::content;
        }
        break;
      case State::content_cr:
        state_ = byte == '\r' ? State::content_lf : fail("a chunk is longer than its size");
        break;
      case State::content_lf:
        state_ = byte == '\n' ? State::size_begin : fail("a chunk ends without CR LF");
        break;
      case State::last_cr:
        state_ = byte == '\r' ? State::last_lf : fail("trailers are not taken");
        break;
      case State::last_lf:
        state_ = byte == '\n' ? State::done : fail("the last chunk ends without CR LF");
        break;
      case State::content:
      case State::done:
      case State::bad: break;
    }
  }
  if (state_ == State::bad) return Status::is_malformed;
  return state_ == State::done ? Status::is_complete : Status::needs_more;
}

}  // namespace steelyard::server
