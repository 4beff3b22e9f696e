#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "steelyard/ledger/books_for_tests.h"
#include "steelyard/ledger/ledger.h"
#include "steelyard/ledger/naive_ledger_for_tests.h"

namespace steelyard::ledger::model {

/// The ledger under test, what it told, and how commands reach it.
struct Real {
  struct Told {
    std::map<std::tuple<std::uint32_t, Account, Layer>, Number> sums;  // Debits less credits.
    std::map<std::pair<std::uint32_t, Id>, int> opened;
    std::set<std::tuple<std::string, std::int64_t, int>> crossings;
    std::size_t crossing_count = 0;
    bool is_balanced = true;
  };
  std::shared_ptr<Told> told = std::make_shared<Told>();
  std::unique_ptr<Ledger> ledger;
  std::vector<WalletId> wallets;
  std::vector<BudgetId> keys;
  std::map<std::string, std::string> kept;

  static std::uint32_t tenant_of(std::size_t who) { return who == 2 ? 1 : 0; }
  static std::string name_of_customer(std::size_t who) { return who == 1 ? "other" : "acme"; }

  std::unique_ptr<Ledger> make() {
    return std::make_unique<Ledger>(
        options, Observer{.entry = [told = told](const Entry& entry) { note(*told, entry); },
                          .crossing =
                              [this](const Crossing& crossing) {
                                ++told->crossing_count;
                                told->crossings.emplace(ledger->budget(crossing.budget).name,
                                                        crossing.window_from, crossing.percent);
                              }});
  }
  static void note(Told& told, const Entry& entry) {
    std::map<Layer, Number> sums;
    for (const Posting& posting : entry.postings) {
      const Number debit = number_of(posting.amount) * (posting.side == Side::debit ? 1 : -1);
      sums[posting.layer] += debit;
      const std::uint32_t owner = is_of_house(posting.account)
                                      ? 1'000 + entry.tenant
                                      : static_cast<std::uint32_t>(entry.wallet);
      told.sums[{owner, posting.account, posting.layer}] += debit;
      told.is_balanced &= posting.amount > Decimal();
    }
    for (const auto& [layer, sum] : sums) told.is_balanced &= sum == 0;
    if (entry.kind == EntryKind::hold_open) ++told.opened[{entry.tenant, entry.origin}];
  }

  explicit Real(const std::vector<std::size_t>& present = {0, 1, 2}) : wallets(3), keys(3) {
    ledger = make();
    for (const std::size_t who : present) {
      const std::uint32_t tenant = tenant_of(who);
      const auto node = [&](const std::string& name, BudgetId parent, Number limit) {
        return ledger
            ->set_budget({.tenant = tenant,
                          .name = name,
                          .parent = parent,
                          .currency = cny,
                          .limit = amount_of(limit),
                          .period = Period::day,
                          .thresholds = percents})
            .value();
      };
      const BudgetId organisation =
          node("organisation-" + std::to_string(tenant), no_budget, organisation_limit);
      keys[who] = node("key-" + std::to_string(who), organisation, key_limit);
      wallets[who] = ledger->open_wallet(tenant, name_of_customer(who), cny, {}).value();
    }
  }

