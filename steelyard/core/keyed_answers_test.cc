#include "steelyard/core/keyed_answers.h"

#include <gtest/gtest.h>

#include "steelyard/core/machine_for_tests.h"

namespace steelyard::core {
namespace {

std::string top_up(const std::string& id, const std::string& amount) {
  return R"({"command":"top_up","account":"acme","id":")" + id + R"(","amount":")" + amount + "\"}";
}

std::optional<ledger::Refusal> why_not(const Answer& answer) {
  if (!answer.refused.has_value()) return std::nullopt;
  return answer.refused->why;
}

/// A core that goes on where `before` was, as after a restart.
void go_on(Machine& machine, Machine& before) {
  Machine::Entities kept;
  before.keep(kept);
  machine.restore(kept, before.place());
}

TEST(KeyedAnswers, the_same_command_has_the_same_answer_after_a_restart) {
  Machine before;
  EXPECT_EQ(before.ask(top_up("p-1", "1")).balance->prepaid.to_text(), "1");
  before.ask(top_up("p-2", "2"));
  Machine machine;
  go_on(machine, before);
  const Answer repeat = machine.ask(top_up("p-1", "1.00"));
  EXPECT_TRUE(repeat.is_repeat);
  EXPECT_EQ(repeat.balance->prepaid.to_text(), "1") << "as it was then";
  EXPECT_EQ(machine.balance().prepaid.to_text(), "3");
}

TEST(KeyedAnswers, a_key_is_of_one_command) {
  Machine before;
  before.ask(top_up("p-1", "1"));
  Machine machine;
  go_on(machine, before);
  const std::string grant = R"({"command":"grant","account":"acme","id":"p-1","amount":"1",)"
                            R"("expires_at":"2027-01-01T00:00:00Z"})";
  const std::string refund =
      R"({"command":"refund","account":"acme","id":"p-1","original":"p-1","amount":"1"})";
  const std::string quota =
      R"({"command":"add_quota","account":"acme","id":"p-1","model":"qwen-plus","class":"free",)"
      R"("tokens":600,"expires_at":"2027-02-01T00:00:00Z"})";
  std::string other_account = top_up("p-1", "1");
  other_account.replace(other_account.find("acme"), 4, "else");
  for (const std::string& command : {top_up("p-1", "2"), other_account, grant, refund, quota}) {
    EXPECT_EQ(why_not(machine.ask(command)), ledger::Refusal::idempotency_key_reused) << command;
  }
  EXPECT_EQ(machine.balance().prepaid.to_text(), "1");
  EXPECT_TRUE(machine.balance().promo.is_zero());
  EXPECT_FALSE(machine.core.find_account(1, "else").has_value());
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

TEST(KeyedAnswers, quotas_have_keys_too) {
  const std::string quota =
      R"({"command":"add_quota","account":"acme","id":"q-1","model":"qwen-plus","class":"free",)"
      R"("tokens":600,"expires_at":"2027-02-01T00:00:00Z"})";
  Machine before;
  EXPECT_FALSE(before.ask(quota).is_repeat);
  Machine machine;
  go_on(machine, before);
  machine.tick(std::int64_t{3} * 86'400);
  const Answer repeat = machine.ask(quota);
  EXPECT_TRUE(repeat.is_repeat);
  EXPECT_EQ(repeat.quota_from, before.place().received) << "from then on, not from now";
  std::string more = quota;
  more.replace(more.find("600"), 3, "700");
  EXPECT_EQ(why_not(machine.ask(more)), ledger::Refusal::idempotency_key_reused);
}

// It ended long ago, so the next tick forgets it; its key is still known.
TEST(KeyedAnswers, a_quota_that_is_forgotten_is_answered_as_it_was) {
  const std::string quota =
      R"({"command":"add_quota","account":"acme","id":"q-1","model":"qwen-plus","class":"free",)"
      R"("tokens":600,"effective_at":"2020-01-01T00:00:00Z","expires_at":"2020-02-01T00:00:00Z"})";
  Machine machine;
  EXPECT_EQ(why_not(machine.ask(quota)), std::nullopt);
  machine.tick(1);
  EXPECT_FALSE(machine.core.quotas().find(1, quota_id("q-1")).has_value());
  const Answer repeat = machine.ask(quota);
  EXPECT_TRUE(repeat.is_repeat);
  EXPECT_EQ(base::to_rfc3339(repeat.quota_from.value()), "2020-01-01T00:00:00Z");
}

// What was refused may be asked for again, when it can be done.
TEST(KeyedAnswers, a_refusal_is_not_remembered) {
  Machine machine;
  const std::string refund =
      R"({"command":"refund","account":"acme","id":"r-1","original":"p-1","amount":"1"})";
  EXPECT_EQ(why_not(machine.ask(refund)), ledger::Refusal::unknown_account);
  machine.ask(top_up("p-1", "1"));
  EXPECT_EQ(why_not(machine.ask(refund)), std::nullopt);
  EXPECT_TRUE(machine.ask(refund).is_repeat);
  EXPECT_TRUE(machine.balance().prepaid.is_zero());
}

// Behind the week, the ledger still books a payment once.
TEST(KeyedAnswers, an_answer_is_forgotten_after_a_week_of_the_log) {
  Machine before;
  Machine::Entities kept;
  before.ask(top_up("p-1", "1"));
  before.keep(kept);
  const auto answers = [&kept] {
    return std::ranges::count_if(kept, [](const auto& each) { return each.first[0] == 'L'; });
  };
  EXPECT_EQ(answers(), 1);
  before.tick(KeyedAnswers::memory_seconds + 1);
  before.ask(top_up("p-2", "2"));
  before.keep(kept);
  EXPECT_EQ(answers(), 1);
  Machine machine;
  machine.restore(kept, before.place());
  const Answer repeat = machine.ask(top_up("p-1", "1"));
  EXPECT_TRUE(repeat.is_repeat);
  EXPECT_EQ(repeat.balance->prepaid.to_text(), "3") << "as it is now";
  EXPECT_EQ(why_not(machine.ask(top_up("p-1", "5"))), ledger::Refusal::origin_conflict);
}

TEST(KeyedAnswers, the_oldest_are_forgotten_when_there_are_too_many) {
  KeyedAnswers answers;
  const auto key = [](std::uint64_t n) { return ledger::Id{1, n}; };
  for (std::uint64_t n = 1; n <= KeyedAnswers::answers_max + 2; ++n) {
    answers.add({n, 1, {key(n), {}}, noon, {}});
  }
  EXPECT_EQ(answers.find(1, key(2)), nullptr);
  ASSERT_NE(answers.find(1, key(3)), nullptr);
  EXPECT_EQ(answers.find(2, key(3)), nullptr) << "another tenant's";
  std::size_t visited = 0;
  answers.for_each_changed(
      [&](std::uint64_t, auto value) { visited += value.has_value() ? 1 : 0; });
  EXPECT_EQ(visited, KeyedAnswers::answers_max);
}

TEST(KeyedAnswers, who_asks_much_does_not_push_out_the_answers_of_others) {
  KeyedAnswers answers;
  const auto key = [](std::uint64_t n) { return ledger::Id{1, n}; };
  answers.add({1, 2, {key(1), {}}, noon, {}});
  for (std::uint64_t n = 2; n <= KeyedAnswers::answers_max * 2; ++n) {
    answers.add({n, 1, {key(n), {}}, noon, {}});
  }
  EXPECT_NE(answers.find(2, key(1)), nullptr);
  EXPECT_EQ(answers.find(1, key(2)), nullptr);
  answers.add({KeyedAnswers::answers_max * 2 + 1, 2, {key(2), {}}, noon, {}});
  EXPECT_NE(answers.find(2, key(2)), nullptr);
}

TEST(KeyedAnswers, what_is_none_is_not_restored) {
  KeyedAnswers answers;
  EXPECT_FALSE(answers.restore(1, ""));
  EXPECT_FALSE(answers.restore(1, "damaged"));
}

}  // namespace
}  // namespace steelyard::core
