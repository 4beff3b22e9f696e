#include "steelyard/core/core.h"

#include <gtest/gtest.h>

#include "steelyard/core/log_record.h"
#include "steelyard/core/machine_for_tests.h"

namespace steelyard::core {
namespace {

using batch::Status;
using money::Decimal;

std::string text(Decimal amount) { return amount.to_text(); }

// qwen-plus up to 128,000 input tokens: 0.0008 CNY for 1,000 (price list, section 1).
TEST(Core, usage_is_charged_once_to_an_account_that_it_opens) {
  Machine machine;
  EXPECT_EQ(machine.take(call("a", 1'000) + call("b", 500) + call("a", 1'000)),
            (std::vector{Status::rated, Status::rated, Status::duplicate}));
  EXPECT_EQ(text(machine.balance().receivable), "0.0012");
  EXPECT_EQ(machine.take(call("a", 2'000)), std::vector{Status::conflict});
  EXPECT_EQ(text(machine.balance().receivable), "0.0012");
  EXPECT_EQ(machine.core.counts(1).of(Status::rated), 2U);
  EXPECT_EQ(machine.core.counts(1).of(Status::duplicate), 1U);
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

// 2026-11-22 08:00 UTC is 16:00 of the same day in the book's zone, Asia/Shanghai.
TEST(Core, a_bill_is_the_sum_of_the_charge_lines_by_day_and_price) {
  Machine machine;
  machine.take(call("a", 1'000) + call("b", 500) + call("c", 200'000));
  const auto sums = machine.core.usage(1)->sums("acme", 0, INT64_MAX);
  ASSERT_EQ(sums.size(), 2U);
  EXPECT_EQ(base::to_rfc3339({sums[0].day, 0}), "2026-11-21T16:00:00Z");
  EXPECT_EQ(sums[0].item, "qwen-plus/input");
  EXPECT_EQ(sums[0].tier, "0k-128k");
  EXPECT_EQ(text(sums[0].quantity), "1500");
  EXPECT_EQ(text(sums[0].amount), "0.0012");
  EXPECT_EQ(sums[0].events, 2U);
  EXPECT_EQ(sums[1].tier, "128k-256k");
  EXPECT_EQ(text(sums[1].amount), "0.48");  // 200 times 0.0024.
  EXPECT_TRUE(machine.core.usage(1)->sums("other", 0, INT64_MAX).empty());
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

// qwen-next costs what qwen-max costs, when there is a price for it: 0.0024 for 1,000.
TEST(Core, F1_what_came_without_a_price_is_rated_late_and_once) {
  std::string next = call("a", 1'000);
  next.replace(next.find("qwen-plus"), 9, "qwen-next");
  Machine before;
  EXPECT_EQ(before.take(next + next), (std::vector{Status::unrated, Status::duplicate}));
  EXPECT_TRUE(before.core.waiting().contains(1));
  Machine::Entities kept;
  before.keep(kept);

  Machine machine(before.identities, rater_with_a_new_model());
  machine.restore(kept, before.place());
  EXPECT_EQ(machine.take(next), std::vector{Status::rated});
  EXPECT_TRUE(machine.last().is_late);
  EXPECT_EQ(machine.last().first_sequence, 1U);
  EXPECT_EQ(text(machine.balance().receivable), "0.0024");
  EXPECT_EQ(machine.core.waiting().size(), 0U);
  EXPECT_EQ(machine.take(next), std::vector{Status::duplicate});
  EXPECT_EQ(machine.core.counts(1).of(Status::unrated), 0U);
  EXPECT_EQ(machine.core.counts(1).of(Status::rated), 1U);
  EXPECT_EQ(machine.core.counts(1).of(Status::duplicate), 3U);
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
  machine.keep(kept);
  EXPECT_FALSE(kept.contains(std::string("K\0\0\0\0\0\0\0\1", 9)));
}

std::string order(const std::string& id, const std::string& action, const std::string& time,
                  int months) {
  return R"({"specversion":"1.0","id":")" + id +
         R"(","source":"shop","type":"cloud.resource.order","subject":"acme","time":")" + time +
         R"(","data":{"product":"mse","resource":"r-1","action":")" + action + R"(","months":)" +
         std::to_string(months) +
         R"(,"config":{"component":"registry","edition":"basic","spec":"2C4G","nodes":3}}})"
         "\n";
}

// A renewal that comes before the order that it goes on from counts once that is there, whatever
// happens in between.
TEST(Core, an_order_that_waits_for_another_is_kept_and_not_charged_twice) {
  const std::string renewal = order("2", "renew", "2026-11-22T09:00:00Z", 1);
  const std::string purchase = order("1", "new", "2026-11-22T08:00:00Z", 1);
  Machine steady;
  EXPECT_EQ(steady.take(purchase + renewal), (std::vector{Status::rated, Status::rated}));

  Machine before;
  EXPECT_EQ(before.take(renewal + renewal), (std::vector{Status::unrated, Status::duplicate}));
  Machine::Entities kept;
  before.keep(kept);
  Machine machine(before.identities);
  machine.restore(kept, before.place());
  EXPECT_EQ(machine.take(purchase), std::vector{Status::rated});
  EXPECT_EQ(machine.balance().receivable, steady.balance().receivable);
  // It is counted already, which it is told now.
  EXPECT_EQ(machine.take(renewal), std::vector{Status::rated});
  EXPECT_EQ(machine.take(renewal), std::vector{Status::duplicate});
  EXPECT_EQ(machine.balance().receivable, steady.balance().receivable);
  machine.keep(kept);
  Machine again(machine.identities);
  again.restore(kept, machine.place());
  const std::string next = order("3", "renew", "2026-11-22T10:00:00Z", 1);
  EXPECT_EQ(again.take(next), std::vector{Status::rated});
  steady.take(next);
  EXPECT_EQ(again.balance().receivable, steady.balance().receivable);
}

// Of a product that only the new prices know: it waits, and is charged once, whatever happens.
TEST(Core, an_order_that_has_a_price_later_is_charged_then_and_once) {
  std::string purchase = order("1", "new", "2026-11-22T08:00:00Z", 1);
  const rating::Rater& without_mse = rater_without("mse");
  Machine before({}, without_mse);
  EXPECT_EQ(before.take(purchase + purchase), (std::vector{Status::unrated, Status::duplicate}));
  Machine::Entities kept;
  before.keep(kept);
  Machine steady;
  steady.take(purchase);

  Machine machine(before.identities);
  machine.restore(kept, before.place());
  EXPECT_EQ(machine.take(purchase + purchase), (std::vector{Status::rated, Status::duplicate}));
  EXPECT_EQ(machine.balance().receivable, steady.balance().receivable);
  machine.keep(kept);
  Machine again(machine.identities);
  again.restore(kept, machine.place());
  EXPECT_EQ(again.take(purchase), std::vector{Status::duplicate});
  const std::string renewal = order("2", "renew", "2026-11-22T09:00:00Z", 1);
  EXPECT_EQ(again.take(renewal), std::vector{Status::rated});
  EXPECT_EQ(steady.take(renewal), std::vector{Status::rated});
  EXPECT_EQ(again.balance().receivable, steady.balance().receivable);
  EXPECT_EQ(again.core.imbalance(), std::nullopt);
}

TEST(Core, an_order_that_is_rejected_may_be_sent_again) {
  Machine machine;
  const std::string renewal = order("2", "renew", "2026-11-22T09:00:00Z", 1'200);
  machine.take(order("1", "new", "2026-11-22T08:00:00Z", 1'200));
  const auto owed = machine.balance().receivable;
  EXPECT_EQ(machine.take(renewal + renewal), (std::vector{Status::rejected, Status::rejected}));
  EXPECT_EQ(machine.balance().receivable, owed);
}

// A name has 128 characters, in any script.
TEST(Core, accounts_may_have_long_names_in_any_script) {
  std::string name;
  for (int i = 0; i < 128; ++i) name += "界";
  std::string event = call("a", 1'000);
  event.replace(event.find("acme"), 4, name);
  Machine machine;
  EXPECT_EQ(machine.take(event), std::vector{Status::rated});
  EXPECT_TRUE(machine.core.find_account(1, name).has_value());
  EXPECT_FALSE(
      machine.ask(R"({"command":"top_up","account":")" + name + R"(","id":"p","amount":"1"})")
          .refused.has_value());
}

std::string storage(const std::string& id, const std::string& gigabytes) {
  return R"({"specversion":"1.0","id":")" + id +
         R"(","source":"s","type":"cloud.resource.usage","subject":"acme",)"
         R"("time":"2026-11-22T09:00:00Z","data":{"product":"oss","resource":"b",)"
         R"("start":"2026-11-22T08:00:00Z","end":"2026-11-22T09:00:00Z",)"
         R"("meters":{"storage_gb":")" +
         gigabytes + R"("},"attributes":{"region":"cn-hangzhou","class":"standard_lrs"}}})" + "\n";
}

// What it costs is only known in its window, so it stands in the log; it is refused all the same.
TEST(Core, E10_usage_that_no_ledger_can_keep_is_refused_and_changes_nothing) {
  Machine machine;
  machine.take(storage("a", "600"));
  const std::string owed = text(machine.balance().receivable);
  EXPECT_EQ(machine.take(storage("o", "900000000000000000000")), std::vector{Status::rejected});
  EXPECT_EQ(machine.last().reason, ErrorCode::invalid_quantity);
  EXPECT_NE(machine.last().detail, "");
  EXPECT_TRUE(machine.lines().empty());
  EXPECT_EQ(machine.core.counts(1).not_booked, 0U);
  EXPECT_EQ(text(machine.balance().receivable), owed);
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);

  // The window is as if it had never come, and its id is free.
  Machine other;
  other.take(storage("a", "600"));
  for (Machine* const each : {&machine, &other}) {
    EXPECT_EQ(each->take(storage("o", "900")), std::vector{Status::rated});
  }
  EXPECT_EQ(text(machine.balance().receivable), text(other.balance().receivable));
}

TEST(Core, E10_a_replacement_that_no_ledger_can_keep_leaves_the_old_one) {
  Machine machine;
  machine.take(storage("a", "600"));
  const std::string owed = text(machine.balance().receivable);
  std::string other = storage("b", "900000000000000000000");
  other.replace(other.find("\"product\""), 0, R"("replaces":{"source":"s","id":"a"},)");
  EXPECT_EQ(machine.take(other), std::vector{Status::rejected});
  EXPECT_EQ(machine.last().reason, ErrorCode::invalid_quantity);
  EXPECT_EQ(text(machine.balance().receivable), owed);
  const std::string back =
      R"({"specversion":"1.0","id":"v","source":"s","type":"cloud.resource.void",)"
      R"("subject":"acme","time":"2026-11-22T09:00:00Z",)"
      R"("data":{"voids":{"source":"s","id":"a"}}})"
      "\n";
  EXPECT_EQ(machine.take(back), std::vector{Status::rated});
  EXPECT_TRUE(machine.balance().receivable.is_zero());
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

/// The shipped book, in which 1,000 tokens of one model cost 10^8: the highest price there can be.
const rating::Rater& rater_of_the_rich() {
  static const rating::Rater rater = [] {
    auto files = pricebook::read_files(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas").value();
    std::string& models = files.at("models.csv");
    const std::string row = "\nqwen3-30b-a3b-instruct-2507,-,input,";
    const std::size_t at = models.find(row) + row.size();
    models.replace(at, models.find_first_of(",\n", at) - at, "100000000");
    return rating::Rater(std::make_shared<const pricebook::PriceBookSeries>(
        pricebook::load(files, "a test").value()));
  }();
  return rater;
}

std::string of_the_rich(const std::string& id, const std::string& tokens) {
  std::string event = call(id, 7);
  event.replace(event.find("qwen-plus"), 9, "qwen3-30b-a3b-instruct-2507");
  return event.replace(event.find("\"input\":7") + 8, 1, tokens);
}

// 10^10 tokens at 10^8 for 1,000 are 10^15, the most that a ledger keeps.
TEST(Core, E10_a_call_that_no_ledger_can_keep_is_refused_before_the_log) {
  Machine machine({}, rater_of_the_rich());
  EXPECT_EQ(machine.take(of_the_rich("a", "10000000000")), std::vector{Status::rated});
  EXPECT_EQ(machine.take(of_the_rich("b", "10000000001") + call("c", 1'000)),
            (std::vector{Status::rejected, Status::rated}));
  EXPECT_EQ(machine.place().sequence, 3U) << "it has no place in the log";
  EXPECT_EQ(text(machine.balance().receivable), "1000000000000000.0008");
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
  machine.take(of_the_rich("b", "10000000001"));
  EXPECT_EQ(machine.last().reason, ErrorCode::invalid_quantity);
  EXPECT_EQ(machine.last().detail,
            "/data/usage: costs 1000000000100000; the limit is 1000000000000000");
  EXPECT_EQ(machine.take(of_the_rich("b", "5")), std::vector{Status::rated}) << "its id is free";
}

TEST(Core, E10_what_is_known_at_the_limit_is_a_duplicate) {
  Machine machine({}, rater_of_the_rich());
  EXPECT_EQ(machine.take(of_the_rich("a", "10000000000")), std::vector{Status::rated});
  EXPECT_EQ(machine.take(storage("s", "1000000000000")), std::vector{Status::rated});
  for (const std::string& again :
       {of_the_rich("a", "10000000000"), storage("s", "1000000000000")}) {
    EXPECT_EQ(machine.take(again), std::vector{Status::duplicate});
  }
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

// Whether a call is known is decided behind the log, and what no ledger can keep does not come so
// far: where new prices make a known call that dear, it is refused like one that is not known. It
// is charged as it was.
TEST(Core, E10_a_known_call_that_new_prices_put_beyond_the_limit_is_refused_again) {
  Machine cheap;
  cheap.take(call("before", 1));
  EXPECT_EQ(cheap.take(of_the_rich("a", "10000000001")), std::vector{Status::rated});
  Machine dear(cheap.identities, rater_of_the_rich());
  EXPECT_EQ(dear.take(of_the_rich("a", "10000000001")), std::vector{Status::rejected});
  EXPECT_EQ(dear.last().reason, ErrorCode::invalid_quantity);
  EXPECT_EQ(dear.place().sequence, 1U) << "it has no place in the log";
  EXPECT_EQ(dear.take(of_the_rich("a", "5")), std::vector{Status::conflict}) << "its id is taken";
}

TEST(Core, tenants_know_nothing_of_each_other) {
  Machine machine;
  machine.take(call("a", 1'000));
  EXPECT_FALSE(machine.core.find_account(2, "acme").has_value());
  EXPECT_EQ(machine.core.counts(2).of(Status::rated), 0U);
}

TEST(Core, a_call_settles_the_hold_that_it_names) {
  Machine machine;
  machine.ask(R"({"command":"set_account","account":"acme","postpaid_limit":"0"})");
  machine.ask(R"({"command":"top_up","account":"acme","id":"p-1","amount":"1"})");
  const Answer held = machine.ask(
      R"({"command":"open_hold","hold":"h-1","account":"acme","amount":"0.4","ttl_ms":60000})");
  ASSERT_TRUE(held.hold.has_value());
  EXPECT_EQ(text(held.hold->available), "0.6");
  machine.take(call("a", 1'000, R"("hold":"h-1",)"));
  EXPECT_EQ(text(machine.balance().reserved), "0");
  EXPECT_EQ(text(machine.balance().prepaid), "0.9992");
}

TEST(Core, a_hold_beyond_the_balance_is_refused_with_the_figures) {
  Machine machine;
  machine.ask(R"({"command":"set_account","account":"acme","postpaid_limit":"0"})");
  machine.ask(R"({"command":"top_up","account":"acme","id":"p-1","amount":"1"})");
  const Answer held =
      machine.ask(R"({"command":"open_hold","hold":"h-1","account":"acme","amount":"1.5"})");
  ASSERT_TRUE(held.refused.has_value());
  EXPECT_EQ(held.refused->why, ledger::Refusal::insufficient_balance);
  EXPECT_EQ(text(held.refused->available), "1");
}

TEST(Core, a_call_counts_on_the_budget_of_its_key_and_those_above) {
  Machine machine;
  machine.ask(R"({"command":"set_budget","name":"project/search"})");
  machine.ask(R"({"command":"set_budget","name":"key/ak-7","parent":"project/search",)"
              R"("limit":"0.001","thresholds":[50]})");
  machine.take(call("a", 1'000, R"("api_key":"ak-7","project":"search",)"));
  const auto project = machine.core.ledger().find_budget(1, "project/search");
  EXPECT_EQ(text(machine.core.ledger().budget(project.value()).current.spent), "0.0008");
  ASSERT_EQ(machine.core.crossed_budgets().size(), 1U);
  EXPECT_EQ(machine.core.crossed_budgets().front().name, "key/ak-7");
  const Answer held = machine.ask(R"({"command":"open_hold","hold":"h","account":"acme",)"
                                  R"("amount":"0.0003","budget":"key/ak-7"})");
  ASSERT_TRUE(held.refused.has_value());
  EXPECT_EQ(held.refused_budget, "key/ak-7");
}

TEST(Core, G3_a_top_up_that_comes_five_times_is_one_credit) {
  Machine machine;
  for (int i = 0; i < 5; ++i) {
    const Answer answer =
        machine.ask(R"({"command":"top_up","account":"acme","id":"p-1","amount":"10"})");
    EXPECT_EQ(answer.is_repeat, i > 0);
  }
  EXPECT_EQ(text(machine.balance().prepaid), "10");
}

TEST(Core, a_rejected_event_has_no_place_in_the_log) {
  Machine machine;
  EXPECT_EQ(machine.take("nonsense\n" + call("a", 1'000)),
            (std::vector{Status::rejected, Status::rated}));
}

TEST(Core, a_command_names_what_is_wrong_with_it) {
  const auto why = [](const std::string& text) {
    const auto command = read_command(text);
    return command.has_value() ? std::string() : command.error().detail;
  };
  EXPECT_EQ(why("{"), "a member's name was expected at byte 1");
  EXPECT_EQ(why("[]"), "a command is a JSON object");
  EXPECT_EQ(why("{}"), "/command is missing");
  EXPECT_EQ(why(R"({"command":"pay"})"), "/command: 'pay' is no command");
  EXPECT_EQ(why(R"({"command":"top_up","account":"acme","id":"p"})"), "/amount is missing");
  EXPECT_EQ(why(R"({"command":"top_up","account":"","id":"p","amount":1})"),
            "/account: '' is not a text of 1 to 520 bytes");
  EXPECT_EQ(why(R"({"command":"top_up","account":"a","id":"p","amount":"-1"})"),
            "/amount: '-1' is not a decimal number of at most 12 digits after the point, "
            "not negative");
  EXPECT_EQ(why(R"({"command":"release_hold","hold":"h","id":"p","amount":1})"),
            "/amount: is no member of this command");
  EXPECT_EQ(why(R"({"command":"set_budget","name":"n","period":"week"})"),
            "/period: 'week' is not day, month or total");
}

TEST(Core, a_record_of_the_log_reads_back) {
  std::string bytes;
  append_log_record({RecordKind::command, 9, 1'795'600'000'123'456, "{}"}, bytes);
  const auto record = read_log_record(bytes);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->kind, RecordKind::command);
  EXPECT_EQ(record->tenant, 9U);
  EXPECT_EQ(record->received(), (base::Instant{1'795'600'000, 123'456'000}));
  EXPECT_EQ(record->text, "{}");
  EXPECT_FALSE(read_log_record("short").has_value());
  bytes[0] = 77;
  EXPECT_FALSE(read_log_record(bytes).has_value());
}

}  // namespace
}  // namespace steelyard::core
