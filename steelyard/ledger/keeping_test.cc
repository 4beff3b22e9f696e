#include "steelyard/ledger/books_for_tests.h"
#include "steelyard/ledger/ledger.h"

namespace steelyard::ledger {
namespace {

/// Books with something of everything in them.
class LedgerKeeping : public Books {
 protected:
  LedgerKeeping() {
    node = budget("key/ak-7", "100", no_budget, Period::month, {5, 50});
    EXPECT_TRUE(top_up("50", "payment"));
    Grant grant = grant_of("5", "welcome");
    grant.scope = "qwen-plus/";
    EXPECT_TRUE(ledger.grant(grant));
    Authorise asked = hold_of("4", "in-parts");
    asked.budget = node;
    EXPECT_TRUE(ledger.authorise(asked));
    Charge part = settlement("in-parts", "1", "part-1");
    part.ends_hold = false;
    EXPECT_TRUE(ledger.settle(part));
    EXPECT_TRUE(authorise("3", "settled"));
    EXPECT_TRUE(settle("settled", "2", "end"));
    EXPECT_TRUE(authorise("3", "released"));
    EXPECT_TRUE(release("released", "let-go"));
    Authorise brief = hold_of("2", "expired");
    brief.ttl_micros = minute_micros;
    EXPECT_TRUE(ledger.authorise(brief));
    Authorise late = hold_of("2", "captured-late");
    late.ttl_micros = minute_micros;
    EXPECT_TRUE(ledger.authorise(late));
    pass_minutes(2);
    EXPECT_TRUE(settle("captured-late", "1", "late"));
    Charge call = charge_of("6", "call");
    call.budget = node;
    EXPECT_TRUE(ledger.charge(call));
    EXPECT_TRUE(refund("10", "payment", "refund"));
    open("other", "20");
    last_call = call;
  }

