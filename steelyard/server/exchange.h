#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steelyard/server/admission.h"
#include "steelyard/server/body_unpacker.h"
#include "steelyard/server/fair_turns.h"
#include "steelyard/server/idempotency.h"
#include "steelyard/server/request.h"
#include "steelyard/server/request_head.h"

namespace steelyard::server {

class Application;

/// One request and its answer: what they are made of, and what has to be given back at the
/// end. Lives until both the connection and the handler's Reply are done with it.
class Exchange : public ReplyTarget {
 public:
  explicit Exchange(std::shared_ptr<Application> application);
  ~Exchange() override;

  const Request& request() const override { return request_; }
  /// Requires: it has begun, and was not refused.
  const Route* route() const { return route_; }

  /// Keeps the answer, from any thread, and wakes the connection if it waits. Without memory for
  /// that the process ends: somebody would wait for ever.
  void complete(Response response) noexcept override;

  /// Whether there is an answer now. If not, `wake` is called once when there is: from any
  /// thread, unless `leave` came first. Called by the connection.
  bool is_complete_or_wakes(std::function<void()> wake);
  bool is_complete();
  /// Whether its turn has come and is not over. Before it is run.
  bool has_turn() const { return turn_.has_come(); }
  void end_turn() { turn_.end(); }

  /// The connection is gone: nobody is woken.
  void leave();
  /// The connection answers itself (stopping): what the handler sends later is only kept for
  /// repetitions. Returns false if there is an answer already.
  bool answer_instead(Response response);

  /// Requires: it is complete; once.
  Response take_response();

 private:
  friend class Application;
  enum class State : std::uint8_t { open, awaited, complete };

  /// What the handler said, as it goes out.
  void settle(Response& response);

  std::shared_ptr<Application> application_;
  std::string head_text_;
  RequestHead head_;
  std::string body_;
  std::unique_ptr<BodyUnpacker> unpacker_;
  json::Document document_;
  Request request_;
  std::string id_;
  std::string content_type_;
  const Route* route_ = nullptr;
  std::chrono::nanoseconds started_at_{0};

  Admission::Ticket ticket_;
  FairTurns::Turn turn_;
  bool holds_rate_place_ = false;
  std::vector<std::pair<std::string_view, std::string>> rate_fields_;
  std::optional<IdempotencyKey> idempotency_key_;  ///< Set while the command is running.

  std::atomic<bool> is_settled_ = false;
  std::mutex mutex_;
  State state_ = State::open;
  std::function<void()> wake_;
  Response response_;
};

}  // namespace steelyard::server
