#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"
#include "steelyard/base/check.h"
#include "steelyard/server/body_schema.h"

namespace steelyard::api {
namespace {

using server::Reply;
using server::Response;
using server::Route;

constexpr const char* open_schema =
    R"({"type":"object","required":["hold","account"],"properties":{"hold":{"type":"string","minLength":1,"maxLength":128},"account":{"type":"string","minLength":1,"maxLength":128},"amount":{"type":"string","format":"decimal"},"call":{"type":"object","required":["model"],"properties":{"model":{"type":"string","minLength":1,"maxLength":128},"input":{"type":"integer","minimum":0,"maximum":9007199254740991},"cached_input":{"type":"integer","minimum":0,"maximum":9007199254740991},"output":{"type":"integer","minimum":0,"maximum":9007199254740991},"thinking":{"type":"boolean"}}},"ttl_ms":{"type":"integer","minimum":1,"maximum":604800000},"budget":{"type":"string","minLength":1,"maxLength":128},"item":{"type":"string","minLength":1,"maxLength":128}}})";
constexpr const char* settle_schema =
    R"({"type":"object","required":["account","id","amount"],"properties":{"account":{"type":"string","minLength":1,"maxLength":128},"id":{"type":"string","minLength":1,"maxLength":128},"amount":{"type":"string","format":"decimal"},"ends":{"type":"boolean"},"item":{"type":"string","minLength":1,"maxLength":128}}})";

/// Of a line of a batch that releases a hold.
constexpr const char* release_schema =
    R"({"type":"object","required":["hold","id"],"properties":{"id":{"type":"string"}}})";

Route hold_route(const std::string& behind, std::string operation) {
  Route route;
  route.method = server::Method::post;
  route.path = "/v1/holds" + behind;
  route.operation_id = std::move(operation);
  route.tag = "Holds";
  route.scope = server::Scope::hold;
  route.lane = server::Lane::hold;
  if (!behind.empty()) {
    route.parameters.push_back(path_parameter("hold", "The id that it was opened with.", "call-1"));
  }
  return route;
}

void describe(Route& route, std::string schema, std::string body, std::string answer) {
  route.contents.push_back(json_content(std::move(schema), std::move(body)));
  route.responses.push_back(json_answer("Done, and on disk.", std::move(answer)));
}

Response opened(const core::Answer& answer, const core::Core&) {
  JsonObject to;
  to.flag("allowed", true)
      .text("state", ledger::name_of(answer.hold->state))
      .amount("held", answer.hold->reserved)
      .raw("available", limited_json(*answer.balance, answer.hold->available))
      .time("expires_at", answer.hold->expires_at)
      .flag("repeat", answer.is_repeat);
  return Response::json(to.finish());
}

Response settled(const core::Answer& answer, const core::Core&) {
  const ledger::Charged& charged = *answer.charged;
  JsonObject to;
  if (charged.hold.has_value()) to.text("state", ledger::name_of(*charged.hold));
  to.amount("held", charged.hold_reserved)
      .flag("late_capture", charged.notes.late_capture)
      .flag("above_hold", charged.notes.above_hold)
      .flag("overdraft", charged.notes.overdraft)
      .raw("available", limited_json(*answer.balance, answer.balance->available))
      .flag("repeat", answer.is_repeat);
  return Response::json(to.finish());
}

void add_open(server::RouteTable& table, Services& services) {
  Route route = hold_route("", "open_hold");
  route.summary = "May this be spent?";
  route.description =
      "Sets the amount, or what `call` costs if it uses all of that, aside until the hold is "
      "settled, released, or its time is over. 402 says "
      "no, "
      "and why: `insufficient_balance` or `budget_exceeded` with the node. The same id with the "
      "same content is the same hold. Send the call's usage with `data.hold` set to the id, and "
      "the hold is settled with what the call really costs. What quotas cover of `call` is not "
      "held; "
      "where they cover all of it, `held` is 0 and there is no hold to be released. Of a hold that "
      "names a call, the id alone says that it is the same.";
  route.problems = {"insufficient_balance", "budget_exceeded", "hold_conflict", "unknown_account",
                    "unknown_budget",       "account_closed",  "no_price"};
  describe(
      route, open_schema, R"({"hold":"call-1","account":"acme","amount":"0.5","ttl_ms":60000})",
      R"({"allowed":true,"state":"open","held":"0.5","available":"99.5","expires_at":"2026-11-22T08:01:00Z","repeat":false})");
  route.handler = [&services](Reply reply) {
    std::string command =
        with_members_of(JsonObject().text("command", "open_hold").finish(), reply.request().body);
    send_command(services, std::move(reply), std::move(command), opened);
  };
  table.add(std::move(route));
}

void add_settle(server::RouteTable& table, Services& services) {
  Route route = hold_route("/{hold}/settle", "settle_hold");
  route.summary = "Charge what was used of a hold";
  route.description =
      "For gateways that know the amount themselves; otherwise send the usage with `data.hold`. "
      "`id` names this settlement. `ends`: false when more of them follow. An amount above the "
      "hold is charged all the same, and noted; so is one that comes late.";
  route.problems = {"unknown_hold", "hold_not_open", "unknown_account"};
  describe(
      route, settle_schema, R"({"account":"acme","id":"call-1","amount":"0.12"})",
      R"({"state":"captured","held":"0","late_capture":false,"above_hold":false,"overdraft":false,"available":"99.88","repeat":false})");
  route.handler = [&services](Reply reply) {
    const std::string begin = JsonObject()
                                  .text("command", "settle_hold")
                                  .text("hold", reply.request().path_parameter("hold"))
                                  .finish();
    std::string command = with_members_of(begin, reply.request().body);
    send_command(services, std::move(reply), std::move(command), settled);
  };
  table.add(std::move(route));
}

void add_release(server::RouteTable& table, Services& services) {
  Route route = hold_route("/{hold}/release", "release_hold");
  route.summary = "Give back what a hold keeps";
  route.description = "Nothing was used. The amount is available again.";
  route.problems = {"unknown_hold", "hold_not_open"};
  route.responses.push_back(no_content("Released, and on disk."));
  route.handler = [&services](Reply reply) {
    const std::string_view hold = reply.request().path_parameter("hold");
    std::string command =
        JsonObject().text("command", "release_hold").text("hold", hold).text("id", hold).finish();
    send_command(services, std::move(reply), std::move(command),
                 [](const core::Answer&, const core::Core&) { return Response::no_content(); });
  };
  table.add(std::move(route));
}

/// What each line of a batch is answered with, until all are.
class BatchAnswer {
 public:
  BatchAnswer(Reply reply, std::size_t lines)
      : reply_(std::move(reply)), lines_(lines), left_(lines) {}

