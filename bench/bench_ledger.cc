// May this be spent? Holds that are opened and settled, in memory, on one core. Goal: a million
// pairs a second, so that 50,000 a second over HTTP are a matter of HTTP.
//
// 100,000 customers (beside them 1,000, which fit into the cache), each with a key in a project of
// an organisation: three budgets a hold. Each pair is two journal entries of a hold and one of a
// charge. A tick comes every 1,000 pairs; with `keeps` what changed is taken then, as at the end of
// a batch.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench/google_benchmarks.h"
#include "steelyard/ledger/ledger.h"

namespace {

using namespace steelyard::ledger;
using steelyard::money::Currency;
using steelyard::money::Decimal;

constexpr std::string_view usage_text =
    "bench_ledger [--benchmark_filter=PATTERN]: holds that are opened and settled, in memory,\n"
    "on one core. Takes the other options of Google Benchmark too.\n";

constexpr std::size_t project_count = 1'000;
constexpr std::int64_t begin_second = 1'795'000'000;
constexpr Currency currency("CNY");

template <class T>
T must(const Answer<T>& answer) {
  if (answer.has_value()) return *answer;
  std::fprintf(stderr, "refused: %s\n", std::string(name_of(answer.error().why)).c_str());
  std::exit(2);
}

struct City {
  std::uint64_t entries = 0;
  Ledger ledger{Options{.hold_memory_micros = 1'000'000},
                Observer{.entry = [this](const Entry&) { ++entries; }, .crossing = {}}};
  std::vector<WalletId> wallets;
  std::vector<BudgetId> keys;
  std::uint64_t sequence = 0;

  explicit City(std::size_t customer_count) {
    const std::vector<std::uint16_t> thresholds = {50, 80, 100};
    const auto node = [&](const std::string& name, BudgetId parent) {
      return must(ledger.set_budget({.tenant = 1,
                                     .name = name,
                                     .parent = parent,
                                     .currency = currency,
                                     .limit = Decimal::whole(100'000'000),
                                     .period = Period::month,
                                     .zone = "Asia/Shanghai",
                                     .thresholds = thresholds}));
    };
    const BudgetId organisation = node("organisation", no_budget);
    std::vector<BudgetId> projects;
    for (std::size_t i = 0; i < project_count; ++i) {
      projects.push_back(node("project/" + std::to_string(i), organisation));
    }
    for (std::size_t i = 0; i < customer_count; ++i) {
      const std::string number = std::to_string(i);
      wallets.push_back(must(ledger.open_wallet(1, "customer-" + number, currency, {})));
      keys.push_back(node("key/" + number, projects[i % project_count]));
      must(ledger.top_up({.wallet = wallets.back(),
                          .amount = Decimal::whole(1'000'000),
                          .at = {begin_second, 0},
                          .origin = {1, i},
                          .cause = {++sequence, 0}}));
    }
  }
};

City& city_of(std::size_t customer_count) {
  static std::unique_ptr<City> city;
  if (city == nullptr || city->wallets.size() != customer_count) {
    city.reset();
    city = std::make_unique<City>(customer_count);
  }
  return *city;
}

void authorise_and_settle(benchmark::State& state) {
  const auto customer_count = static_cast<std::size_t>(state.range(0));
  City& here = city_of(customer_count);
  std::mt19937_64 random(1);
  steelyard::base::Instant now{begin_second, 0};
  std::uint64_t bytes = 0;
  static std::uint64_t number = 0;
  for (auto _ : state) {
    ++number;
    const std::size_t who = random() % customer_count;
    const Id hold{2, number * 0x9e3779b97f4a7c15ULL};
    must(here.ledger.authorise({.wallet = here.wallets[who],
                                .amount = Decimal::from_scaled(2'000'000'000),
                                .ttl_micros = 1'000'000,
                                .at = now,
                                .hold = hold,
                                .cause = {++here.sequence, 0},
                                .budget = here.keys[who]}));
    const Charged charged = must(here.ledger.settle({.wallet = here.wallets[who],
                                                     .amount = Decimal::from_scaled(1'394'400'000),
                                                     .at = now,
                                                     .origin = {3, hold.low},
                                                     .cause = {++here.sequence, 0},
                                                     .hold = hold}));
    benchmark::DoNotOptimize(charged);
    if (number % 1'000 != 0) continue;
    now.nanoseconds += 20'000'000;  // 50,000 a second.
    if (now.nanoseconds >= 1'000'000'000) now = {now.seconds + 1, 0};
    here.ledger.tick({.now = now, .cause = {++here.sequence, 0}});
    if (state.range(1) == 0) continue;
    here.ledger.for_each_changed([&](std::string_view key, std::optional<std::string_view> value) {
      bytes += key.size() + value.value_or("").size();
    });
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes kept per pair"] =
      static_cast<double>(bytes) / static_cast<double>(state.iterations());
}
BENCHMARK(authorise_and_settle)
    ->ArgNames({"customers", "keeps"})
    ->Args({1'000, 0})
    ->Args({100'000, 0})
    ->Args({100'000, 1})
    ->MinTime(2);

}  // namespace

int main(int argc, char** argv) { return bench::run(argc, argv, usage_text); }
