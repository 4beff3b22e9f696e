#include "steelyard/server/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <string>
#include <type_traits>

#include "steelyard/base/check.h"
#include "steelyard/server/answer.h"
#include "steelyard/server/body_reading.h"
#include "steelyard/server/started_requests.h"
#include "steelyard/server/wire.h"

namespace steelyard::server {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;
using Error = boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket>;

constexpr auto linger_time = std::chrono::milliseconds(2'000);
constexpr auto linger_time_when_stopping = std::chrono::milliseconds(250);
/// For a body that comes although its sender was to wait for our word.
constexpr auto linger_time_for_a_hasty_body = std::chrono::milliseconds(500);
/// A refused body of at most this size is read and thrown away, and the connection kept.
constexpr std::uint64_t discarded_bytes_max = std::uint64_t{64} * 1024;
/// So long the turn of a request waits for its body.
constexpr auto body_time_of_turn = std::chrono::milliseconds(250);
/// An answer must be taken at this rate at least, beside limits.write_time.
constexpr std::int64_t write_bytes_per_second = 64 * 1024;
/// Of a body that is read from a file while it is sent.
constexpr std::uint64_t file_block_bytes = std::uint64_t{256} * 1024;

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
        wire_(thread.loop, std::forward<StreamArguments>(arguments)...),
        peer_(std::move(peer)) {}

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
      wire_.set_deadline(limits_.head_time);
      Error error;
      co_await wire_.stream().async_handshake(TlsStream::server, redirected(error));
      if (error) {
        application_.parts().metrics->refused("tls_handshake");
        co_return;
      }
    }
    bool goes_on = true;
    if (opening.exchange != nullptr) {
      exchange_ = std::move(opening.exchange);
      wire_.begin_count(opening.head_bytes);
      goes_on = co_await serve_request(std::move(opening.begun));
    } else {
      wire_.in() = std::move(opening.bytes);
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
    co_await wire_.close(begin_closing());
  }

  void check_deadline(SteadyClock::time_point now) override {
    // Who sends slowly keeps no turn: it stands in line again when its body is here.
    const bool is_slow = phase_ == Phase::reading && now - phase_since_ > body_time_of_turn;
    if (is_slow && exchange_ != nullptr && exchange_->has_turn()) exchange_->end_turn();
    wire_.check_deadline(now);
  }

  void interrupt() override { wire_.interrupt(); }

  void abandon() override {
    if (exchange_ != nullptr) exchange_->leave();
    if (is_in_line_) exchange_->end_turn();
    is_in_line_ = false;
    started_.leave();
  }

 private:
  void enter(Phase phase) {
    if (phase_ == Phase::idle) --thread_.idle;
    if (phase == Phase::idle) ++thread_.idle;
    phase_ = phase;
    phase_since_ = SteadyClock::now();
  }

  // Requests that were sent before the answers to earlier ones.

  /// Whether the next request can be looked at while others wait for their answers.
  bool may_start_more() const {
    return !started_.are_too_many() && !wire_.is_interrupted() && !settings_->is_stopping &&
           find_head_end(wire_.in(), 0) != std::string::npos;
  }

  /// Answers those that are done, in their order and at once; where none is, waits for the first
  /// or for more requests. Returns whether the connection goes on. Requires: some are started.
  awaitable<bool> answer_started() {
    if (wire_.is_interrupted()) started_.answer_instead("stopping");
    if (!started_.first().is_complete_or_wakes(wake_up())) {
      enter(Phase::waiting);
      wire_.set_no_deadline();
      // If it is known that the client goes on sending.
      if (may_read_ahead_) wire_.read_ahead(this->shared_from_this());
      const std::size_t before = wire_.in().size();
      while (wire_.in().size() == before && !wire_.is_interrupted() &&
             !started_.first().is_complete()) {
        co_await wire_.sleep();
      }
      co_return true;
    }
    co_return co_await write_started();
  }

