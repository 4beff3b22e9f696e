#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"
#include "steelyard/base/check.h"

namespace steelyard::api {
namespace {

using server::Reply;
using server::Request;
using server::Response;
using server::Route;

constexpr std::string_view quota_example =
    R"({"id":"q-1","model":"qwen-plus","class":"free","kinds":["input","cached_input","output"],"tokens":1000000,"remaining":700000,"effective_at":"2026-11-01T00:00:00Z","expires_at":"2027-02-01T00:00:00Z","priority":0})";

std::string quota_json(const ledger::QuotaView& view) {
  std::string kinds;
  const auto add = [&](bool is_set, std::string_view kind) {
    if (is_set) kinds += (kinds.empty() ? "" : ",") + json_string(kind);
  };
  add(view.quota.kinds.input, "input");
  add(view.quota.kinds.cached_input, "cached_input");
  add(view.quota.kinds.output, "output");
  return JsonObject()
      .text("id", view.quota.name)
      .text("model", view.quota.model)
      .text("class", ledger::name_of(view.quota.quota_class))
      .raw("kinds", '[' + kinds + ']')
      .whole("tokens", view.quota.tokens)
      .whole("remaining", view.remaining)
      .time("effective_at", view.quota.effective_at)
      .time("expires_at", view.quota.expires_at)
      .whole("priority", view.quota.priority)
      .finish();
}

/// As it was when nothing had been drawn yet: a repeat has the answer of the first.
std::string quota_as_added(std::string_view command, base::Instant from) {
  const auto given = core::read_command(command);
  STEELYARD_CHECK(given.has_value());
  const auto& added = std::get<core::AddQuota>(given->what);
  return quota_json({.quota = {.tenant = 0,
                               .id = {},
                               .name = added.id,
                               .customer = added.account,
                               .model = added.model,
                               .quota_class = added.quota_class,
                               .kinds = added.kinds,
                               .tokens = added.tokens,
                               .effective_at = from,
                               .expires_at = added.expires_at,
                               .priority = added.priority},
                     .remaining = added.tokens});
}

Route quotas_route(server::Method method, std::string operation, server::Scope scope) {
  Route route;
  route.method = method;
  route.path = "/v1/accounts/{account}/quotas";
  route.operation_id = std::move(operation);
  route.tag = "Accounts";
  route.scope = scope;
  route.parameters.push_back(account_parameter());
  route.runs_on = server::RunsOn::worker;
  return route;
}

void add_quota(Services& services, Reply reply) {
  const Request& request = reply.request();
  const std::string account(request.path_parameter("account"));
  if (!request.principal.may_see_account(account)) return reply.send(server::Problem("not_found"));
  const std::string id(request.idempotency_key);
  const std::string begin =
      JsonObject().text("command", "add_quota").text("account", account).text("id", id).finish();
  std::string command = with_members_of(begin, request.body);
  send_money_command(services, std::move(reply), command,
                     [command](const core::Answer& answer, const core::Core&) {
                       Response response =
                           Response::json(quota_as_added(command, *answer.quota_from));
                       if (answer.is_repeat) response.with("Idempotent-Replayed", "true");
                       return response;
                     });
}

Response list_quotas(Services& services, const Request& request) {
  const std::string account(request.path_parameter("account"));
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return problem_of(tenant.error());
  if (!request.principal.may_see_account(account)) return server::Problem("not_found");
  std::string list;
  services.node->ask([&](const core::Core& core) {
    for (const ledger::QuotaView& view : core.quotas().quotas(*tenant, account)) {
      list += (list.empty() ? "" : ",") + quota_json(view);
    }
  });
  return Response::json(JsonObject().raw("quotas", '[' + list + ']').finish());
}

}  // namespace

void add_quotas(server::RouteTable& table, Services& services) {
  Route add = quotas_route(server::Method::post, "add_quota", server::Scope::grant_credit);
  add.summary = "Give tokens of a model, or book a package of them";
  add.description =
      "Calls of exactly this model draw them before they cost money: free quotas first, then "
      "packages; in each by rising priority, the earliest to expire, the oldest. What is covered "
      "stands in the charge at price 0, with the quota's id; the rest costs what it would cost "
      "without. `kinds` restricts it to \"input\" (with what is written to a cache), "
      "\"cached_input\" or \"output\". What a package costs is not booked here.";
  add.needs_idempotency_key = true;
  add.contents.push_back(json_content(
      R"({"type":"object","required":["model","class","tokens","expires_at"],"properties":{"model":{"type":"string","minLength":1,"maxLength":128},"class":{"type":"string","enum":["free","package"]},"tokens":{"type":"integer","minimum":1,"maximum":9007199254740991},"kinds":{"type":"array","maxItems":3,"items":{"type":"string","enum":["input","cached_input","output"]}},"effective_at":{"type":"string","format":"date-time"},"expires_at":{"type":"string","format":"date-time"},"priority":{"type":"integer","minimum":0,"maximum":65535}}})",
      R"({"model":"qwen-plus","class":"free","tokens":1000000,"expires_at":"2027-02-01T00:00:00Z"})"));
  add.responses.push_back(
      json_answer("The quota; its id is the Idempotency-Key.", std::string(quota_example)));
  add.problems = {"not_found", "quota_is_empty", "time_out_of_range", "origin_conflict"};
  describe_money_command(add);
  add.handler = [&services](Reply reply) { add_quota(services, std::move(reply)); };
  table.add(std::move(add));

  Route list = quotas_route(server::Method::get, "list_quotas", server::Scope::read_usage);
  list.summary = "What is left of free quotas and packages";
  list.description = "Model by model, in the order in which they are drawn.";
  list.responses.push_back(json_answer("All of the account, also what is used up or not in force.",
                                       R"({"quotas":[)" + std::string(quota_example) + "]}"));
  list.problems = {"not_found"};
  list.handler = [&services](const Request& request) { return list_quotas(services, request); };
  table.add(std::move(list));
}

}  // namespace steelyard::api
