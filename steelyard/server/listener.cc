#include "steelyard/server/listener.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <exception>
#include <optional>

#include "steelyard/server/generic_routes.h"

namespace steelyard::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;

/// A socket that is closed with this, unless it was given away.
class Accepted {
 public:
  explicit Accepted(int number) : number_(number) {}
  ~Accepted() {
    if (number_ >= 0) ::close(number_);
  }
  Accepted(const Accepted&) = delete;
  Accepted& operator=(const Accepted&) = delete;

  int number() const { return number_; }
  void give_away() { number_ = -1; }

 private:
  int number_;
};

}  // namespace

Listener::Listener(std::vector<std::unique_ptr<IoThread>>& threads,
                   std::shared_ptr<ConnectionSettings> settings)
    : threads_(threads),
      settings_(std::move(settings)),
      doorman_(settings_->application),
      acceptor_(threads.front()->loop) {}

Result<void> Listener::open(const std::string& address, std::uint16_t port) {
  Error error;
  const auto parsed = asio::ip::make_address(address, error);
  if (error) {
    return failure(ErrorCode::usage_of_command,
                   "'" + address + "' is no IP address to listen on, as 127.0.0.1 or ::1");
  }
  const tcp::endpoint endpoint(parsed, port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  // Those that are accepted inherit it.
  if (!error) acceptor_.set_option(tcp::no_delay(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) acceptor_.non_blocking(true, error);
  if (error) {
    return failure(ErrorCode::usage_of_command, "cannot listen on " + address + " port " +
                                                    std::to_string(port) + ": " + error.message());
  }
  port_ = acceptor_.local_endpoint(error).port();
  return {};
}

void Listener::set_tls(std::shared_ptr<asio::ssl::context> tls) {
  const std::lock_guard lock(mutex_);
  tls_ = std::move(tls);
}

void Listener::start() {
  // A server that accepts nobody is none: what ends the loop but `close` ends the process.
  asio::co_spawn(
      threads_.front()->loop, [this] { return accept(); },
      [](const std::exception_ptr& thrown) noexcept {
        if (thrown != nullptr) std::rethrow_exception(thrown);
      });
}

void Listener::close() {
  Error ignored;
  acceptor_.close(ignored);
}

bool Listener::has_room(const std::string& address) {
  const ServerLimits& limits = settings_->application->limits();
  const std::size_t of_address =
      is_loopback(address) ? limits.connections_per_loopback : limits.connections_per_address;
  const ConnectionCounts::Now now = settings_->counts.of(address);
  return now.of_address < of_address && (now.all < limits.connections || make_room());
}

/// Ends the connection that is idle longest on a thread that has one.
bool Listener::make_room() {
  const auto most = std::ranges::max_element(
      threads_, {}, [](const std::unique_ptr<IoThread>& thread) { return thread->idle.load(); });
  IoThread& thread = **most;
  if (thread.idle == 0) return false;
  has_made_room_ = true;
  asio::post(thread.loop, [&thread] {
    Connection* oldest = nullptr;
    for (Connection* each : thread.connections) {
      if (each->phase() != Connection::Phase::idle) continue;
      if (oldest == nullptr || each->idle_since() < oldest->idle_since()) oldest = each;
    }
    if (oldest != nullptr) oldest->interrupt();
  });
  return true;
}

asio::awaitable<void> Listener::accept() {
  constexpr int at_once = 64;
  constexpr auto time_to_gather = std::chrono::milliseconds(20);
  constexpr auto time_to_get_free = std::chrono::milliseconds(50);
  asio::steady_timer pause(threads_.front()->loop);
  while (acceptor_.is_open()) {
    Error error;
    co_await acceptor_.async_wait(tcp::acceptor::wait_read,
                                  asio::redirect_error(asio::use_awaitable, error));
    has_made_room_ = false;  // One at a time: who has to leave needs a moment.
    for (int i = 0; i < at_once && !error && !has_made_room_; ++i) error = accept_one();
    if (!acceptor_.is_open()) co_return;
    if (error && error != asio::error::would_block) {
      // No descriptors left, mostly: some will be free soon.
      settings_->application->parts().metrics->refused("accept");
      pause.expires_after(time_to_get_free);
    } else if (settings_->application->turns().waiting() > 0) {
      // Of many who come when there is too much to do, it costs less to take several at once (C1).
      pause.expires_after(time_to_gather);
    } else {
      continue;
    }
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

Error Listener::accept_one() {
  tcp::endpoint remote;
  auto length = static_cast<socklen_t>(remote.capacity());
  Accepted accepted(
      ::accept4(acceptor_.native_handle(), remote.data(), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (accepted.number() < 0) {
    const int number = errno;
    if (number == ECONNABORTED || number == EINTR) return {};
    return {number, boost::system::system_category()};
  }
  remote.resize(length);
  Peer peer{.address = remote.address().to_string(), .port = remote.port()};
  if (!has_room(peer.address)) {
    settings_->application->parts().metrics->refused("connections");
    return {};
  }
  std::shared_ptr<asio::ssl::context> tls;
  {
    const std::lock_guard lock(mutex_);
    tls = tls_;
  }
  std::optional<Opening> opening;
  opening.emplace();
  if (tls == nullptr && doorman_.is_needed()) {
    opening = doorman_.receive(accepted.number(), peer);
    if (!opening.has_value()) return {};
  }
  IoThread& thread = *threads_[next_thread_++ % threads_.size()];
  tcp::socket socket(thread.loop);
  Error error;
  socket.assign(remote.protocol(), accepted.number(), error);
  if (error) return error;
  accepted.give_away();
  if (tls == nullptr) {
    Connection::start(thread, std::move(socket), std::move(peer), settings_, *std::move(opening));
    return {};
  }
  peer.is_encrypted = true;
  Connection::start(thread, std::move(socket), std::move(peer), settings_, std::move(tls));
  return {};
}

}  // namespace steelyard::server
