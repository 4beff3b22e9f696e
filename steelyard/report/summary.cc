#include "steelyard/report/summary.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "steelyard/report/text_table.h"

namespace steelyard::report {
namespace {

using batch::ItemTotal;
using batch::Status;
using batch::Totals;

/// What an account, a model or an item comes to.
struct Sum {
  std::uint64_t calls = 0;
  money::Decimal input;   // Tokens.
  money::Decimal output;  // Tokens.
  money::Decimal amount;

  void add(const ItemTotal& total, std::string_view item, bool is_tokens) {
    if (is_tokens) (item.starts_with("output") ? output : input) += total.quantity;
    amount += total.amount;
  }
};

struct AccountSum {
  std::string name;
  Sum all;
  std::map<std::string, Sum> models;
};

std::string grouped_count(std::uint64_t count) { return grouped(std::to_string(count)); }

std::string grouped_decimal(money::Decimal value) { return grouped(value.to_text()); }

/// "qwen-plus/input" as model and item.
std::pair<std::string, std::string> split(const std::string& full) {
  const std::size_t slash = full.rfind('/');
  return {full.substr(0, slash), full.substr(slash + 1)};
}

/// The dearest first; names decide between equals.
std::vector<AccountSum> by_account(const Totals& totals, const rating::Rater& rater) {
  std::vector<AccountSum> accounts(totals.account_count());
  for (std::uint32_t i = 0; i < accounts.size(); ++i) {
    accounts[i].name = totals.account_name(i);
    accounts[i].all.calls = totals.calls_of(i);
  }
  for (const ItemTotal& total : totals.items()) {
    const auto [model, item] = split(rater.item_name(total.item));
    const bool is_tokens = total.item < rater.token_item_count();
    accounts[total.account].all.add(total, item, is_tokens);
    accounts[total.account].models[model].add(total, item, is_tokens);
  }
  std::ranges::sort(accounts, [](const AccountSum& a, const AccountSum& b) {
    return a.all.amount != b.all.amount ? a.all.amount > b.all.amount : a.name < b.name;
  });
  return accounts;
}

void add_account(const AccountSum& account, TextTable& table) {
  using Model = std::pair<std::string, Sum>;
  std::vector<Model> models(account.models.begin(), account.models.end());
  std::ranges::stable_sort(
      models, [](const Model& a, const Model& b) { return a.second.amount > b.second.amount; });
  table.add({account.name, "", grouped_count(account.all.calls), grouped_decimal(account.all.input),
             grouped_decimal(account.all.output), grouped_decimal(account.all.amount)});
  for (const auto& [model, sum] : models) {
    table.add({"", model, "", grouped_decimal(sum.input), grouped_decimal(sum.output),
               grouped_decimal(sum.amount)});
  }
}

std::string accounts_table(const Totals& totals, const rating::Rater& rater,
                           const SummaryOptions& options) {
  TextTable table({{"account"},
                   {"model"},
                   {"calls", Align::right},
                   {"input tokens", Align::right},
                   {"output tokens", Align::right},
                   {"amount " + std::string(rater.currency()), Align::right}});
  const std::vector<AccountSum> accounts = by_account(totals, rater);
  const std::size_t shown =
      options.accounts_max == 0 ? accounts.size() : std::min(options.accounts_max, accounts.size());
  Sum all;
  Sum rest;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const Sum& sum = accounts[i].all;
    if (i < shown) add_account(accounts[i], table);
    for (Sum* to : {&all, i < shown ? nullptr : &rest}) {
      if (to == nullptr) continue;
      to->calls += sum.calls;
      to->input += sum.input;
      to->output += sum.output;
      to->amount += sum.amount;
    }
  }
  const auto add = [&](const std::string& name, const Sum& sum) {
    table.add({name, "", grouped_count(sum.calls), grouped_decimal(sum.input),
               grouped_decimal(sum.output), grouped_decimal(sum.amount)});
  };
  if (shown < accounts.size()) add(grouped_count(accounts.size() - shown) + " more accounts", rest);
  table.add_rule();
  add("total", all);
  return table.to_text();
}

std::string items_table(const Totals& totals, const rating::Rater& rater) {
  TextTable table({{"model"},
                   {"item"},
                   {"lines", Align::right},
                   {"tokens", Align::right},
                   {"amount " + std::string(rater.currency()), Align::right}});
  std::vector<ItemTotal> items(rater.item_count());
  for (const ItemTotal& total : totals.items()) {
    items[total.item].calls += total.calls;
    items[total.item].quantity += total.quantity;
    items[total.item].amount += total.amount;
  }
  std::string last_model;
  for (std::uint32_t i = 0; i < items.size(); ++i) {
    if (items[i].calls == 0) continue;
    const auto [model, item] = split(rater.item_name(i));
    table.add({model == last_model ? "" : model, item, grouped_count(items[i].calls),
               grouped_decimal(items[i].quantity), grouped_decimal(items[i].amount)});
    last_model = model;
  }
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
  return text + accounts_table(outcome.totals, rater, options) + '\n' +
         items_table(outcome.totals, rater) + '\n' + lines_by_status(outcome.totals) +
         examples(outcome);
}

}  // namespace steelyard::report
