// How fast one call is rated in memory, on one core. Goal: 20 million calls a second.
//
// Beside it: the same three multiplications with a general decimal type, as a system that
// is exact but not made for this would do them.

#include <benchmark/benchmark.h>

#include <boost/multiprecision/cpp_dec_float.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench/google_benchmarks.h"
#include "steelyard/pricebook/reader.h"
#include "steelyard/rating/rater.h"

namespace {

using steelyard::rating::Charge;
using steelyard::rating::Rater;
using steelyard::usage::UsageEvent;

constexpr std::string_view usage_text =
    "bench_rate_call [--benchmark_filter=PATTERN]: how fast one call is rated in memory, on\n"
    "one core. Takes the other options of Google Benchmark too.\n";

const Rater& rater() {
  static const Rater the_rater = [] {
    auto book = steelyard::pricebook::load(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas");
    if (!book.has_value()) {
      std::fprintf(stderr, "%s\n", book.error().detail.c_str());
      std::exit(2);
    }
    return Rater(std::make_shared<const steelyard::pricebook::PriceBookSeries>(*std::move(book)));
  }();
  return the_rater;
}

/// Calls of all models of the book, with sizes up to the end of their tiers.
std::vector<UsageEvent> calls(std::size_t count) {
  std::vector<std::string_view> models;
  std::vector<std::uint64_t> largest;
  const auto& prices = rater().book().versions.front().prices;
  for (const auto& price : prices) {
    if (!models.empty() && models.back() == price.model) {
      largest.back() = price.tier.up_to.value_or(100'000);
    } else {
      models.push_back(price.model);
      largest.push_back(price.tier.up_to.value_or(100'000));
    }
  }
  std::mt19937_64 random(1);
  std::vector<UsageEvent> events(count);
  for (UsageEvent& event : events) {
    const std::size_t model = random() % models.size();
    event.account = "acme";
    event.call.model = models[model];
    event.call.tokens.input = random() % (largest[model] / 2);
    event.call.tokens.cached_input = random() % 3 == 0 ? random() % (largest[model] / 2) : 0;
    event.call.tokens.output = 1 + random() % 2'000;
    if (random() % 4 == 0) event.call.tokens.reasoning = 1;
    event.priced_at = {1'763'740'800, 0};
  }
  return events;
}

void rate_call(benchmark::State& state) {
  const std::vector<UsageEvent> events = calls(4'096);
  std::size_t at = 0;
  for (auto _ : state) {
    const Charge charge = rater().rate(events[at++ % events.size()]);
    benchmark::DoNotOptimize(charge.amount);
  }
  state.SetItemsProcessed(state.iterations());
  state.SetLabel("goal: 20M calls/s");
}
BENCHMARK(rate_call);

void general_decimal(benchmark::State& state) {
  using Decimal = boost::multiprecision::cpp_dec_float_50;
  const Decimal input("0.0008"), cached("0.0002"), output("0.002"), per("1000");
  std::uint64_t tokens = 971;
  for (auto _ : state) {
    Decimal amount =
        input * Decimal(tokens) / per + cached * Decimal(2'048) / per + output * Decimal(104) / per;
    benchmark::DoNotOptimize(amount);
    ++tokens;
  }
  state.SetItemsProcessed(state.iterations());
  state.SetLabel("peer: three lines in Boost cpp_dec_float_50, without finding prices");
}
BENCHMARK(general_decimal);

}  // namespace

int main(int argc, char** argv) { return bench::run(argc, argv, usage_text); }
