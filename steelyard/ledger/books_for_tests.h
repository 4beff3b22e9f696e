#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/ledger/ledger.h"

/// What the tests of the ledger share.
namespace steelyard::ledger {

inline money::Decimal decimal(std::string_view text) {
  const auto value = money::Decimal::parse(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value.value_or(money::Decimal());
}

inline base::Instant instant(std::string_view text) {
  base::Instant value;
  EXPECT_TRUE(base::parse_rfc3339(text, value)) << text;
  return value;
}

inline Id id(std::string_view name) { return id_of({name}); }

inline constexpr money::Currency cny{"CNY"};
inline constexpr std::int64_t minute_micros = 60'000'000;

using KeptBytes = std::map<std::string, std::string>;

inline KeptBytes snapshot_of(const Ledger& ledger) {
  KeptBytes kept;
  ledger.snapshot([&](std::string_view key, std::optional<std::string_view> value) {
    ASSERT_TRUE(value.has_value());
    ASSERT_TRUE(kept.empty() || kept.rbegin()->first < key) << "keys are in their order";
    ASSERT_TRUE(kept.emplace(key, *value).second);
  });
  return kept;
}

inline void restore_into(Ledger& ledger, const KeptBytes& kept) {
  for (const auto& [key, value] : kept) {
    const auto restored = ledger.restore(key, value);
    ASSERT_TRUE(restored.has_value()) << restored.error().detail;
  }
  const auto finished = ledger.finish_restore();
  ASSERT_TRUE(finished.has_value()) << finished.error().detail;
}

/// An entry as one line: "charge debit promo 2, debit prepaid 1, credit revenue_accrued 3".
inline std::string text_of(const Entry& entry) {
  std::string text(name_of(entry.kind));
  for (const Posting& posting : entry.postings) {
    text += &posting == entry.postings.data() ? " " : ", ";
    if (posting.layer == Layer::pending) text += "pending ";
    text += posting.side == Side::debit ? "debit " : "credit ";
    text += name_of(posting.account);
    text += ' ' + posting.amount.to_text();
  }
  return text;
}

/// A ledger with one customer, and short ways to ask it. Facts are numbered as they are made.
class Books : public testing::Test {
 protected:
  explicit Books(Options options = {})
      : ledger(options, {.entry = [this](const Entry& entry) { journal.push_back(text_of(entry)); },
                         .crossing = [this](const Crossing& one) { crossings.push_back(one); }}) {
    acme = open("acme");
  }
  ~Books() override { EXPECT_EQ(ledger.imbalance().value_or(""), ""); }

  WalletId open(std::string_view customer, std::string_view limit = "0") {
    const auto wallet =
        ledger.open_wallet(tenant, customer, cny, {.postpaid_limit = decimal(limit)});
    EXPECT_TRUE(wallet.has_value());
    return wallet.value_or(WalletId{});
  }
  Cause next() { return {++sequence, 0}; }
  Charge charge_of(std::string_view amount, std::string_view origin) {
    return {.wallet = acme,
            .amount = decimal(amount),
            .at = now,
            .origin = id(origin),
            .cause = next()};
  }
  Charge settlement(std::string_view hold, std::string_view amount, std::string_view origin) {
    Charge charge = charge_of(amount, origin);
    charge.hold = id(hold);
    return charge;
  }
  Answer<Charged> charge(std::string_view amount, std::string_view origin) {
    return ledger.charge(charge_of(amount, origin));
  }
  Answer<Charged> settle(std::string_view hold, std::string_view amount, std::string_view origin) {
    return ledger.settle(settlement(hold, amount, origin));
  }
  Answer<Posted> top_up(std::string_view amount, std::string_view origin) {
    return ledger.top_up({.wallet = acme,
                          .amount = decimal(amount),
                          .at = now,
                          .origin = id(origin),
                          .cause = next()});
  }
  Grant grant_of(std::string_view amount, std::string_view origin) {
    return {.wallet = acme,
            .amount = decimal(amount),
            .effective_at = instant("2026-11-01T00:00:00Z"),
            .expires_at = instant("2026-12-01T00:00:00Z"),
            .at = now,
            .origin = id(origin),
            .cause = next()};
  }
  Authorise hold_of(std::string_view amount, std::string_view hold) {
    return {.wallet = acme,
            .amount = decimal(amount),
            .ttl_micros = 10 * minute_micros,
            .at = now,
            .hold = id(hold),
            .cause = next()};
  }
  Answer<Authorised> authorise(std::string_view amount, std::string_view hold) {
    return ledger.authorise(hold_of(amount, hold));
  }
  Answer<Posted> release(std::string_view hold, std::string_view origin) {
    return ledger.release(
        {.tenant = tenant, .hold = id(hold), .at = now, .origin = id(origin), .cause = next()});
  }
  Answer<Posted> refund(std::string_view amount, std::string_view original,
                        std::string_view origin) {
    return ledger.refund({.wallet = acme,
                          .amount = decimal(amount),
                          .original = id(original),
                          .at = now,
                          .origin = id(origin),
                          .cause = next()});
  }
  void tick(std::string_view time) { ledger.tick({.now = instant(time), .cause = next()}); }
  void pass_minutes(int minutes) {
    now.seconds += 60 * minutes;
    ledger.tick({.now = now, .cause = next()});
  }
  Balance balance() const { return ledger.balance(acme, now); }
  HoldState state_of(std::string_view hold) const {
    const auto view = ledger.hold(tenant, id(hold));
    EXPECT_TRUE(view.has_value());
    return view ? view->state : HoldState::open;
  }
  BudgetId budget(std::string_view name, std::string_view limit, BudgetId parent = no_budget,
                  Period period = Period::total,
                  std::vector<std::uint16_t> thresholds = {50, 80, 100}) {
    const auto set = ledger.set_budget({.tenant = tenant,
                                        .name = name,
                                        .parent = parent,
                                        .currency = cny,
                                        .limit = decimal(limit),
                                        .period = period,
                                        .zone = "Asia/Shanghai",
                                        .thresholds = thresholds});
    EXPECT_TRUE(set.has_value());
    return set.value_or(no_budget);
  }

  static constexpr std::uint32_t tenant = 7;
  std::vector<std::string> journal;
  std::vector<Crossing> crossings;
  Ledger ledger;
  WalletId acme{};
  std::uint64_t sequence = 0;
  base::Instant now = instant("2026-11-25T08:00:00Z");
};

template <class T>
testing::AssertionResult is_refused(const Answer<T>& answer, Refusal why) {
  if (answer.has_value()) return testing::AssertionFailure() << "was not refused";
  if (answer.error().why == why) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "was refused as " << name_of(answer.error().why);
}

}  // namespace steelyard::ledger
