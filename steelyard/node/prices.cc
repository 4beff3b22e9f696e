#include "steelyard/node/prices.h"

#include <algorithm>

#include "steelyard/pricebook/content_hash.h"

namespace steelyard::node {

Result<std::shared_ptr<const rating::Rater>> rater_of(const pricebook::Files& files) {
  STEELYARD_TRY(series, pricebook::load(files, "that was published"));
  return std::make_shared<const rating::Rater>(
      std::make_shared<const pricebook::PriceBookSeries>(std::move(series)));
}

void Prices::set(core::Core::Published published, std::shared_ptr<const rating::Rater> current) {
  const std::lock_guard lock(mutex_);
  published_ = std::move(published);
  raters_[published_.empty() ? 0 : published_.back()->sequence] = std::move(current);
}

core::Core::Published Prices::published() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

std::shared_ptr<const rating::Rater> Prices::in_force() const {
  const std::lock_guard lock(mutex_);
  return raters_.at(published_.empty() ? 0 : published_.back()->sequence);
}

const rating::Rater& Prices::current() const { return *in_force(); }

Result<std::shared_ptr<const rating::Rater>> Prices::rater_for(
    const core::PublishPrices& prices) const {
  auto rater = in_force();
  if (pricebook::content_hash(rater->book()) == prices.hash) return rater;
  return rater_of(prices.files);
}

Result<const rating::Rater*> Prices::at(std::uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  const auto behind = std::ranges::partition_point(
      published_, [&](const auto& each) { return each->sequence < sequence; });
  const std::uint64_t from = behind == published_.begin() ? 0 : (*std::prev(behind))->sequence;
  std::shared_ptr<const rating::Rater>& rater = raters_[from];
  if (rater == nullptr) {
    STEELYARD_TRY(made, rater_of((*std::prev(behind))->what.files));
    rater = std::move(made);
  }
  return rater.get();
}

}  // namespace steelyard::node