  BudgetId node{};
  Charge last_call{};
};

TEST_F(LedgerKeeping, what_was_restored_has_the_same_bytes) {
  const KeptBytes kept = snapshot_of(ledger);
  Ledger restored;
  restore_into(restored, kept);
  EXPECT_EQ(snapshot_of(restored), kept);
  std::string kinds;
  for (const auto& [key, value] : kept) {
    if (!kinds.ends_with(key[0])) kinds += key[0];
  }
  EXPECT_EQ(kinds, "BCGHOTW");
}

TEST_F(LedgerKeeping, the_changes_of_each_batch_add_up_to_a_snapshot) {
  KeptBytes kept;
  const auto keep = [&] {
    ledger.for_each_changed([&](std::string_view key, std::optional<std::string_view> value) {
      if (value) {
        kept[std::string(key)] = *value;
      } else {
        EXPECT_EQ(kept.erase(std::string(key)), 1U);
      }
    });
  };
  keep();
  EXPECT_EQ(kept, snapshot_of(ledger));
  tick("2026-11-28T00:00:00Z");  // Holds are forgotten.
  keep();
  EXPECT_EQ(kept, snapshot_of(ledger));
  keep();
  int changes = 0;
  ledger.for_each_changed([&](std::string_view, std::optional<std::string_view>) { ++changes; });
  EXPECT_EQ(changes, 0);
}

TEST_F(LedgerKeeping, what_was_restored_remembers) {
  const KeptBytes kept = snapshot_of(ledger);
  ledger = Ledger();
  restore_into(ledger, kept);

  EXPECT_TRUE(ledger.charge(last_call)->is_repeat);
  EXPECT_TRUE(top_up("50", "payment")->is_repeat);
  EXPECT_TRUE(is_refused(top_up("51", "payment"), Refusal::origin_conflict));
  EXPECT_TRUE(settle("settled", "2", "end")->is_repeat);
  EXPECT_TRUE(is_refused(settle("settled", "3", "end"), Refusal::origin_conflict));
  Charge part = settlement("in-parts", "1", "part-1");
  part.ends_hold = false;
  EXPECT_TRUE(ledger.settle(part)->is_repeat);
  EXPECT_TRUE(release("released", "let-go")->is_repeat);
  EXPECT_TRUE(settle("captured-late", "1", "late")->is_repeat);
  EXPECT_TRUE(is_refused(settle("captured-late", "1", "later"), Refusal::hold_not_open));
  EXPECT_TRUE(settle("expired", "1", "first-late")->notes.late_capture);
  EXPECT_TRUE(is_refused(authorise("3", "in-parts"), Refusal::hold_conflict));
  EXPECT_EQ(ledger.hold(tenant, id("in-parts"))->reserved, decimal("3"));
  EXPECT_TRUE(is_refused(refund("40.5", "payment", "refund-2"), Refusal::refund_exceeds_original));

  Charge scoped = charge_of("1", "scoped");
  scoped.item = "qwen-plus/input";
  EXPECT_EQ(ledger.charge(scoped)->drawn[0].grant, id("welcome"));
  EXPECT_EQ(ledger.find_wallet(tenant, "other", cny), open("other", "20"));
  EXPECT_EQ(ledger.find_budget(tenant, "key/ak-7"), node);
  EXPECT_EQ(ledger.budget(node).reserved, decimal("3"));
  EXPECT_EQ(ledger.budget(node).current.spent, decimal("7"));

  const Balance before = balance();
  tick("2026-11-25T08:01:00Z");  // Before the last one.
  EXPECT_EQ(balance().reserved, before.reserved);
  tick("2026-11-25T08:10:00Z");
  EXPECT_EQ(balance().reserved, decimal("0"));
  tick("2026-12-01T00:00:00Z");
  EXPECT_EQ(balance().promo, decimal("0"));
}

TEST_F(LedgerKeeping, a_threshold_is_not_said_again_after_a_restart) {
  EXPECT_EQ(crossings.size(), 1U);
  const KeptBytes kept = snapshot_of(ledger);
  std::vector<int> said;
  Ledger restored(
      {}, {.entry = {}, .crossing = [&](const Crossing& one) { said.push_back(one.percent); }});
  restore_into(restored, kept);
  Charge call = charge_of("44", "call-2");
  call.budget = node;
  ASSERT_TRUE(restored.charge(call));
  EXPECT_EQ(said, (std::vector<int>{50}));
}

TEST_F(LedgerKeeping, damaged_bytes_are_refused) {
  for (const auto& [key, value] : snapshot_of(ledger)) {
    for (std::size_t size = 0; size < value.size(); ++size) {
      Ledger other;
      EXPECT_FALSE(other.restore(key, value.substr(0, size)).has_value()) << key[0] << size;
    }
    Ledger other;
    EXPECT_FALSE(other.restore(key, value + '\0').has_value());
    std::string newer = value;
    newer[0] = 2;
    EXPECT_FALSE(other.restore(key, newer).has_value()) << "a format of the future";
    EXPECT_FALSE(other.restore(key + '\0', value).has_value());
    EXPECT_FALSE(other.restore('x' + key.substr(1), value).has_value());
  }
  Ledger other;
  const auto refused = other.restore("H", "");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::file_is_malformed);
}

/// Whatever single entity is lost, it is noticed or nobody's money: an origin, or the clock.
TEST_F(LedgerKeeping, a_lost_entity_is_noticed) {
  const KeptBytes kept = snapshot_of(ledger);
  for (const auto& [lost, lost_value] : kept) {
    if (lost[0] == 'O' || lost[0] == 'C') continue;
    Ledger other;
    bool is_refused = false;
    for (const auto& [key, value] : kept) {
      if (key != lost) is_refused |= !other.restore(key, value).has_value();
    }
    is_refused |= !other.finish_restore().has_value();
    const bool is_ended_hold = lost[0] == 'H' && lost_value[9] != 1;
    const bool is_empty_wallet = lost[0] == 'W' && lost.back() == 1;  // The last, without money.
    EXPECT_TRUE(is_refused || is_ended_hold || is_empty_wallet) << lost[0];
  }
}

}  // namespace
}  // namespace steelyard::ledger
