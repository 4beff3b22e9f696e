#include <gtest/gtest.h>

#include "steelyard/core/machine_for_tests.h"

// qwen-plus: 0.0008 CNY for 1,000 of input (price list, section 1).
namespace steelyard::core {
namespace {

using batch::Status;

std::string line_of(const std::string& tier, int tokens, const std::string& price,
                    const std::string& amount) {
  return R"({"item":"qwen-plus/input","tier":")" + tier + R"(","unit":"token","price":")" + price +
         R"(","per":"1000","quantity":")" + std::to_string(tokens) + R"(","amount":")" + amount +
         "\"}";
}

std::string voided(const std::string& call, const std::string& lines,
                   const std::string& credit = "") {
  return R"({"specversion":"1.0","id":"void/)" + call +
         R"(","source":"gateway","type":"ai.model.void","subject":"acme",)"
         R"("time":"2026-11-22T08:00:03Z","data":{"voids":{"source":"gateway","id":")" +
         call +
         R"("},"reason":"twice","sequence":1,"model":"qwen-plus","api_key":"ak-7","lines":[)" +
         lines + R"(],"credit":[)" + credit + "]}}\n";
}

TEST(CallVoids, a_call_that_is_taken_back_costs_nothing_and_is_taken_back_once) {
  Machine machine;
  machine.ask(R"({"command":"set_budget","name":"key/ak-7","limit":"1"})");
  machine.take(call("a", 1'000, R"("api_key":"ak-7",)") + call("b", 500));
  const std::string taking_back = voided("a", line_of("0k-128k", 1'000, "0.0008", "0.0008"));
  EXPECT_EQ(machine.take(taking_back), std::vector{Status::rated});
  EXPECT_EQ(machine.lines(), std::vector<std::string>{"qwen-plus/input, 0k-128k: -1000 = -0.0008"});
  EXPECT_EQ(machine.take(taking_back), std::vector{Status::duplicate});
  EXPECT_EQ(machine.balance().receivable.to_text(), "0.0004");
  const auto budget = machine.core.ledger().find_budget(1, "key/ak-7").value();
  EXPECT_TRUE(machine.core.ledger().budget(budget).current.spent.is_zero());
  const auto sums = machine.core.usage(1)->sums("acme", 0, INT64_MAX);
  ASSERT_EQ(sums.size(), 1U);
  EXPECT_EQ(sums[0].quantity.to_text(), "500");
  EXPECT_EQ(sums[0].amount.to_text(), "0.0004");
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

TEST(CallVoids, quotas_get_their_tokens_back) {
  Machine machine;
  machine.ask(R"({"command":"add_quota","account":"acme","id":"q-1","model":"qwen-plus",)"
              R"("class":"free","tokens":600,"effective_at":"2026-11-01T00:00:00Z",)"
              R"("expires_at":"2027-02-01T00:00:00Z"})");
  machine.take(call("a", 1'000));
  machine.take(voided("a", line_of("0k-128k", 400, "0.0008", "0.00032") + ',' +
                               line_of("free quota q-1", 600, "0", "0")));
  EXPECT_EQ(machine.core.quotas().find(1, quota_id("q-1"))->remaining, 600U);
  EXPECT_TRUE(machine.balance().receivable.is_zero());
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

// Credit of 0.0005 pays a part of 0.0008; the rest is paid in. Credit does not become money.
TEST(CallVoids, what_credit_paid_goes_back_to_the_credit) {
  Machine machine;
  machine.ask(R"({"command":"top_up","account":"acme","id":"p","amount":"1"})");
  machine.ask(R"({"command":"grant","account":"acme","id":"g","amount":"0.0005",)"
              R"("effective_at":"2026-11-01T00:00:00Z","expires_at":"2027-01-01T00:00:00Z"})");
  machine.take(call("a", 1'000));
  const std::string grant = ledger::to_text(command_id("grant", "g"));
  EXPECT_EQ(machine.credit(), grant + "=0.0005");
  EXPECT_EQ(machine.balance().prepaid.to_text(), "0.9997");
  machine.take(voided("a", line_of("0k-128k", 1'000, "0.0008", "0.0008"),
                      R"({"grant":")" + grant + R"(","amount":"0.0005"})"));
  EXPECT_EQ(machine.balance().prepaid.to_text(), "1");
  EXPECT_EQ(machine.balance().promo.to_text(), "0.0005");
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

TEST(CallVoids, a_call_without_a_price_can_be_taken_back) {
  Machine machine;
  EXPECT_EQ(machine.take(voided("a", "")), std::vector{Status::rated});
  EXPECT_FALSE(machine.core.find_account(1, "acme").has_value());
}

TEST(CallVoids, what_is_no_charge_is_rejected_with_its_place) {
  Machine machine;
  const std::vector<std::pair<std::string, std::string>> bad = {
      {voided("a", "7"), "/data/lines/0: 7 is not an object"},
      {voided("a", R"({"item":"x"})"), "/data/lines/0/tier is missing"},
      {voided("a", line_of("t", 1, "x", "1")),
       "/data/lines/0/price: \"x\" is not a decimal string"},
      {voided("a", "", R"({"grant":1})"), "/data/credit/0/grant: 1 is not a string"}};
  for (const auto& [event, detail] : bad) {
    EXPECT_EQ(machine.take(event), std::vector{Status::rejected});
    EXPECT_EQ(machine.last().detail, detail);
  }
}

}  // namespace
}  // namespace steelyard::core
