#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"

namespace steelyard::api {
namespace {

using server::Reply;
using server::Request;
using server::Response;
using server::Route;

server::Parameter name_parameter() {
  return path_parameter("name", "\"key/ak-7\", \"project/search\"; a slash is written %2F.",
                        "key%2Fak-7");
}

std::string budget_json(const ledger::BudgetView& view, const core::Core& core) {
  JsonObject to;
  to.text("name", view.name);
  if (view.parent == ledger::no_budget) {
    to.raw("parent", "null");
  } else {
    to.text("parent", core.ledger().budget(view.parent).name);
  }
  if (view.limit.has_value()) {
    to.amount("limit", *view.limit);
  } else {
    to.raw("limit", "null");
  }
  to.flag("hard", view.is_hard)
      .text("period", ledger::name_of(view.period))
      .text("zone", view.zone);
  std::string thresholds;
  for (const std::uint16_t each : view.thresholds) {
    thresholds += (thresholds.empty() ? "" : ",") + std::to_string(each);
  }
  to.raw("thresholds", '[' + thresholds + ']');
  to.amount("spent", view.current.spent).amount("held", view.reserved);
  return to.finish();
}

/// What the log has to say of a budget's zone, where it does not: by which its days and months
/// begin.
void add_zone_rules(const Services& services, const Request& request, JsonObject& command) {
  if (request.json == nullptr) return;
  const json::Object object(*request.json, request.json->root());
  const json::Node* const node = object.find(json::word("zone"));
  if (node == nullptr || node->type != json::Type::string) return;
  const std::string zone(request.json->text(*node));
  bool is_lacking = false;
  services.node->ask([&](const core::Core& core) { is_lacking = core.zones().lacks(zone); });
  if (!is_lacking || !base::is_time_zone(zone)) return;
  command.text("zone_rules", base::text_of(*base::zone_rules_of_machine(zone)));
}

void add_set(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::put;
  route.path = "/v1/budgets/{name}";
  route.operation_id = "set_budget";
  route.summary = "Create a budget or change it";
  route.description =
      "A call counts on the budget `key/` + its api_key, else `project/` + its project, and on "
      "every budget above it. A hard limit refuses holds; thresholds, in percent, are told once in "
      "each period.";
  route.tag = "Budgets";
  route.scope = server::Scope::manage_budgets;
  route.parameters.push_back(name_parameter());
  route.contents.push_back(json_content(
      R"({"type":"object","properties":{"parent":{"type":"string","minLength":1,"maxLength":128},"limit":{"type":"string","format":"decimal"},"hard":{"type":"boolean"},"period":{"type":"string","enum":["day","month","total"]},"zone":{"type":"string","minLength":1,"maxLength":64},"thresholds":{"type":"array","maxItems":8,"items":{"type":"integer","minimum":1,"maximum":1000}}}})",
      R"({"parent":"project/search","limit":"100","period":"month","thresholds":[80,100]})"));
  route.responses.push_back(no_content("Set, and on disk."));
  route.problems = {"unknown_budget", "budget_conflict", "unknown_time_zone"};
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](Reply reply) {
    JsonObject begin = JsonObject()
                           .text("command", "set_budget")
                           .text("name", reply.request().path_parameter("name"));
    add_zone_rules(services, reply.request(), begin);
    std::string command = with_members_of(begin.finish(), reply.request().body);
    send_command(services, std::move(reply), std::move(command),
                 [](const core::Answer&, const core::Core&) { return Response::no_content(); });
  };
  table.add(std::move(route));
}

void add_get(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/budgets/{name}";
  route.operation_id = "get_budget";
  route.summary = "What is spent of a budget";
  route.description = "`spent` and `held` are those of the latest period that usage fell into.";
  route.tag = "Budgets";
  route.scope = server::Scope::read_money;
  route.parameters.push_back(name_parameter());
  route.responses.push_back(json_answer(
      "The budget.",
      R"({"name":"key/ak-7","parent":"project/search","limit":"100","hard":true,"period":"month","zone":"UTC","thresholds":[80,100],"spent":"0.0008","held":"0"})"));
  route.problems = {"unknown_budget"};
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) {
    Response response = server::Problem("unknown_budget");
    const auto tenant = services.tenant_number(request.principal.tenant);
    if (!tenant.has_value()) return Response(problem_of(tenant.error()));
    services.node->ask([&](const core::Core& core) {
      const auto budget = core.ledger().find_budget(*tenant, request.path_parameter("name"));
      if (!budget.has_value()) return;
      response = Response::json(budget_json(core.ledger().budget(*budget), core));
    });
    return response;
  };
  table.add(std::move(route));
}

void add_crossings(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/budget-crossings";
  route.operation_id = "list_budget_crossings";
  route.summary = "Which budgets reached a threshold";
  route.description =
      "The latest 10,000 of all tenants are remembered; yours are listed, oldest first.";
  route.tag = "Budgets";
  route.scope = server::Scope::read_money;
  route.responses.push_back(json_answer(
      "Crossings, oldest first.",
      R"({"crossings":[{"budget":"key/ak-7","percent":80,"limit":"100","spent":"80.1","at":"2026-11-22T08:00:03Z"}]})"));
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) {
    const auto tenant = services.tenant_number(request.principal.tenant);
    if (!tenant.has_value()) return Response(problem_of(tenant.error()));
    std::string list;
    services.node->ask([&](const core::Core& core) {
      for (const core::CrossedBudget& each : core.crossed_budgets()) {
        if (each.crossing.tenant != *tenant) continue;
        list += (list.empty() ? "" : ",") + JsonObject()
                                                .text("budget", each.name)
                                                .whole("percent", each.crossing.percent)
                                                .amount("limit", each.crossing.limit)
                                                .amount("spent", each.crossing.spent)
                                                .time("at", each.crossing.at)
                                                .finish();
      }
    });
    return Response::json(JsonObject().raw("crossings", '[' + list + ']').finish());
  };
  table.add(std::move(route));
}

}  // namespace

void add_budgets(server::RouteTable& table, Services& services) {
  add_set(table, services);
  add_get(table, services);
  add_crossings(table, services);
}

}  // namespace steelyard::api
