#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>
#include <utility>

#include "steelyard/core/invoices_for_tests.h"

namespace steelyard::core {
namespace {

using billing::InvoiceKind;
using money::Decimal;

/// A call that was taken: its cost is 0.0008 CNY for 1,000 tokens (price list, section 1).
struct Taken {
  int month = 0;
  int tokens = 0;
  bool is_voided = false;
};

std::string date_of(int month) { return (month < 10 ? "0" : "") + std::to_string(month) + "-15"; }

std::string voiding(const std::string& id, const Taken& taken) {
  const Decimal amount = Decimal::from_scaled(money::int128{taken.tokens} * 800'000);
  return R"({"specversion":"1.0","id":"void/)" + id +
         R"(","source":"gateway","type":"ai.model.void","subject":"acme","time":"2026-)" +
         date_of(taken.month) + R"(T08:00:03Z","data":{"voids":{"source":"gateway","id":")" + id +
         R"("},"reason":"twice","sequence":1,"unrated":false,"model":"qwen-plus","lines":[)"
         R"({"item":"qwen-plus/input","tier":"0k-128k","unit":"token","price":"0.0008",)"
         R"("per":"1000","quantity":")" +
         std::to_string(taken.tokens) + R"(","amount":")" + amount.to_text() +
         R"("}],"credit":[]}})" + "\n";
}

/// What has to be on a document, found naively: for each month, tokens used less those that
/// documents said.
class Naive {
 public:
  void use(int month, std::int64_t tokens) {
    if (month <= invoiced_through_) {
      late_[month] += tokens;
    } else {
      fresh_[month] += tokens;
    }
  }

  /// Tokens by month: the lines of the next document of that kind; it has them.
  std::map<int, std::int64_t> take(int through, InvoiceKind kind) {
    std::map<int, std::int64_t> lines;
    for (auto& [month, tokens] : late_) {
      if (kind == InvoiceKind::credit_note ? tokens < 0 : tokens > 0) {
        lines[month] += std::abs(std::exchange(tokens, 0));
      }
    }
    if (kind == InvoiceKind::credit_note) return lines;
    for (auto& [month, tokens] : fresh_) {
      if (month <= through && tokens != 0) lines[month] += std::exchange(tokens, 0);
    }
    invoiced_through_ = through;
    return lines;
  }

  int invoiced_through() const { return invoiced_through_; }

 private:
  std::map<int, std::int64_t> fresh_;
  std::map<int, std::int64_t> late_;
  int invoiced_through_ = 0;
};

std::map<int, std::int64_t> tokens_of(const InvoiceDraft& draft) {
  std::map<int, std::int64_t> lines;
  for (const InvoiceLine& line : draft.lines) {
    const Decimal one = Decimal::whole(1);
    lines[std::stoi(line.month.substr(5))] +=
        static_cast<std::int64_t>(line.quantity.scaled() / one.scaled());
    // quantity × price ÷ per = amount, on every line.
    RC_ASSERT(
        line.amount ==
        Decimal::mul_div(line.quantity, line.price, line.per, money::Rounding::half_away).value());
  }
  return lines;
}

class Run {
 public:
  void step() {
    switch (*rc::gen::inRange(0, 8)) {
      case 0: return freeze(month(*rc::gen::inRange(1, 11)));
      case 1: return freeze(credit_note());
      case 2: return restart();
      case 3: return void_one();
      default: return use();
    }
  }

  void check() const {
    RC_ASSERT(machine_->core.imbalance() == std::nullopt);
    std::map<std::string, std::uint64_t> last;
    std::set<std::string> periods;
    for (const FrozenInvoice& each : frozen_) {
      RC_ASSERT(each.number == ++last[each.series]);
      const bool is_invoice = each.kind == InvoiceKind::invoice;
      const bool is_once = !is_invoice || periods.insert(each.period).second;
      RC_ASSERT(is_once);
      const FrozenInvoice* const now = machine_->core.invoices().at(each.sequence);
      RC_ASSERT(now != nullptr);
      RC_ASSERT(now->totals == each.totals);
      RC_ASSERT(now->hash == each.hash);
      RC_ASSERT(each.totals.lines + each.totals.rounding == each.totals.net);
    }
  }

 private:
  void use() {
    const Taken taken{*rc::gen::inRange(1, 11), *rc::gen::inRange(1, 128'001)};
    const std::string id = "c" + std::to_string(taken_.size());
    machine_->take(call_on(date_of(taken.month), id, taken.tokens));
    naive_.use(taken.month, taken.tokens);
    taken_.push_back(taken);
  }

  void void_one() {
    if (taken_.empty()) return;
    const auto which = *rc::gen::inRange<std::size_t>(0, taken_.size());
    Taken& taken = taken_[which];
    if (std::exchange(taken.is_voided, true)) return;
    machine_->take(voiding("c" + std::to_string(which), taken));
    naive_.use(taken.month, -taken.tokens);
  }

  void freeze(const InvoiceOf& of) {
    const bool is_invoice = of.kind == InvoiceKind::invoice;
    const int through = is_invoice ? std::stoi(of.period.substr(5)) : 0;
    const auto draft = machine_->core.draw_up(of, machine_->place().received);
    if (!machine_->core.find_account(1, "acme").has_value()) {
      RC_ASSERT(draft.error().why == ledger::Refusal::unknown_account);
      return;
    }
    if (is_invoice && through <= naive_.invoiced_through()) {
      RC_ASSERT(draft.error().why == ledger::Refusal::period_is_closed);
      return;
    }
    Naive after = naive_;
    const auto lines = after.take(through, of.kind);
    if (lines.empty()) {
      RC_ASSERT(draft.error().why == ledger::Refusal::nothing_to_invoice);
      return;
    }
    RC_ASSERT(draft.has_value());
    RC_ASSERT(tokens_of(*draft) == lines);
    const Answer answer = machine_->ask(freezing(*draft));
    RC_ASSERT(!answer.refused.has_value());
    naive_ = after;
    frozen_.push_back(*machine_->core.invoices().at(answer.invoice));
  }

  void restart() {
    machine_->keep(kept_);
    auto next = std::make_unique<Machine>(machine_->identities);
    next->restore(kept_, machine_->place());
    machine_ = std::move(next);
  }

  std::unique_ptr<Machine> machine_ = std::make_unique<Machine>();
  Machine::Entities kept_;
  Naive naive_;
  std::vector<Taken> taken_;
  std::vector<FrozenInvoice> frozen_;
};

// I5, I9: sums of documents and what is not invoiced are what was charged, numbers have no gap, and
// what is frozen stays, whatever comes in which order, and over restarts.
RC_GTEST_PROP(InvoiceModel, says_everything_once, ()) {
  Run run;
  for (int steps = *rc::gen::inRange(1, 60); steps > 0; --steps) {
    run.step();
    run.check();
  }
}

}  // namespace
}  // namespace steelyard::core
