#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"

namespace steelyard::api {
namespace {

using server::Reply;
using server::Response;
using server::Route;

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
      route,
      R"({"type":"object","required":["hold","account"],"properties":{"hold":{"type":"string","minLength":1,"maxLength":128},"account":{"type":"string","minLength":1,"maxLength":128},"amount":{"type":"string","format":"decimal"},"call":{"type":"object","required":["model"],"properties":{"model":{"type":"string","minLength":1,"maxLength":128},"input":{"type":"integer","minimum":0,"maximum":9007199254740991},"cached_input":{"type":"integer","minimum":0,"maximum":9007199254740991},"output":{"type":"integer","minimum":0,"maximum":9007199254740991},"thinking":{"type":"boolean"}}},"ttl_ms":{"type":"integer","minimum":1,"maximum":604800000},"budget":{"type":"string","minLength":1,"maxLength":128},"item":{"type":"string","minLength":1,"maxLength":128}}})",
      R"({"hold":"call-1","account":"acme","amount":"0.5","ttl_ms":60000})",
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
      route,
      R"({"type":"object","required":["account","id","amount"],"properties":{"account":{"type":"string","minLength":1,"maxLength":128},"id":{"type":"string","minLength":1,"maxLength":128},"amount":{"type":"string","format":"decimal"},"ends":{"type":"boolean"},"item":{"type":"string","minLength":1,"maxLength":128}}})",
      R"({"account":"acme","id":"call-1","amount":"0.12"})",
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

}  // namespace

void add_holds(server::RouteTable& table, Services& services) {
  add_open(table, services);
  add_settle(table, services);
  add_release(table, services);
}

}  // namespace steelyard::api
