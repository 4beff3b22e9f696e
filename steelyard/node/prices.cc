#include "steelyard/node/prices.h"

#include <algorithm>

#include "steelyard/pricebook/content_hash.h"

namespace steelyard::node {

bool computes_with(const rating::Rater& rater, const base::ZoneBook& zones) {
  return std::ranges::all_of(rater.book().versions, [&](const pricebook::PriceBook& version) {
    return *version.rules_of_zone() == *zones.rules(version.time_zone);
  });
}

Result<SharedRater> rater_of(const pricebook::Files& files, const base::ZoneBook& zones) {
  STEELYARD_TRY(series, pricebook::load(files, "that was published", zones));
  return std::make_shared<const rating::Rater>(
      std::make_shared<const pricebook::PriceBookSeries>(std::move(series)));
}

SharedRater rater_with(SharedRater rater, const base::ZoneBook& zones) {
  if (computes_with(*rater, zones)) return rater;
  auto series = std::make_shared<pricebook::PriceBookSeries>(rater->book());
  for (pricebook::PriceBook& version : series->versions) {
    version.zone_rules = zones.known(version.time_zone);
  }
  return std::make_shared<const rating::Rater>(std::move(series));
}

void Prices::set(core::Core::Published published, SharedRater current, base::ZoneBook zones) {
  const std::lock_guard lock(mutex_);
  if (zones != zones_) {
    for (auto& [sequence, rater] : raters_) former_.push_back(std::move(rater));
    raters_.clear();
  }
  published_ = std::move(published);
  zones_ = std::move(zones);
  raters_[published_.empty() ? 0 : published_.back()->sequence] = std::move(current);
}

core::Core::Published Prices::published() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

SharedRater Prices::in_force() const {
  const std::lock_guard lock(mutex_);
  return raters_.at(published_.empty() ? 0 : published_.back()->sequence);
}

const rating::Rater& Prices::current() const { return *in_force(); }

Result<SharedRater> Prices::rater_for(const core::PublishPrices& prices,
                                      const base::ZoneBook& zones) const {
  auto rater = in_force();
  if (pricebook::content_hash(rater->book()) == prices.hash && computes_with(*rater, zones)) {
    return rater;
  }
  return rater_of(prices.files, zones);
}

Result<SharedRater> Prices::rater_for(const core::Core::Published& published,
                                      const base::ZoneBook& zones) const {
  if (published.empty()) return rater_with(initial_, zones);
  return rater_for(published.back()->what, zones);
}

Result<SharedRater> Prices::rater_behind(const core::Command& command,
                                         const core::Core& core) const {
  const base::ZoneBook zones = core.zones_behind(command);
  const auto* const prices = std::get_if<core::PublishPrices>(&command);
  return prices != nullptr ? rater_for(*prices, zones) : rater_for(core.published_prices(), zones);
}

Result<const rating::Rater*> Prices::at(std::uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  const auto behind = std::ranges::partition_point(
      published_, [&](const auto& each) { return each->sequence < sequence; });
  const std::uint64_t from = behind == published_.begin() ? 0 : (*std::prev(behind))->sequence;
  SharedRater& rater = raters_[from];
  if (rater == nullptr && from == 0) rater = rater_with(initial_, zones_);
  if (rater == nullptr) {
    STEELYARD_TRY(made, rater_of((*std::prev(behind))->what.files, zones_));
    rater = std::move(made);
  }
  return rater.get();
}

}  // namespace steelyard::node