  awaitable<bool> write_started() {
    const bool goes_on = !wire_.is_interrupted() && !settings_->is_stopping;
    const StartedRequests::Answers answers = started_.take_answers(application_, goes_on);
    enter(Phase::writing);
    set_write_deadline(answers.text.size());
    wire_.forget_that_it_was_late();
    Error error;
    // A sequence: it goes out by the same call as other answers, which tests let fail.
    const std::array<asio::const_buffer, 1> buffers = {asio::buffer(answers.text)};
    co_await asio::async_write(wire_.stream(), buffers, redirected(error));
    answers.finish(application_);
    if (error) is_broken_ = true;
    co_return answers.keep_alive && !error && !wire_.is_late() &&
        (!wire_.is_interrupted() || !started_.empty());
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
    const bool is_large = wire_.in().capacity() > 2 * Wire<Stream>::first_read_bytes;
    if (wire_.in().empty() && is_large) std::string().swap(wire_.in());
    wire_.begin_count(wire_.in().size());
    std::size_t looked_at = 0;
    enter(wire_.in().empty() ? Phase::idle : Phase::reading);
    wire_.set_deadline(wire_.in().empty() ? limits_.idle_time : limits_.head_time);
    if (settings_->is_stopping && wire_.in().empty()) co_return false;
    while (true) {
      const std::size_t end = find_head_end(wire_.in(), looked_at);
      if (end != std::string::npos && end <= limits_.head_bytes) {
        head_text_ = wire_.in().substr(0, end);
        wire_.in().erase(0, end);
        co_return true;
      }
      if (const char* too_long = head_is_too_long(); too_long != nullptr) {
        co_return co_await refuse_head(Problem(too_long));
      }
      if (wire_.is_at_end()) co_return false;
      looked_at = wire_.in().size();
      const std::size_t room = limits_.head_bytes + 1 - wire_.in().size();
      const bool was_empty = wire_.in().empty();
      if (!co_await wire_.read_more(std::min(room, Wire<Stream>::first_read_bytes))) {
        if (wire_.in().empty()) co_return false;
        if (wire_.is_late()) co_return co_await refuse_head(Problem("request_timeout"));
        if (wire_.is_interrupted()) co_return co_await refuse_head(Problem("stopping"));
        co_return false;
      }
      if (was_empty) {
        enter(Phase::reading);
        wire_.set_deadline(limits_.head_time);
      }
    }
  }

  const char* head_is_too_long() const {
    const bool has_line = wire_.in().find('\n') != std::string::npos;
    const std::size_t size = wire_.in().size();
    if (!has_line && size > limits_.request_line_bytes + 2) return "request_line_too_long";
    return size > limits_.head_bytes ? "head_too_large" : nullptr;
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
    const bool is_here =
        head.framing == Framing::none ||
        (head.framing == Framing::length && head.content_length <= wire_.in().size());
    const bool is_started = begun.has_value() && is_here && can_be_started(head);
    if (!is_started && !co_await answer_all_started()) co_return false;
    std::optional<Response> refused;
    if (begun.has_value()) {
      refused = co_await take_turn(false);
    } else {
      refused = std::move(begun).error();
    }
    if (refused.has_value()) {
      is_overloaded_ = is_of_overload(*refused);
      keep_alive = keep_alive && !wire_.is_interrupted();
      waits_for_our_word_ = keep_alive && head.expects_continue && head.framing != Framing::none &&
                            wire_.in().empty();
      wire_.set_deadline(linger_time);
      keep_alive = keep_alive && may_discard_body(head) &&
                   co_await discard(wire_, static_cast<std::size_t>(head.content_length));
      co_return co_await write(*exchange_, *std::move(refused), keep_alive);
    }
    if (head.framing != Framing::none) {
      enter(Phase::reading);
      auto refusal = co_await BodyReading(wire_, application_, *exchange_).read(head);
      if (!refusal.has_value()) refusal = co_await take_turn(true);
      if (refusal.has_value()) {
        if (!co_await answer_all_started()) co_return false;
        co_return co_await write(*exchange_, *std::move(refusal), false);
      }
    }

    enter(Phase::waiting);
    wire_.set_no_deadline();
    application_.run(exchange_);
    if (is_started) {
      may_read_ahead_ = may_read_ahead_ || !wire_.in().empty();
      started_.add(std::move(exchange_), wire_.taken());
      co_return true;
    }
    while (!wire_.is_interrupted() && !exchange_->is_complete_or_wakes(wake_up())) {
      co_await wire_.sleep();
    }
    if (wire_.is_interrupted()) exchange_->answer_instead(Problem("stopping"));
    keep_alive = keep_alive && !wire_.is_interrupted() && !settings_->is_stopping;
    Response response = exchange_->take_response();
    co_return co_await write(*exchange_, std::move(response), keep_alive);
  }

  /// Waits for the turn of a request that needs one and does not have it, or returns why it has
  /// none.
  awaitable<std::optional<Response>> take_turn(bool is_read) {
    if (!application_.needs_turn(*exchange_)) co_return std::nullopt;
    enter(Phase::waiting);
    wire_.set_no_deadline();
    auto stands = application_.stand_in_line(*exchange_, wake_up(), is_read);
    if (!stands.has_value()) co_return std::move(stands).error();
    is_in_line_ = true;
    while (!exchange_->has_turn() && !wire_.is_interrupted()) co_await wire_.sleep();
    is_in_line_ = false;
    if (wire_.is_interrupted()) co_return Problem("stopping");
    co_return std::nullopt;
  }

