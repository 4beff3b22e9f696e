#include "steelyard/server/application.h"

#include <algorithm>
#include <utility>

#include "steelyard/base/check.h"
#include "steelyard/server/answer.h"
#include "steelyard/server/api_key.h"
#include "steelyard/server/crypto.h"
#include "steelyard/server/parameters.h"
#include "steelyard/server/target.h"

namespace steelyard::server {
namespace {

using Checked = std::expected<void, Response>;

std::unexpected<Response> refused(std::string_view word, std::string detail = {}) {
  return std::unexpected(Response(Problem(word, std::move(detail))));
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

std::string media_type_of(std::string_view content_type) {
  return lower_case(trimmed(content_type.substr(0, content_type.find(';'))));
}

std::string joined_methods(const std::vector<Method>& methods) {
  std::string names;
  for (const Method method : methods) {
    names += (names.empty() ? "" : ", ") + std::string(name_of(method));
  }
  return names;
}

/// Whether an element of Accept covers a media type: "*/*", "application/*", the type itself.
bool accepts(std::string_view element, std::string_view media_type) {
  const std::string range = media_type_of(element);
  for (std::size_t at = element.find(';'); at != std::string_view::npos;
       at = element.find(';', at + 1)) {
    const std::string_view parameter =
        trimmed(element.substr(at + 1, element.find(';', at + 1) - at - 1));
    if (parameter.starts_with("q=0") && parameter.find_first_not_of("q=0.") == parameter.npos) {
      return false;
    }
  }
  if (range == "*/*" || range == media_type) return true;
  return range.ends_with("/*") &&
         media_type.starts_with(std::string_view(range).substr(0, range.size() - 1));
}

bool has_key(std::string_view target) {
  if (find_api_key(target) != std::string_view::npos) return true;
  if (!target.contains('%')) return false;
  const auto decoded = percent_decoded(target, false);
  return decoded.has_value() && find_api_key(*decoded) != std::string_view::npos;
}

/// A refusal that passes, from a handler that did not say for how long.
bool is_to_be_repeated(const Response& response) {
  if (response.status != 429 && response.status != 503 && response.status != 507) return false;
  return std::ranges::none_of(
      response.fields, [](const auto& field) { return is_same_name(field.first, "Retry-After"); });
}

OpenKind open_kind_of(const Route& route) {
  return route.lane == Lane::hold ? OpenKind::hold : OpenKind::other;
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

Application::Application(const ServerOptions& options, RouteTable routes, ServerParts parts)
    : limits_(options.limits),
      is_encrypted_(options.tls.has_value()),
      routes_(std::move(routes)),
      parts_(std::move(parts)),
      rates_(parts_.rate_limit),
      admission_(options.limits),
      turns_(FairTurns::Limits{}, parts_.is_behind),
      gauge_(options.io_threads),
      workers_(options.worker_threads, options.limits.queued_for_workers) {
  STEELYARD_CHECK(parts_.keys != nullptr && parts_.idempotency != nullptr);
  STEELYARD_CHECK(parts_.metrics != nullptr && parts_.log != nullptr);
  if (!parts_.random) parts_.random = system_random();
  std::array<unsigned char, 6> bytes{};
  parts_.random(bytes);
  id_prefix_ = to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}) + '-';
}

std::string Application::next_request_id() {
  return id_prefix_ + std::to_string(requests_.fetch_add(1, std::memory_order_relaxed) + 1);
}

std::string Application::retry_after(std::chrono::milliseconds wait) const {
  const auto seconds =
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count());
  // Up to twice as long and two seconds; the golden ratio spreads any number of them evenly.
  constexpr std::uint64_t golden_ratio = 0x9e37'79b9'7f4a'7c15;
  const auto part = static_cast<std::int64_t>((refusals_.fetch_add(golden_ratio) >> 56) & 255U);
  return std::to_string(seconds + part * (seconds + 2) / 256);
}

void Application::begin_without_head(Exchange& exchange, const Peer& peer) {
  exchange.started_at_ = parts_.clock.steady();
  exchange.id_ = next_request_id();
  exchange.request_.id = exchange.id_;
  exchange.request_.peer = peer;
  exchange.request_.received_at = parts_.clock.wall();
}

Checked Application::begin(Exchange& exchange, std::string head_text, const Peer& peer) {
  begin_without_head(exchange, peer);
  exchange.head_text_ = std::move(head_text);
  Request& request = exchange.request_;
  if (auto read = parse_head(exchange.head_text_, limits_, exchange.head_); !read.has_value()) {
    exchange.head_.keep_alive = false;
    return std::unexpected(Response(std::move(read).error()));
  }
  const RequestHead& head = exchange.head_;
  request.method = head.method == Method::head ? Method::get : head.method;
  request.target = head.target;
  request.fields = head.fields;
  if (has_key(head.target)) {
    request.target = {};
    return refused("key_in_url");
  }
  const auto target = parse_target(head.target);
  STEELYARD_CHECK(target.has_value());
  request.path = target->path;

  RouteTable::Match match = routes_.match(head.method, request.path);
  if (match.route == nullptr) {
    if (match.allowed.empty()) return refused("route_not_found");
    const std::string allowed = joined_methods(match.allowed);
    return std::unexpected(
        Response(Problem("method_not_allowed", "it takes " + allowed)).with("Allow", allowed));
  }
  exchange.route_ = match.route;
  if (auto passed = authenticate(exchange); !passed.has_value()) return passed;
  if (auto passed = limit_rate(exchange); !passed.has_value()) return passed;
  if (auto passed = check_content(exchange); !passed.has_value()) return passed;
  if (auto passed = check_accept(exchange); !passed.has_value()) return passed;
  if (auto wrong = read_parameters(*match.route, match.path_values, target->query, request);
      !wrong.empty()) {
    Problem problem("invalid_parameter", wrong.front().place + " " + wrong.front().detail);
    problem.items = std::move(wrong);
    return std::unexpected(Response(std::move(problem)));
  }
  if (match.route->needs_idempotency_key) {
    const auto key = head.field("Idempotency-Key").value_or("");
    if (key.empty() || key.size() > 128 || !is_printable(key)) {
      return refused("idempotency_key_missing");
    }
    request.idempotency_key = key;
  }
  return admit(exchange);
}

Checked Application::authenticate(Exchange& exchange) const {
  Request& request = exchange.request_;
  const auto authorization = exchange.head_.field("Authorization");
  const std::optional<Scope>& scope = exchange.route_->scope;
  const auto challenge = [](Problem problem) {
    return std::unexpected(
        Response(std::move(problem)).with("WWW-Authenticate", "Bearer realm=\"steelyard\""));
  };
  if (!authorization.has_value()) {
    if (!scope.has_value()) return {};
    return challenge(Problem("unauthenticated", "there is no Authorization field"));
  }
  const bool is_one = std::ranges::count_if(exchange.head_.fields, [](const Field& field) {
                        return is_same_name(field.name, "Authorization");
                      }) == 1;
  constexpr std::string_view scheme = "Bearer ";
  if (!is_one || authorization->size() < scheme.size() ||
      !is_same_name(authorization->substr(0, scheme.size()), scheme)) {
    return challenge(Problem("unauthenticated", "Authorization is not `Bearer KEY`"));
  }
  auto principal = parts_.keys->authenticate(trimmed(authorization->substr(scheme.size())),
                                             request.received_at, request.peer.address);
  if (!principal.has_value()) {
    if (principal.error().status() == 401) return challenge(std::move(principal).error());
    return std::unexpected(Response(std::move(principal).error()));
  }
  request.principal = *std::move(principal);
  if (scope.has_value() && !request.principal.may(*scope)) {
    return refused("forbidden", "it needs the scope `" + std::string(name_of(*scope)) +
                                    "`, which a key of role `" +
                                    std::string(name_of(request.principal.role)) +
                                    "` does not have");
  }
  return {};
}

Checked Application::limit_rate(Exchange& exchange) {
  const std::string& key = exchange.request_.principal.key_id;
  if (key.empty()) return {};
  const OpenKind kind = open_kind_of(*exchange.route_);
  const auto decision = rates_.enter(key, exchange.started_at_, kind);
  const RateLimit& limit = rates_.limit();
  const auto until_full =
      (limit.burst - decision.remaining + limit.per_second - 1) / limit.per_second;
  exchange.rate_fields_ = {{"RateLimit-Limit", std::to_string(limit.burst)},
                           {"RateLimit-Remaining", std::to_string(decision.remaining)},
                           {"RateLimit-Reset", std::to_string(until_full)}};
  if (decision.outcome == RateLimiter::Outcome::admitted) {
    exchange.holds_rate_place_ = true;
    return {};
  }
  const bool is_open = decision.outcome == RateLimiter::Outcome::too_many_open;
  parts_.metrics->refused(is_open ? "open_requests" : "rate");
  Problem problem =
      is_open
          ? Problem("too_many_open_requests",
                    "at most " + std::to_string(rates_.open_max(kind)) + " may be open at a time")
          : Problem("rate_limited",
                    "it may send " + std::to_string(limit.per_second) + " a second");
  return std::unexpected(
      Response(std::move(problem)).with("Retry-After", retry_after(decision.retry_after)));
}

Checked Application::check_content(Exchange& exchange) const {
  const RequestHead& head = exchange.head_;
  const Route& route = *exchange.route_;
  if (head.framing == Framing::none && route.contents.empty()) return {};
  if (route.contents.empty()) {
    return refused("unsupported_media_type", "this path takes no body");
  }
  exchange.content_type_ = media_type_of(head.field("Content-Type").value_or(""));
  exchange.request_.content_type = exchange.content_type_;
  const auto content =
      std::ranges::find(route.contents, exchange.content_type_, &RequestContent::media_type);
  if (content == route.contents.end()) {
    std::string types;
    for (const RequestContent& each : route.contents) {
      types += (types.empty() ? "" : ", ") + each.media_type;
    }
    return refused("unsupported_media_type", "it takes " + types);
  }
  if (head.framing == Framing::length && head.content_length > limits_.body_bytes) {
    return refused("body_too_large",
                   "it has more than " + std::to_string(limits_.body_bytes) + " bytes");
  }
  std::size_t encodings = 0;
  std::string_view encoding;
  for (const Field& field : head.fields) {
    if (!is_same_name(field.name, "Content-Encoding")) continue;
    ++encodings;
    encoding = field.value;
  }
  if (encodings > 1) return refused("unsupported_encoding", "there are two encodings");
  auto unpacker = BodyUnpacker::of(encoding, limits_);
  if (!unpacker.has_value()) return std::unexpected(Response(std::move(unpacker).error()));
  exchange.unpacker_ = *std::move(unpacker);
  return {};
}

Checked Application::check_accept(const Exchange& exchange) const {
  std::vector<std::string_view> wanted;
  for (const Field& field : exchange.head_.fields) {
    if (!is_same_name(field.name, "Accept")) continue;
    for (const std::string_view element : list_of(field.value)) wanted.push_back(element);
  }
  if (wanted.empty()) return {};
  bool has_content = false;
  for (const ResponseContent& response : exchange.route_->responses) {
    if (response.media_type.empty()) continue;
    has_content = true;
    for (const std::string_view element : wanted) {
      if (accepts(element, media_type_of(response.media_type))) return {};
    }
  }
  if (!has_content) return {};
  return refused("not_acceptable");
}

Checked Application::admit(Exchange& exchange) {
  if (parts_.admission) {
    if (auto problem = parts_.admission(*exchange.route_); problem.has_value()) {
      parts_.metrics->refused(problem->row->word);
      return std::unexpected(
          Response(*std::move(problem)).with("Retry-After", retry_after(std::chrono::seconds(5))));
    }
  }
  const bool can_wait = exchange.route_->lane != Lane::hold;
  const std::size_t requests = admission_.requests();
  const std::size_t open = requests - std::min(requests, turns_.waiting());
  if (can_wait && gauge_.is_too_much(open)) {
    parts_.metrics->refused("overloaded");
    return std::unexpected(
        Response(Problem("overloaded")).with("Retry-After", retry_after(std::chrono::seconds(1))));
  }
  // What every request costs beside its body.
  constexpr std::size_t request_bytes = 8 * 1024;
  constexpr std::size_t first_bytes = 1024 * 1024;
  const std::size_t body = exchange.head_.framing == Framing::length
                               ? static_cast<std::size_t>(exchange.head_.content_length)
                               : 0;
  // Who waits for a turn has sent nothing yet: others can have what it will need.
  const std::size_t at_first = needs_turn(exchange) ? 0 : std::min(body, first_bytes);
  exchange.ticket_ =
      admission_.enter(exchange.route_->lane, request_bytes + body, request_bytes + at_first);
  if (exchange.ticket_.is_admitted()) {
    parts_.metrics->in_flight(1);
    return {};
  }
  parts_.metrics->refused("overloaded");
  return std::unexpected(
      Response(Problem("overloaded")).with("Retry-After", retry_after(std::chrono::seconds(1))));
}

void Application::leave_rate_place(Exchange& exchange) {
  if (!std::exchange(exchange.holds_rate_place_, false)) return;
  rates_.leave(exchange.request_.principal.key_id, open_kind_of(*exchange.route_));
}

Checked Application::stand_in_line(Exchange& exchange, std::function<void()> come, bool is_read) {
  // Of a body whose length is not known before: that of a large batch.
  constexpr std::size_t unknown_bytes = 256 * 1024;
  constexpr std::size_t unpacked_times = 8;
  const RequestHead& head = exchange.head_;
  std::size_t bytes = unknown_bytes;
  if (is_read) {
    bytes = exchange.body_.size();
  } else if (head.framing == Framing::length) {
    const bool is_plain = plain_body(exchange) != nullptr;
    bytes = static_cast<std::size_t>(head.content_length) * (is_plain ? 1 : unpacked_times);
  }
  exchange.turn_ = turns_.enter(exchange.request_.principal.tenant, bytes, parts_.clock.steady(),
                                std::move(come), !is_read);
  if (exchange.turn_.is_alive()) return {};
  return std::unexpected(line_is_full());
}

Response Application::line_is_full() const {
  parts_.metrics->refused("line");
  return Response(
             Problem("too_many_open_requests",
                     "others of this tenant wait for their turn, as many as can be answered soon"))
      .with("Retry-After", retry_after(std::chrono::seconds(1)));
}

std::optional<Response> Application::refusal_of_line(const Exchange& exchange) {
  if (!needs_turn(exchange)) return std::nullopt;
  const std::string& tenant = exchange.request_.principal.tenant;
  if (!turns_.is_line_full(tenant, parts_.clock.steady())) return std::nullopt;
  return line_is_full();
}

std::string* Application::plain_body(Exchange& exchange) {
  const auto encoding = exchange.head_.field("Content-Encoding").value_or("");
  const bool is_plain = encoding.empty() || is_same_name(encoding, "identity");
  return exchange.head_.framing == Framing::length && is_plain ? &exchange.body_ : nullptr;
}

Checked Application::grow(Exchange& exchange, std::size_t bytes) {
  if (exchange.ticket_.grow_to(bytes)) return {};
  parts_.metrics->refused("overloaded");
  return std::unexpected(Response(Problem("overloaded", "there is no memory for the body"))
                             .with("Retry-After", retry_after(std::chrono::seconds(1))));
}

Checked Application::body(Exchange& exchange, std::string_view packed, std::uint64_t wire_bytes) {
  if (wire_bytes > limits_.body_bytes) {
    return refused("body_too_large",
                   "it has more than " + std::to_string(limits_.body_bytes) + " bytes");
  }
  if (auto taken = exchange.unpacker_->take(packed, exchange.body_); !taken.has_value()) {
    return std::unexpected(Response(std::move(taken).error()));
  }
  return grow(exchange, exchange.body_.size());
}

std::optional<Problem> Application::check_json(Exchange& exchange) const {
  const auto content = std::ranges::find(exchange.route_->contents, exchange.content_type_,
                                         &RequestContent::media_type);
  if (content == exchange.route_->contents.end() || !content->is_checked) return std::nullopt;
  if (!exchange.document_.parse(exchange.request_.body)) {
    const json::ParseError& error = exchange.document_.error();
    return Problem("malformed_json",
                   std::string(error.what) + " at byte " + std::to_string(error.offset + 1));
  }
  const BodySchema* schema = routes_.schema_of(*content);
  STEELYARD_CHECK(schema != nullptr);
  std::vector<ProblemItem> wrong = schema->check(exchange.document_);
  if (!wrong.empty()) {
    Problem problem("invalid_body", wrong.front().place + " " + wrong.front().detail);
    problem.items = std::move(wrong);
    return problem;
  }
  exchange.request_.json = &exchange.document_;
  return std::nullopt;
}

std::optional<Response> Application::begin_command(Exchange& exchange) {
  const Request& request = exchange.request_;
  std::string hashed(name_of(request.method));
  hashed += ' ';
  hashed += request.target;
  hashed += '\n';
  hashed += request.body;
  const IdempotencyKey key{request.principal.tenant, std::string(request.idempotency_key)};
  IdempotencyState state = parts_.idempotency->begin(key, view_of(sha256(hashed)));
  switch (state.kind) {
    case IdempotencyState::Kind::fresh: exchange.idempotency_key_ = key; return std::nullopt;
    case IdempotencyState::Kind::running:
      return Response(Problem("idempotency_key_running"))
          .with("Retry-After", retry_after(std::chrono::seconds(1)));
    case IdempotencyState::Kind::other: return Response(Problem("idempotency_key_reused"));
    case IdempotencyState::Kind::answered:
      return std::move(state.response).with("Idempotent-Replayed", "true");
    case IdempotencyState::Kind::full:
      return Response(Problem("overloaded", "too many commands are running"))
          .with("Retry-After", retry_after(std::chrono::seconds(1)));
  }
  base::check_failed("every kind has an answer", __FILE__, __LINE__);
}

void Application::run(const std::shared_ptr<Exchange>& exchange) {
  if (exchange->unpacker_ != nullptr) {
    if (auto finished = exchange->unpacker_->finish(); !finished.has_value()) {
      return exchange->complete(std::move(finished).error());
    }
  }
  Request& request = exchange->request_;
  const std::size_t size = exchange->body_.size();
  exchange->body_.append(Request::body_padding, '\0');
  request.body = std::string_view(exchange->body_).substr(0, size);
  if (exchange->route_->runs_on == RunsOn::io_thread) return call_handler(exchange);
  if (!workers_.submit(exchange->route_->lane, [this, exchange] { call_handler(exchange); })) {
    parts_.metrics->refused("overloaded");
    exchange->complete(
        Response(Problem("overloaded")).with("Retry-After", retry_after(std::chrono::seconds(1))));
  }
}

void Application::call_handler(const std::shared_ptr<Exchange>& exchange) {
  try {
    if (auto problem = check_json(*exchange); problem.has_value()) {
      return exchange->complete(*std::move(problem));
    }
    if (exchange->route_->needs_idempotency_key) {
      if (auto answer = begin_command(*exchange); answer.has_value()) {
        return exchange->complete(*std::move(answer));
      }
    }
    if (const auto* handler = std::get_if<Handler>(&exchange->route_->handler)) {
      return exchange->complete((*handler)(exchange->request_));
    }
    std::get<AsyncHandler>(exchange->route_->handler)(Reply(exchange));
  } catch (const std::bad_alloc&) {
    exchange->complete(Problem("overloaded", "there is no memory"));
  } catch (const std::exception& error) {
    // A Reply that the handler had is gone with the exception, and has answered 500 already.
    parts_.log->write(LogLevel::error, "handler_threw",
                      {{"request", exchange->id_},
                       {"route", exchange->route_->operation_id},
                       {"what", error.what()}});
    exchange->complete(Problem("internal_error"));
  }
}

std::string Application::answer_head(Exchange& exchange, const Response& response,
                                     bool keep_alive) const {
  auto& fields = exchange.rate_fields_;
  if (is_to_be_repeated(response)) {
    fields.emplace_back("Retry-After", retry_after(std::chrono::seconds(1)));
  }
  return head_text(response, {.request_id = exchange.id_,
                              .now = parts_.clock.wall(),
                              .keep_alive = keep_alive,
                              .is_encrypted = is_encrypted_,
                              .fields = fields});
}

bool Application::has_content(const Exchange& exchange, const Response& response) const {
  return has_body(response.status) && exchange.head_.method != Method::head;
}

void Application::finish(Exchange& exchange, const Response& response, std::uint64_t bytes_in,
                         std::uint64_t bytes_out) {
  const Request& request = exchange.request_;
  const bool has_route = exchange.route_ != nullptr;
  const std::string_view route =
      has_route ? std::string_view(exchange.route_->operation_id) : "none";
  const auto took = parts_.clock.steady() - exchange.started_at_;
  parts_.metrics->request(route, response.status, took, bytes_in, bytes_out);
  if (exchange.ticket_.is_admitted()) {
    parts_.metrics->in_flight(-1);
    exchange.ticket_.release();
    gauge_.answered();
  }
  parts_.log->access(
      {.request_id = exchange.id_,
       .method = request.target.empty() ? std::string_view("-") : name_of(exchange.head_.method),
       .path = request.path,
       .route = route,
       .status = response.status,
       .tenant = request.principal.tenant,
       .key_id = request.principal.key_id,
       .peer = request.peer.address,
       .bytes_in = bytes_in,
       .bytes_out = bytes_out,
       .took = std::chrono::duration_cast<std::chrono::microseconds>(took),
       .problem = response.problem.has_value() ? response.problem->row->word : std::string_view()});
}

}  // namespace steelyard::server
