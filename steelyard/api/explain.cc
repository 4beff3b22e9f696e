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

/// More than the lines of a fact.
constexpr std::size_t lines_max = 1'000;

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

/// Takes what a quota covered out of the call's own line beside it. A program that writes other
/// lines than the one that charged the call leaves them as they are.
void leave_out(rating::Charge& charge, const ChargeRow& covered, std::uint64_t tokens) {
  const auto item = pricebook::token_item(covered.item.substr(covered.item.rfind('/') + 1));
  if (!item.has_value()) return;
  const pricebook::TokenClass of = pricebook::class_of(*item);
  for (const rating::Line& line : charge.used_lines()) {
    if (line.row->token_class == of && line.quantity >= tokens) {
      return rating::leave_out(charge, of, tokens);
    }
  }
}

/// The receipt of an event that was rated anew, less what quotas covered when it came.
Response receipt_of(const Request& request, const rating::Rater& rater, batch::FoundEvent event,
                    const std::vector<ChargeRow>& rows) {
  batch::Record record = *event.record;
  event.record = &record;
  std::vector<std::string> covered;
  for (const ChargeRow& row : rows) {
    if (row.type != "ai.model.call" || !core::is_covered(row.tier)) continue;
    const auto tokens =
        static_cast<std::uint64_t>(row.quantity.scaled() / money::Decimal::whole(1).scaled());
    leave_out(record.charge, row, tokens);
    covered.push_back(std::to_string(tokens) + " tokens of " + row.item + " are covered by " +
                      row.tier + '.');
  }
  report::Receipt receipt = report::make_receipt(rater, event);
  if (!covered.empty()) receipt.what_ifs.clear();
  receipt.notes.insert(receipt.notes.end(), covered.begin(), covered.end());
  return accepts(request, "text/plain")
             ? Response::text(report::to_text(receipt, rater), "text/plain; charset=utf-8")
             : Response::json(report::to_json(receipt, rater));
}

/// What takes a call back says itself what it changes.
Response as_it_stands(const Services& services, const ChargeRow& row) {
  auto logged = services.logged(row.sequence);
  return logged.has_value() ? Response::json(std::move(logged->json))
                            : Response(problem_of(logged.error()));
}

Response explain(Services& services, const Request& request) {
  const auto found = services.charges->charges(filter_of(request), "", lines_max);
  if (!found.has_value()) return problem_of(found.error());
  if (found->rows.empty()) return no_such_event(request);
  const ChargeRow& row = found->rows.back();  // What was rated late stands there twice.
  if (row.type == "ai.model.void") return as_it_stands(services, row);
  const auto sequences = sequences_of(services, request, row);
  if (!sequences.has_value()) return problem_of(sequences.error());
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return problem_of(tenant.error());

  std::vector<core::Core::Closing> closings;
  services.node->ask([&](const core::Core& core) {
    const auto all = core.closings(*tenant);
    closings.assign(all.begin(), all.end());
  });
  const auto rater = services.node->prices().at(row.sequence);
  if (!rater.has_value()) return problem_of(rater.error());
  Response response = no_such_event(request);
  const auto shown =
      node::show_logged_event(**rater, services.node->log(),
                              {.source = row.source,
                               .id = row.id,
                               .tenant = *tenant,
                               .sequences = *sequences,
                               .closings = closings,
                               .was_rated = row.status == charges::FactStatus::rated},
                              [&](const batch::FoundEvent& event) {
                                response = receipt_of(request, **rater, event, found->rows);
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
  route.parameters = event_parameters();
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
