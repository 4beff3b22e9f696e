#include "steelyard/report/summary.h"

#include <algorithm>
#include <vector>

#include "steelyard/report/text_table.h"

namespace steelyard::report {
namespace {

using batch::ItemTotal;
using batch::Status;
using batch::Totals;

struct AccountTotal {
  std::uint32_t account = 0;
  money::Decimal amount;
  std::vector<const ItemTotal*> items;  // By item name.
};

std::vector<AccountTotal> by_account(const Totals& totals, const rating::Rater& rater) {
  std::vector<AccountTotal> accounts(totals.account_count());
  for (std::uint32_t i = 0; i < accounts.size(); ++i) accounts[i].account = i;
  for (const ItemTotal& item : totals.items()) {
    accounts[item.account].amount += item.amount;
    accounts[item.account].items.push_back(&item);
  }
  for (AccountTotal& account : accounts) {
    std::ranges::sort(account.items, {}, [&](const ItemTotal* item) -> const std::string& {
      return rater.item_name(item->item);
    });
  }
  std::ranges::sort(accounts, [&](const AccountTotal& a, const AccountTotal& b) {
    if (a.amount != b.amount) return a.amount > b.amount;
    return totals.account_name(a.account) < totals.account_name(b.account);
  });
  return accounts;
}

std::string grouped_count(std::uint64_t count) { return grouped(std::to_string(count)); }

void add_account(const AccountTotal& account, const Totals& totals, const rating::Rater& rater,
                 TextTable& table) {
  std::string name = totals.account_name(account.account);
  std::string last_model;
  for (const ItemTotal* item : account.items) {
    const std::string& full = rater.item_name(item->item);
    const std::size_t slash = full.rfind('/');
    const std::string model = full.substr(0, slash);
    table.add({name, model == last_model ? "" : model, full.substr(slash + 1),
               grouped_count(item->calls), grouped(item->quantity.to_text()),
               grouped(item->amount.to_text())});
    name.clear();
    last_model = model;
  }
  table.add({name, "", "all items", grouped_count(totals.calls_of(account.account)), "",
             grouped(account.amount.to_text())});
  table.add_rule();
}

std::string charges(const Totals& totals, const rating::Rater& rater,
                    const SummaryOptions& options) {
  TextTable table({{"account"},
                   {"model"},
                   {"item"},
                   {"calls", Align::right},
                   {"tokens", Align::right},
                   {"amount " + std::string(rater.currency()), Align::right}});
  const std::vector<AccountTotal> accounts = by_account(totals, rater);
  const std::size_t shown =
      options.accounts_max == 0 ? accounts.size() : std::min(options.accounts_max, accounts.size());
  for (std::size_t i = 0; i < shown; ++i) add_account(accounts[i], totals, rater, table);
  if (shown < accounts.size()) {
    money::Decimal rest;
    std::uint64_t calls = 0;
    for (std::size_t i = shown; i < accounts.size(); ++i) {
      rest += accounts[i].amount;
      calls += totals.calls_of(accounts[i].account);
    }
    table.add({grouped_count(accounts.size() - shown) + " more accounts", "", "",
               grouped_count(calls), "", grouped(rest.to_text())});
    table.add_rule();
  }
  table.add({"total", "", "", grouped_count(totals.count_of(Status::rated)), "",
             grouped(totals.amount().to_text())});
  return table.to_text();
}

std::string lines_by_status(const Totals& totals) {
  TextTable table({{"lines", Align::right}, {"status"}, {"reason"}});
  table.add({grouped_count(totals.count_of(Status::rated)), "rated", ""});
  for (const Status status : {Status::duplicate, Status::conflict}) {
    if (totals.count_of(status) > 0) {
      table.add({grouped_count(totals.count_of(status)), std::string(name_of(status)), ""});
    }
  }
  for (const auto& [reason, count] : totals.by_reason()) {
    const bool is_unrated = reason >= ErrorCode::unknown_model;
    table.add(
        {grouped_count(count), is_unrated ? "unrated" : "rejected", std::string(name_of(reason))});
  }
  return table.to_text();
}

std::string examples(const batch::RateOutcome& outcome) {
  if (outcome.examples.empty()) return {};
  const Totals& totals = outcome.totals;
  const std::uint64_t set_aside =
      totals.lines() - totals.count_of(Status::rated) - totals.count_of(Status::duplicate);
  std::string text = "\nSet aside, not charged";
  if (set_aside > outcome.examples.size()) {
    text += " (the first " + std::to_string(outcome.examples.size()) + " of " +
            grouped_count(set_aside) + ")";
  }
  text += ":\n";
  for (const batch::Example& example : outcome.examples) {
    const auto word =
        example.status == Status::conflict ? name_of(example.status) : name_of(example.reason);
    text += "  " + example.place + ": " + std::string(word) + ": " + example.detail + '\n';
  }
  return text;
}

}  // namespace

std::string summary(const batch::RateOutcome& outcome, const rating::Rater& rater,
                    const SummaryOptions& options) {
  const pricebook::PriceBook& book = rater.book().versions.back();
  std::string text = "Price book " + book.name;
  if (!book.version.empty()) text += ", version " + book.version;
  text += " (" + std::string(rater.currency()) + ", sha256 " + book.content_hash.substr(0, 12) +
          ")\n\n";
  return text + charges(outcome.totals, rater, options) + '\n' + lines_by_status(outcome.totals) +
         examples(outcome);
}

}  // namespace steelyard::report
