#include <algorithm>
#include <map>
#include <span>

#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"
#include "steelyard/charges/csv_cell.h"

/// Queries of OpenMeter's meters, over what was charged.
/// Source: openmeterio/openmeter, api/openapi.yaml (7e57a394a, 2026-08-18).
namespace steelyard::api {
namespace {

using charges::Dimension;
using charges::Measure;
using charges::MeterQuery;
using server::Parameter;
using server::ParameterType;
using server::Problem;
using server::Request;
using server::Response;
using server::Route;

/// A name of a meter's groups, and what it is of a charge.
struct Group {
  std::string_view name;
  std::string_view path;  ///< In the event's data, where it stands there.
  Dimension dimension;
};

constexpr Group call_groups[] = {{"model", "$.model", Dimension::model},
                                 {"item", "$.item", Dimension::item},
                                 {"tier", "$.tier", Dimension::tier},
                                 {"api_key", "$.api_key", Dimension::api_key},
                                 {"project", "$.project", Dimension::project}};
constexpr Group event_groups[] = {{"model", "$.model", Dimension::model},
                                  {"api_key", "$.api_key", Dimension::api_key},
                                  {"project", "$.project", Dimension::project}};
constexpr Group cost_groups[] = {{"model", "$.model", Dimension::model},
                                 {"item", "$.item", Dimension::item},
                                 {"tier", "$.tier", Dimension::tier},
                                 {"type", "$.type", Dimension::type},
                                 {"resource", "$.resource", Dimension::resource},
                                 {"api_key", "$.api_key", Dimension::api_key},
                                 {"project", "$.project", Dimension::project}};
constexpr Group resource_groups[] = {{"product", "$.product", Dimension::model},
                                     {"item", "$.item", Dimension::item},
                                     {"unit", "$.unit", Dimension::unit},
                                     {"tier", "$.tier", Dimension::tier},
                                     {"resource", "$.resource", Dimension::resource}};

/// A meter that is there. Nobody creates one: what is metered follows from the price book.
struct Meter {
  std::string_view slug;
  std::string_view name;
  std::string_view description;
  Measure measure;
  std::string_view event_type;
  std::string_view value_property;  ///< Empty: events are counted.
  std::span<const Group> groups;
  /// Types of events that count; empty: all.
  std::span<const std::string_view> types;
  /// Items have units of their own: one of these has to be grouped by, or filtered.
  std::span<const std::string_view> needs_one_of;
};

constexpr std::string_view call_types[] = {"ai.model.call"};
constexpr std::string_view token_types[] = {"ai.model.call", "ai.model.void"};
constexpr std::string_view resource_types[] = {"cloud.resource.usage", "cloud.resource.void"};
constexpr std::string_view item_or_unit[] = {"item", "unit"};

constexpr Meter meters[] = {
    {"tokens",
     "Tokens",
     "Tokens that were charged, by model and item",
     Measure::quantity,
     "ai.model.call",
     "$.usage.total_tokens",
     call_groups,
     token_types,
     {}},
    {"model_calls",
     "Model calls",
     "Calls that came, whether there is a price for them or not",
     Measure::facts,
     "ai.model.call",
     "",
     event_groups,
     call_types,
     {}},
    {"cost",
     "Cost",
     "What was charged, in the price book's currency",
     Measure::amount,
     "ai.model.call",
     "$.amount",
     cost_groups,
     {},
     {}},
    {"resource_usage", "Cloud resources",
     "Quantities that were charged, each in the unit of its item: group by item or filter it",
     Measure::quantity, "cloud.resource.usage", "$.quantity", resource_groups, resource_types,
     item_or_unit},
};

const Meter* find_meter(std::string_view slug) {
  const auto* const found = std::ranges::find(meters, slug, &Meter::slug);
  return found == std::end(meters) ? nullptr : &*found;
}

Response no_such_meter(std::string_view slug) {
  return Problem("not_found", "there is no meter '" + std::string(slug) + "'");
}

std::string meter_json(const Meter& meter) {
  JsonObject groups;
  for (const Group& each : meter.groups) groups.text(each.name, each.path);
  JsonObject to;
  to.text("id", meter.slug)
      .text("slug", meter.slug)
      .text("name", meter.name)
      .text("description", meter.description)
      .text("aggregation", meter.value_property.empty() ? "COUNT" : "SUM")
      .text("eventType", meter.event_type);
  if (!meter.value_property.empty()) to.text("valueProperty", meter.value_property);
  return to.raw("groupBy", groups.finish())
      .text("createdAt", "1970-01-01T00:00:00Z")
      .text("updatedAt", "1970-01-01T00:00:00Z")
      .finish();
}

/// A query as it was asked, by parameters or by a body.
struct Asked {
  std::optional<base::Instant> from;
  std::optional<base::Instant> to;
  std::string window;
  std::string zone = "UTC";
  std::vector<std::string> subjects;
  std::vector<std::string> customers;
  std::vector<std::string> group_by;
  std::map<std::string, std::vector<std::string>> filters;
};

Asked asked_by_parameters(const Request& request) {
  const auto texts = [&](std::string_view name) {
    const auto values = request.parameters(name);
    return std::vector<std::string>(values.begin(), values.end());
  };
  Asked asked;
  asked.from = request.instant("from");
  asked.to = request.instant("to");
  asked.window = request.parameter("windowSize").value_or("");
  asked.zone = request.parameter("windowTimeZone").value_or("UTC");
  asked.subjects = texts("subject");
  asked.customers = texts("filterCustomerId");
  asked.group_by = texts("groupBy");
  constexpr std::string_view filter = "filterGroupBy[";
  for (const server::ParameterValue& each : request.query) {
    if (!each.name.starts_with(filter) || !each.name.ends_with(']')) continue;
    const std::size_t size = each.name.size() - filter.size() - 1;
    asked.filters[each.name.substr(filter.size(), size)].push_back(each.value);
  }
  return asked;
}

/// A text, or the texts of an array; none if the member is not there.
std::vector<std::string> texts_of(const json::Document& document, const json::Node* node) {
  std::vector<std::string> texts;
  if (node == nullptr || node->type == json::Type::null) return texts;
  if (node->type == json::Type::string) return {std::string(document.text(*node))};
  json::Object(document, *node).each([&](const json::Node& each) {
    texts.emplace_back(document.text(each));
  });
  return texts;
}

Asked asked_by_body(const Request& request) {
  const json::Document& document = *request.json;
  const json::Object object(document, document.root());
  const auto find = [&](std::string_view name) { return object.find(json::word(name)); };
  const auto text = [&](std::string_view name, const std::string& otherwise) {
    const auto texts = texts_of(document, find(name));
    return texts.empty() ? otherwise : texts.front();
  };
  const auto instant = [&](std::string_view name) {
    base::Instant at;
    return base::parse_rfc3339(text(name, ""), at) ? std::optional(at) : std::nullopt;
  };
  Asked asked;
  asked.from = instant("from");
  asked.to = instant("to");
  asked.window = text("windowSize", "");
  asked.zone = text("windowTimeZone", "UTC");
  asked.subjects = texts_of(document, find("subject"));
  asked.customers = texts_of(document, find("filterCustomerId"));
  asked.group_by = texts_of(document, find("groupBy"));
  if (const json::Node* const filters = find("filterGroupBy"); filters != nullptr) {
    json::Object(document, *filters).each([&](const json::Node& each) {
      asked.filters[std::string(document.name(each))] = texts_of(document, &each);
    });
  }
  return asked;
}

std::unexpected<Error> wrong(const std::string& what, std::string_view name, const Meter& meter) {
  std::string known = "subject";
  for (const Group& each : meter.groups) known += ", " + std::string(each.name);
  return failure(ErrorCode::invalid_field, what + ": meter " + std::string(meter.slug) +
                                               " has no group '" + std::string(name) +
                                               "'; it has " + known);
}

std::optional<Dimension> dimension_of(const Meter& meter, std::string_view name) {
  if (name == "subject") return Dimension::account;
  const auto found = std::ranges::find(meter.groups, name, &Group::name);
  return found == meter.groups.end() ? std::nullopt : std::optional(found->dimension);
}

charges::WindowSize window_of(std::string_view word) {
  if (word == "MINUTE") return charges::WindowSize::minute;
  if (word == "HOUR") return charges::WindowSize::hour;
  if (word == "DAY") return charges::WindowSize::day;
  return word == "MONTH" ? charges::WindowSize::month : charges::WindowSize::all;
}

/// What always holds for a meter and for who asks.
std::vector<charges::DimensionFilter> own_filters(const Meter& meter, const Request& request,
                                                  std::string_view currency) {
  std::vector<charges::DimensionFilter> filters;
  if (!meter.types.empty()) {
    filters.push_back({Dimension::type, {meter.types.begin(), meter.types.end()}});
  }
  if (request.principal.customer.has_value()) {
    filters.push_back({Dimension::account, {*request.principal.customer}});
  }
  // What a money rule adds to an item is no quantity of it.
  if (!meter.needs_one_of.empty()) {
    filters.push_back({Dimension::unit, {std::string(currency)}, true});
  }
  return filters;
}

bool tells_units_apart(const Meter& meter, const Asked& asked) {
  return meter.needs_one_of.empty() ||
         std::ranges::any_of(meter.needs_one_of, [&](std::string_view each) {
           const std::string name(each);
           return std::ranges::find(asked.group_by, name) != asked.group_by.end() ||
                  (asked.filters.contains(name) && asked.filters.at(name).size() == 1);
         });
}

/// Fills `asked.group_by` up: who filters by subject sees them apart.
Result<MeterQuery> query_of(const Meter& meter, Asked& asked, const Request& request,
                            std::string_view currency) {
  MeterQuery query;
  query.tenant = request.principal.tenant;
  query.measure = meter.measure;
  query.from = asked.from;
  query.to = asked.to;
  query.window = window_of(asked.window);
  query.zone = asked.zone;
  query.filters = own_filters(meter, request, currency);
  if (!asked.subjects.empty()) {
    query.filters.push_back({Dimension::account, asked.subjects});
    if (std::ranges::find(asked.group_by, "subject") == asked.group_by.end()) {
      asked.group_by.emplace_back("subject");
    }
  }
  if (!asked.customers.empty()) query.filters.push_back({Dimension::account, asked.customers});
  for (const auto& [name, texts] : asked.filters) {
    const auto dimension = dimension_of(meter, name);
    if (!dimension.has_value()) return wrong("filterGroupBy", name, meter);
    query.filters.push_back({*dimension, texts});
  }
  if (!tells_units_apart(meter, asked)) {
    return failure(ErrorCode::invalid_field,
                   "groupBy: the items of " + std::string(meter.slug) +
                       " have different units: group by item, or filter one");
  }
  for (const std::string& name : asked.group_by) {
    const auto dimension = dimension_of(meter, name);
    if (!dimension.has_value()) return wrong("groupBy", name, meter);
    query.group_by.push_back(*dimension);
  }
  return query;
}

std::string row_json(const charges::MeterRow& row, const Asked& asked) {
  std::string subject = "null";
  JsonObject groups;
  for (std::size_t i = 0; i < asked.group_by.size(); ++i) {
    if (asked.group_by[i] == "subject") {
      subject = json_string(row.groups[i]);
    } else {
      groups.text(asked.group_by[i], row.groups[i]);
    }
  }
  return JsonObject()
      .raw("value", row.value.to_text())
      .amount("valueDecimal", row.value)
      .time("windowStart", row.from)
      .time("windowEnd", row.to)
      .raw("subject", subject)
      .raw("groupBy", groups.finish())
      .finish();
}

std::string answer_json(const std::vector<charges::MeterRow>& rows, const Asked& asked) {
  JsonObject to;
  if (asked.from.has_value()) to.time("from", *asked.from);
  if (asked.to.has_value()) to.time("to", *asked.to);
  if (!asked.window.empty()) to.text("windowSize", asked.window);
  std::string data;
  for (const charges::MeterRow& row : rows)
    data += (data.empty() ? "" : ",") + row_json(row, asked);
  return to.raw("data", '[' + data + ']').finish();
}

std::string answer_csv(const std::vector<charges::MeterRow>& rows, const Asked& asked) {
  const auto subject = std::ranges::find(asked.group_by, "subject");
  const auto subject_at = static_cast<std::size_t>(subject - asked.group_by.begin());
  std::string csv = "window_start,window_end,subject";
  for (const std::string& name : asked.group_by) {
    if (name != "subject") csv += ',' + name;
  }
  csv += ",value\n";
  for (const charges::MeterRow& row : rows) {
    csv += base::to_rfc3339(row.from) + ',' + base::to_rfc3339(row.to) + ',';
    if (subject != asked.group_by.end()) {
      charges::append_csv_cell(row.groups[subject_at], false, csv);
    }
    for (std::size_t i = 0; i < row.groups.size(); ++i) {
      if (i == subject_at) continue;
      csv += ',';
      charges::append_csv_cell(row.groups[i], false, csv);
    }
    csv += ',' + row.value.to_text() + '\n';
  }
  return csv;
}

Response answer(const Services& services, const Request& request, Asked asked) {
  const Meter* const meter = find_meter(request.path_parameter("meter"));
  if (meter == nullptr) return no_such_meter(request.path_parameter("meter"));
  const auto query = query_of(*meter, asked, request, services.rater().currency());
  if (!query.has_value()) return problem_of(query.error());
  const auto rows = services.charges->metered(*query);
  if (!rows.has_value()) return problem_of(rows.error());
  if (accepts(request, "text/csv")) {
    return Response::text(answer_csv(*rows, asked), "text/csv; charset=utf-8");
  }
  return Response::json(answer_json(*rows, asked));
}

/// Parameters of the interface that we do not know would give another answer than was asked for.
std::optional<Problem> unknown_parameters(const Request& request, const Route& route) {
  Problem problem("invalid_parameter");
  for (const server::ParameterValue& each : request.query) {
    const bool is_known = each.name.starts_with("filterGroupBy[") ||
                          std::ranges::any_of(route.parameters, [&](const Parameter& parameter) {
                            return parameter.name == each.name;
                          });
    if (!is_known) problem.items.push_back({"query: " + each.name, "is not known here"});
  }
  if (problem.items.empty()) return std::nullopt;
  return problem;
}

Parameter meter_parameter() {
  return path_parameter("meter", "Its id or slug: tokens, model_calls, cost, resource_usage.",
                        "tokens");
}

Route read_route(std::string path, std::string operation) {
  Route route;
  route.method = server::Method::get;
  route.path = std::move(path);
  route.operation_id = std::move(operation);
  route.tag = "OpenMeter";
  route.scope = server::Scope::read_usage;
  return route;
}

void add_meters(server::RouteTable& table) {
  Route all = read_route("/api/v1/meters", "openmeter_list_meters");
  all.summary = "The meters there are";
  all.description = "They are built in: what is metered follows from the price book.";
  all.responses.push_back(json_answer("An array of meters."));
  all.handler = [](const Request&) {
    std::string list;
    for (const Meter& each : meters) list += (list.empty() ? "" : ",") + meter_json(each);
    return Response::json('[' + list + ']');
  };
  table.add(std::move(all));

  Route one = read_route("/api/v1/meters/{meter}", "openmeter_get_meter");
  one.summary = "One meter";
  one.parameters.push_back(meter_parameter());
  one.responses.push_back(json_answer("The meter."));
  one.problems = {"not_found"};
  one.handler = [](const Request& request) {
    const Meter* const meter = find_meter(request.path_parameter("meter"));
    return meter == nullptr ? no_such_meter(request.path_parameter("meter"))
                            : Response::json(meter_json(*meter));
  };
  table.add(std::move(one));
}

std::vector<Parameter> query_parameters() {
  Parameter window = query_parameter("windowSize", ParameterType::word,
                                     "How long a window is; none: one window.", "DAY");
  window.words = {"MINUTE", "HOUR", "DAY", "MONTH"};
  std::vector<Parameter> all = {
      meter_parameter(),
      query_parameter("from", ParameterType::instant, "From this time of the events on.",
                      "2026-11-01T00:00:00Z"),
      query_parameter("to", ParameterType::instant, "Before this time.", "2026-12-01T00:00:00Z"),
      std::move(window),
      query_parameter("windowTimeZone", ParameterType::text, "Where days begin.", "Asia/Shanghai"),
      query_parameter("subject", ParameterType::text, "Of these only, each apart. May repeat.",
                      "acme"),
      query_parameter("filterCustomerId", ParameterType::text,
                      "Of these accounts only. May repeat.", "acme"),
      query_parameter("groupBy", ParameterType::text,
                      "`subject`, or a group of the meter. May repeat.", "model"),
      query_parameter("clientId", ParameterType::text, "Not used.", "1")};
  for (Parameter& each : all) {
    each.may_repeat =
        each.name == "subject" || each.name == "filterCustomerId" || each.name == "groupBy";
  }
  return all;
}

constexpr std::string_view body_schema =
    R"({"type":"object","properties":{"from":{"type":"string","format":"date-time"},"to":{"type":"string","format":"date-time"},"windowSize":{"type":"string","enum":["MINUTE","HOUR","DAY","MONTH"]},"windowTimeZone":{"type":"string","minLength":1,"maxLength":128},"subject":{"type":"array","maxItems":100,"items":{"type":"string","minLength":1,"maxLength":128}},"filterCustomerId":{"type":"array","maxItems":100,"items":{"type":"string","minLength":1,"maxLength":128}},"groupBy":{"type":"array","maxItems":100,"items":{"type":"string","minLength":1,"maxLength":128}},"filterGroupBy":{"type":"object","properties":{},"additionalProperties":true},"clientId":{"type":"string","minLength":1,"maxLength":36}}})";

/// What both ways to ask have in common.
Route query_route(server::Method method, std::string operation) {
  Route route = read_route("/api/v1/meters/{meter}/query", std::move(operation));
  route.method = method;
  route.responses.push_back(json_answer(
      "Windows that have usage. `value` is written from the exact decimal, which `valueDecimal` "
      "has as a text.",
      R"({"windowSize":"DAY","data":[{"value":3123,"valueDecimal":"3123","windowStart":"2026-11-22T00:00:00Z","windowEnd":"2026-11-23T00:00:00Z","subject":null,"groupBy":{"model":"qwen-plus"}}]})"));
  server::ResponseContent csv;
  csv.media_type = "text/csv; charset=utf-8";
  csv.description = "window_start, window_end, subject, the groups, value.";
  route.responses.push_back(std::move(csv));
  route.problems = {"not_found", "invalid_field"};
  route.runs_on = server::RunsOn::worker;
  return route;
}

/// What a filter of the body may be; the schema has no word for it.
bool are_texts(const json::Document& document, const json::Node& filters) {
  bool are = true;
  json::Object(document, filters).each([&](const json::Node& each) {
    if (each.type == json::Type::string) return;
    are = are && each.type == json::Type::array;
    if (!are) return;
    json::Object(document, each).each([&](const json::Node& element) {
      are = are && element.type == json::Type::string;
    });
  });
  return are;
}

void add_queries(server::RouteTable& table, Services& services) {
  Route get = query_route(server::Method::get, "openmeter_query_meter");
  get.summary = "What a meter measured";
  get.description =
      "As OpenMeter answers it, from what was charged; by the time of the events. "
      "`filterGroupBy[NAME]=VALUE` restricts a group. What came less than a second ago may not be "
      "there yet.";
  get.parameters = query_parameters();
  get.takes_other_parameters = true;
  get.handler = [&services, route = get](const Request& request) -> Response {
    if (auto problem = unknown_parameters(request, route)) return *std::move(problem);
    return answer(services, request, asked_by_parameters(request));
  };
  table.add(std::move(get));

  Route post = query_route(server::Method::post, "openmeter_query_meter_by_body");
  post.summary = "What a meter measured, asked by a body";
  post.description = "The same, for queries that are too long for a URL.";
  post.parameters.push_back(meter_parameter());
  post.contents.push_back(json_content(
      std::string(body_schema),
      R"({"from":"2026-11-01T00:00:00Z","to":"2026-12-01T00:00:00Z","windowSize":"DAY","groupBy":["model"]})"));
  post.handler = [&services](const Request& request) -> Response {
    const json::Object object(*request.json, request.json->root());
    const json::Node* const filters = object.find(json::word("filterGroupBy"));
    if (filters != nullptr && !are_texts(*request.json, *filters)) {
      return Problem("invalid_field", "filterGroupBy: a text or an array of texts for each group");
    }
    return answer(services, request, asked_by_body(request));
  };
  table.add(std::move(post));
}

}  // namespace

void add_openmeter_meters(server::RouteTable& table, Services& services) {
  add_meters(table);
  add_queries(table, services);
}

}  // namespace steelyard::api
