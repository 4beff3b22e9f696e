// Any sequence of facts and commands against a naive core of lists and plain sums. Its prices are
// those of the price list, section 1; its rules are written from token-billing.md (D4, D24, D25)
// and decision 0010, and not from the code.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/core/machine_for_tests.h"

namespace steelyard::core {
namespace {

using batch::Status;
using Number = std::int64_t;  // Of 10^-12 CNY, or tokens.

std::string text_of(Number amount) { return money::Decimal::from_scaled(amount).to_text(); }

/// What a million tokens cost, in millionths: 0.0008 for 1,000 is 0.8 for a million.
struct Prices {
  std::string tier;
  Number input;
  Number output;
};

std::optional<Prices> prices_of(const std::string& model, Number input) {
  if (model == "qwen-max") return Prices{"-", 2'400'000, 9'600'000};
  if (model != "qwen-plus") return std::nullopt;
  if (input <= 128'000) return Prices{"0k-128k", 800'000, 2'000'000};
  return Prices{"128k-256k", 2'400'000, 20'000'000};
}

struct Call {
  std::string model;
  Number input = 0;
  Number output = 0;
  bool operator==(const Call&) const = default;
};

struct Line {
  std::string item;
  std::string tier;
  Number price;  // Of 1,000 tokens, in 10^-12.
  Number tokens;
  Number amount;
};

/// What a call changed.
struct Charged {
  std::vector<Line> lines;
  std::map<std::string, Number> from_grants;
  Number amount = 0;
  bool is_taken_back = false;
  std::uint64_t sequence = 0;
};

struct NaiveCore {
  struct Quota {
    std::string name;
    std::string model;
    bool is_free;
    Number left;
    int order;  // Of its expiry.
  };
  struct Credit {
    std::string name;
    Number left;
  };
  std::map<std::string, Call> calls;
  std::map<std::string, Charged> charged;
  std::vector<Quota> quotas;    // As they are drawn.
  std::vector<Credit> credits;  // The same.
  Number prepaid = 0;
  Number owed = 0;
  Number revenue = 0;
  std::size_t waiting = 0;

  void add(Quota quota) {
    quotas.push_back(std::move(quota));
    std::ranges::stable_sort(quotas, [](const Quota& a, const Quota& b) {
      return std::tuple(!a.is_free, a.order) < std::tuple(!b.is_free, b.order);
    });
  }

  /// Tokens of one line, less what quotas cover: theirs are added to the charge.
  Number uncovered(const Call& call, const std::string& kind, Number tokens, Quota& quota,
                   Charged& to) {
    const Number part = std::min(tokens, quota.model == call.model ? quota.left : 0);
    if (part == 0) return tokens;
    quota.left -= part;
    const std::string tier = (quota.is_free ? "free quota " : "package ") + quota.name;
    to.lines.push_back({call.model + '/' + kind, tier, 0, part, 0});
    return tokens - part;
  }

  void pay(Charged& to) {
    Number left = to.amount;
    for (Credit& credit : credits) {
      const Number part = std::min(left, credit.left);
      if (part == 0) continue;
      credit.left -= part;
      left -= part;
      to.from_grants[credit.name] += part;
    }
    const Number part = std::min(left, prepaid);
    prepaid -= part;
    owed += left - part;
    revenue += to.amount;
  }

