#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/core/core.h"
#include "steelyard/pricebook/reader.h"
#include "steelyard/rating/rater.h"

namespace steelyard::node {

/// A rater of a price book. Errors: price_book_is_invalid.
[[nodiscard]] Result<std::shared_ptr<const rating::Rater>> rater_of(const pricebook::Files& files);

/// The prices of a log: those in force now, and those of any fact in it. Any thread may ask.
class Prices {
 public:
  /// `initial`: until some are published.
  explicit Prices(std::shared_ptr<const rating::Rater> initial) { raters_[0] = std::move(initial); }

  /// Takes the list over. `current`: of the last of it.
  void set(core::Core::Published published, std::shared_ptr<const rating::Rater> current);

  core::Core::Published published() const;

  /// Lives as long as this object.
  const rating::Rater& current() const;

  /// A rater of what was published: that in force, if it says the same. Errors:
  /// price_book_is_invalid.
  [[nodiscard]] Result<std::shared_ptr<const rating::Rater>> rater_for(
      const core::PublishPrices& prices) const;

  /// What a fact of the log was priced by. Errors: price_book_is_invalid.
  [[nodiscard]] Result<const rating::Rater*> at(std::uint64_t sequence) const;

 private:
  std::shared_ptr<const rating::Rater> in_force() const;

  mutable std::mutex mutex_;
  core::Core::Published published_;
  /// By the sequence at which they were published; made when they are asked for.
  mutable std::map<std::uint64_t, std::shared_ptr<const rating::Rater>> raters_;
};

}  // namespace steelyard::node
