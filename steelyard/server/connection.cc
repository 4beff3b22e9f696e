#include "steelyard/server/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string>
#include <type_traits>

#include "steelyard/base/check.h"
#include "steelyard/server/answer.h"
#include "steelyard/server/chunked.h"
#include "steelyard/server/started_requests.h"

namespace steelyard::server {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;
using Error = boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket>;

constexpr auto never = SteadyClock::time_point::max();
constexpr auto linger_time = std::chrono::milliseconds(2'000);
constexpr auto linger_time_when_stopping = std::chrono::milliseconds(250);
/// For a body that comes although its sender was to wait for our word.
constexpr auto linger_time_for_a_hasty_body = std::chrono::milliseconds(500);
constexpr std::size_t first_read_bytes = 4 * 1024;
constexpr std::size_t read_bytes = std::size_t{64} * 1024;
constexpr std::size_t read_ahead_bytes = std::size_t{8} * 1024;
/// A refused body of at most this size is read and thrown away, and the connection kept.
constexpr std::uint64_t discarded_bytes_max = std::uint64_t{64} * 1024;
/// So long the turn of a request waits for its body.
constexpr auto body_time_of_turn = std::chrono::milliseconds(250);
/// An answer must be taken at this rate at least, beside limits.write_time.
constexpr std::int64_t write_bytes_per_second = 64 * 1024;

/// Of that size, with anything where it grows: to be read over.
void make_room(std::size_t size, std::string& buffer) {
  buffer.resize_and_overwrite(size, [](char*, std::size_t wanted) { return wanted; });
}

/// Whether it says that there is too much to do: then each call of the system counts.
bool is_of_overload(const Response& refusal) {
  const int status = refusal.problem.has_value() ? refusal.problem->status() : refusal.status;
  return status == 429 || status >= 500;
}

template <class Stream>
class StreamConnection final : public Connection,
                               public std::enable_shared_from_this<StreamConnection<Stream>> {
 public:
  template <class... StreamArguments>
  StreamConnection(IoThread& thread, Peer peer, std::shared_ptr<ConnectionSettings> settings,
                   StreamArguments&&... arguments)
      : thread_(thread),
        settings_(std::move(settings)),
        application_(*settings_->application),
        limits_(application_.limits()),
        stream_(std::forward<StreamArguments>(arguments)...),
        peer_(std::move(peer)),
        wake_(thread.loop) {}

  ~StreamConnection() override {
    if (is_listed_) {
      thread_.connections.erase(place_);
      if (phase_ == Phase::idle) --thread_.idle;
      --thread_.open;
    }
    abandon();
    application_.parts().metrics->connections(-1);
    settings_->counts.remove(peer_.address);
  }
  StreamConnection(const StreamConnection&) = delete;
  StreamConnection& operator=(const StreamConnection&) = delete;

  /// Keeps the TLS settings that it began with.
  std::shared_ptr<asio::ssl::context> tls;
  /// What was read of it before.
  Opening opening;

  awaitable<void> serve() {
    thread_.connections.push_front(this);
    place_ = thread_.connections.begin();
    is_listed_ = true;
    ++thread_.open;
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      set_deadline(limits_.head_time);
      Error error;
      co_await stream_.async_handshake(TlsStream::server, redirected(error));
      if (error) {
        application_.parts().metrics->refused("tls_handshake");
        co_return;
      }
    }
    bool goes_on = true;
    if (opening.exchange != nullptr) {
      exchange_ = std::move(opening.exchange);
      bytes_in_ = opening.head_bytes;
      goes_on = co_await serve_request(std::move(opening.begun));
    } else {
      in_ = std::move(opening.bytes);
    }
    while (goes_on) {
      exchange_ = nullptr;
      if (!started_.empty() && !may_start_more()) {
        goes_on = co_await answer_started();
        continue;
      }
      if (!co_await read_head()) break;
      exchange_ = std::make_shared<Exchange>(settings_->application);
      goes_on =
          co_await serve_request(application_.begin(*exchange_, std::move(head_text_), peer_));
    }
    exchange_ = nullptr;
    co_await close();
  }

  void check_deadline(SteadyClock::time_point now) override {
    // Who sends slowly keeps no turn: it stands in line again when its body is here.
    const bool is_slow = phase_ == Phase::reading && now - phase_since_ > body_time_of_turn;
    if (is_slow && exchange_ != nullptr && exchange_->has_turn()) exchange_->end_turn();
    if (now < deadline_) return;
    is_late_ = true;
    end_waiting();
  }

  void interrupt() override {
    is_interrupted_ = true;
    end_waiting();
  }

  void abandon() override {
    if (exchange_ != nullptr) exchange_->leave();
    if (is_in_line_) exchange_->end_turn();
    is_in_line_ = false;
    started_.leave();
  }

 private:
  static auto redirected(Error& error) { return asio::redirect_error(asio::use_awaitable, error); }

  tcp::socket& socket() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  void set_deadline(std::chrono::milliseconds from_now) {
    deadline_ = SteadyClock::now() + from_now;
  }

  void enter(Phase phase) {
    if (phase_ == Phase::idle) --thread_.idle;
    if (phase == Phase::idle) ++thread_.idle;
    phase_ = phase;
    phase_since_ = SteadyClock::now();
  }

  void end_waiting() {
    deadline_ = never;
    Error ignored;
    wake_.cancel(ignored);
    socket().cancel(ignored);
  }

  /// Until something cancels `wake_`: all that does runs on this thread.
  awaitable<void> sleep() {
    wake_.expires_at(never);
    Error error;
    co_await wake_.async_wait(redirected(error));
  }

  /// Reads some bytes behind those of `in_`. False at the end, an error, a deadline.
  awaitable<bool> read_more(std::size_t bytes) {
    if (is_reading_ahead_) co_return co_await take_read_ahead();
    const std::size_t before = in_.size();
    make_room(before + bytes, in_);
    Error error;
    const std::size_t got = co_await stream_.async_read_some(
        asio::buffer(in_.data() + before, bytes), redirected(error));
    in_.resize(before + got);
    bytes_in_ += got;
    co_return !error && !is_late_ && !is_interrupted_;
  }

  // Requests that were sent before the answers to earlier ones.

  /// Whether the next request can be looked at while others wait for their answers.
  bool may_start_more() const {
    return !started_.are_too_many() && !is_interrupted_ && !settings_->is_stopping &&
           find_head_end(in_, 0) != std::string::npos;
  }

  /// Reads while answers are waited for, if it is known that the client goes on sending.
  void read_ahead() {
    if (is_reading_ahead_ || is_at_end_ || in_.size() >= read_ahead_bytes) return;
    if (read_ahead_ == nullptr)
      read_ahead_ = std::make_unique<std::array<char, read_ahead_bytes>>();
    is_reading_ahead_ = true;
    stream_.async_read_some(asio::buffer(*read_ahead_), [self = this->shared_from_this()](
                                                            const Error& error, std::size_t got) {
      self->is_reading_ahead_ = false;
      self->is_at_end_ = static_cast<bool>(error) && error != asio::error::operation_aborted;
      self->in_.append(self->read_ahead_->data(), got);
      self->bytes_in_ += got;
      Error ignored;
      self->wake_.cancel(ignored);
    });
  }

  /// Waits for what `read_ahead` reads. Returns as `read_more` does.
  awaitable<bool> take_read_ahead() {
    const std::size_t before = in_.size();
    while (is_reading_ahead_) co_await sleep();
    co_return in_.size() > before && !is_late_ && !is_interrupted_;
  }

  /// Answers those that are done, in their order and at once; where none is, waits for the first
  /// or for more requests. Returns whether the connection goes on. Requires: some are started.
  awaitable<bool> answer_started() {
    if (is_interrupted_) started_.answer_instead("stopping");
    if (!started_.first().is_complete_or_wakes(wake_up())) {
      enter(Phase::waiting);
      deadline_ = never;
      if (may_read_ahead_) read_ahead();
      const std::size_t before = in_.size();
      while (in_.size() == before && !is_interrupted_ && !started_.first().is_complete()) {
        co_await sleep();
      }
      co_return true;
    }
    co_return co_await write_started();
  }

  awaitable<bool> write_started() {
    const bool goes_on = !is_interrupted_ && !settings_->is_stopping;
    const StartedRequests::Answers answers = started_.take_answers(application_, goes_on);
    enter(Phase::writing);
    set_write_deadline(answers.text.size());
    is_late_ = false;
    Error error;
    // A sequence: it goes out by the same call as other answers, which tests let fail.
    const std::array<asio::const_buffer, 1> buffers = {asio::buffer(answers.text)};
    co_await asio::async_write(stream_, buffers, redirected(error));
    answers.finish(application_);
    if (error) is_broken_ = true;
    co_return answers.keep_alive && !error && !is_late_ && (!is_interrupted_ || !started_.empty());
  }

  /// Whether requests may follow before it is answered: it takes no time here, and what follows
  /// it is carried out behind it.
  bool can_be_started(const RequestHead& head) const {
    const Route& route = *exchange_->route();
    return head.keep_alive && route.lane == Lane::hold && route.runs_on == RunsOn::io_thread;
  }

  awaitable<bool> answer_all_started() {
    bool goes_on = true;
    while (goes_on && !started_.empty()) goes_on = co_await answer_started();
    co_return goes_on;
  }

  // Requests.

  /// Reads the head of a request to `head_text_`. False: there is none, and nothing to say.
  awaitable<bool> read_head() {
    head_text_.clear();
    // An idle connection keeps little.
    if (in_.empty() && in_.capacity() > 2 * first_read_bytes) std::string().swap(in_);
    bytes_in_ = in_.size();
    std::size_t looked_at = 0;
    enter(in_.empty() ? Phase::idle : Phase::reading);
    set_deadline(in_.empty() ? limits_.idle_time : limits_.head_time);
    if (settings_->is_stopping && in_.empty()) co_return false;
    while (true) {
      const std::size_t end = find_head_end(in_, looked_at);
      if (end != std::string::npos && end <= limits_.head_bytes) {
        head_text_ = in_.substr(0, end);
        in_.erase(0, end);
        co_return true;
      }
      if (const char* too_long = head_is_too_long(); too_long != nullptr) {
        co_return co_await refuse_head(Problem(too_long));
      }
      if (is_at_end_) co_return false;
      looked_at = in_.size();
      const std::size_t room = limits_.head_bytes + 1 - in_.size();
      const bool was_empty = in_.empty();
      if (!co_await read_more(std::min(room, first_read_bytes))) {
        if (in_.empty()) co_return false;
        if (is_late_) co_return co_await refuse_head(Problem("request_timeout"));
        if (is_interrupted_) co_return co_await refuse_head(Problem("stopping"));
        co_return false;
      }
      if (was_empty) {
        enter(Phase::reading);
        set_deadline(limits_.head_time);
      }
    }
  }

  const char* head_is_too_long() const {
    const bool has_line = in_.find('\n') != std::string::npos;
    if (!has_line && in_.size() > limits_.request_line_bytes + 2) return "request_line_too_long";
    return in_.size() > limits_.head_bytes ? "head_too_large" : nullptr;
  }

  /// Answers what is no request. Always false.
  awaitable<bool> refuse_head(Problem problem) {
    if (!co_await answer_all_started()) co_return false;
    const auto exchange = std::make_shared<Exchange>(settings_->application);
    application_.begin_without_head(*exchange, peer_);
    application_.parts().metrics->refused(problem.row->word);
    Response response = std::move(problem);
    response.status = response.problem->status();
    co_await write(*exchange, std::move(response), false);
    co_return false;
  }

  /// Reads the rest of a request that has begun, and answers it. Returns whether the connection
  /// goes on.
  awaitable<bool> serve_request(std::expected<void, Response> begun) {
    const RequestHead& head = application_.head_of(*exchange_);
    bool keep_alive = head.keep_alive;
    const bool is_here = head.framing == Framing::none ||
                         (head.framing == Framing::length && head.content_length <= in_.size());
    const bool is_started = begun.has_value() && is_here && can_be_started(head);
    if (!is_started && !co_await answer_all_started()) co_return false;
    if (!begun.has_value()) {
      is_overloaded_ = is_of_overload(begun.error());
      keep_alive = keep_alive && co_await discard_body(head);
      co_return co_await write(*exchange_, std::move(begun).error(), keep_alive);
    }
    if (auto refusal = co_await take_turn(false); refusal.has_value()) {
      is_overloaded_ = is_of_overload(*refusal);
      keep_alive = keep_alive && !is_interrupted_ && co_await discard_body(head);
      co_return co_await write(*exchange_, *std::move(refusal), keep_alive);
    }
    if (head.framing != Framing::none) {
      auto refusal = co_await read_body(head);
      if (!refusal.has_value()) refusal = co_await take_turn(true);
      if (refusal.has_value()) {
        if (!co_await answer_all_started()) co_return false;
        co_return co_await write(*exchange_, *std::move(refusal), false);
      }
    }

    enter(Phase::waiting);
    deadline_ = never;
    application_.run(exchange_);
    if (is_started) {
      may_read_ahead_ = may_read_ahead_ || !in_.empty();
      started_.add(std::move(exchange_), bytes_in_ - in_.size());
      co_return true;
    }
    while (!is_interrupted_ && !exchange_->is_complete_or_wakes(wake_up())) co_await sleep();
    if (is_interrupted_) exchange_->answer_instead(Problem("stopping"));
    keep_alive = keep_alive && !is_interrupted_ && !settings_->is_stopping;
    Response response = exchange_->take_response();
    co_return co_await write(*exchange_, std::move(response), keep_alive);
  }

  /// Waits for the turn of a request that needs one and does not have it, or returns why it has
  /// none.
  awaitable<std::optional<Response>> take_turn(bool is_read) {
    if (!application_.needs_turn(*exchange_)) co_return std::nullopt;
    enter(Phase::waiting);
    deadline_ = never;
    auto stands = application_.stand_in_line(*exchange_, wake_up(), is_read);
    if (!stands.has_value()) co_return std::move(stands).error();
    is_in_line_ = true;
    while (!exchange_->has_turn() && !is_interrupted_) co_await sleep();
    is_in_line_ = false;
    if (is_interrupted_) co_return Problem("stopping");
    co_return std::nullopt;
  }

  std::function<void()> wake_up() {
    return [weak = this->weak_from_this()] {
      if (auto self = weak.lock(); self != nullptr) {
        IoThread& thread = self->thread_;
        asio::post(thread.loop, [self = std::move(self)] {
          Error ignored;
          self->wake_.cancel(ignored);
        });
      }
    };
  }

  // Bodies.

  /// The body must have come at the least rate by then.
  void set_body_deadline(SteadyClock::time_point begun, std::uint64_t bytes) {
    const auto bought = std::chrono::milliseconds(bytes * 1000 / limits_.rate_bytes_per_second);
    deadline_ = begun + limits_.rate_grace + bought;
  }

  Response why_no_body() const {
    if (is_late_) return Problem("request_timeout", "the body came too slowly");
    if (is_interrupted_) return Problem("stopping");
    return Problem("malformed_request", "the body does not end");
  }

  /// Reads the body into the exchange, or returns why not.
  awaitable<std::optional<Response>> read_body(const RequestHead& head) {
    enter(Phase::reading);
    const auto begun = SteadyClock::now();
    set_body_deadline(begun, 0);
    if (head.expects_continue && in_.empty()) {
      static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      Error error;
      co_await asio::async_write(stream_, asio::buffer(go_on), redirected(error));
      if (error) co_return why_no_body();
    }
    if (head.framing == Framing::chunked) co_return co_await read_chunks(begun);
    std::string* plain = application_.plain_body(*exchange_);
    if (plain != nullptr) co_return co_await read_plain(*plain, head.content_length, begun);
    co_return co_await read_packed(head.content_length, begun);
  }

  /// Straight to where it stays, with room that grows as bytes come.
  awaitable<std::optional<Response>> read_plain(std::string& body, std::uint64_t length,
                                                SteadyClock::time_point begun) {
    const auto whole = static_cast<std::size_t>(length);
    if (is_reading_ahead_ && in_.size() < whole && !co_await take_read_ahead()) {
      co_return why_no_body();
    }
    std::size_t filled = std::min(in_.size(), whole);
    body.assign(in_, 0, filled);
    in_.erase(0, filled);
    while (filled < whole) {
      if (filled == body.size()) {
        const std::size_t room = std::min(whole, filled + std::max(filled, read_bytes));
        auto grown = application_.grow(*exchange_, room);
        if (!grown.has_value()) co_return std::move(grown).error();
        body.reserve(room + Request::body_padding);
        make_room(room, body);
      }
      Error error;
      const std::size_t got = co_await stream_.async_read_some(
          asio::buffer(body.data() + filled, body.size() - filled), redirected(error));
      filled += got;
      bytes_in_ += got;
      if (error || is_late_ || is_interrupted_) {
        body.resize(filled);
        if (filled < whole) co_return why_no_body();
      }
      set_body_deadline(begun, filled);
    }
    co_return std::nullopt;
  }

  awaitable<std::optional<Response>> read_packed(std::uint64_t length,
                                                 SteadyClock::time_point begun) {
    std::uint64_t taken = 0;
    while (taken < length) {
      if (in_.empty() && !co_await read_more(read_bytes)) co_return why_no_body();
      const auto size =
          static_cast<std::size_t>(std::min<std::uint64_t>(in_.size(), length - taken));
      taken += size;
      auto unpacked = application_.body(*exchange_, std::string_view(in_).substr(0, size), taken);
      in_.erase(0, size);
      if (!unpacked.has_value()) co_return std::move(unpacked).error();
      set_body_deadline(begun, taken);
    }
    co_return std::nullopt;
  }

  awaitable<std::optional<Response>> read_chunks(SteadyClock::time_point begun) {
    ChunkReader reader;
    std::string content;
    std::uint64_t wire = 0;
    while (true) {
      if (in_.empty() && !co_await read_more(read_bytes)) co_return why_no_body();
      content.clear();
      std::size_t taken = 0;
      const ChunkReader::Status status = reader.take(in_, content, taken);
      in_.erase(0, taken);
      wire += taken;
      if (status == ChunkReader::Status::is_malformed) {
        co_return Response(Problem("malformed_request", reader.what()));
      }
      auto unpacked = application_.body(*exchange_, content, wire);
      if (!unpacked.has_value()) co_return std::move(unpacked).error();
      if (status == ChunkReader::Status::is_complete) co_return std::nullopt;
      set_body_deadline(begun, wire);
    }
  }

  /// Throws a short body of known length away, so that the connection can be kept.
  awaitable<bool> discard_body(const RequestHead& head) {
    if (head.framing == Framing::none) co_return true;
    waits_for_our_word_ = head.expects_continue && in_.empty();
    if (head.framing == Framing::chunked || head.expects_continue ||
        head.content_length > discarded_bytes_max) {
      co_return false;
    }
    set_deadline(linger_time);
    auto left = static_cast<std::size_t>(head.content_length);
    while (true) {
      const std::size_t taken = std::min(left, in_.size());
      in_.erase(0, taken);
      left -= taken;
      if (left == 0) co_return true;
      if (!co_await read_more(std::min(left, read_bytes))) co_return false;
    }
  }

  // Answers.

  void set_write_deadline(std::size_t bytes) {
    set_deadline(limits_.write_time +
                 std::chrono::seconds(static_cast<std::int64_t>(bytes) / write_bytes_per_second));
  }

  /// Writes an answer. Returns whether another request may follow.
  awaitable<bool> write(Exchange& exchange, Response response, bool keep_alive) {
    render(response, exchange.request().id);
    enter(Phase::writing);
    set_write_deadline(response.body.size());
    const std::string head = application_.answer_head(exchange, response, keep_alive);
    const bool has_content = application_.has_content(exchange, response);
    std::array<asio::const_buffer, 2> buffers = {
        asio::buffer(head), has_content ? asio::buffer(response.body) : asio::const_buffer()};
    is_late_ = false;
    Error error;
    std::size_t sent = 0;
    if constexpr (std::is_same_v<Stream, tcp::socket>) {
      // The last answer waits for the end of our side, which follows: one packet for both.
      if (!keep_alive) sent = co_await stream_.async_send(buffers, MSG_MORE, redirected(error));
      const std::size_t of_head = std::min(sent, head.size());
      buffers[0] += of_head;
      buffers[1] += sent - of_head;
    }
    if (!error && asio::buffer_size(buffers) > 0) {
      sent += co_await asio::async_write(stream_, buffers, redirected(error));
    }
    application_.finish(exchange, response, bytes_in_ - in_.size(), sent);
    if (error) is_broken_ = true;
    co_return keep_alive && !error && !is_late_ && !is_interrupted_;
  }

  /// Closes so that the peer can still read the last answer: the end of our side first, then
  /// what it sends is thrown away for a while. Between requests there is nothing to throw away.
  ///
  /// Who asked before it sends a body, and was refused, mostly sends none. But it need not wait for
  /// our word, and its body would meet a closed socket and be answered by a reset: so it has a
  /// moment, which costs two system calls and a place among the connections. Where there is too
  /// much to do both are dear, and refusals are most of what there is: it is closed at once then,
  /// unless its body is here already.
  awaitable<void> close() {
    const bool was_idle = phase_ == Phase::idle;
    enter(Phase::closing);
    is_interrupted_ = false;
    is_late_ = false;
    Error error;
    if (is_reading_ahead_) socket().cancel(error);
    while (is_reading_ahead_) co_await sleep();
    if (!is_broken_) {
      set_deadline(settings_->is_stopping ? linger_time_when_stopping
                   : waits_for_our_word_  ? linger_time_for_a_hasty_body
                                          : linger_time);
      if constexpr (std::is_same_v<Stream, TlsStream>) {
        co_await stream_.async_shutdown(redirected(error));
      } else {
        const bool sends_nothing =
            was_idle || (waits_for_our_word_ && is_overloaded_ && socket().available(error) == 0);
        // To close it says the same, if nothing is unread.
        if (!sends_nothing) socket().shutdown(tcp::socket::shutdown_send, error);
        make_room(first_read_bytes, in_);
        std::uint64_t thrown_away = 0;
        while (!error && !sends_nothing && !is_late_ && !is_interrupted_ &&
               thrown_away < limits_.body_bytes) {
          thrown_away += co_await stream_.async_read_some(asio::buffer(in_), redirected(error));
        }
      }
    }
    socket().close(error);
  }

  IoThread& thread_;
  const std::shared_ptr<ConnectionSettings> settings_;
  Application& application_;
  const ServerLimits& limits_;
  Stream stream_;
  const Peer peer_;

  std::list<Connection*>::iterator place_;
  bool is_listed_ = false;
  SteadyClock::time_point deadline_ = never;
  bool is_late_ = false;         ///< A deadline has passed.
  bool is_interrupted_ = false;  ///< The server stops.
  bool is_broken_ = false;       ///< Nothing can be written any more.
  asio::steady_timer wake_;      ///< Cancelled when the answer is there.

  std::string in_;  ///< What was read and belongs to nothing yet.
  std::string head_text_;
  std::uint64_t bytes_in_ = 0;  ///< Of this request, with what is still in `in_`.
  std::shared_ptr<Exchange> exchange_;

  StartedRequests started_;
  bool may_read_ahead_ = false;  ///< The client does not wait for answers.
  bool is_reading_ahead_ = false;
  bool is_in_line_ = false;          ///< Its turn has not come.
  bool is_at_end_ = false;           ///< The client sends no more.
  bool waits_for_our_word_ = false;  ///< It asked (100-continue), was refused, has sent nothing.
  bool is_overloaded_ = false;       ///< That is why it was refused.
  std::unique_ptr<std::array<char, read_ahead_bytes>> read_ahead_;
};

template <class Stream>
void spawn(IoThread& thread, const std::shared_ptr<StreamConnection<Stream>>& connection) {
  asio::co_spawn(
      thread.loop, [connection] { return connection->serve(); },
      // No memory for a connection ends that connection only.
      [connection](const std::exception_ptr&) {});
}

}  // namespace