  void problem(std::size_t line, const server::Problem& problem) {
    std::string json = problem.to_json(reply_.request().id);
    while (json.ends_with('\n')) json.pop_back();
    put(line, problem.status(), "problem", json);
  }
  void answer(std::size_t line, const Response& response) {
    put(line, response.status, "answer", response.body);
  }

 private:
  void put(std::size_t line, int status, std::string_view name, const std::string& json) {
    JsonObject to;
    to.whole("status", static_cast<std::uint64_t>(status));
    if (!json.empty()) to.raw(name, json);
    lines_[line] = to.finish() + '\n';
    if (left_.fetch_sub(1) > 1) return;
    std::string all;
    for (const std::string& each : lines_) all += each;
    reply_.send(Response::ndjson(std::move(all)));
  }

  Reply reply_;
  std::vector<std::string> lines_;
  std::atomic<std::size_t> left_;
};

/// What lines of a batch must be like: the single requests, with what stands in their paths.
class LineSchemas {
 public:
  std::optional<server::Problem> check(std::string_view line, const core::GivenCommand& given) {
    STEELYARD_CHECK(document_.parse_copy(line));  // It was read as a command.
    const std::vector<server::ProblemItem> wrong = schema_of(given.what).check(document_);
    if (wrong.empty()) return std::nullopt;
    server::Problem problem("invalid_body", wrong.front().place + ' ' + wrong.front().detail);
    problem.items = wrong;
    return problem;
  }

 private:
  const server::BodySchema& schema_of(const core::Command& command) const {
    if (std::holds_alternative<core::OpenHold>(command)) return open_;
    return std::holds_alternative<core::SettleHold>(command) ? settle_ : release_;
  }

  server::BodySchema with(std::string_view more, std::string schema) {
    constexpr std::string_view properties = R"("properties":{)";
    schema.insert(schema.find(properties) + properties.size(), more);
    const auto read = schemas_.read(schema);
    STEELYARD_CHECK(read.has_value());
    return *read;
  }

  static constexpr std::string_view its_command = R"("command":{"type":"string"},)";
  static constexpr std::string_view command_and_hold =
      R"("command":{"type":"string"},"hold":{"type":"string","minLength":1,"maxLength":128},)";