  Status take(const std::string& id, const Call& call) {
    if (const auto known = calls.find(id); known != calls.end()) {
      return known->second == call ? Status::duplicate : Status::conflict;
    }
    calls[id] = call;
    const auto prices = prices_of(call.model, call.input);
    if (!prices.has_value()) {
      ++waiting;
      return Status::unrated;
    }
    Charged& to = charged[id];
    Number input = call.input;
    Number output = call.output;
    for (Quota& quota : quotas) {
      input = uncovered(call, "input", input, quota, to);
      output = uncovered(call, "output", output, quota, to);
    }
    const auto add = [&](const std::string& kind, Number tokens, Number price) {
      if (tokens == 0) return;
      to.lines.push_back(
          {call.model + '/' + kind, prices->tier, price * 1'000, tokens, tokens * price});
      to.amount += tokens * price;
    };
    add("input", input, prices->input);
    add("output", output, prices->output);
    pay(to);
    return Status::rated;
  }

  Status take_back(const std::string& id) {
    Charged& of = charged[id];
    if (of.is_taken_back) return Status::duplicate;
    of.is_taken_back = true;
    for (const Line& line : of.lines) {
      for (Quota& quota : quotas) {
        if (line.tier.ends_with(' ' + quota.name)) quota.left += line.tokens;
      }
    }
    Number left = of.amount;
    for (Credit& credit : credits) {
      const auto part = of.from_grants.find(credit.name);
      if (part == of.from_grants.end()) continue;
      credit.left += part->second;
      left -= part->second;
    }
    const Number settled = std::min(left, owed);
    owed -= settled;
    prepaid += left - settled;
    revenue -= of.amount;
    return Status::rated;
  }
};

std::string event_of(const std::string& id, const std::string& type, const std::string& data) {
  return R"({"specversion":"1.0","id":")" + id + R"(","source":"gateway","type":")" + type +
         R"(","subject":"acme","time":"2026-11-22T08:00:03Z","data":)" + data + "}\n";
}

std::string event_of(const std::string& id, const Call& call) {
  return event_of(id, "ai.model.call",
                  R"({"model":")" + call.model + R"(","protocol":"tokens","usage":{"input":)" +
                      std::to_string(call.input) + R"(,"output":)" + std::to_string(call.output) +
                      "}}");
}

std::string void_of(const std::string& id, const Call& call, const Charged& charged) {
  std::string lines;
  for (const Line& line : charged.lines) {
    lines += (lines.empty() ? "" : ",") + (R"({"item":")" + line.item) + R"(","tier":")" +
             line.tier + R"(","unit":"token","price":")" + text_of(line.price) +
             R"(","per":"1000","quantity":")" + std::to_string(line.tokens) + R"(","amount":")" +
             text_of(line.amount) + "\"}";
  }
  std::string credit;
  for (const auto& [name, amount] : charged.from_grants) {
    credit += (credit.empty() ? "" : ",") +
              (R"({"grant":")" + ledger::to_text(command_id("grant", name))) + R"(","amount":")" +
              text_of(amount) + "\"}";
  }
  return event_of("void/" + id, "ai.model.void",
                  R"({"voids":{"source":"gateway","id":")" + id + R"("},"sequence":)" +
                      std::to_string(charged.sequence) + R"(,"unrated":false,"model":")" +
                      call.model + R"(","lines":[)" + lines + R"(],"credit":[)" + credit + "]}");
}

/// The core beside the naive one; the core is lost and restored now and then.
class Both {
 public:
  void step(int number, int kind, int any, int amount) {
    const std::string id = std::to_string(any % 12);
    switch (kind % 8) {
      case 0: return add_quota(number, any, amount);
      case 1: return top_up(number, amount);
      case 2: return grant(number, amount);
      case 3: return restart();
      case 4: return take_back(id);
      default: return take(id, any, amount);
    }
  }

  void compare() {
    const Machine& machine = *machine_;
    RC_ASSERT(machine.core.imbalance() == std::nullopt);
    const UsageBook* const usage = machine.core.usage(1);
    RC_ASSERT((usage == nullptr ? "0" : usage->amount().to_text()) == text_of(naive_.revenue));
    RC_ASSERT(machine.core.waiting().size() == naive_.waiting);
    for (const NaiveCore::Quota& quota : naive_.quotas) {
      RC_ASSERT(machine.core.quotas().find(1, quota_id(quota.name))->remaining ==
                static_cast<std::uint64_t>(quota.left));
    }
    if (!machine.core.find_account(1, "acme").has_value()) return;
    const ledger::Balance balance = machine.balance();
    Number credit = 0;
    for (const NaiveCore::Credit& each : naive_.credits) credit += each.left;
    RC_ASSERT(balance.prepaid.to_text() == text_of(naive_.prepaid));
    RC_ASSERT(balance.receivable.to_text() == text_of(naive_.owed));
    RC_ASSERT(balance.promo.to_text() == text_of(credit));
  }

