#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/server/clock.h"
#include "steelyard/server/idempotency.h"
#include "steelyard/server/key_store.h"
#include "steelyard/server/metrics.h"
#include "steelyard/server/rate_limit.h"
#include "steelyard/server/route_table.h"
#include "steelyard/server/server_limits.h"
#include "steelyard/server/structured_log.h"

namespace steelyard::server {

struct TlsOptions {
  std::string certificate_file{};  ///< PEM, the whole chain, own certificate first.
  std::string key_file{};          ///< PEM.
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free one.
  std::size_t io_threads = 2;
  std::size_t worker_threads = 2;
  std::optional<TlsOptions> tls;
  /// Plain HTTP on an address that other machines reach. Without it and without TLS, only
  /// loopback addresses are listened on.
  bool is_insecure = false;
  ServerLimits limits;
};

/// What the server works with. The pointers must outlive it and every Reply that it gave to
/// a handler. Keys may be put and revoked while it runs.
struct ServerParts {
  KeyStore* keys = nullptr;
  Idempotency* idempotency = nullptr;
  Metrics* metrics = nullptr;
  StructuredLog* log = nullptr;
  Clock clock = Clock::system();
  RandomBytes random;  ///< Request ids. Empty: the system's.
  RateLimit rate_limit;
  /// GET /ready: nothing, or why not ("replaying the log, 40 % done").
  std::function<std::optional<std::string>()> not_ready;
  /// Asked before a body is read; a problem (disk_full) refuses the request. May be empty.
  std::function<std::optional<Problem>(const Route&)> admission;
  /// Whether what was taken waits to be worked on further: then a tenant that sends much waits.
  /// From any thread, short. May be empty.
  std::function<bool()> is_behind;
};

/// An HTTP/1.1 server: connections, limits, TLS, authentication, dispatch, answers.
///
/// Adds to the table: GET /health, /ready, /metrics, /openapi.json, /docs and its assets.
/// No exception leaves it, nor does one of a handler end it: that is a 500 and a log line.
class HttpServer {
 public:
  /// Listens and answers from the moment it returns.
  /// Errors: usage_of_command (address, TLS missing, port taken), file_is_unreadable,
  /// file_is_malformed (certificate, key).
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(ServerOptions options,
                                                                 RouteTable routes,
                                                                 ServerParts parts);
  /// Stops, without waiting for requests that are being answered.
  ~HttpServer();

  std::uint16_t port() const;
  /// "http://127.0.0.1:8080"
  std::string url() const;
  const RouteTable& routes() const;

  /// Reads certificate and key again; connections that are open keep theirs. It is also done
  /// by itself when the files change. On error the old ones stay.
  [[nodiscard]] Result<void> reload_tls();

  /// Takes no new connections, lets requests end for at most limits.drain_time, answers the rest
  /// with 503 and closes. Returns whether all ended by themselves. From any thread, once.
  bool stop();

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace steelyard::server
