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
                   const std::string& credit = "", bool is_unrated = false) {
  return R"({"specversion":"1.0","id":"void/)" + call +
         R"(","source":"gateway","type":"ai.model.void","subject":"acme",)"
         R"("time":"2026-11-22T08:00:03Z","data":{"voids":{"source":"gateway","id":")" +
         call + R"("},"reason":"twice","sequence":1,"unrated":)" + (is_unrated ? "true" : "false") +
         R"(,"model":"qwen-plus","api_key":"ak-7","lines":[)" + lines + R"(],"credit":[)" + credit +
         "]}}\n";
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

// The hold counts on a budget that the call does not name; so does the call, and its void.
TEST(CallVoids, the_budget_of_a_hold_is_given_back_to) {
  Machine machine;
  machine.ask(R"({"command":"set_account","account":"acme"})");
  machine.ask(R"({"command":"set_budget","name":"team/search","limit":"1"})");
  machine.ask(R"({"command":"set_budget","name":"team/chat","parent":"team/search"})");
  machine.ask(R"({"command":"open_hold","hold":"h-1","account":"acme","amount":"0.4",)"
              R"("budget":"team/chat","ttl_ms":60000})");
  machine.take(call("a", 1'000, R"("hold":"h-1",)"));
  EXPECT_EQ(machine.hold_budget(), "team/chat");
  const auto spent = [&](const char* name) {
    const auto budget = machine.core.ledger().find_budget(1, name).value();
    return machine.core.ledger().budget(budget).current.spent.to_text();
  };
  EXPECT_EQ(spent("team/chat"), "0.0008");
  machine.tick(std::int64_t{40} * 86'400);  // The hold is forgotten.
  std::string taking_back = voided("a", line_of("0k-128k", 1'000, "0.0008", "0.0008"));
  const std::string key = R"("api_key":"ak-7")";
  taking_back.replace(taking_back.find(key), key.size(), R"("hold_budget":"team/chat")");
  EXPECT_EQ(machine.take(taking_back), std::vector{Status::rated});
  EXPECT_EQ(spent("team/chat"), "0");
  EXPECT_EQ(spent("team/search"), "0");
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

// The hold is forgotten, and its call's key has a budget now, which counted nothing of it.
TEST(CallVoids, a_replaced_call_counts_where_it_did) {
  const auto with_budgets = [](Machine& machine) {
    machine.ask(R"({"command":"set_account","account":"acme"})");
    machine.ask(R"({"command":"set_budget","name":"team/chat","limit":"1"})");
    machine.ask(R"({"command":"open_hold","hold":"h-1","account":"acme","amount":"0.4",)"
                R"("budget":"team/chat","ttl_ms":60000})");
    machine.take(call("a", 1'000, R"("hold":"h-1","api_key":"ak-7",)"));
    EXPECT_EQ(machine.hold_budget(), "team/chat");
    machine.tick(std::int64_t{40} * 86'400);
  };
  std::string taking_back = voided("a", line_of("0k-128k", 1'000, "0.0008", "0.0008"));
  const std::string key = R"("api_key":"ak-7")";
  taking_back.replace(taking_back.find(key), key.size(), key + R"(,"hold_budget":"team/chat")");
  const std::string other = call("replace/a", 500, R"("hold_budget":"team/chat",)");
  const auto spent = [](Machine& machine, const char* name) {
    const auto budget = machine.core.ledger().find_budget(1, name).value();
    return machine.core.ledger().budget(budget).current.spent.to_text();
  };
  Machine machine;
  with_budgets(machine);
  EXPECT_EQ(machine.take(taking_back + other), (std::vector{Status::rated, Status::rated}));
  EXPECT_EQ(spent(machine, "team/chat"), "0.0004");
  EXPECT_EQ(machine.hold_budget(), "team/chat") << "so that it can be corrected again";

  Machine newer;
  with_budgets(newer);
  newer.ask(R"({"command":"set_budget","name":"key/ak-7","limit":"1"})");
  EXPECT_EQ(newer.take(taking_back), std::vector{Status::rated});
  EXPECT_EQ(spent(newer, "team/chat"), "0");
  EXPECT_EQ(spent(newer, "key/ak-7"), "0");
}

TEST(CallVoids, a_call_with_a_budget_of_its_own_says_none_of_its_hold) {
  Machine machine;
  machine.ask(R"({"command":"set_account","account":"acme"})");
  machine.ask(R"({"command":"set_budget","name":"team/search"})");
  machine.ask(R"({"command":"set_budget","name":"key/ak-7"})");
  machine.ask(R"({"command":"open_hold","hold":"h-1","account":"acme","amount":"0.4",)"
              R"("budget":"team/search","ttl_ms":60000})");
  machine.take(call("a", 1'000, R"("hold":"h-1","api_key":"ak-7",)"));
  EXPECT_EQ(machine.hold_budget(), "");
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

std::string of_a_new_model(std::string event) {
  event.replace(event.find("qwen-plus"), 9, "qwen-next");
  return event;
}

TEST(CallVoids, a_call_that_waits_for_a_price_waits_no_more) {
  Machine before;
  const std::string waiting = of_a_new_model(call("a", 1'000));
  EXPECT_EQ(before.take(waiting), std::vector{Status::unrated});
  EXPECT_EQ(before.take(voided("a", "", "", true)), std::vector{Status::rated});
  EXPECT_EQ(before.take(voided("a", "", "", true)), std::vector{Status::duplicate});
  EXPECT_EQ(before.core.waiting().size(), 0U);
  Machine::Entities kept;
  before.keep(kept);
  Machine machine(before.identities, rater_with_a_new_model());
  machine.restore(kept, before.place());
  EXPECT_EQ(machine.take(waiting), std::vector{Status::duplicate});
  EXPECT_FALSE(machine.core.find_account(1, "acme").has_value());
}

// Between reading the charge row and the void, the call was charged.
TEST(CallVoids, a_call_that_has_a_price_meanwhile_is_not_taken_back_as_one_without) {
  Machine machine({}, rater_with_a_new_model());
  machine.take(of_a_new_model(call("a", 1'000)));
  const std::string stale = voided("a", "", "", true);
  EXPECT_EQ(machine.take(stale), std::vector{Status::rejected});
  EXPECT_EQ(machine.balance().receivable.to_text(), "0.0024");
  EXPECT_EQ(machine.take(voided("a", line_of("-", 1'000, "0.0024", "0.0024"))),
            std::vector{Status::rated});
  EXPECT_TRUE(machine.balance().receivable.is_zero());
}

TEST(CallVoids, nor_is_it_replaced_as_one_without) {
  Machine machine({}, rater_with_a_new_model());
  machine.take(of_a_new_model(call("a", 1'000)));
  EXPECT_EQ(machine.take(voided("a", "", "", true) + call("replace/a", 500)),
            (std::vector{Status::rejected, Status::rejected}));
  EXPECT_EQ(machine.balance().receivable.to_text(), "0.0024");
}

// "a" is taken back, and 500 tokens are there in its place: both or neither.
TEST(CallVoids, a_call_is_replaced_wholly_or_not_at_all) {
  const std::string taking_back = voided("a", line_of("0k-128k", 1'000, "0.0008", "0.0008"));
  const std::string other = call("replace/a", 500);
  {
    Machine machine;
    machine.take(call("a", 1'000));
    EXPECT_EQ(machine.take(taking_back + other), (std::vector{Status::rated, Status::rated}));
    EXPECT_EQ(machine.balance().receivable.to_text(), "0.0004");
    EXPECT_EQ(machine.take(taking_back + other),
              (std::vector{Status::duplicate, Status::duplicate}));
    EXPECT_EQ(machine.take(taking_back + call("replace/a", 600)),
              (std::vector{Status::conflict, Status::conflict}));
    EXPECT_EQ(machine.balance().receivable.to_text(), "0.0004");
  }
  {
    Machine machine;  // It was taken back before, and nothing put in its place.
    machine.take(call("a", 1'000));
    machine.take(taking_back);
    EXPECT_EQ(machine.take(taking_back + other), (std::vector{Status::conflict, Status::conflict}));
    EXPECT_TRUE(machine.balance().receivable.is_zero());
    EXPECT_EQ(machine.take(other), std::vector{Status::rated}) << "its identity is free";
  }
  {
    Machine machine;  // Somebody's own event has the name.
    machine.take(call("a", 1'000) + call("replace/a", 700));
    EXPECT_EQ(machine.take(taking_back + other), (std::vector{Status::conflict, Status::conflict}));
    EXPECT_EQ(machine.balance().receivable.to_text(), "0.00136");
    EXPECT_EQ(machine.take(taking_back), std::vector{Status::rated});
  }
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
