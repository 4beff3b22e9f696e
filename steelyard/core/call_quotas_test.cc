#include "steelyard/core/call_quotas.h"

#include <gtest/gtest.h>

#include "steelyard/core/machine_for_tests.h"

// Prices: price list, section 1. qwen-plus up to 128,000 input tokens: 0.0008 CNY for 1,000 of
// input, 0.0002 read from a cache, 0.002 of output; from there to 256,000: 0.0024 of input.
namespace steelyard::core {
namespace {

using batch::Status;
using Lines = std::vector<std::string>;

std::string quota(const std::string& id, const std::string& of_class, int tokens,
                  const std::string& more = "", const std::string& model = "qwen-plus") {
  return R"({"command":"add_quota","account":"acme","id":")" + id + R"(","model":")" + model +
         R"(","class":")" + of_class + R"(","tokens":)" + std::to_string(tokens) + more +
         R"(,"effective_at":"2026-11-01T00:00:00Z","expires_at":"2027-02-01T00:00:00Z"})";
}

std::string call_of(const std::string& id, const std::string& model, const std::string& usage,
                    const std::string& time = "2026-11-22T08:00:03Z") {
  return R"({"specversion":"1.0","id":")" + id +
         R"(","source":"gateway","type":"ai.model.call","subject":"acme","time":")" + time +
         R"(","data":{"model":")" + model + R"(","protocol":"tokens","usage":)" + usage + "}}\n";
}

