// The identities of 50 million facts: memory, and how long one takes to decide.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/arguments.h"
#include "steelyard/base/hash.h"
#include "steelyard/identity/identity_store.h"

namespace {

using namespace steelyard;
using Clock = std::chrono::steady_clock;

constexpr std::string_view usage_text =
    "bench_identity_store [MILLIONS [FOLDER]]: identities of facts: memory, and how long one\n"
    "takes to decide. 50 by default, in the temporary folder. Writes about 1.8 GB there for\n"
    "50 million (twice that while files are joined), and removes it.\n";

constexpr std::uint64_t batch_size = 1'000;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void row(const char* name, double measured, const char* unit, double goal, bool is_met) {
  std::printf("%-56s %10.2f %-10s %8.2f  %s\n", name, measured, unit, goal,
              is_met ? "met" : "MISSED");
}

/// Anonymous memory of this process: what the kernel can not take back like cached files.
double resident_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "RssAnon:") continue;
    double kilobytes = 0;
    status >> kilobytes;
    return kilobytes * 1'024 / 1e6;
  }
  return 0;
}

struct Times {
  std::vector<double> batch_ms;
  double seconds = 0;

  double at(double share) {
    std::ranges::sort(batch_ms);
    return batch_ms[static_cast<std::size_t>(share * static_cast<double>(batch_ms.size() - 1))];
  }
};

/// Facts of the ids [from, to) in batches, as the core decides them: keys, prefetch, insert.
/// With a pace, the time of a batch counts from when it was due.
Times insert(identity::IdentityStore& store, std::uint64_t from, std::uint64_t to,
             std::uint64_t& sequence, identity::Seen expected, double per_second = 0) {
  Times times;
  const auto start = Clock::now();
  const identity::KeyMaker maker(1);
  std::vector<identity::IdentityKey> keys(batch_size);
  for (std::uint64_t i = from; i + batch_size <= to; i += batch_size) {
    auto begin = Clock::now();
    if (per_second > 0) {
      begin = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                          static_cast<double>(i - from) / per_second));
      std::this_thread::sleep_until(begin);
    }
    for (std::uint64_t k = 0; k < batch_size; ++k) {
      char id[48];
      const std::uint64_t number = i + k;
      const int size = std::snprintf(id, sizeof id, "call-%016llx-%llu",
                                     static_cast<unsigned long long>(base::hash_pair(number, 3)),
                                     static_cast<unsigned long long>(number));
      keys[k] = maker.key_of("gateway/hz-1", {id, static_cast<std::size_t>(size)});
      store.prefetch(keys[k]);
    }
    for (const identity::IdentityKey& key : keys) {
      const auto known = store.insert(key, key.high, ++sequence);
      if (!known.has_value() || known->seen != expected) {
        std::fprintf(stderr, "a wrong answer at fact %llu\n",
                     static_cast<unsigned long long>(sequence));
        std::exit(2);
      }
    }
    const double seconds = seconds_since(begin);
    times.batch_ms.push_back(seconds * 1e3);
    times.seconds += seconds;
  }
  return times;
}

double millions_per_second(const Times& times) {
  return static_cast<double>(times.batch_ms.size() * batch_size) / times.seconds / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  const bench::Arguments given(argc, argv, usage_text, 2);
  const std::uint64_t count = given.number<std::uint64_t>(1, 50, 1, 10'000) * 1'000'000;
  const std::string folder = given.text(2, fs::temp_directory_path().string()) +
                             "/steelyard-bench-ids-" + std::to_string(getpid());
  const identity::StoreOptions options{.seed = 42};
  std::printf("%-56s %10s %-10s %8s\n", "identities", "measured", "", "goal");
  std::uint64_t sequence = 0;
  double most_megabytes = 0;
  {
    auto store = identity::IdentityStore::open(folder, options);
    if (!store.has_value()) return 2;
    Times all;
    for (std::uint64_t from = 0; from < count; from += 1'000'000) {
      Times part = insert(**store, from, from + 1'000'000, sequence, identity::Seen::first);
      all.seconds += part.seconds;
      all.batch_ms.insert(all.batch_ms.end(), part.batch_ms.begin(), part.batch_ms.end());
      most_megabytes = std::max(most_megabytes, resident_megabytes());
    }
    row("new ids, from none to all, written meanwhile", millions_per_second(all), "M/s", 1,
        millions_per_second(all) >= 1);
    row("memory of the process, at most", most_megabytes, "MB", 1'000, most_megabytes <= 1'000);
    const auto begin = Clock::now();
    if (!(*store)->checkpoint(sequence + 1).has_value()) return 2;
    std::printf("%-56s %10.2f s\n", "a checkpoint of what is left", seconds_since(begin));
    std::printf("%-56s %10zu\n", "files", (*store)->file_count());
  }
  const auto begin = Clock::now();
  auto store = identity::IdentityStore::open(folder, options);
  if (!store.has_value() || (*store)->size() != count) return 2;
  row("open", seconds_since(begin), "s", 1, seconds_since(begin) <= 1);
  const double bytes_per_id =
      static_cast<double>((*store)->memory_bytes()) / static_cast<double>(count);
  row("memory for each remembered id", bytes_per_id, "bytes", 16, bytes_per_id <= 16);
  Times fresh = insert(**store, count, count + 1'000'000, sequence, identity::Seen::first);
  row("new ids beside all others", millions_per_second(fresh), "M/s", 1,
      millions_per_second(fresh) >= 1);
  Times paced = insert(**store, count + 1'000'000, count + 5'000'000, sequence,
                       identity::Seen::first, 300'000);
  row("new ids, 0.3 M/s, a table written meanwhile: p99 of 1,000", paced.at(0.99), "ms", 5,
      paced.at(0.99) <= 5);
  std::printf("%-56s %10.2f ms\n", "  the longest", paced.at(1));
  Times again =
      insert(**store, 0, count < 200'000 ? count : 200'000, sequence, identity::Seen::same);
  std::printf("%-56s %10.2f M/s\n", "ids that were there, files in the page cache",
              millions_per_second(again));
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  return 0;
}
