#include "steelyard/api/answers.h"
#include "steelyard/api/charge_filter.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"
#include "steelyard/report/answer_table.h"

namespace steelyard::api {
namespace {

using charges::ChargeRow;
using server::Parameter;
using server::ParameterType;
using server::Request;
using server::Response;
using server::Route;

constexpr std::int64_t page_rows_max = 1'000;

std::string row_json(const ChargeRow& row) {
  JsonObject to;
  to.text("account", row.account)
      .text("source", row.source)
      .text("id", row.id)
      .text("type", row.type)
      .time("time", row.time)
      .whole("sequence", row.sequence);
  for (const auto& [name, value] : {std::pair{"model", &row.model},
                                    {"resource", &row.resource},
                                    {"api_key", &row.api_key},
                                    {"project", &row.project}}) {
    if (!value->empty()) to.text(name, *value);
  }
  if (!row.tags.empty()) to.raw("tags", row.tags);
  to.text("status", row.status == charges::FactStatus::rated ? "rated" : "unrated");
  if (!row.reason.empty()) to.text("reason", row.reason);
  if (row.line == 0) return to.finish();
  to.text("item", row.item)
      .text("tier", row.tier)
      .amount("quantity", row.quantity)
      .text("unit", row.unit)
      .amount("price", row.price)
      .amount("per", row.per)
      .amount("amount", row.amount)
      .text("currency", row.currency)
      .text("book", row.book)
      .whole("book_version", row.book_version);
  return to.finish();
}

void add_list(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/charges";
  route.operation_id = "list_charges";
  route.summary = "Charge lines, each with its event";
  route.description =
      "In the order in which the events came. With `source` and `id`: the receipt of one event. "
      "What came less than a second ago may not be there yet.";
  route.tag = "Charges";
  route.scope = server::Scope::read_usage;
  route.parameters = filter_parameters();
  for (Parameter& each : page_parameters("Lines of a page.", page_rows_max)) {
    route.parameters.push_back(std::move(each));
  }
  route.responses.push_back(json_answer("Lines; `next` is null at the end."));
  route.problems = {"invalid_field"};
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) -> Response {
    const auto page =
        services.charges->charges(filter_of(request), request.parameter("cursor").value_or(""),
                                  static_cast<std::size_t>(*request.whole("limit")));
    if (!page.has_value()) return problem_of(page.error());
    std::string list;
    for (const ChargeRow& row : page->rows) list += (list.empty() ? "" : ",") + row_json(row);
    return Response::json(page_json("charges", list, page->next));
  };
  table.add(std::move(route));
}

std::string cost_json(const charges::CostRow& row, const charges::CostQuery& wanted) {
  JsonObject to;
  to.time("from", row.from).time("to", row.to);
  for (std::size_t i = 0; i < wanted.group_by.size(); ++i) {
    to.text(charges::name_of(wanted.group_by[i]), row.groups[i]);
  }
  to.amount("amount", row.amount).text("currency", row.currency);
  if (row.quantity.has_value()) to.amount("quantity", *row.quantity);
  return to.whole("lines", row.count).finish();
}

void add_costs(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/costs";
  route.operation_id = "get_costs";
  route.summary = "Cost over time, grouped";
  route.description =
      "By hour, day or month of a time zone, grouped by what you name. Steps without a charge are "
      "left out.";
  route.tag = "Charges";
  route.scope = server::Scope::read_usage;
  route.parameters = filter_parameters();
  for (Parameter& each : route.parameters) {
    each.is_required = each.name == "from" || each.name == "to";
  }
  Parameter step = query_parameter("step", ParameterType::word, "How long.", "day");
  step.words = {"hour", "day", "month"};
  step.default_value = "day";
  Parameter zone =
      query_parameter("zone", ParameterType::text, "Where days begin.", "Asia/Shanghai");
  zone.default_value = "UTC";
  Parameter group = query_parameter("group_by", ParameterType::word, "May repeat.", "model");
  group.words = {"account", "model",   "item",     "tier", "unit",
                 "api_key", "project", "resource", "type", "source"};
  group.may_repeat = true;
  route.parameters.push_back(std::move(step));
  route.parameters.push_back(std::move(zone));
  route.parameters.push_back(std::move(group));
  route.responses.push_back(json_answer("Rows, by time."));
  route.problems = {"invalid_field"};
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) -> Response {
    charges::CostQuery wanted;
    wanted.filter = filter_of(request);
    wanted.step = charges::step_of(*request.parameter("step")).value();
    wanted.zone = std::string(*request.parameter("zone"));
    for (const std::string_view each : request.parameters("group_by")) {
      wanted.group_by.push_back(charges::dimension_of(each).value());
    }
    const auto rows = services.charges->cost_over_time(wanted);
    if (!rows.has_value()) return problem_of(rows.error());
    std::string list;
    for (const charges::CostRow& row : *rows) {
      list += (list.empty() ? "" : ",") + cost_json(row, wanted);
    }
    return Response::json(JsonObject().raw("costs", '[' + list + ']').finish());
  };
  table.add(std::move(route));
}

void add_sql(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::post;
  route.path = "/v1/sql";
  route.operation_id = "query_sql";
  route.summary = "Ask the charges of all tenants in SQL";
  route.description =
      "One SELECT of DuckDB's SQL over the views `charges` (a row for each line), `facts` and "
      "`hours`. Nothing that writes runs. At most 10,000 rows and 30 seconds.";
  route.tag = "Charges";
  route.scope = server::Scope::query_sql;
  route.contents.push_back(json_content(
      R"({"type":"object","required":["sql"],"properties":{"sql":{"type":"string","minLength":1,"maxLength":100000}}})",
      R"({"sql":"SELECT account, sum(amount) FROM charges GROUP BY account"})"));
  route.responses.push_back(json_answer("Columns and rows; every value is a text or null."));
  route.problems = {"invalid_field"};
  route.lane = server::Lane::bulk;
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) -> Response {
    const json::Object object(*request.json, request.json->root());
    const auto answer = services.charges->sql(request.json->text(*object.find(json::word("sql"))));
    if (!answer.has_value()) return problem_of(answer.error());
    return Response::json(report::to_json(*answer));
  };
  table.add(std::move(route));
}

}  // namespace

void add_charges(server::RouteTable& table, Services& services) {
  add_list(table, services);
  add_costs(table, services);
  add_sql(table, services);
}

}  // namespace steelyard::api