TEST(CallQuotas, a_call_that_crosses_a_quota_is_part_free_part_paid) {
  Machine machine;
  EXPECT_FALSE(machine.ask(quota("q-1", "free", 600)).refused.has_value());
  machine.take(call("a", 1'000));
  EXPECT_EQ(machine.lines(), (Lines{"qwen-plus/input, 0k-128k: 400 = 0.00032",
                                    "qwen-plus/input, free quota q-1: 600 = 0"}));
  EXPECT_EQ(machine.balance().receivable.to_text(), "0.00032");
  machine.take(call("b", 1'000));
  EXPECT_EQ(machine.lines(), Lines{"qwen-plus/input, 0k-128k: 1000 = 0.0008"});
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

// Rule D25: the tier is that of the whole call. 50 times 0.0024 for 1,000.
TEST(CallQuotas, what_is_left_is_priced_at_the_tier_of_the_whole_call) {
  Machine machine;
  machine.ask(quota("q-1", "free", 150'000));
  machine.take(call("a", 200'000));
  EXPECT_EQ(machine.lines(), (Lines{"qwen-plus/input, 128k-256k: 50000 = 0.12",
                                    "qwen-plus/input, free quota q-1: 150000 = 0"}));
}

// Rules D24 and D25: free quota, then packages; input, cached input, output.
TEST(CallQuotas, free_quota_is_drawn_before_packages_and_input_before_output) {
  Machine machine;
  machine.ask(quota("bought", "package", 800));
  machine.ask(quota("given", "free", 1'500));
  machine.take(call_of("a", "qwen-plus", R"({"input":1000,"cached_input":1000,"output":1000})"));
  EXPECT_EQ(machine.lines(), (Lines{"qwen-plus/output, 0k-128k: 700 = 0.0014",
                                    "qwen-plus/input, free quota given: 1000 = 0",
                                    "qwen-plus/input_cache_hit, free quota given: 500 = 0",
                                    "qwen-plus/input_cache_hit, package bought: 500 = 0",
                                    "qwen-plus/output, package bought: 300 = 0"}));
  const auto quotas = machine.core.quotas().quotas(1, "acme");
  ASSERT_EQ(quotas.size(), 2U);
  EXPECT_EQ(quotas[0].quota.name, "given");
  EXPECT_EQ(quotas[0].remaining + quotas[1].remaining, 0U);
}

// Rule D17, and decision D10: without a price of their own, cached tokens are billed as input.
TEST(CallQuotas, tokens_are_covered_in_the_line_that_they_are_billed_in) {
  Machine machine;
  machine.ask(quota("q-1", "free", 1'500, R"(,"kinds":["cached_input"])", "qwen-plus-2025-12-01"));
  machine.take(call_of("a", "qwen-plus-2025-12-01", R"({"input":1000,"cached_input":2000})"));
  EXPECT_EQ(machine.lines(), (Lines{"qwen-plus-2025-12-01/input, 0k-128k: 1500 = 0.0012",
                                    "qwen-plus-2025-12-01/input, free quota q-1: 1500 = 0"}));
}

TEST(CallQuotas, a_call_that_is_covered_costs_nothing) {
  Machine machine;
  machine.ask(quota("q-1", "free", 1'000'000));
  EXPECT_EQ(machine.take(call("a", 1'000)), std::vector{Status::rated});
  EXPECT_EQ(machine.lines(), Lines{"qwen-plus/input, free quota q-1: 1000 = 0"});
  EXPECT_TRUE(machine.balance().receivable.is_zero());
  const auto sums = machine.core.usage(1)->sums("acme", 0, INT64_MAX);
  ASSERT_EQ(sums.size(), 1U);
  EXPECT_EQ(sums[0].tier, "free quota q-1");
  EXPECT_EQ(sums[0].quantity.to_text(), "1000");
}

TEST(CallQuotas, only_what_is_in_force_and_of_the_same_model_is_drawn_and_once) {
  Machine machine;
  machine.ask(quota("q-1", "free", 1'000'000));
  const std::string one = R"({"input":1000})";
  machine.take(call_of("early", "qwen-plus", one, "2026-10-31T23:59:59Z"));
  EXPECT_EQ(machine.lines(), Lines{"qwen-plus/input, 0k-128k: 1000 = 0.0008"});
  machine.take(call_of("other", "qwen-max", one));
  EXPECT_EQ(machine.lines(), Lines{"qwen-max/input, -: 1000 = 0.0024"});
  machine.take(call("a", 1'000) + call("a", 1'000));
  EXPECT_EQ(machine.core.quotas().find(1, quota_id("q-1"))->remaining, 999'000U);
}

// 1,000 of input and 1,000 of output cost 0.0008 + 0.002; 1,500 tokens are covered.
TEST(CallQuotas, are_counted_on_when_a_call_is_held_for) {
  Machine machine;
  const std::string may_i =
      R"(","account":"acme","call":{"model":"qwen-plus","input":1000,"output":1000}})";
  const auto hold = [&](const std::string& id) {
    return machine.ask(R"({"command":"open_hold","hold":")" + id + may_i);
  };
  machine.ask(R"({"command":"set_account","account":"acme","postpaid_limit":"0.0025"})");
  EXPECT_EQ(hold("h-0").refused->why, ledger::Refusal::insufficient_balance);
  machine.ask(quota("q-1", "free", 1'500));
  const Answer part = hold("h-1");
  ASSERT_FALSE(part.refused.has_value());
  EXPECT_EQ(part.hold->reserved.to_text(), "0.001");
  machine.ask(quota("q-2", "package", 10'000));
  EXPECT_TRUE(hold("h-1").is_repeat);
  const Answer all = hold("h-2");
  ASSERT_FALSE(all.refused.has_value());
  EXPECT_TRUE(all.hold->reserved.is_zero());
  EXPECT_EQ(machine.core.ledger().open_hold_count(), 1U);
  EXPECT_EQ(machine.core.quotas().find(1, quota_id("q-1"))->remaining, 1'500U);
  const Answer unpriced = machine.ask(R"({"command":"open_hold","hold":"h-3","account":"acme",)"
                                      R"("call":{"model":"no-such","input":1}})");
  EXPECT_EQ(unpriced.refused->why, ledger::Refusal::no_price);
}

TEST(CallQuotas, a_hold_asks_for_an_amount_or_a_call) {
  for (const auto& [text, detail] : std::vector<std::pair<std::string, std::string>>{
           {R"("amount":"1","call":{"model":"m"})", "/amount: stands beside /call"},
           {R"("call":{})", "/call/model is missing"},
           {R"("call":{"model":"m","input":-1})",
            "/call/input: '-1' is not a whole number from 0 to 9007199254740991"},
           {R"("call":{"model":"m","x":1})", "/call/x: is no member of this command"},
           {R"("call":7)", "/call: '7' is not an object"},
           {R"("ttl_ms":1)", "/amount is missing"}}) {
    const auto read =
        read_command(R"({"command":"open_hold","hold":"h","account":"a",)" + text + "}");
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().detail, detail);
  }
}

TEST(CallQuotas, a_quota_is_added_once) {
  Machine machine;
  const std::string without_begin =
      R"({"command":"add_quota","account":"acme","id":"q","model":"qwen-plus","class":"free",)"
      R"("tokens":10,"expires_at":"2027-02-01T00:00:00Z"})";
  EXPECT_FALSE(machine.ask(without_begin).is_repeat);
  machine.tick(5);
  EXPECT_TRUE(machine.ask(without_begin).is_repeat);
  const Answer other = machine.ask(quota("q", "free", 11));
  ASSERT_TRUE(other.refused.has_value());
  EXPECT_EQ(other.refused->why, ledger::Refusal::idempotency_key_reused);
}

TEST(CallQuotas, are_forgotten_long_behind_their_end) {
  Machine machine;
  machine.ask(quota("q-1", "free", 600));
  machine.tick(std::int64_t{86'400} * 365);
  EXPECT_EQ(machine.core.quotas().size(), 1U);
  machine.tick(std::int64_t{86'400} * 200);
  EXPECT_EQ(machine.core.quotas().size(), 0U);
}

}  // namespace
}  // namespace steelyard::core
