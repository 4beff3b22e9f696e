#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"

namespace steelyard::api {
namespace {

using server::Reply;
using server::Request;
using server::Response;
using server::Route;

constexpr std::string_view balance_example =
    R"({"account":"acme","currency":"CNY","available":"99.9992","prepaid":"99.9992","credit":"0","owed":"0","held":"0","postpaid_limit":"0"})";

Route account_route(server::Method method, const std::string& behind, std::string operation,
                    server::Scope scope) {
  Route route;
  route.method = method;
  route.path = "/v1/accounts/{account}" + behind;
  route.operation_id = std::move(operation);
  route.tag = "Accounts";
  route.scope = scope;
  route.parameters.push_back(account_parameter());
  route.responses.push_back(json_answer("The balance behind it.", std::string(balance_example)));
  route.runs_on = server::RunsOn::worker;
  return route;
}

std::string account_of(const Request& request) {
  return std::string(request.path_parameter("account"));
}

/// A command about the account of the path, with the members of the body.
void command_of_account(Services& services, Reply reply, std::string_view command, bool is_money) {
  const std::string account = account_of(reply.request());
  if (!reply.request().principal.may_see_account(account)) {
    return reply.send(server::Problem("not_found"));
  }
  JsonObject text;
  text.text("command", command).text("account", account);
  if (!reply.request().idempotency_key.empty()) text.text("id", reply.request().idempotency_key);
  std::string json = with_members_of(text.finish(), reply.request().body);
  const auto send = is_money ? send_money_command : send_command;
  send(services, std::move(reply), std::move(json),
       [account](const core::Answer& answer, const core::Core& core) {
         Response response = Response::json(balance_json(account, *answer.balance, core));
         if (answer.is_repeat) response.with("Idempotent-Replayed", "true");
         return response;
       });
}

void add_command(server::RouteTable& table, Services& services, Route route, std::string command,
                 std::string schema, std::string example, bool is_money = true) {
  route.contents.push_back(json_content(std::move(schema), std::move(example)));
  if (is_money) describe_money_command(route);
  route.handler = [&services, command = std::move(command), is_money](Reply reply) {
    command_of_account(services, std::move(reply), command, is_money);
  };
  table.add(std::move(route));
}

void add_set_account(server::RouteTable& table, Services& services) {
  Route route =
      account_route(server::Method::put, "", "set_account", server::Scope::manage_accounts);
  route.summary = "Open an account or change its terms";
  route.description =
      "An account of a customer opens by itself with its first usage, without a limit. Set "
      "`postpaid_limit` to what it may owe: \"0\" makes it prepaid; leave it out for no limit.";
  add_command(
      table, services, std::move(route), "set_account",
      R"({"type":"object","properties":{"postpaid_limit":{"type":"string","format":"decimal"}}})",
      R"({"postpaid_limit":"0"})");
}

void add_top_up(server::RouteTable& table, Services& services) {
  Route route =
      account_route(server::Method::post, "/top-ups", "top_up", server::Scope::grant_credit);
  route.summary = "Book money that was paid in";
  route.description =
      "Use the payment's id as Idempotency-Key: however often it comes, it counts once.";
  route.needs_idempotency_key = true;
  add_command(
      table, services, std::move(route), "top_up",
      R"({"type":"object","required":["amount"],"properties":{"amount":{"type":"string","format":"decimal"}}})",
      R"({"amount":"100"})");
}

void add_grant(server::RouteTable& table, Services& services) {
  Route route =
      account_route(server::Method::post, "/grants", "grant_credit", server::Scope::grant_credit);
  route.summary = "Give credit that expires";
  route.description =
      "Credit is drawn before money that was paid in: by rising priority, then the earliest to "
      "expire. `scope` restricts it to items that begin with it: \"qwen-plus/\".";
  route.needs_idempotency_key = true;
  add_command(
      table, services, std::move(route), "grant",
      R"({"type":"object","required":["amount","expires_at"],"properties":{"amount":{"type":"string","format":"decimal"},"expires_at":{"type":"string","format":"date-time"},"effective_at":{"type":"string","format":"date-time"},"priority":{"type":"integer","minimum":0,"maximum":65535},"scope":{"type":"string","minLength":1,"maxLength":128}}})",
      R"({"amount":"20","expires_at":"2027-01-01T00:00:00Z"})");
}

void add_refund(server::RouteTable& table, Services& services) {
  Route route =
      account_route(server::Method::post, "/refunds", "refund", server::Scope::grant_credit);
  route.summary = "Give back money that was paid in";
  route.description = "`original` is the Idempotency-Key of the top-up; never more than it was.";
  route.needs_idempotency_key = true;
  add_command(
      table, services, std::move(route), "refund",
      R"({"type":"object","required":["amount","original"],"properties":{"amount":{"type":"string","format":"decimal"},"original":{"type":"string","minLength":1,"maxLength":128}}})",
      R"({"amount":"5","original":"payment-17"})");
}

void add_close(server::RouteTable& table, Services& services) {
  Route route = account_route(server::Method::post, "/close", "close_account",
                              server::Scope::manage_accounts);
  route.summary = "Close an account to new holds";
  route.description =
      "Refused while holds are open, unless `drains` is true: then it closes with the last of "
      "them. Usage that still comes is booked all the same.";
  add_command(table, services, std::move(route), "close_account",
              R"({"type":"object","properties":{"drains":{"type":"boolean"}}})",
              R"({"drains":true})", false);
}

void add_balance(server::RouteTable& table, Services& services) {
  Route route =
      account_route(server::Method::get, "/balance", "get_balance", server::Scope::read_money);
  route.summary = "What an account may still spend";
  route.description =
      "available = prepaid + credit + postpaid_limit - owed - held (null: no limit), as of the "
      "last event that was "
      "acknowledged before the request.";
  route.handler = [&services](const Request& request) {
    const std::string account = account_of(request);
    Response response = server::Problem("unknown_account", "there is no account " + account);
    const auto tenant = services.tenant_number(request.principal.tenant);
    if (!tenant.has_value()) return Response(problem_of(tenant.error()));
    if (!request.principal.may_see_account(account)) return response;
    services.node->ask([&](const core::Core& core) {
      const auto wallet = core.find_account(*tenant, account);
      if (!wallet.has_value()) return;
      response = Response::json(
          balance_json(account, core.ledger().balance(*wallet, request.received_at), core));
    });
    return response;
  };
  table.add(std::move(route));
}

}  // namespace

void add_accounts(server::RouteTable& table, Services& services) {
  add_set_account(table, services);
  add_balance(table, services);
  add_top_up(table, services);
  add_grant(table, services);
  add_refund(table, services);
  add_close(table, services);
}

}  // namespace steelyard::api
