#include "steelyard/report/product_estimate.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "steelyard/base/text.h"
#include "steelyard/batch/chunk_rater.h"
#include "steelyard/identity/identity_set.h"

namespace steelyard::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t type_start = sizeof("cloud.resource.") - 1;

std::string event_of(const char* type, base::Instant time, const std::string& account,
                     std::size_t number, Json data) {
  Json json = {{"specversion", "1.0"},
               {"id", std::string(type).substr(type_start) + '-' + std::to_string(number)},
               {"source", "estimate"},
               {"type", type},
               {"subject", account.empty() ? "estimate" : account},
               {"time", base::to_rfc3339(time)},
               {"data", std::move(data)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

Json object_of(const Settings& settings) {
  Json json = Json::object();
  for (const auto& [name, value] : settings) json[name] = value;
  return json;
}

std::string order_event(const PlannedResource& resource, const ProductEstimateRequest& request,
                        std::size_t number) {
  Json config = object_of(resource.meters);
  config.update(object_of(resource.attributes));
  config.update(object_of(resource.config));
  return event_of("cloud.resource.order", request.start, request.account, number,
                  {{"product", request.product},
                   {"resource", resource.name},
                   {"action", "new"},
                   {"months", request.months},
                   {"config", std::move(config)}});
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

std::string usage_event(const PlannedResource& resource, const ProductEstimateRequest& request,
                        std::size_t number) {
  return event_of("cloud.resource.usage", request.end, request.account, number,
                  {{"product", request.product},
                   {"resource", resource.name},
                   {"start", base::to_rfc3339(request.start)},
                   {"end", base::to_rfc3339(request.end)},
                   {"meters", object_of(resource.meters)},
                   {"attributes", object_of(resource.attributes)}});
}

ProductEstimate estimate(const rating::Rater& rater, const ProductEstimateRequest& request) {
  std::string lines;
  for (std::size_t i = 0; i < request.resources.size(); ++i) {
    lines += usage_event(request.resources[i], request, i + 1);
    lines += order_event(request.resources[i], request, i + 1);
  }
  const std::size_t size = lines.size();
  lines.append(json::Document::padding, '\0');
  identity::IdentitySet identities;
  batch::ChunkRater chunk_rater(rater);
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
