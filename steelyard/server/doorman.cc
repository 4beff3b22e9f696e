#include "steelyard/server/doorman.h"

#include <sys/socket.h>

#include <array>
#include <utility>

#include "steelyard/server/answer.h"

namespace steelyard::server {
namespace {

/// It does not wait for a word, and would lose the answer to what it sends.
bool sends_more(int socket) {
  char byte = 0;
  return ::recv(socket, &byte, 1, MSG_DONTWAIT | MSG_PEEK) > 0;
}

}  // namespace

std::optional<Opening> Doorman::receive(int socket, const Peer& peer) {
  std::array<char, 4 * 1024> bytes;  // NOLINT: read over.
  const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
  Opening opening;
  // An end or an error will come again.
  if (got <= 0) return opening;
  opening.bytes.assign(bytes.data(), static_cast<std::size_t>(got));
  const std::size_t end = find_head_end(opening.bytes, 0);
  if (end != opening.bytes.size() || end > application_->limits().head_bytes) return opening;

  opening.head_bytes = end;
  opening.exchange = std::make_shared<Exchange>(application_);
  opening.begun =
      application_->begin(*opening.exchange, std::exchange(opening.bytes, std::string()), peer);
  const RequestHead& head = application_->head_of(*opening.exchange);
  // Another one sends its body now, and would lose the answer to it.
  if (head.framing == Framing::none || !head.expects_continue) return opening;
  if (!opening.begun.has_value() || sends_more(socket)) return opening;
  std::optional<Response> refusal = application_->refusal_of_line(*opening.exchange);
  if (!refusal.has_value()) return opening;
  answer(socket, opening, *std::move(refusal));
  return std::nullopt;
}

/// To who has just come all of it goes out at once: with the end of our side, which follows.
void Doorman::answer(int socket, const Opening& opening, Response refusal) {
  Exchange& exchange = *opening.exchange;
  render(refusal, exchange.request().id);
  answer_ = application_->answer_head(exchange, refusal, false);
  if (application_->has_content(exchange, refusal)) answer_ += refusal.body;
  const ssize_t sent =
      ::send(socket, answer_.data(), answer_.size(), MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE);
  application_->finish(exchange, refusal, opening.head_bytes,
                       sent < 0 ? 0 : static_cast<std::uint64_t>(sent));
}

}  // namespace steelyard::server