  void keep() {
    ledger->for_each_changed([&](std::string_view key, std::optional<std::string_view> value) {
      if (value) {
        kept[std::string(key)] = *value;
      } else {
        kept.erase(std::string(key));
      }
    });
  }
  std::map<std::string, std::string> snapshot() const {
    std::map<std::string, std::string> all;
    ledger->snapshot([&](std::string_view key, std::optional<std::string_view> value) {
      all[std::string(key)] = *value;
    });
    return all;
  }
  void restart() {
    keep();
    RC_ASSERT(kept == snapshot());
    ledger = make();
    for (const auto& [key, value] : kept) RC_ASSERT(ledger->restore(key, value).has_value());
    const auto finished = ledger->finish_restore();
    if (!finished) RC_FAIL(finished.error().detail);
    RC_ASSERT(kept == snapshot());
    ledger->for_each_changed([](std::string_view, std::optional<std::string_view>) {
      RC_FAIL("what was restored did not change");
    });
  }
};

/// What a command answered: its refusal, or that it did something or nothing.
struct Said {
  std::string refusal = "none";
  bool is_repeat = false;
  bool operator==(const Said&) const = default;
};

template <class T>
inline Said said(const Answer<T>& answer) {
  if (!answer) return {std::string(name_of(answer.error().why)), false};
  return {"none", answer->is_repeat};
}

inline Charge charge_for(const Real& real, const Command& command, Number amount) {
  Charge charge{.wallet = real.wallets[command.who],
                .amount = amount_of(amount),
                .at = {command.second, 0},
                .origin = origin_of(command.number),
                .cause = {command.arrival, 0}};
  charge.budget = real.keys[command.who];
  return charge;
}

/// `command.name` of a refund says which origin is meant.
inline Said carry_out(Real& real, const Command& command) {
  Ledger& ledger = *real.ledger;
  const WalletId wallet = real.wallets[command.who];
  const base::Instant at{command.second, 0};
  const Id origin = origin_of(command.number);
  const Cause cause{command.arrival, 0};
  switch (command.step) {
    case Step::top_up:
      return said(ledger.top_up({wallet, amount_of(command.amount), at, origin, cause}));
    case Step::grant: {
      Grant grant{.wallet = wallet,
                  .amount = amount_of(command.amount),
                  .effective_at = {first_second + command.more % 3 * day / 2, 0},
                  .expires_at = {first_second + command.more % 5 * day / 2 + 2 * day, 0},
                  .at = at,
                  .origin = origin,
                  .cause = cause};
      grant.priority = static_cast<std::uint16_t>(command.more % 2);
      grant.scope = command.more % 4 == 0 ? "a/" : "";
      return said(ledger.grant(grant));
    }
    case Step::charge:
    case Step::fall: {
      Charge charge =
          charge_for(real, command, command.step == Step::fall ? -command.amount : command.amount);
      const std::string item = item_of(command.more);
      charge.item = item;
      return said(ledger.charge(charge));
    }
    case Step::authorise: {
      Authorise hold{.wallet = wallet,
                     .amount = amount_of(command.amount),
                     .ttl_micros = std::int64_t{command.more + 1} * 600 * 1'000'000,
                     .at = at,
                     .hold = hold_id(command.who, command.name),
                     .cause = cause,
                     .budget = real.keys[command.who]};
      const std::string item = item_of(command.more);
      hold.item = item;
      return said(ledger.authorise(hold));
    }
    case Step::settle:
    case Step::settle_part:
    case Step::late_usage: {
      Charge charge = charge_for(real, command, command.amount);
      charge.hold = hold_id(command.who, command.name);
      charge.ends_hold = command.step != Step::settle_part;
      return said(command.step == Step::late_usage ? ledger.charge(charge) : ledger.settle(charge));
    }
    case Step::release:
      return said(ledger.release(
          {Real::tenant_of(command.who), hold_id(command.who, command.name), at, origin, cause}));
    case Step::refund_top_up:
    case Step::refund_charge: {
      Refund refund{.wallet = wallet,
                    .amount = amount_of(command.amount),
                    .original = origin_of(static_cast<std::size_t>(command.name)),
                    .at = at,
                    .origin = origin,
                    .cause = cause};
      if (command.step == Step::refund_charge) refund.original_amount = amount_of(command.more);
      return said(ledger.refund(refund));
    }
    case Step::pay: {
      const std::vector<Posting> postings = {{.account = Account::cash_clearing,
                                              .side = Side::debit,
                                              .amount = amount_of(command.amount)},
                                             {.account = Account::receivable,
                                              .side = Side::credit,
                                              .amount = amount_of(command.amount)}};
      return said(ledger.adjust(
          {.wallet = wallet, .postings = postings, .at = at, .origin = origin, .cause = cause}));
    }
    case Step::limit: {
      const auto set =
          ledger.open_wallet(Real::tenant_of(command.who), Real::name_of_customer(command.who), cny,
                             {.postpaid_limit = amount_of(command.more % 100)});
      RC_ASSERT(set.value() == wallet);
      return {};
    }
    case Step::tick: ledger.tick({at, cause}); return {};
    case Step::again:
    case Step::count: break;
  }
  return {};
}

}  // namespace steelyard::ledger::model
