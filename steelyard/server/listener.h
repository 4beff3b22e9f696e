#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "steelyard/server/connection.h"
#include "steelyard/server/doorman.h"

namespace steelyard::server {

/// Takes new connections and spreads them over the threads, within the limits: of one
/// address, and in all. When there are too many, the one that is idle longest goes.
class Listener {
 public:
  Listener(std::vector<std::unique_ptr<IoThread>>& threads,
           std::shared_ptr<ConnectionSettings> settings);

  /// Errors: usage_of_command: no such address, or the port is taken.
  [[nodiscard]] Result<void> open(const std::string& address, std::uint16_t port);
  std::uint16_t port() const { return port_; }

  /// For connections from now on; null: plain. From any thread.
  void set_tls(std::shared_ptr<boost::asio::ssl::context> tls);

  void start();
  /// On the first thread.
  void close();

 private:
  boost::asio::awaitable<void> accept();
  /// would_block: there is none any more.
  boost::system::error_code accept_one();
  bool has_room(const std::string& address);
  bool make_room();

  std::vector<std::unique_ptr<IoThread>>& threads_;
  const std::shared_ptr<ConnectionSettings> settings_;
  Doorman doorman_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::size_t next_thread_ = 0;
  bool has_made_room_ = false;  ///< In this burst.

  std::mutex mutex_;
  std::shared_ptr<boost::asio::ssl::context> tls_;
};

}  // namespace steelyard::server
