#include "steelyard/api/charge_filter.h"

#include "steelyard/api/parameters.h"

namespace steelyard::api {

using charges::ChargeFilter;
using server::Parameter;
using server::ParameterType;
using server::Request;

std::vector<Parameter> filter_parameters() {
  return {
      query_parameter("account", ParameterType::text, "Who pays.", "acme"),
      query_parameter("model", ParameterType::text, "A model or product.", "qwen-plus"),
      query_parameter("item", ParameterType::text, "An item.", "qwen-plus/input"),
      query_parameter("api_key", ParameterType::text, "Whose calls.", "ak-7"),
      query_parameter("project", ParameterType::text, "Of which project.", "search"),
      query_parameter("source", ParameterType::text, "Of the event.", "gateway/hz-1"),
      query_parameter("id", ParameterType::text, "Of the event: its receipt.", "call-1"),
      query_parameter("from", ParameterType::instant, "From this time of the events on.",
                      "2026-11-01T00:00:00Z"),
      query_parameter("to", ParameterType::instant, "Before this time.", "2026-12-01T00:00:00Z")};
}

ChargeFilter filter_of(const Request& request) {
  const auto text = [&](std::string_view name) {
    const auto value = request.parameter(name);
    return value.has_value() ? std::optional<std::string>(*value) : std::nullopt;
  };
  ChargeFilter filter;
  filter.tenant = request.principal.tenant;
  filter.account =
      request.principal.customer.has_value() ? request.principal.customer : text("account");
  filter.model = text("model");
  filter.item = text("item");
  filter.api_key = text("api_key");
  filter.project = text("project");
  filter.source = text("source");
  filter.id = text("id");
  filter.from = request.instant("from");
  filter.to = request.instant("to");
  return filter;
}

}  // namespace steelyard::api
