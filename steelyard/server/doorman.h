#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "steelyard/server/application.h"

namespace steelyard::server {

/// What was read of a connection before it became one.
struct Opening {
  std::string bytes;  ///< They belong to nothing yet.
  /// Of the first request, if its head is here; null: it is not.
  std::shared_ptr<Exchange> exchange;
  std::uint64_t head_bytes = 0;
  std::expected<void, Response> begun{};  ///< What Application::begin said of it.
};

/// While requests wait for their turn, most of those who come are refused, because the line of
/// their tenant is full (C1). Who asked before it sends its body, and would be, gets its answer at
/// the door: to make a connection of it first costs more than that.
///
/// For one thread.
class Doorman {
 public:
  explicit Doorman(std::shared_ptr<Application> application)
      : application_(std::move(application)) {}

  /// Whether so many come that it pays to look before they are let in.
  bool is_needed() const { return application_->turns().waiting() > 0; }

  /// Reads what is here of a plain connection that was just accepted, and answers what it can, by
  /// the rules of every request. Does not wait. None: it was answered and is to be closed.
  std::optional<Opening> receive(int socket, const Peer& peer);

 private:
  void answer(int socket, const Opening& opening, Response refusal);

  const std::shared_ptr<Application> application_;
  std::string answer_;
};

}  // namespace steelyard::server
