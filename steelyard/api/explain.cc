#include "steelyard/api/answers.h"
#include "steelyard/api/charge_filter.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"
#include "steelyard/node/logged_event.h"
#include "steelyard/report/receipt.h"

namespace steelyard::api {
namespace {

using charges::ChargeRow;
using server::ParameterType;
using server::Problem;
using server::Request;
using server::Response;

Response no_such_event(const Request& request) {
  return Problem("not_found", "there is no charged event of source '" +
                                  std::string(*request.parameter("source")) + "' and id '" +
                                  std::string(*request.parameter("id")) + "'");
}

/// Where the events stand that the charge follows from; the event itself is the last.
Result<std::vector<charges::Position>> sequences_of(const Services& services,
                                                    const Request& request, const ChargeRow& row) {
  if (row.type == "ai.model.call") return std::vector{row.sequence};
  return services.charges->cloud_facts(request.principal.tenant, row.sequence);
}

Response explain(Services& services, const Request& request) {
  const auto found = services.charges->charges(filter_of(request), "", 1);
  if (!found.has_value()) return problem_of(found.error());
  if (found->rows.empty()) return no_such_event(request);
  const ChargeRow& row = found->rows.front();
  const auto sequences = sequences_of(services, request, row);
  if (!sequences.has_value()) return problem_of(sequences.error());
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return problem_of(tenant.error());

  const auto rater = services.node->prices().at(row.sequence);
  if (!rater.has_value()) return problem_of(rater.error());
  Response response = no_such_event(request);
  const auto shown = node::show_logged_event(
      **rater, services.node->log(),
      {.source = row.source, .id = row.id, .tenant = *tenant, .sequences = *sequences},
      [&](const batch::FoundEvent& event) {
        const report::Receipt receipt = report::make_receipt(**rater, event);
        response =
            accepts(request, "text/plain")
                ? Response::text(report::to_text(receipt, **rater), "text/plain; charset=utf-8")
                : Response::json(report::to_json(receipt, **rater));
        return false;
      });
  return shown.has_value() ? response : Response(problem_of(shown.error()));
}

}  // namespace

void add_explain(server::RouteTable& table, Services& services) {
  server::Route route;
  route.method = server::Method::get;
  route.path = "/v1/explain";
  route.operation_id = "explain_event";
  route.summary = "Why an event costs what it costs";
  route.description =
      "Facts, quantities, prices, amounts: each step, to be checked by hand. The event is read "
      "from "
      "the log and rated again, a cloud resource's with all of the tenant's that came before it. "
      "With `Accept: text/plain` the page that `steelyard explain` prints. What came less than a "
      "second ago may not be there yet.";
  route.tag = "Charges";
  route.scope = server::Scope::read_usage;
  for (auto parameter :
       {query_parameter("source", ParameterType::text, "Of the event.", "gateway/hz-1"),
        query_parameter("id", ParameterType::text, "Of the event.", "call-1")}) {
    parameter.is_required = true;
    parameter.max = 1'024;
    route.parameters.push_back(std::move(parameter));
  }
  route.responses.push_back(json_answer("The receipt; `place` is its sequence in the log."));
  server::ResponseContent page;
  page.media_type = "text/plain";
  page.description = "The same for people.";
  route.responses.push_back(std::move(page));
  route.problems = {"not_found"};
  route.lane = server::Lane::bulk;
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) { return explain(services, request); };
  table.add(std::move(route));
}

}  // namespace steelyard::api
