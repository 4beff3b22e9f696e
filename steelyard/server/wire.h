#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace steelyard::server {

/// Fills the error in place of throwing it.
inline auto redirected(boost::system::error_code& error) {
  return boost::asio::redirect_error(boost::asio::use_awaitable, error);
}

/// Of that size, with anything where it grows: to be read over.
inline void make_room(std::size_t size, std::string& buffer) {
  buffer.resize_and_overwrite(size, [](char*, std::size_t wanted) { return wanted; });
}

/// What a connection reads: a socket, plain or with TLS, what came and belongs to nothing yet, and
/// until when something is waited for. Belongs to one thread.
template <class Stream>
class Wire {
 public:
  using Error = boost::system::error_code;
  using SteadyClock = std::chrono::steady_clock;

  static constexpr std::size_t first_read_bytes = 4 * 1024;
  static constexpr std::size_t read_bytes = std::size_t{64} * 1024;

  template <class... StreamArguments>
  explicit Wire(boost::asio::io_context& loop, StreamArguments&&... arguments)
      : stream_(std::forward<StreamArguments>(arguments)...), wake_(loop) {}

  Stream& stream() { return stream_; }

  boost::asio::ip::tcp::socket& socket() {
    if constexpr (is_plain) {
      return stream_;
    } else {
      return stream_.next_layer();
    }
  }

  // Waiting.

  void set_deadline(std::chrono::milliseconds from_now) {
    deadline_ = SteadyClock::now() + from_now;
  }
  void set_deadline(SteadyClock::time_point at) { deadline_ = at; }
  void set_no_deadline() { deadline_ = never; }

  /// Ends what is waited for, if its time is over.
  void check_deadline(SteadyClock::time_point now) {
    if (now < deadline_) return;
    is_late_ = true;
    end_waiting();
  }
  /// Ends it in any case, and what is waited for later.
  void interrupt() {
    is_interrupted_ = true;
    end_waiting();
  }
  void begin_anew() { is_late_ = is_interrupted_ = false; }
  void forget_that_it_was_late() { is_late_ = false; }

  bool is_late() const { return is_late_; }
  bool is_interrupted() const { return is_interrupted_; }
  bool is_cut_off() const { return is_late_ || is_interrupted_; }

  /// Until somebody wakes it up: all who do are on this thread.
  boost::asio::awaitable<void> sleep() {
    wake_.expires_at(never);
    Error error;
    co_await wake_.async_wait(redirected(error));
  }
  void wake_up() {
    Error ignored;
    wake_.cancel(ignored);
  }

  // Reading.

  /// What was read and belongs to nothing yet.
  std::string& in() { return in_; }
  const std::string& in() const { return in_; }

  /// A request begins, of which so much was read.
  void begin_count(std::uint64_t bytes) { bytes_in_ = bytes; }
  void count(std::size_t bytes) { bytes_in_ += bytes; }
  /// Of the request, without what is in `in`.
  std::uint64_t taken() const { return bytes_in_ - in_.size(); }

  bool is_reading_ahead() const { return is_reading_ahead_; }
  /// The client sends no more.
  bool is_at_end() const { return is_at_end_; }

  /// Reads some bytes behind those of `in`. False at the end, an error, a deadline.
  boost::asio::awaitable<bool> read_more(std::size_t bytes) {
    if (is_reading_ahead_) co_return co_await take_read_ahead();
    const std::size_t before = in_.size();
    make_room(before + bytes, in_);
    Error error;
    const std::size_t got = co_await stream_.async_read_some(
        boost::asio::buffer(in_.data() + before, bytes), redirected(error));
    in_.resize(before + got);
    bytes_in_ += got;
    co_return !error && !is_cut_off();
  }

  /// Reads while something else is waited for, which is woken up. `owner` keeps this alive.
  void read_ahead(std::shared_ptr<void> owner) {
    if (is_reading_ahead_ || is_at_end_ || in_.size() >= read_ahead_bytes) return;
    if (read_ahead_ == nullptr) {
      read_ahead_ = std::make_unique<std::array<char, read_ahead_bytes>>();
    }
    is_reading_ahead_ = true;
    stream_.async_read_some(boost::asio::buffer(*read_ahead_),
                            [this, owner = std::move(owner)](const Error& error, std::size_t got) {
                              is_reading_ahead_ = false;
                              is_at_end_ = static_cast<bool>(error) &&
                                           error != boost::asio::error::operation_aborted;
                              in_.append(read_ahead_->data(), got);
                              bytes_in_ += got;
                              wake_up();
                            });
  }

  /// Waits for what `read_ahead` reads. Returns as `read_more` does.
  boost::asio::awaitable<bool> take_read_ahead() {
    const std::size_t before = in_.size();
    while (is_reading_ahead_) co_await sleep();
    co_return in_.size() > before && !is_cut_off();
  }

  // Closing.

  /// How a connection is closed.
  struct Ending {
    bool is_broken = false;             ///< Nothing can be written any more.
    bool sends_nothing = false;         ///< The peer: to close says the same, if nothing is unread.
    std::uint64_t thrown_away_max = 0;  ///< Of what it still sends.
  };

  /// Closes so that the peer can still read the last answer: the end of our side first, then
  /// what it sends is thrown away until the deadline.
  boost::asio::awaitable<void> close(Ending ending) {
    Error error;
    if (is_reading_ahead_) socket().cancel(error);
    while (is_reading_ahead_) co_await sleep();
    if (!ending.is_broken) {
      if constexpr (!is_plain) {
        co_await stream_.async_shutdown(redirected(error));
      } else {
        if (!ending.sends_nothing) {
          socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, error);
        }
        make_room(first_read_bytes, in_);
        std::uint64_t thrown_away = 0;
        while (!error && !ending.sends_nothing && !is_cut_off() &&
               thrown_away < ending.thrown_away_max) {
          thrown_away +=
              co_await stream_.async_read_some(boost::asio::buffer(in_), redirected(error));
        }
      }
    }
    socket().close(error);
  }

 private:
  static constexpr bool is_plain = std::is_same_v<Stream, boost::asio::ip::tcp::socket>;
  static constexpr auto never = SteadyClock::time_point::max();
  static constexpr std::size_t read_ahead_bytes = std::size_t{8} * 1024;

  void end_waiting() {
    deadline_ = never;
    wake_up();
    Error ignored;
    socket().cancel(ignored);
  }

  Stream stream_;
  SteadyClock::time_point deadline_ = never;
  bool is_late_ = false;            ///< A deadline has passed.
  bool is_interrupted_ = false;     ///< The server stops.
  boost::asio::steady_timer wake_;  ///< Cancelled when what is slept for is there.

  std::string in_;
  std::uint64_t bytes_in_ = 0;  ///< Of this request, with what is still in `in_`.
  bool is_reading_ahead_ = false;
  bool is_at_end_ = false;
  std::unique_ptr<std::array<char, read_ahead_bytes>> read_ahead_;
};

}  // namespace steelyard::server
