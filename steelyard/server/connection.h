#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "steelyard/server/application.h"
#include "steelyard/server/doorman.h"

namespace steelyard::server {

class Connection;

/// One thread with its own event loop, and the connections that live on it. Everything but
/// the counters is touched by that thread only.
struct IoThread {
  // Before the loop: what it destroys at its end is taken out of here.
  std::list<Connection*> connections;
  std::atomic<std::size_t> open{0};
  std::atomic<std::size_t> idle{0};  ///< Between two requests.
  boost::asio::io_context loop{1};
  boost::asio::steady_timer watch{loop};
  boost::asio::steady_timer probe{loop};  ///< How late it fires says how busy the thread is.
  std::thread thread;
};

/// How many connections there are, in all and of each address. Thread-safe.
class ConnectionCounts {
 public:
  struct Now {
    std::size_t all = 0;
    std::size_t of_address = 0;
  };
  Now of(const std::string& address) const;
  void add(const std::string& address);
  void remove(const std::string& address);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::size_t> by_address_;
  std::size_t all_ = 0;
};

/// What all connections share.
struct ConnectionSettings {
  std::shared_ptr<Application> application;
  std::atomic<bool> is_stopping{false};
  ConnectionCounts counts;
};

/// One client's connection: reads requests, one after the other, and writes their answers.
class Connection {
 public:
  enum class Phase : std::uint8_t { idle, reading, waiting, writing, closing };

  virtual ~Connection() = default;

  /// Starts it on its thread, which it then keeps alive until it ends.
  static void start(IoThread& thread, boost::asio::ip::tcp::socket socket, Peer peer,
                    std::shared_ptr<ConnectionSettings> settings, Opening opening = {});
  static void start(IoThread& thread, boost::asio::ip::tcp::socket socket, Peer peer,
                    std::shared_ptr<ConnectionSettings> settings,
                    std::shared_ptr<boost::asio::ssl::context> tls);

  // On its thread.
  Phase phase() const { return phase_; }
  std::chrono::steady_clock::time_point idle_since() const { return phase_since_; }
  /// Ends what it waits for, if its time is over.
  virtual void check_deadline(std::chrono::steady_clock::time_point now) = 0;
  /// Ends it: idle ones at once, others with 503.
  virtual void interrupt() = 0;
  /// Nothing wakes it any more: the loop is about to go.
  virtual void abandon() = 0;

 protected:
  Phase phase_ = Phase::reading;
  std::chrono::steady_clock::time_point phase_since_;
};

}  // namespace steelyard::server
