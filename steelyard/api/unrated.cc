#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"

namespace steelyard::api {
namespace {

using charges::ChargeRow;
using server::Request;
using server::Response;

constexpr std::int64_t page_events_max = 1'000;

std::string row_json(const ChargeRow& row) {
  return JsonObject()
      .whole("sequence", row.sequence)
      .text("account", row.account)
      .text("source", row.source)
      .text("id", row.id)
      .text("type", row.type)
      .time("time", row.time)
      .text("model", row.model)
      .text("reason", row.reason)
      .finish();
}

/// What came without a price and still has none.
Response list(const Services& services, const Request& request) {
  charges::ChargeFilter filter;
  filter.tenant = request.principal.tenant;
  filter.account = request.principal.customer;
  filter.status = charges::FactStatus::unrated;
  const auto page = services.charges->charges(filter, request.parameter("cursor").value_or(""),
                                              static_cast<std::size_t>(*request.whole("limit")));
  if (!page.has_value()) return problem_of(page.error());
  std::string rows;
  services.node->ask([&](const core::Core& core) {
    for (const ChargeRow& row : page->rows) {
      if (!core.waiting().contains(row.sequence)) continue;
      rows += (rows.empty() ? "" : ",") + row_json(row);
    }
  });
  return Response::json(page_json("unrated", rows, page->next));
}

}  // namespace

void add_unrated(server::RouteTable& table, Services& services) {
  server::Route route;
  route.method = server::Method::get;
  route.path = "/v1/unrated";
  route.operation_id = "list_unrated";
  route.summary = "Which events wait for a price";
  route.description =
      "They came, are kept, and cost nothing yet; `reason` says why. When prices are published, "
      "those that have one are charged, in the month of the event: its own time chooses among the "
      "prices, so give a new model a price from the day of its first call on. So are those that "
      "are sent again. Usage of cloud resources in windows that were closed (POST "
      "/v1/usage-closings) stays here. Oldest first; a page may be empty and have a `next`: what "
      "was charged since "
      "is left out.";
  route.tag = "Usage";
  route.scope = server::Scope::read_usage;
  route.parameters = page_parameters("Events of a page.", page_events_max);
  route.responses.push_back(json_answer(
      "Events; `next` is null at the end.",
      R"({"unrated":[{"sequence":17,"account":"acme","source":"gateway/hz-1","id":"call-9","type":"ai.model.call","time":"2026-11-22T08:00:03Z","model":"qwen-next","reason":"unknown_model"}],"next":null})"));
  route.problems = {"invalid_field"};
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) { return list(services, request); };
  table.add(std::move(route));
}

}  // namespace steelyard::api
