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
  application_->leave_rate_place(*this);
}

void Exchange::settle(Response& response) {
  render(response, id_);
  if (!idempotency_key_.has_value()) return;
  // What was refused changed nothing: it may be sent again, and is no reason to refuse another.
  if (response.status >= 300) {
    application_->parts_.idempotency->abandon(*idempotency_key_);
  } else {
    application_->parts_.idempotency->complete(*idempotency_key_, response);
  }
  idempotency_key_.reset();
}

void Exchange::complete(Response response) noexcept {
  // A handler that throws after its Reply was sent answers twice: the first one counts.
  if (is_settled_.exchange(true)) return;
  turn_.end();
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

Response Exchange::take_response() {
  // Before it is written: who has the answer may send the next request.
  application_->leave_rate_place(*this);
  return std::move(response_);
}

bool Exchange::is_complete() {
  const std::lock_guard lock(mutex_);
  return state_ == State::complete;
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
