#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"
#include "steelyard/report/estimate.h"
#include "steelyard/report/price_table.h"

namespace steelyard::api {
namespace {

using server::Parameter;
using server::ParameterType;
using server::Request;
using server::Response;
using server::Route;

Parameter tokens(std::string name, std::string description, std::string example) {
  Parameter parameter = query_parameter(std::move(name), ParameterType::whole,
                                        std::move(description), std::move(example));
  parameter.min = 0;
  parameter.max = std::int64_t{1} << 40;
  return parameter;
}

const pricebook::PriceBook* in_force(const pricebook::PriceBookSeries& series, base::Instant at) {
  for (const pricebook::PriceBook& version : series.versions) {
    if (version.validity.contains(at)) return &version;
  }
  return nullptr;
}

void add_price_book(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/prices";
  route.operation_id = "get_prices";
  route.summary = "The prices of models in force";
  route.description = "Of the price book that the server charges with, at a time.";
  route.tag = "Prices";
  route.scope = server::Scope::read_prices;
  Parameter model = query_parameter("model", ParameterType::text, "Only this model.", "qwen-plus");
  model.may_repeat = true;
  route.parameters = {std::move(model),
                      query_parameter("at", ParameterType::instant, "When; now if absent.",
                                      "2026-11-22T08:00:00Z")};
  route.responses.push_back(json_answer("The book, as `steelyard pricebook show` gives it."));
  route.problems = {"not_found"};
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) -> Response {
    report::PriceFilter filter;
    for (const std::string_view each : request.parameters("model"))
      filter.models.emplace_back(each);
    filter.at = request.instant("at").value_or(request.received_at);
    const pricebook::PriceBook* const version = in_force(services.rater().book(), filter.at);
    if (version == nullptr) return server::Problem("not_found", "no price book was in force then");
    return Response::json(report::to_json(report::filtered(*version, filter)));
  };
  table.add(std::move(route));
}

void add_estimate(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/estimate";
  route.operation_id = "estimate_call";
  route.summary = "What calls would cost";
  route.description =
      "Rates calls that were not made, with the rater that bills. Several models are compared, the "
      "cheapest first.";
  route.tag = "Prices";
  route.scope = server::Scope::read_prices;
  Parameter model =
      query_parameter("model", ParameterType::text, "A model, or \"all\".", "qwen-plus");
  model.is_required = true;
  model.may_repeat = true;
  Parameter calls = tokens("calls", "How many such calls.", "1");
  calls.default_value = "1";
  route.parameters = {
      std::move(model),
      tokens("input", "Input tokens of a call, cached ones too.", "3019"),
      tokens("cached", "Of them, those read from a cache.", "2048"),
      tokens("output", "Output tokens of a call.", "104"),
      std::move(calls),
      query_parameter("thinking", ParameterType::boolean, "Whether it thinks.", "false"),
      query_parameter("account", ParameterType::text, "Whose prices.", "acme"),
      query_parameter("at", ParameterType::instant, "When; now if absent.",
                      "2026-11-22T08:00:00Z")};
  route.responses.push_back(json_answer("As `steelyard estimate --format json` gives it."));
  route.problems = {"invalid_quantity"};
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) -> Response {
    const auto count = [&](std::string_view name, std::int64_t otherwise) {
      return static_cast<std::uint64_t>(request.whole(name).value_or(otherwise));
    };
    report::EstimateRequest wanted;
    for (const std::string_view each : request.parameters("model"))
      wanted.models.emplace_back(each);
    const std::uint64_t input = count("input", 0);
    const std::uint64_t cached = count("cached", 0);
    if (cached > input) {
      return server::Problem("invalid_quantity",
                             "cached " + std::to_string(cached) + " is more than input " +
                                 std::to_string(input) + ", which counts cached tokens too");
    }
    wanted.tokens.input = input - cached;
    wanted.tokens.cached_input = cached;
    wanted.tokens.output = count("output", 0);
    wanted.calls = count("calls", 1);
    wanted.is_thinking = request.boolean("thinking").value_or(false);
    wanted.account = std::string(request.parameter("account").value_or(""));
    wanted.at = request.instant("at").value_or(request.received_at);
    const auto estimates = report::estimate(services.rater(), wanted);
    if (!estimates.has_value()) return problem_of(estimates.error());
    return Response::json(report::to_json(*estimates, wanted, services.rater()));
  };
  table.add(std::move(route));
}

}  // namespace

void add_prices(server::RouteTable& table, Services& services) {
  add_price_book(table, services);
  add_estimate(table, services);
}

}  // namespace steelyard::api
