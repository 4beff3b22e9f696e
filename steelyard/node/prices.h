#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/base/zone_rules.h"
#include "steelyard/core/core.h"
#include "steelyard/pricebook/reader.h"
#include "steelyard/rating/rater.h"

namespace steelyard::node {

using SharedRater = std::shared_ptr<const rating::Rater>;

/// Whether a rater computes with these rules of time zones.
bool computes_with(const rating::Rater& rater, const base::ZoneBook& zones);

/// A rater of a price book that computes with them. Errors: price_book_is_invalid.
[[nodiscard]] Result<SharedRater> rater_of(const pricebook::Files& files,
                                           const base::ZoneBook& zones);

/// The same of a book whose texts nobody has: its dates stay as they were read. The rater itself,
/// if it computes with these rules.
SharedRater rater_with(SharedRater rater, const base::ZoneBook& zones);

/// The prices of a log: those in force now, and those of any fact in it. Any thread may ask.
class Prices {
 public:
  /// `initial`: until some are published.
  explicit Prices(SharedRater initial) : initial_(initial) { raters_[0] = std::move(initial); }

  /// What a log that has these lists computes with now, which is set here.
  void set(core::Core::Published published, SharedRater current, base::ZoneBook zones);

  core::Core::Published published() const;

  /// Lives as long as this object.
  const rating::Rater& current() const;

  /// A rater of what was published, by these rules: that in force, if it says the same. Errors:
  /// price_book_is_invalid.
  [[nodiscard]] Result<SharedRater> rater_for(const core::PublishPrices& prices,
                                              const base::ZoneBook& zones) const;

  /// That of the last of a list, else the one in the beginning. Errors: price_book_is_invalid.
  [[nodiscard]] Result<SharedRater> rater_for(const core::Core::Published& published,
                                              const base::ZoneBook& zones) const;

  /// What a core is made with behind a command that makes it anew. Errors: price_book_is_invalid.
  [[nodiscard]] Result<SharedRater> rater_behind(const core::Command& command,
                                                 const core::Core& core) const;

  /// What a fact of the log was priced by. Errors: price_book_is_invalid.
  [[nodiscard]] Result<const rating::Rater*> at(std::uint64_t sequence) const;

 private:
  SharedRater in_force() const;

  const SharedRater initial_;
  mutable std::mutex mutex_;
  core::Core::Published published_;
  base::ZoneBook zones_;
  /// By the sequence at which they were published; made when they are asked for.
  mutable std::map<std::uint64_t, SharedRater> raters_;
  std::vector<SharedRater>
      former_;  // Of other rules of time zones: who has them goes on with them.
};

}  // namespace steelyard::node
