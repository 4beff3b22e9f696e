#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "steelyard/base/hash.h"
#include "steelyard/batch/low_watermark.h"
#include "steelyard/billing/accounts.h"
#include "steelyard/identity/identities.h"
#include "steelyard/rating/cloud/engine.h"
#include "steelyard/rating/cloud/fact_store.h"
#include "steelyard/rating/rater.h"
#include "steelyard/usage/event.h"

namespace steelyard::batch {

/// What an event of a cloud product asks for, with texts that outlive its document.
struct CloudRequest {
  usage::EventType type = usage::EventType::resource_usage;
  rating::cloud::Fact fact;
  std::optional<billing::Order> order;
  std::optional<billing::Purchase> purchase;
  std::optional<identity::IdentityKey> corrects;  ///< The event that it voids or replaces.
  std::string_view corrects_source;
  std::string_view corrects_id;
};

/// The windows, plans and subscriptions of one run. Events are applied in the order of the
/// input, each once.
class CloudRun {
 public:
  explicit CloudRun(const rating::Rater& rater)
      : engine_(rater.catalog(), static_cast<std::uint32_t>(rater.token_item_count()),
                std::string(rater.currency())),
        accounts_(engine_) {}

  /// What would cost more than a ledger keeps is left undone: invalid_quantity.
  rating::cloud::Charge apply(CloudRequest& request, identity::IdentityKey key);

  /// Engine::look_ahead.
  void look_ahead(CloudRequest& request, std::size_t events_before) {
    if (request.type != usage::EventType::resource_usage) return;
    engine_.look_ahead(request.fact, events_before);
  }

  /// The same for the event that comes next.
  void look_ahead_at_next(const CloudRequest& request, identity::IdentityKey key) const {
    if (request.type != usage::EventType::resource_usage) return;
    facts_.prefetch(number_of(key), request.fact);
  }

  /// What was rated now and had no price when it came: an order is as if it had never come, a plan
  /// goes on to cover. It is charged when it is applied again.
  void forget_price(const CloudRequest& request);

  /// Settles the windows that are over at a second (Engine::settle), and forgets the facts that
  /// can be corrected no more.
  void settle(std::int64_t second);

  /// Until `end_again`, facts come that were rated before, perhaps at other prices: none is refused
  /// because of what is settled (Engine::leave_out_settled), and corrections find what they named.
  void begin_again() { engine_.leave_out_settled(true); }
  void end_again();

  /// From now on, settles by itself what ended `seconds` before LowWatermark, at facts that only
  /// the facts before decide, and so seldom that it costs little beside them.
  void settle_after(std::int64_t seconds) { settle_after_ = seconds; }

  rating::cloud::Engine& engine() { return engine_; }
  const rating::cloud::Engine& engine() const { return engine_; }
  const rating::cloud::FactStore& facts() const { return facts_; }

 private:
  static std::uint64_t number_of(identity::IdentityKey key) {
    return base::hash_pair(key.high, key.low);
  }
  template <class Bought>
  rating::cloud::Charge apply_account(const Bought& bought);
  template <class Bought>
  rating::cloud::Charge apply_bookable(const Bought& bought);
  rating::cloud::Charge apply_usage(CloudRequest& request, identity::IdentityKey key);
  void note(const rating::cloud::Fact& fact);
  void forget_settled();
  std::size_t kept() const;
  rating::cloud::Charge replace(CloudRequest& request, identity::IdentityKey key);
  rating::cloud::Charge take_back(const CloudRequest& request);

  rating::cloud::Engine engine_;
  billing::Accounts accounts_;
  rating::cloud::FactStore facts_;
  std::uint64_t next_sequence_ = 1;
  LowWatermark watermark_;
  std::optional<std::int64_t> settle_after_;
  std::size_t kept_at_next_look_ = 0;  // So a look costs little beside what has come since.
};

}  // namespace steelyard::batch