  server::BodySchemas schemas_;
  server::BodySchema open_ = with(its_command, open_schema);
  server::BodySchema settle_ = with(command_and_hold, settle_schema);
  server::BodySchema release_ = with(command_and_hold, release_schema);
  json::Document document_;
};

/// Why a line of a batch is no command that it may have, or nothing.
std::optional<server::Problem> why_not(std::string_view line,
                                       const Result<core::GivenCommand>& given) {
  if (!given.has_value()) return problem_of(given.error());
  const bool is_of_hold = std::holds_alternative<core::OpenHold>(given->what) ||
                          std::holds_alternative<core::SettleHold>(given->what) ||
                          std::holds_alternative<core::ReleaseHold>(given->what);
  const auto* const release = std::get_if<core::ReleaseHold>(&given->what);
  if (release != nullptr && release->id != release->hold) {
    return server::Problem("invalid_field", "/id: is not the hold's id");
  }
  if (is_of_hold && given->by.empty()) {
    thread_local LineSchemas schemas;
    return schemas.check(line, *given);
  }
  return server::Problem(
      "invalid_body",
      is_of_hold ? "/by: is not known" : "/command: is open_hold, settle_hold or release_hold");
}

Response answered(const core::Command& command, const core::Answer& answer,
                  const core::Core& core) {
  if (std::holds_alternative<core::OpenHold>(command)) return opened(answer, core);
  if (std::holds_alternative<core::SettleHold>(command)) return settled(answer, core);
  return Response::no_content();
}

std::vector<std::string_view> lines_of(std::string_view body) {
  std::vector<std::string_view> lines;
  while (!body.empty()) {
    const std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(body.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) lines.push_back(line);
  }
  return lines;
}

void carry_out_batch(Services& services, Reply reply) {
  constexpr std::size_t lines_max = 100;  // So that one request keeps others waiting for little.
  constexpr std::size_t line_bytes_max = 8'192;
  const std::vector<std::string_view> lines = lines_of(reply.request().body);
  if (lines.empty()) return reply.send(Response::ndjson(""));
  if (lines.size() > lines_max) {
    return reply.send(server::Problem(
        "too_large", "it has more than " + std::to_string(lines_max) + " commands"));
  }
  const auto tenant = services.tenant_number(reply.request().principal.tenant);
  if (!tenant.has_value()) return reply.send(problem_of(tenant.error()));
  const std::string by = JsonObject().text("by", reply.request().principal.key_id).finish();
  const auto batch = std::make_shared<BatchAnswer>(std::move(reply), lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].size() > line_bytes_max) {
      batch->problem(i,
                     server::Problem("too_large", "the line has more than " +
                                                      std::to_string(line_bytes_max) + " bytes"));
      continue;
    }
    auto given = core::read_command(std::string(lines[i]));
    if (auto problem = why_not(lines[i], given); problem.has_value()) {
      batch->problem(i, *problem);
      continue;
    }
    auto taken = services.node->take_command(
        *tenant, with_members_of(by, lines[i]),
        [batch, i, command = std::move(given->what)](const Result<core::Answer>& answer,
                                                     const core::Core& core) {
          if (!answer.has_value()) return batch->problem(i, problem_of(answer.error()));
          if (answer->refused.has_value()) return batch->problem(i, problem_of(*answer));
          batch->answer(i, answered(command, *answer, core));
        });
    if (!taken.has_value()) batch->problem(i, problem_of(taken.error()));
  }
}

void add_batch(server::RouteTable& table, Services& services) {
  Route route = hold_route("", "send_holds");
  route.path = "/v1/holds/batch";
  route.summary = "Open, settle and release many holds";
  route.description =
      "For gateways with many calls a second. Each line is a command: the members are those of the "
      "single requests, with `command` (`open_hold`, `settle_hold`, `release_hold`) and `hold`; to "
      "release, `id` is the hold's id. At most 100, each of at most 8,192 bytes. They are carried "
      "out "
      "in their order, each for itself: the answer has a line for each, with the status that the "
      "single request would "
      "have had and its `answer` or its `problem`. It comes when all are on disk.";
  route.problems = {"too_large"};
  route.contents.push_back(
      {.media_type = "application/x-ndjson",
       .description = "A command a line.",
       .schema = "",
       .example = R"({"command":"open_hold","hold":"call-1","account":"acme","amount":"0.5"})"
                  "\n"
                  R"({"command":"release_hold","hold":"call-0","id":"call-0"})"
                  "\n",
       .is_checked = false});
  route.responses.push_back(
      {.status = 200,
       .description = "A line for each.",
       .media_type = "application/x-ndjson",
       .schema = "",
       .example =
           R"({"status":200,"answer":{"allowed":true,"state":"open","held":"0.5","available":"99.5","expires_at":"2026-11-22T08:01:00Z","repeat":false}})"});
  route.handler = [&services](Reply reply) { carry_out_batch(services, std::move(reply)); };
  table.add(std::move(route));
}

}  // namespace

void add_holds(server::RouteTable& table, Services& services) {
  add_open(table, services);
  add_settle(table, services);
  add_release(table, services);
  add_batch(table, services);
}

}  // namespace steelyard::api