ConnectionCounts::Now ConnectionCounts::of(const std::string& address) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_address_.find(address);
  return {.all = all_, .of_address = found == by_address_.end() ? 0 : found->second};
}

void ConnectionCounts::add(const std::string& address) {
  const std::lock_guard lock(mutex_);
  ++by_address_[address];
  ++all_;
}

void ConnectionCounts::remove(const std::string& address) {
  const std::lock_guard lock(mutex_);
  const auto found = by_address_.find(address);
  STEELYARD_CHECK(found != by_address_.end() && all_ > 0);
  --all_;
  if (--found->second == 0) by_address_.erase(found);
}

void Connection::start(IoThread& thread, tcp::socket socket, Peer peer,
                       std::shared_ptr<ConnectionSettings> settings, Opening opening) {
  settings->application->parts().metrics->connections(1);
  settings->counts.add(peer.address);
  const auto connection = std::make_shared<StreamConnection<tcp::socket>>(
      thread, std::move(peer), std::move(settings), std::move(socket));
  connection->opening = std::move(opening);
  spawn(thread, connection);
}

void Connection::start(IoThread& thread, tcp::socket socket, Peer peer,
                       std::shared_ptr<ConnectionSettings> settings,
                       std::shared_ptr<asio::ssl::context> tls) {
  settings->application->parts().metrics->connections(1);
  settings->counts.add(peer.address);
  const auto connection = std::make_shared<StreamConnection<TlsStream>>(
      thread, std::move(peer), std::move(settings), std::move(socket), *tls);
  connection->tls = std::move(tls);
  spawn(thread, connection);
}

}  // namespace steelyard::server
