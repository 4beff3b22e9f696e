#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "steelyard/server/exchange.h"
#include "steelyard/server/http_server.h"
#include "steelyard/server/load_gauge.h"
#include "steelyard/server/worker_pool.h"

namespace steelyard::server {

/// What happens to a request between its bytes and its answer's bytes, without sockets: the
/// order is begin, line, body, run, finish.
///
///   begin   head → route, principal, limits, parameters: everything that can be refused
///           without the body is refused before it is read
///   line    for what makes much work: waits for its tenant's turn
///   body    wire bytes → unpacked bytes, within the budget
///   run     JSON against the schema, repeated commands, the handler
///   finish  metrics, the access line
class Application : public std::enable_shared_from_this<Application> {
 public:
  Application(const ServerOptions& options, RouteTable routes, ServerParts parts);

  /// A request whose head is `head_text`. If it cannot be read or is refused, the answer.
  [[nodiscard]] std::expected<void, Response> begin(Exchange& exchange, std::string head_text,
                                                    const Peer& peer);

  /// A request of which there is no head to read: too long, too late.
  void begin_without_head(Exchange& exchange, const Peer& peer);

  /// Stands in line for the turn of a request that makes much work; `come` is called when it has
  /// it. One that makes little has no line. `is_read`: its body is here, so it is not refused.
  [[nodiscard]] std::expected<void, Response> stand_in_line(Exchange& exchange,
                                                            std::function<void()> come,
                                                            bool is_read);
  /// What `stand_in_line` would refuse it with now; it stands nowhere afterwards.
  std::optional<Response> refusal_of_line(const Exchange& exchange);
  bool needs_turn(const Exchange& exchange) const {
    return exchange.route_->lane == Lane::ingest && !exchange.turn_.has_come();
  }

  /// Unpacks what has arrived. `wire_bytes` counts the whole body so far.
  [[nodiscard]] std::expected<void, Response> body(Exchange& exchange, std::string_view packed,
                                                   std::uint64_t wire_bytes);
  /// Where a plain body of known length may be read to directly, or null.
  std::string* plain_body(Exchange& exchange);
  /// Makes room in the budget for what `plain_body` holds and is about to hold.
  [[nodiscard]] std::expected<void, Response> grow(Exchange& exchange, std::size_t bytes);

  /// The body is complete: checks it and calls the handler, here or on a worker.
  void run(const std::shared_ptr<Exchange>& exchange);

  /// The answer went out, or could not.
  void finish(Exchange& exchange, const Response& response, std::uint64_t bytes_in,
              std::uint64_t bytes_out);

  /// Status line and fields of an answer, to its empty line.
  std::string answer_head(Exchange& exchange, const Response& response, bool keep_alive) const;
  /// Whether the body of an answer goes out behind its head.
  bool has_content(const Exchange& exchange, const Response& response) const;

  void stop_workers() { workers_.stop(); }

  const RequestHead& head_of(const Exchange& exchange) const { return exchange.head_; }
  const RouteTable& routes() const { return routes_; }
  const ServerLimits& limits() const { return limits_; }
  ServerParts& parts() { return parts_; }
  LoadGauge& gauge() { return gauge_; }
  FairTurns& turns() { return turns_; }

 private:
  friend class Exchange;

  std::expected<void, Response> authenticate(Exchange& exchange) const;
  std::expected<void, Response> limit_rate(Exchange& exchange);
  void leave_rate_place(Exchange& exchange);
  std::expected<void, Response> check_content(Exchange& exchange) const;
  std::expected<void, Response> check_accept(const Exchange& exchange) const;
  std::expected<void, Response> admit(Exchange& exchange);
  std::optional<Problem> check_json(Exchange& exchange) const;
  /// The answer that there is already, if it is a repeated command.
  std::optional<Response> begin_command(Exchange& exchange);
  void call_handler(const std::shared_ptr<Exchange>& exchange);
  Response line_is_full() const;
  std::string next_request_id();
  /// Whole seconds, at least 1, with jitter: so that those who were refused together do not
  /// return together.
  std::string retry_after(std::chrono::milliseconds wait) const;

  const ServerLimits limits_;
  const bool is_encrypted_;
  RouteTable routes_;
  ServerParts parts_;
  RateLimiter rates_;
  Admission admission_;
  FairTurns turns_;
  LoadGauge gauge_;
  std::string id_prefix_;
  std::atomic<std::uint64_t> requests_{0};
  mutable std::atomic<std::uint64_t> refusals_{0};
  WorkerPool workers_;
};

}  // namespace steelyard::server