 private:
  void take(const std::string& id, int any, int amount) {
    const char* const models[] = {"qwen-plus", "qwen-plus", "qwen-max", "no-such-model"};
    const Call call{models[any % 4], amount % 2 == 0 ? amount : amount * 1'000, amount % 300};
    if (call.input + call.output == 0) return;
    const std::uint64_t sequence = machine_->place().sequence;
    const Status status = naive_.take(id, call);
    RC_ASSERT(machine_->take(event_of(id, call)) == std::vector{status});
    if (status == Status::rated) naive_.charged[id].sequence = sequence;
  }

  void take_back(const std::string& id) {
    const auto known = naive_.charged.find(id);
    if (known == naive_.charged.end()) return;
    const std::string event = void_of(id, naive_.calls.at(id), known->second);
    RC_ASSERT(machine_->take(event) == std::vector{naive_.take_back(id)});
  }

  void add_quota(int number, int any, int tokens) {
    if (tokens == 0) return;
    const bool is_free = any % 2 == 0;
    const std::string name = "q" + std::to_string(number);
    const std::string model = any % 3 == 0 ? "qwen-max" : "qwen-plus";
    // Expiries of their own, so that the order is one that the rules give.
    const int order = any % 50 * 1'000 + number;
    machine_->ask(R"({"command":"add_quota","account":"acme","id":")" + name + R"(","model":")" +
                  model + R"(","class":")" + (is_free ? "free" : "package") + R"(","tokens":)" +
                  std::to_string(tokens) +
                  R"(,"effective_at":"2026-11-01T00:00:00Z","expires_at":")" +
                  base::to_rfc3339({1'800'000'000 + order, 0}) + "\"}");
    naive_.add({name, model, is_free, tokens, order});
  }

  void top_up(int number, int amount) {
    if (amount == 0) return;
    machine_->ask(R"({"command":"top_up","account":"acme","id":"p)" + std::to_string(number) +
                  R"(","amount":")" + text_of(Number{amount} * 1'000'000) + "\"}");
    naive_.prepaid += Number{amount} * 1'000'000;
  }

  /// Later ones expire later, and are drawn later.
  void grant(int number, int amount) {
    if (amount == 0) return;
    const std::string name = "g" + std::to_string(number);
    machine_->ask(R"({"command":"grant","account":"acme","id":")" + name + R"(","amount":")" +
                  text_of(Number{amount} * 1'000'000) +
                  R"(","effective_at":"2026-11-01T00:00:00Z","expires_at":")" +
                  base::to_rfc3339({1'800'000'000 + number, 0}) + "\"}");
    naive_.credits.push_back({name, Number{amount} * 1'000'000});
  }

  void restart() {
    machine_->keep(kept_);
    auto next = std::make_unique<Machine>(machine_->identities);
    next->restore(kept_, machine_->place());
    machine_ = std::move(next);
  }

  std::unique_ptr<Machine> machine_ = std::make_unique<Machine>();
  Machine::Entities kept_;
  NaiveCore naive_;
};

RC_GTEST_PROP(CoreModel, does_what_a_naive_core_does, ()) {
  const auto steps = *rc::gen::container<std::vector<std::tuple<int, int, int>>>(
      rc::gen::tuple(rc::gen::inRange(0, 8), rc::gen::inRange(0, 1'000), rc::gen::inRange(0, 250)));
  Both both;
  int number = 0;
  for (const auto& [kind, any, amount] : steps) {
    both.step(number++, kind, any, amount);
    both.compare();
  }
}

}  // namespace
}  // namespace steelyard::core