  std::function<void()> wake_up() {
    return [weak = this->weak_from_this()] {
      if (auto self = weak.lock(); self != nullptr) {
        IoThread& thread = self->thread_;
        asio::post(thread.loop, [self = std::move(self)] { self->wire_.wake_up(); });
      }
    };
  }

  /// Whether the body of a refused request is short and of known length, so that it can be thrown
  /// away and the connection kept.
  static bool may_discard_body(const RequestHead& head) {
    if (head.framing == Framing::none) return true;
    return head.framing == Framing::length && !head.expects_continue &&
           head.content_length <= discarded_bytes_max;
  }

  // Answers.

  void set_write_deadline(std::size_t bytes) {
    wire_.set_deadline(limits_.write_time + std::chrono::seconds(static_cast<std::int64_t>(bytes) /
                                                                 write_bytes_per_second));
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
    wire_.forget_that_it_was_late();
    Error error;
    std::size_t sent = 0;
    if constexpr (std::is_same_v<Stream, tcp::socket>) {
      // The last answer waits for the end of our side, which follows: one packet for both.
      if (!keep_alive) {
        sent = co_await wire_.stream().async_send(buffers, MSG_MORE, redirected(error));
      }
      const std::size_t of_head = std::min(sent, head.size());
      buffers[0] += of_head;
      buffers[1] += sent - of_head;
    }
    if (!error && asio::buffer_size(buffers) > 0) {
      sent += co_await asio::async_write(wire_.stream(), buffers, redirected(error));
    }
    if (has_content && response.file != nullptr) {
      sent += co_await write_file(*response.file, error);
    }
    application_.finish(exchange, response, wire_.taken(), sent);
    if (error) is_broken_ = true;
    co_return keep_alive && !error && !wire_.is_late() && !wire_.is_interrupted();
  }

  /// Block by block, each with a time of its own. Returns how much was sent; less than all of it
  /// with an error.
  awaitable<std::size_t> write_file(const BodyFile& file, Error& error) {
    std::string block;
    std::uint64_t sent = 0;
    while (!error && sent < file.size()) {
      make_room(std::min<std::uint64_t>(file_block_bytes, file.size() - sent), block);
      if (!file.read(sent, block).has_value()) {
        error = asio::error::eof;  // What was promised can not be sent.
        break;
      }
      set_write_deadline(block.size());
      sent += co_await asio::async_write(wire_.stream(), asio::buffer(block), redirected(error));
      if (wire_.is_cut_off()) error = asio::error::timed_out;
    }
    co_return static_cast<std::size_t>(sent);
  }

  /// Between requests there is nothing that the peer could lose.
  ///
  /// Who asked before it sends a body, and was refused, mostly sends none. But it need not wait for
  /// our word, and its body would meet a closed socket and be answered by a reset: so it has a
  /// moment, which costs two system calls and a place among the connections. Where there is too
  /// much to do both are dear, and refusals are most of what there is: it is closed at once then,
  /// unless its body is here already.
  typename Wire<Stream>::Ending begin_closing() {
    const bool was_idle = phase_ == Phase::idle;
    enter(Phase::closing);
    wire_.begin_anew();
    wire_.set_deadline(settings_->is_stopping ? linger_time_when_stopping
                       : waits_for_our_word_  ? linger_time_for_a_hasty_body
                                              : linger_time);
    Error error;
    const bool sends_nothing =
        was_idle || (waits_for_our_word_ && is_overloaded_ && wire_.socket().available(error) == 0);
    return {.is_broken = is_broken_,
            .sends_nothing = sends_nothing,
            .thrown_away_max = limits_.body_bytes};
  }

  IoThread& thread_;
  const std::shared_ptr<ConnectionSettings> settings_;
  Application& application_;
  const ServerLimits& limits_;
  Wire<Stream> wire_;
  const Peer peer_;

  std::list<Connection*>::iterator place_;
  bool is_listed_ = false;
  bool is_broken_ = false;  ///< Nothing can be written any more.
  std::string head_text_;
  std::shared_ptr<Exchange> exchange_;

  StartedRequests started_;
  bool may_read_ahead_ = false;      ///< The client does not wait for answers.
  bool is_in_line_ = false;          ///< Its turn has not come.
  bool waits_for_our_word_ = false;  ///< It asked (100-continue), was refused, has sent nothing.
  bool is_overloaded_ = false;       ///< That is why it was refused.
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
