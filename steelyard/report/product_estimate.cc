#include "steelyard/report/product_estimate.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "steelyard/base/text.h"
#include "steelyard/batch/chunk_rater.h"

namespace steelyard::report {
namespace {

using Json = nlohmann::ordered_json;

/// The events of one resource: its usage, then its order.
std::string events_of(const PlannedResource& resource, const ProductEstimateRequest& request,
                      std::size_t number) {
  const std::string account = request.account.empty() ? "estimate" : request.account;
  const auto event = [&](const char* type, base::Instant time, Json data) {
    Json json = {{"specversion", "1.0"},   {"id", std::string(type) + '-' + std::to_string(number)},
                 {"source", "estimate"},   {"type", type},
                 {"subject", account},     {"time", base::to_rfc3339(time)},
                 {"data", std::move(data)}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
  };
  const auto object = [](const Settings& settings) {
    Json json = Json::object();
    for (const auto& [name, value] : settings) json[name] = value;
    return json;
  };
  Json usage = {{"product", request.product},
                {"resource", resource.name},
                {"start", base::to_rfc3339(request.start)},
                {"end", base::to_rfc3339(request.end)},
                {"meters", object(resource.meters)},
                {"attributes", object(resource.attributes)}};
  Json config = object(resource.meters);
  config.update(object(resource.attributes));
  config.update(object(resource.config));
  Json order = {{"product", request.product},
                {"resource", resource.name},
                {"action", "new"},
                {"months", request.months},
                {"config", std::move(config)}};
  return event("cloud.resource.usage", request.end, std::move(usage)) +
         event("cloud.resource.order", request.start, std::move(order));
}

ProductEstimate::Offer offer_of(const batch::Record& record) {
  ProductEstimate::Offer offer{record.cloud, {}};
  offer.charge.is_rated = record.status == batch::Status::rated;
  if (!offer.charge.is_rated) {
    offer.charge.reason = record.reason;
    offer.reason = record.detail;
  }
  return offer;
}

bool has_subscriptions(const rating::Rater& rater, const std::string& code) {
  for (const pricebook::PriceBook& version : rater.book().versions) {
    for (const pricebook::Product& product : version.products) {
      if (std::ranges::find(product.orders, code, &pricebook::OrderItem::code) !=
          product.orders.end()) {
        return true;
      }
    }
  }
  return false;
}

template <class Name>
bool has_name(const std::vector<Name>& names, const std::string& name) {
  return std::ranges::find(names, name, &Name::name) != names.end();
}

}  // namespace

Result<void> add_setting(const rating::cloud::Catalog::Code& code, const std::string& text,
                         PlannedResource& resource) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    return failure(ErrorCode::usage_of_command, "'" + text + "' is not NAME=VALUE");
  }
  const std::string name = text.substr(0, equals);
  Settings& settings = has_name(code.meters, name)       ? resource.meters
                       : has_name(code.attributes, name) ? resource.attributes
                                                         : resource.config;
  const auto found = std::ranges::find(settings, name, &Settings::value_type::first);
  if (found != settings.end()) {
    found->second = text.substr(equals + 1);  // The later word is of one resource alone.
  } else {
    settings.emplace_back(name, text.substr(equals + 1));
  }
  return {};
}

ProductEstimate estimate(const rating::Rater& rater, const ProductEstimateRequest& request) {
  std::string lines;
  for (std::size_t i = 0; i < request.resources.size(); ++i) {
    lines += events_of(request.resources[i], request, i + 1);
  }
  const std::size_t size = lines.size();
  lines.append(json::Document::padding, '\0');
  identity::IdentitySet identities(0);
  batch::ChunkRater chunk_rater(rater, identities);
  chunk_rater.rate(std::string_view(lines).substr(0, size));

  ProductEstimate result;
  result.run = std::make_shared<batch::CloudRun>(rater);
  chunk_rater.decide_identities(identities, *result.run);
  result.has_subscriptions = has_subscriptions(rater, request.product);
  const auto records = chunk_rater.records();
  for (std::size_t i = 0; i < request.resources.size(); ++i) {
    result.resources.push_back(
        {&request.resources[i], offer_of(records[2 * i]), offer_of(records[2 * i + 1])});
  }
  for (const ProductEstimate::Resource& each : result.resources) {
    const auto add = [](const ProductEstimate::Offer& offer, money::Decimal& total,
                        std::size_t& missing) {
      if (offer.charge.is_rated) total += offer.charge.amount;
      if (!offer.charge.is_rated) ++missing;
    };
    add(each.by_usage, result.usage_total, result.usage_missing);
    if (!result.has_subscriptions) continue;
    add(each.subscription, result.subscription_total, result.subscription_missing);
  }
  return result;
}

}  // namespace steelyard::report
