#include <algorithm>
#include <deque>

#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"
#include "steelyard/core/log_record.h"

namespace steelyard::api {
namespace {

using core::Act;
using server::ParameterType;
using server::Request;
using server::Response;
using server::Route;

constexpr std::size_t page_max = 200;

/// The command as it stands in the log, without secrets and whole files.
Result<std::string> wish_of(const Services& services, const Act& act) {
  std::string members;
  Result<void> outcome;
  const auto show = [&](std::string_view text) {
    json::Document document;
    if (!document.parse_copy(text)) return;
    json::Object(document, document.root()).each([&](const json::Node& each) {
      const std::string_view name = document.name(each);
      for (const std::string_view hidden :
           {"command", "by", "record", "files", "document", "zone_rules", "rules"}) {
        if (name == hidden) return;
      }
      const std::string_view value = document.text(each);
      members += (members.empty() ? "" : ",") + json_string(name) + ':' +
                 (each.type == json::Type::string ? json_string(value) : std::string(value));
    });
  };
  STEELYARD_PASS(
      services.node->log().read(act.sequence, [&](std::uint64_t sequence, std::string_view bytes) {
        const auto record = core::read_log_record(bytes);
        if (sequence == act.sequence && record.has_value()) show(record->text);
        return false;
      }));
  return '{' + members + '}';
}

Response list(Services& services, const Request& request) {
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return problem_of(tenant.error());
  const bool sees_all = request.principal.may(server::Scope::operate);
  const auto before = static_cast<std::uint64_t>(request.whole("before").value_or(INT64_MAX));
  const auto limit = static_cast<std::size_t>(request.whole("limit").value_or(100));
  std::vector<Act> page;
  services.node->ask([&](const core::Core& core) {
    const std::deque<Act>& acts = core.acts();
    for (auto act = acts.rbegin(); act != acts.rend() && page.size() < limit; ++act) {
      if (act->sequence < before && (sees_all || act->tenant == *tenant)) page.push_back(*act);
    }
  });
  std::string json;
  for (const Act& act : page) {
    const auto wish = wish_of(services, act);
    if (!wish.has_value()) return problem_of(wish.error());
    JsonObject to;
    to.whole("sequence", act.sequence).time("at", act.at).text("act", act.name);
    if (!act.by.empty()) to.text("by", act.by);
    to.flag("refused", act.is_refused).raw("what", *wish);
    json += (json.empty() ? "" : ",") + to.finish();
  }
  JsonObject answer;
  answer.raw("acts", '[' + json + ']');
  answer.raw("next", page.size() < limit ? "null" : std::to_string(page.back().sequence));
  return Response::json(answer.finish());
}

}  // namespace

void add_audit(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/audit";
  route.operation_id = "list_acts";
  route.summary = "Who did what";
  route.description =
      "Every change of accounts, money, budgets, keys, prices and rules of time zones and every "
      "correction, with the key behind it, the "
      "newest first; an approval names who proposed it, too; usage and holds are not in it. It is "
      "read from the log, whose frames are "
      "chained by hash: `steelyard verify` finds a change. The latest 100,000 are listed.";
  route.tag = "Keys";
  route.scope = server::Scope::read_audit;
  auto limit = query_parameter("limit", ParameterType::whole, "At most so many.", "100");
  limit.min = 1;
  limit.max = page_max;
  auto before =
      query_parameter("before", ParameterType::whole,
                      "Only what came before this sequence: `next` of the last page.", "1204");
  before.min = 1;
  route.parameters = {std::move(limit), std::move(before)};
  route.responses.push_back(json_answer(
      "`by`: the id of a key; none: the server itself.",
      R"({"acts":[{"sequence":1204,"at":"2026-11-22T08:00:00Z","act":"top_up","by":"4fGh71kPq0","refused":false,"what":{"account":"acme","id":"pay-1","amount":"100"}}],"next":null})"));
  route.runs_on = server::RunsOn::worker;
  route.lane = server::Lane::bulk;
  route.handler = [&services](const Request& request) { return list(services, request); };
  table.add(std::move(route));
}

}  // namespace steelyard::api
