#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
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

  /// Tokens by month: the lines of the invoice through a month, which has them.
  std::map<int, std::int64_t> invoice(int through) {
    std::map<int, std::int64_t> lines;
    for (auto& [month, tokens] : late_) {
      if (tokens > 0) lines[month] += std::exchange(tokens, 0);
    }
    for (auto& [month, tokens] : fresh_) {
      if (month <= through && tokens != 0) lines[month] += std::exchange(tokens, 0);
    }
    invoiced_through_ = through;
    return lines;
  }

  /// The same of the next credit note: of one month, if that is worth half a cent, 6,250 tokens.
  std::map<int, std::int64_t> credit_note() {
    constexpr std::int64_t worth_half_a_cent = 6'250;
    for (auto& [month, tokens] : late_) {
      if (-tokens >= worth_half_a_cent) return {{month, -std::exchange(tokens, 0)}};
    }
    return {};
  }

  /// A month that another system invoiced: what we took of it and of those before is late.
  void invoiced_elsewhere(int through) {
    for (auto& [month, tokens] : fresh_) {
      if (month <= through) late_[month] += std::exchange(tokens, 0);
    }
    invoiced_through_ = std::max(invoiced_through_, through);
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
    switch (*rc::gen::inRange(0, 10)) {
      case 0: return freeze(*rc::gen::inRange(1, 11));
      case 1: return credit();
      case 2: return restart();
      case 3: return void_one();
      case 4: return set_tax(*rc::gen::inRange(0, 101));
      case 5: return import(*rc::gen::inRange(1, 11));
      default: return use();
    }
  }

  void check() const {
    RC_ASSERT(machine_->core.imbalance() == std::nullopt);
    std::map<std::string, std::uint64_t> last;
    std::set<std::string> periods;
    Decimal owed;
    for (const FrozenInvoice& each : frozen_) {
      const bool is_imported = each.kind == InvoiceKind::imported;
      const bool is_next = is_imported || each.number == ++last[each.series];
      RC_ASSERT(is_next);
      const bool is_invoice = each.kind == InvoiceKind::invoice;
      const bool is_once = !is_invoice || periods.insert(each.period).second;
      RC_ASSERT(is_once);
      const FrozenInvoice* const now = machine_->core.invoices().at(each.sequence);
      RC_ASSERT(now != nullptr);
      RC_ASSERT(now->totals == each.totals);
      RC_ASSERT(now->hash == each.hash);
      RC_ASSERT(each.totals.lines + each.totals.rounding == each.totals.net);
      owed += each.kind == InvoiceKind::credit_note ? -each.totals.total : each.totals.total;
    }
    const auto wallet = machine_->core.find_account(1, "acme");
    if (!wallet.has_value()) return;
    // Who owes what documents say, and what is on none, owes the right thing.
    const auto& ledger = machine_->core.ledger();
    const ledger::Balance balance = ledger.balance(*wallet, machine_->place().received);
    owed += ledger.totals(*wallet, ledger::Account::revenue_accrued).credit_balance();
    RC_ASSERT(balance.receivable - balance.prepaid == owed);
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

  void freeze(int through) {
    const auto draft = machine_->core.draw_up(month(through), machine_->place().received);
    if (!machine_->core.find_account(1, "acme").has_value()) {
      RC_ASSERT(draft.error().why == ledger::Refusal::unknown_account);
      return;
    }
    if (through <= naive_.invoiced_through()) {
      RC_ASSERT(draft.error().why == ledger::Refusal::period_is_closed);
      return;
    }
    Naive after = naive_;
    take(draft, after.invoice(through), after);
  }

  void credit() {
    const auto draft = machine_->core.draw_up_credit_note(1, "acme");
    if (!machine_->core.find_account(1, "acme").has_value()) return;
    Naive after = naive_;
    take(draft, after.credit_note(), after);
  }

  void take(const ledger::Answer<InvoiceDraft>& draft, const std::map<int, std::int64_t>& lines,
            const Naive& after) {
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

  void set_tax(int percent) {
    machine_->ask(R"({"command":"set_buyer","account":"acme","tax_percent":")" +
                  std::to_string(percent) + "\"}");
  }

  void import(int of) {
    const InvoiceOf when = month(of);
    const bool is_history = std::ranges::none_of(
        frozen_, [&](const FrozenInvoice& each) { return each.kind == InvoiceKind::invoice; });
    if (!is_history) return;
    const Answer answer = machine_->ask(
        R"({"command":"import_invoice","account":"acme","number":")" +
        std::to_string(frozen_.size()) + R"(","period":")" + when.period + R"(","from":")" +
        base::to_rfc3339(when.from) + R"(","to":")" + base::to_rfc3339(when.to) +
        R"(","document":"{\"lines\":[{\"item\":\"i\",\"unit\":\"u\",\"price\":\"0.5\",)"
        R"(\"per\":\"1\",\"quantity\":\"3\",\"amount\":\"1.5\"}]}"})");
    RC_ASSERT(!answer.refused.has_value());
    naive_.invoiced_elsewhere(of);
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
