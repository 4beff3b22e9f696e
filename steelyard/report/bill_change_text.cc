#include <nlohmann/json.hpp>

#include "steelyard/pricebook/dates.h"
#include "steelyard/report/bill_change.h"
#include "steelyard/report/text_table.h"

namespace steelyard::report {
namespace {

using Json = nlohmann::ordered_json;
using money::Decimal;
using pricebook::BookDiff;
using pricebook::PriceBook;
using pricebook::PriceChange;

std::string text_of(const std::optional<Decimal>& price) { return price ? price->to_text() : "-"; }

std::string signed_text(Decimal amount) {
  const std::string text = grouped(amount.to_text());
  return amount.is_zero() || amount.is_negative() ? text : '+' + text;
}

std::string name_and_version(const PriceBook& book) {
  return book.name + (book.version.empty() ? "" : ", version " + book.version) + " (" +
         book.content_hash.substr(0, 12) + ')';
}

std::string prices(const BookDiff& diff, const std::string& zone) {
  if (diff.prices.empty()) return "No price changes.\n";
  std::vector<std::string> old_prices;
  std::vector<std::string> new_prices;
  bool has_dates = false;
  for (const PriceChange& change : diff.prices) {
    old_prices.push_back(text_of(change.old_price));
    new_prices.push_back(text_of(change.new_price));
    has_dates = has_dates || change.validity.from || change.validity.to;
  }
  old_prices = with_points_aligned(std::move(old_prices));
  new_prices = with_points_aligned(std::move(new_prices));
  TextTable table({{"price"},
                   {"tier"},
                   {"change"},
                   {"old", Align::right},
                   {"new", Align::right},
                   {"by", Align::right},
                   {has_dates ? "in force" : ""}});
  for (std::size_t i = 0; i < diff.prices.size(); ++i) {
    const PriceChange& change = diff.prices[i];
    std::string dates;
    if (change.validity.from) dates = "from " + pricebook::date_text(change.validity.from, zone);
    if (change.validity.to) {
      dates += (dates.empty() ? "to " : " to ") + pricebook::date_text(change.validity.to, zone);
    }
    table.add({change.model + '/' + std::string(name_of(change.item)), change.tier,
               std::string(name_of(change.kind)), old_prices[i], new_prices[i], change.relative,
               std::move(dates)});
  }
  return table.to_text();
}

std::string bill(const BillChange& change, std::string_view currency) {
  const std::string unit = ' ' + std::string(currency);
  TextTable table({{"item"},
                   {"old" + unit, Align::right},
                   {"new" + unit, Align::right},
                   {"change" + unit, Align::right}});
  const auto add = [&](const std::string& name, const BillChange::Item& item) {
    table.add({name, grouped(item.old_amount.to_text()), grouped(item.new_amount.to_text()),
               signed_text(item.new_amount - item.old_amount)});
  };
  std::size_t unchanged = 0;
  for (const auto& [name, item] : change.items) {
    if (item.old_amount == item.new_amount) {
      ++unchanged;
    } else {
      add(name, item);
    }
  }
  table.add_rule();
  add("total", change.total);
  std::string text = "\nThe bill of " + grouped(std::to_string(change.lines)) +
                     " lines of usage\n" + table.to_text();
  if (unchanged > 0) {
    text += grouped(std::to_string(unchanged)) + " items that cost the same are left out.\n";
  }
  for (const auto& [move, count] : change.outcomes) {
    text += grouped(std::to_string(count)) + (count == 1 ? " line goes" : " lines go") + " from " +
            move.first + " to " + move.second + ".\n";
  }
  return text;
}

Json json_of(const PriceChange& change, const std::string& zone) {
  Json json = {{"kind", name_of(change.kind)},
               {"model", change.model},
               {"tier", change.tier},
               {"item", name_of(change.item)}};
  if (change.validity.from)
    json["effective_from"] = pricebook::date_text(change.validity.from, zone);
  if (change.validity.to) json["effective_to"] = pricebook::date_text(change.validity.to, zone);
  if (change.old_price) json["old"] = change.old_price->to_text();
  if (change.new_price) json["new"] = change.new_price->to_text();
  if (!change.relative.empty()) json["by"] = change.relative;
  return json;
}

Json json_of(const BillChange::Item& item) {
  return {{"old", item.old_amount.to_text()},
          {"new", item.new_amount.to_text()},
          {"change", (item.new_amount - item.old_amount).to_text()}};
}

Json json_of(const BillChange& change, std::string_view currency) {
  Json json = {{"currency", currency}, {"lines", change.lines}, {"total", json_of(change.total)}};
  json["items"] = Json::object();
  for (const auto& [name, item] : change.items) json["items"][name] = json_of(item);
  json["outcomes"] = Json::array();
  for (const auto& [move, count] : change.outcomes) {
    json["outcomes"].push_back({{"old", move.first}, {"new", move.second}, {"lines", count}});
  }
  return json;
}

}  // namespace

std::string to_text(const BookDiff& diff, const BillChange* change, const PriceBook& old_book,
                    const PriceBook& new_book) {
  std::string text = "From " + name_and_version(old_book) + "\nto   " + name_and_version(new_book) +
                     "\n\n" + prices(diff, new_book.time_zone);
  if (!diff.others.empty()) text += '\n';
  for (const std::string& other : diff.others) text += other + '\n';
  return change == nullptr ? text : text + bill(*change, new_book.currency.code());
}

std::string to_json(const BookDiff& diff, const BillChange* change, const PriceBook& old_book,
                    const PriceBook& new_book) {
  Json json = {
      {"old",
       {{"name", old_book.name}, {"version", old_book.version}, {"sha256", old_book.content_hash}}},
      {"new",
       {{"name", new_book.name},
        {"version", new_book.version},
        {"sha256", new_book.content_hash}}}};
  json["prices"] = Json::array();
  for (const PriceChange& each : diff.prices) {
    json["prices"].push_back(json_of(each, new_book.time_zone));
  }
  json["others"] = diff.others;
  if (change != nullptr) json["bill"] = json_of(*change, new_book.currency.code());
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace steelyard::report
