// Charge rows: how fast they are written, and how fast 20 million lines answer. Facts of one
// month in the order of their time: 50 tenants, 5,000 accounts, 16 models, 3 lines each.

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/arguments.h"
#include "steelyard/charges/charge_feed.h"
#include "steelyard/charges/charge_store.h"
#include "steelyard/charges/facts_for_tests.h"

namespace {

using namespace steelyard::charges;
using Clock = std::chrono::steady_clock;

constexpr std::string_view usage_text =
    "bench_charges [FACTS]: charge rows: how fast they are written, and how fast they answer.\n"
    "6,666,667 facts of 3 lines by default. Takes a few minutes and 2 GB in the temporary\n"
    "folder.\n";

[[noreturn]] void stop(const steelyard::Error& error) {
  std::fprintf(stderr, "%s\n", error.detail.c_str());
  std::exit(2);
}

template <class T>
T value_of(steelyard::Result<T> result) {
  if (!result.has_value()) stop(result.error());
  return *std::move(result);
}

void check(const steelyard::Result<void>& result) {
  if (!result.has_value()) stop(result.error());
}

std::int64_t microseconds_since(Clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count();
}

FactBatch next(for_tests::FactMaker& maker, std::size_t count) {
  FactBatch batch;
  for (std::size_t i = 0; i < count; ++i) batch.add(maker.next());
  return batch;
}

/// Appends batches, and prints rows a second and the time of a batch.
void append(ChargeStore& store, for_tests::FactMaker& maker, std::size_t batch_facts,
            std::size_t batches) {
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < batches; ++i) {
    const FactBatch batch = next(maker, batch_facts);
    const auto begin = Clock::now();
    check(store.append(batch.facts(), batch.facts().back().sequence));
    times.push_back(microseconds_since(begin));
  }
  std::int64_t all = 0;
  for (const std::int64_t time : times) all += time;
  std::sort(times.begin(), times.end());
  const auto facts = static_cast<std::int64_t>(batch_facts * batches);
  std::printf(
      "append, batches of %6zu facts   %9lld facts/s  %9lld lines/s   p50 %6.1f ms, "
      "p99 %6.1f ms, max %6.1f ms\n",
      batch_facts, static_cast<long long>(facts * 1'000'000 / all),
      static_cast<long long>(facts * 3'000'000 / all),
      static_cast<double>(times[times.size() / 2]) / 1e3,
      static_cast<double>(times[times.size() * 99 / 100]) / 1e3,
      static_cast<double>(times.back()) / 1e3);
  std::fflush(stdout);
}

/// Prints the first time and the median and worst of the others.
void question(const char* name, const char* goal, std::size_t times,
              const std::function<std::size_t(std::size_t)>& ask) {
  std::vector<std::int64_t> taken;
  std::size_t rows = 0;
  for (std::size_t i = 0; i < times; ++i) {
    const auto begin = Clock::now();
    rows = ask(i);
    taken.push_back(microseconds_since(begin));
  }
  const std::int64_t first = taken.front();
  taken.erase(taken.begin());
  std::sort(taken.begin(), taken.end());
  std::printf("%-58s %7.1f ms (first %7.1f, worst %7.1f)  %6zu rows   goal: %s\n", name,
              static_cast<double>(taken[taken.size() / 2]) / 1e3, static_cast<double>(first) / 1e3,
              static_cast<double>(taken.back()) / 1e3, rows, goal);
  std::fflush(stdout);
}

void sql(const ChargeStore& store, const char* text, const char* goal) {
  question(text, goal, 6, [&](std::size_t) { return value_of(store.sql(text)).rows.size(); });
}

}  // namespace

int main(int count, char** arguments) {
  const bench::Arguments given(count, arguments, usage_text, 1);
  const auto facts = given.number<std::size_t>(1, 6'666'667, 100'000);
  const for_tests::Folder folder(std::filesystem::temp_directory_path().string());
  const std::filesystem::path file = folder / "charges.duckdb";
  ChargeStore store = value_of(ChargeStore::open(file));
  for_tests::FactMaker maker(1, {.tenants = 50,
                                 .accounts = 100,
                                 .models = 16,
                                 .keys = 40,
                                 .cloud_of_10 = 0,
                                 .in_order_of = facts});

  const std::size_t part = facts / 10;
  append(store, maker, 1'000, part / 1'000);
  append(store, maker, 10'000, 2 * part / 10'000);

  std::size_t left = facts - maker.made();
  const auto begin = Clock::now();
  const std::size_t fed = left;
  {
    ChargeFeed feed(store);
    while (left > 0) {
      const std::size_t some = std::min<std::size_t>(left, 1'000);
      FactBatch batch = next(maker, some);
      const Position position = batch.facts().back().sequence;
      check(feed.add(std::move(batch), position));
      left -= some;
    }
    check(feed.flush());
  }
  std::printf("feed, with making the facts            %9lld facts/s\n",
              static_cast<long long>(static_cast<std::int64_t>(fed) * 1'000'000 /
                                     microseconds_since(begin)));
  std::printf(
      "lines %s, bytes a line %.1f before and ",
      value_of(store.sql("SELECT count(*) FROM charges")).rows[0][0]->c_str(),
      static_cast<double>(std::filesystem::file_size(file)) / (3.0 * static_cast<double>(facts)));
  check(store.checkpoint());
  std::printf("%.1f after a checkpoint\n", static_cast<double>(std::filesystem::file_size(file)) /
                                               (3.0 * static_cast<double>(facts)));

  const steelyard::base::Instant from{for_tests::november, 0};
  const steelyard::base::Instant to{for_tests::december, 0};
  question("bill of an account for the month", "< 50 ms", 21, [&](std::size_t i) {
    return value_of(store.bill("tenant-" + std::to_string(i * 7 % 50),
                               "account-" + std::to_string(i * 13 % 100), from, to))
        .size();
  });
  question("bill, cut within its first and last hour", "< 50 ms", 21, [&](std::size_t i) {
    return value_of(store.bill("tenant-" + std::to_string(i * 7 % 50),
                               "account-" + std::to_string(i * 13 % 100), {from.seconds + 1'234, 0},
                               {to.seconds - 4'321, 0}))
        .size();
  });
  CostQuery cost;
  cost.filter.tenant = "tenant-7";
  cost.filter.from = from;
  cost.filter.to = to;
  cost.zone = "Asia/Shanghai";
  cost.group_by = {Dimension::model};
  question("cost of a tenant by day and model", "-", 6,
           [&](std::size_t) { return value_of(store.cost_over_time(cost)).size(); });
  ChargeFilter filter;
  filter.tenant = "tenant-7";
  question("page of 100 charges of a tenant", "-", 6, [&](std::size_t i) {
    return value_of(store.charges(filter, i == 0 ? "" : std::to_string(i * facts / 7) + ".1", 100))
        .rows.size();
  });
  sql(store, "SELECT item, sum(amount) FROM charges GROUP BY item", "< 500 ms");
  sql(store, "SELECT item, tier, sum(quantity), sum(amount) FROM charges GROUP BY ALL", "< 500 ms");
  sql(store, "SELECT tenant, sum(amount) FROM charges GROUP BY tenant", "< 500 ms");
  sql(store, "SELECT model, sum(amount) FROM facts GROUP BY model", "< 500 ms");
  sql(store, "SELECT time::DATE, sum(amount) FROM facts GROUP BY ALL", "< 500 ms");
  sql(store, "SELECT * FROM facts WHERE id = 'call-4242'", "-");
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf("peak memory %ld MB\n", usage.ru_maxrss / 1'024);
}
