#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/base/time.h"
#include "steelyard/batch/cloud_run.h"
#include "steelyard/rating/rater.h"

namespace steelyard::report {

using Settings = std::vector<std::pair<std::string, std::string>>;

/// A resource that somebody thinks of having.
struct PlannedResource {
  std::string name;     ///< "i-1"
  Settings meters;      ///< Held over the whole time, or counted in it.
  Settings attributes;  ///< Of its usage.
  Settings config;      ///< Of its subscription, beside its meters and attributes.
};

/// Resources of one product, by usage over a time and as subscriptions.
struct ProductEstimateRequest {
  std::string product;  ///< As data.product says it.
  std::vector<PlannedResource> resources;
  base::Instant start;
  base::Instant end;
  std::uint32_t months = 1;
  std::string account;
};

/// What they cost. Both are events that a run rates as any others: nothing is computed here but
/// the totals.
struct ProductEstimate {
  struct Offer {
    rating::cloud::Charge charge;
    std::string reason;  ///< In words, if it is not rated.
  };
  struct Resource {
    const PlannedResource* resource = nullptr;
    Offer by_usage;
    Offer subscription;
  };
  std::vector<Resource> resources;
  bool has_subscriptions = false;     ///< Whether the product has any.
  money::Decimal usage_total;         ///< Of what has a price.
  money::Decimal subscription_total;  ///< Of what has a price.
  std::size_t usage_missing = 0;      ///< How many have none.
  std::size_t subscription_missing = 0;
  std::shared_ptr<batch::CloudRun> run;  ///< Whose rows the lines point to.
};

/// "NAME=VALUE": meters and attributes that the product declares; everything else belongs to the
/// config. Errors: usage_of_command.
[[nodiscard]] Result<void> add_setting(const rating::cloud::Catalog::Code& code,
                                       const std::string& text, PlannedResource& resource);

/// The usage of a resource as an event, on one line.
std::string usage_event(const PlannedResource& resource, const ProductEstimateRequest& request,
                        std::size_t number = 1);

ProductEstimate estimate(const rating::Rater& rater, const ProductEstimateRequest& request);

/// As a page of text, and as one JSON object.
std::string to_text(const ProductEstimate& estimate, const ProductEstimateRequest& request,
                    const rating::Rater& rater);
std::string to_json(const ProductEstimate& estimate, const ProductEstimateRequest& request,
                    const rating::Rater& rater);

}  // namespace steelyard::report
