#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>

#include "steelyard/rating/cloud/demo_book_for_tests.h"
#include "steelyard/rating/cloud/engine.h"
#include "steelyard/rating/cloud/naive_for_tests.h"

namespace steelyard::rating::cloud {
namespace {

using naive::Exact;
using naive::Usage;
using naive::Usages;

const char* const product = R"(meters:
  instances:      {kind: presence}
  specs:          {kind: presence}
  storage_gb:     {kind: gauge}
  backup_gb:      {kind: gauge}
  bandwidth_mbps: {kind: gauge}
  sample_mbps:    {kind: gauge}
  gb_out:         {kind: counter}
attributes:
  spec: {values: [small, large, huge]}
items:
  - {item: demo/hours, unit: h, measure: {up: instances}, shape: [{round: {up: 1}}], price: {CNY: 0.147}}
  - {item: demo/storage, unit: GB-hour, measure: {integral: storage_gb}, price: {per: 720, CNY: 0.12}}
  - item: demo/bandwidth
    unit: Mbit/s-hour
    window: day
    measure: {max: bandwidth_mbps}
    times: [{up: bandwidth_mbps, window: hour, shape: [{round: {up: 1}}]}]
    price: {kernel: graduated, brackets: [{upto: 5, CNY: 0.04}, {CNY: 0.14}]}
  - item: demo/traffic
    unit: GB
    measure: {sum: gb_out}
    shape: [{pool: {by: [account], window: month}}, {less: 20}]
    price: {kernel: graduated, brackets: [{upto: 100, CNY: 0.8}, {upto: 1000, CNY: 0.75}, {CNY: 0.7}]}
  - {item: demo/peak, unit: Mbit/s, window: day, measure: {rank: sample_mbps, k: 2}, price: {CNY: 3.36}}
  - item: demo/spec
    unit: h
    measure: {up: specs}
    shape: [{round: {up: 1}}]
    on_change: dearest
    price: {keys: [spec], rows: [{spec: small, CNY: 0.3}, {spec: large, CNY: 0.7}, {spec: huge, CNY: 0.5}]}
  - item: demo/backup
    unit: GB-hour
    measure: {integral: backup_gb}
    shape: [{less: {times: 0.5, of: {integral: storage_gb}, round: {up: 1}}}]
    price: {CNY: 0.003}
)";

const std::vector<std::string> meters = {"instances",      "specs",       "storage_gb", "backup_gb",
                                         "bandwidth_mbps", "sample_mbps", "gb_out"};

/// Two days on both sides of the end of October 2026 in Shanghai.
constexpr std::int64_t first_second = 1'793'376'000;
constexpr std::int64_t month_begins = 1'793'462'400;
constexpr int days = 2;

using Quantities = std::map<std::string, Exact>;  // By price ÷ per.

/// The quantities of one item, at each of its prices, for one account.
using Oracle = std::function<Quantities(const Usages&)>;

/// Σ over the windows of each resource.
Exact over_windows(const Usages& all, std::int64_t length,
                   const std::function<Exact(const Usages&, std::int64_t, std::int64_t)>& of) {
  std::map<std::string, Usages> resources;
  for (const Usage& each : all) resources[each.resource].push_back(each);
  Exact total = 0;
  const std::int64_t first = first_second * naive::second;
  for (const auto& [name, usages] : resources) {
    for (std::int64_t at = first; at < first + days * naive::day; at += length) {
      total += of(usages, at, at + length);
    }
  }
  return total;
}

Exact hours_up(const Usages& all, const std::string& meter, std::int64_t from, std::int64_t to) {
  Usages present = naive::with(all, meter);
  for (Usage& each : present) each.meters[meter] = each.meters[meter] > 0 ? 1 : 0;
  return naive::rounded_up(naive::integral(present, meter, from, to) / naive::hour);
}

Quantities bandwidth(const Usages& all) {
  Quantities result;
  for (const bool is_above : {false, true}) {
    result[is_above ? "0.14" : "0.04"] = over_windows(
        all, naive::day, [&](const Usages& usages, std::int64_t from, std::int64_t to) {
          const auto values = naive::ranked(usages, "bandwidth_mbps", from, to);
          const Exact top = values.empty() ? Exact(0) : values.front();
          const Exact part =
              is_above ? std::max(Exact(0), Exact(top - 5)) : std::min(Exact(5), top);
          Exact hours = 0;
          for (std::int64_t at = from; at < to; at += naive::hour) {
            hours += hours_up(usages, "bandwidth_mbps", at, at + naive::hour);
          }
          return Exact(part * hours);
        });
  }
  return result;
}

Quantities traffic(const Usages& all) {
  Quantities result{{"0.8", 0}, {"0.75", 0}, {"0.7", 0}};
  const std::int64_t edge = month_begins * naive::second;
  for (const bool is_november : {false, true}) {
    const Exact sum =
        naive::sum(all, "gb_out", is_november ? edge : 0, is_november ? INT64_MAX : edge);
    const Exact q = std::max(Exact(0), Exact(sum - 20));
    result["0.8"] += std::min(q, Exact(100));
    result["0.75"] += std::clamp(Exact(q - 100), Exact(0), Exact(900));
    result["0.7"] += std::max(Exact(0), Exact(q - 1000));
  }
  return result;
}

Quantities dearest(const Usages& all) {
  const std::vector<std::pair<std::string, std::string>> dear = {
      {"large", "0.7"}, {"huge", "0.5"}, {"small", "0.3"}};
  Quantities result;
  for (const auto& [spec, price] : dear) {
    result[price] = over_windows(
        all, naive::hour, [&](const Usages& usages, std::int64_t from, std::int64_t to) {
          for (const auto& [word, ignored] : dear) {
            const bool is_there = std::ranges::any_of(usages, [&](const Usage& each) {
              return each.spec == word && each.meters.contains("specs") && each.touches(from, to);
            });
            if (is_there) return word == spec ? hours_up(usages, "specs", from, to) : Exact(0);
          }
          return Exact(0);
        });
  }
  return result;
}

Exact backup(const Usages& usages, std::int64_t from, std::int64_t to) {
  const Exact stored = naive::integral(usages, "storage_gb", from, to) / naive::hour;
  const Exact kept = naive::integral(usages, "backup_gb", from, to) / naive::hour;
  return std::max(Exact(0), Exact(kept - naive::rounded_up(stored / 2)));
}

const std::map<std::string, Oracle>& oracles() {
  static const std::map<std::string, Oracle> all = {
      {"demo/hours",
       [](const Usages& all_usage) {
         return Quantities{
             {"0.147", over_windows(all_usage, naive::hour,
                                    [](const Usages& usages, std::int64_t from, std::int64_t to) {
                                      return hours_up(usages, "instances", from, to);
                                    })}};
       }},
      {"demo/storage",
       [](const Usages& all_usage) {
         return Quantities{
             {"0.12/720",
              over_windows(all_usage, naive::day,
                           [](const Usages& usages, std::int64_t from, std::int64_t to) {
                             return Exact(naive::integral(usages, "storage_gb", from, to) /
                                          naive::hour);
                           })}};
       }},
      {"demo/bandwidth", bandwidth},
      {"demo/traffic", traffic},
      {"demo/peak",
       [](const Usages& all_usage) {
         return Quantities{
             {"3.36", over_windows(all_usage, naive::day,
                                   [](const Usages& usages, std::int64_t from, std::int64_t to) {
                                     const auto values =
                                         naive::ranked(usages, "sample_mbps", from, to);
                                     return values.size() < 2 ? Exact(0) : values[1];
                                   })}};
       }},
      {"demo/spec", dearest},
      {"demo/backup",
       [](const Usages& all_usage) {
         return Quantities{{"0.003", over_windows(all_usage, naive::hour, backup)}};
       }},
  };
  return all;
}

Exact exact(const std::string& decimal) {
  const money::Rational value = money::Rational::parse(decimal).value();
  return {static_cast<std::int64_t>(value.numerator()),
          static_cast<std::int64_t>(value.denominator())};
}

/// In units of 10^-12: each price's exact amount, rounded once.
std::int64_t amount_of(const std::string& item, const Usages& all) {
  naive::Whole total = 0;
  for (const std::string account : {"acme", "big"}) {
    Usages own;
    std::ranges::copy_if(all, std::back_inserter(own),
                         [&](const Usage& each) { return each.account == account; });
    for (const auto& [price, quantity] : oracles().at(item)(own)) {
      total += naive::written(quantity * exact(price));
    }
  }
  return static_cast<std::int64_t>(total);
}

Usage any_usage() {
  Usage usage;
  usage.account = *rc::gen::weightedElement<std::string>({{5, "acme"}, {1, "big"}});
  usage.resource = *rc::gen::weightedElement<std::string>({{3, "r-1"}, {1, "r-2"}});
  usage.spec = *rc::gen::element<std::string>("small", "large", "huge");
  const std::int64_t hours = *rc::gen::inRange<std::int64_t>(0, 24 * days - 4);
  const std::int64_t seconds =
      *rc::gen::oneOf(rc::gen::just<std::int64_t>(0), rc::gen::inRange<std::int64_t>(0, 3'600));
  const std::int64_t length =
      *rc::gen::oneOf(rc::gen::element<std::int64_t>(1, 1'800, 3'600, 7'200),
                      rc::gen::inRange<std::int64_t>(1, 10'800));
  const std::int64_t rest = *rc::gen::weightedElement<std::int64_t>({{4, 0}, {1, 123'456'789}});
  usage.start = (first_second + hours * 3'600 + seconds) * naive::second + rest;
  usage.end = usage.start + length * naive::second;
  const std::string& meter = *rc::gen::elementOf(meters);
  const Exact value(*rc::gen::inRange<std::int64_t>(0, 2'000),
                    *rc::gen::element<std::int64_t>(1, 8, 1'000));
  usage.meters[meter] = meter == "instances" || meter == "specs" ? Exact(1) : value;
  if (meter != "specs" && *rc::gen::inRange(0, 5) == 0) usage.end = usage.start;
  return usage;
}

Fact fact_of(const Catalog& catalog, const Usage& usage, std::uint64_t sequence) {
  Fact fact;
  fact.account = usage.account;
  fact.resource = usage.resource;
  fact.start = {usage.start / naive::second,
                static_cast<std::uint32_t>(usage.start % naive::second)};
  fact.end = {usage.end / naive::second, static_cast<std::uint32_t>(usage.end % naive::second)};
  fact.attributes = {usage.spec};
  fact.sequence = sequence;
  for (const auto& [name, value] : usage.meters) {
    const Exact scaled = value * 1'000'000'000'000;
    fact.meters.push_back(
        {static_cast<std::uint16_t>(catalog.code(0).meter_numbers.find(name)),
         money::Decimal::from_scaled(static_cast<std::int64_t>(numerator(scaled)))});
  }
  return fact;
}

RC_GTEST_PROP(Naive, the_engine_charges_what_plain_arithmetic_on_all_facts_gives, ()) {
  static const pricebook::PriceBookSeries book = demo_book(product);
  static const Catalog catalog(book);
  Engine engine(catalog, 0, "CNY");
  const Usages usages = *rc::gen::container<Usages>(rc::gen::exec(any_usage));
  std::map<std::string, money::Decimal> charged;
  std::uint64_t sequence = 0;
  for (const Usage& each : usages) {
    const Charge charge = engine.apply(fact_of(catalog, each, ++sequence));
    RC_ASSERT(charge.is_rated);
    for (const Line& line : charge.lines) charged[line.row->item] += line.amount;
  }
  for (const auto& [item, oracle] : oracles()) {
    RC_LOG() << item << '\n';
    RC_ASSERT(static_cast<std::int64_t>(charged[item].scaled()) == amount_of(item, usages));
  }
}

}  // namespace

}  // namespace steelyard::rating::cloud
