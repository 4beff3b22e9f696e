// The log by itself: batches of 1,000 records of 380 bytes from four producers, each frame
// synced; then reading and verifying them. Beside it: what the checksums cost.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/arguments.h"
#include "steelyard/log/crc32c.h"
#include "steelyard/log/hash.h"
#include "steelyard/log/local_log.h"
#include "steelyard/log/verify.h"

namespace {

using namespace steelyard;
using Clock = std::chrono::steady_clock;

constexpr std::string_view usage_text =
    "bench_log [SECONDS [FOLDER]]: the log by itself: appending, opening, reading, verifying.\n"
    "5 seconds a part by default, in the temporary folder. Writes about 1 GB there for each\n"
    "five seconds, and removes it.\n";

constexpr std::size_t records_per_batch = 1'000;
constexpr std::size_t record_bytes = 380;
constexpr int producers = 4;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void row(const char* name, double measured, double goal, const char* unit, bool is_met) {
  std::printf("%-56s %10.2f %-10s %8.2f  %s\n", name, measured, unit, goal,
              is_met ? "met" : "MISSED");
}

void at_least(const char* name, double measured, double goal, const char* unit) {
  row(name, measured, goal, unit, measured >= goal);
}

void at_most(const char* name, double measured, double goal, const char* unit) {
  row(name, measured, goal, unit, measured <= goal);
}

log::Batch make_batch(std::uint64_t number) {
  log::Batch batch;
  batch.bytes.reserve(records_per_batch * record_bytes);
  batch.ends.reserve(records_per_batch);
  std::string record(record_bytes, 'x');
  for (std::size_t i = 0; i < records_per_batch; ++i) {
    std::snprintf(record.data(), 32, "%020llu", static_cast<unsigned long long>(number + i));
    batch.add(record);
  }
  return batch;
}

struct Latencies {
  std::mutex mutex;
  std::vector<double> milliseconds;

  void add(double value) {
    const std::lock_guard guard(mutex);
    milliseconds.push_back(value);
  }
  double at(double share) {
    std::ranges::sort(milliseconds);
    return milliseconds[static_cast<std::size_t>(share *
                                                 static_cast<double>(milliseconds.size() - 1))];
  }
};

struct Load {
  double records_per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double max_ms = 0;
};

/// Each producer sends the next batch when its last one is durable, but not before its time if
/// there is a pace. Latency counts from when a batch was due.
Load run(log::LocalLog& log, int seconds, double records_per_second) {
  Latencies latencies;
  std::atomic<std::size_t> batches = 0;
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::seconds(seconds);
  std::vector<std::thread> threads;
  for (int producer = 0; producer < producers; ++producer) {
    threads.emplace_back([&, producer] {
      const log::Batch batch = make_batch(static_cast<std::uint64_t>(producer) << 40);
      for (std::size_t i = 0;; ++i) {
        auto due = Clock::now();
        if (records_per_second > 0) {
          const double at = (static_cast<double>(i) * producers + producer) * records_per_batch /
                            records_per_second;
          due = begin +
                std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(at));
          std::this_thread::sleep_until(due);
        }
        if (due > end) return;
        if (!log.append_and_wait(batch).has_value()) std::exit(2);
        latencies.add(seconds_since(due) * 1e3);
        ++batches;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double elapsed = seconds_since(begin);
  return {static_cast<double>(batches * records_per_batch) / elapsed, latencies.at(0.5),
          latencies.at(0.99), latencies.at(1)};
}

void measure_checksums() {
  const std::string bytes(std::size_t{64} << 20, 'x');
  auto begin = Clock::now();
  const std::uint32_t crc = log::crc32c(bytes);
  const double of_crc = static_cast<double>(bytes.size()) / seconds_since(begin) / 1e9;
  begin = Clock::now();
  const log::Hash hash = log::sha256(bytes);
  const double of_hash = static_cast<double>(bytes.size()) / seconds_since(begin) / 1e9;
  at_least("CRC32C, one core", of_crc, 2, "GB/s");
  at_least("SHA-256, one core", of_hash, 0.5, "GB/s");
  if (crc == 0 && hash[0] == 0) std::printf(" ");
}

}  // namespace

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  const bench::Arguments given(argc, argv, usage_text, 2);
  const int seconds = given.number(1, 5);
  const std::string folder = given.text(2, fs::temp_directory_path().string()) +
                             "/steelyard-bench-log-" + std::to_string(getpid());
  std::printf("%-56s %10s %-10s %8s\n", "log", "measured", "", "goal");
  measure_checksums();
  std::uint64_t records = 0;
  {
    auto log = log::LocalLog::open(folder);
    if (!log.has_value()) {
      std::fprintf(stderr, "%s\n", log.error().detail.c_str());
      return 2;
    }
    const Load most = run(**log, seconds, 0);
    at_least("append, 4 producers as fast as it goes", most.records_per_second / 1e6, 0.3,
             "M rec/s");
    at_most("  of a batch, p50", most.p50_ms, 20, "ms");
    at_most("  of a batch, p99", most.p99_ms, 20, "ms");
    const Load paced = run(**log, seconds, 300'000);
    at_least("append, offered 0.3 M rec/s", paced.records_per_second / 1e6, 0.297, "M rec/s");
    at_most("  of a batch, p50", paced.p50_ms, 5, "ms");
    at_most("  of a batch, p99", paced.p99_ms, 20, "ms");
    std::printf("%-56s %10.2f ms\n", "  of a batch, the longest", paced.max_ms);
    records = (*log)->durable_end() - 1;
  }
  const double gigabytes = static_cast<double>(records * (record_bytes + 4)) / 1e9;
  auto begin = Clock::now();
  auto log = log::LocalLog::open(folder);
  if (!log.has_value()) return 2;
  at_most("open", seconds_since(begin) * 1e3, 500, "ms");
  begin = Clock::now();
  std::uint64_t bytes = 0;
  const auto end = (*log)->read(1, [&](std::uint64_t, std::string_view record) {
    bytes += record.size();
    return true;
  });
  if (!end.has_value() || *end != records + 1 || bytes != records * record_bytes) return 2;
  at_least("read", gigabytes / seconds_since(begin), 1, "GB/s");
  begin = Clock::now();
  const auto report = log::verify(folder);
  if (!report.has_value() || report->damage || report->records != records) return 2;
  at_least("verify", gigabytes / seconds_since(begin), 0.5, "GB/s");
  std::printf("%-56s %10.2f %s\n", "the log", gigabytes, "GB");
  fs::remove_all(folder);
  return 0;
}
