#include "steelyard/server/exchange.h"

#include "steelyard/server/answer.h"
#include "steelyard/server/application.h"

namespace steelyard::server {

Exchange::Exchange(std::shared_ptr<Application> application)
    : application_(std::move(application)) {}

Exchange::~Exchange() {
  if (idempotency_key_.has_value()) {
    application_->parts_.idempotency->abandon(*idempotency_key_);
  }
  if (ticket_.is_admitted()) application_->parts_.metrics->in_flight(-1);
  if (holds_rate_place_) application_->rates_.leave(request_.principal.key_id);
}

void Exchange::settle(Response& response) {
  render(response, id_);
  if (!idempotency_key_.has_value()) return;
  // What was not carried out may be sent again; what was, or was refused for good, is kept.
  if (response.status >= 500 || response.status == 429 || response.status == 408) {
    application_->parts_.idempotency->abandon(*idempotency_key_);
  } else {
    application_->parts_.idempotency->complete(*idempotency_key_, response);
  }
  idempotency_key_.reset();
}

void Exchange::complete(Response response) {
  // A handler that throws after its Reply was sent answers twice: the first one counts.
  if (is_settled_.exchange(true)) return;
  settle(response);
  const std::lock_guard lock(mutex_);
  if (state_ == State::complete) return;
  response_ = std::move(response);
  state_ = State::complete;
  // Inside the lock: after `leave` nobody is woken any more.
  if (wake_) wake_();
  wake_ = nullptr;
}

bool Exchange::is_complete_or_wakes(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  if (state_ == State::complete) return true;
  state_ = State::awaited;
  wake_ = std::move(wake);
  return false;
}

void Exchange::leave() {
  const std::lock_guard lock(mutex_);
  wake_ = nullptr;
}

bool Exchange::answer_instead(Response response) {
  render(response, id_);
  const std::lock_guard lock(mutex_);
  if (state_ == State::complete) return false;
  response_ = std::move(response);
  state_ = State::complete;
  wake_ = nullptr;
  return true;
}

}  // namespace steelyard::server
