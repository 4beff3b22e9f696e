// `steelyard rate` as a whole process on generated files: time and peak memory, each beside
// its goal. Takes about two minutes and 4 GB in the temporary folder.

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/arguments.h"

namespace {

constexpr std::string_view usage_text =
    "bench_rate_file [EVENTS]: `steelyard rate` on generated files: time and peak memory.\n"
    "1,000,000 by default; memory also at ten times as many.\n";

struct Measured {
  std::int64_t microseconds = 0;
  std::int64_t peak_kib = 0;
};

void run_child(const std::vector<std::string>& command, int cores, const std::string& output) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int core = 0; core < cores; ++core) CPU_SET(static_cast<unsigned>(core), &set);
  sched_setaffinity(0, sizeof set, &set);
  const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(out, STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

Measured run(const std::vector<std::string>& command, int cores, const std::string& output) {
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) run_child(command, cores, output);
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) {
    std::fprintf(stderr, "%s failed\n", command[0].c_str());
    std::exit(2);
  }
  const auto elapsed = std::chrono::steady_clock::now() - begin;
  return {std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count(), usage.ru_maxrss};
}

/// The median of five runs, after one that warms the disk cache.
Measured median(const std::vector<std::string>& command, int cores) {
  run(command, cores, "/dev/null");
  std::vector<Measured> runs;
  for (int i = 0; i < 5; ++i) runs.push_back(run(command, cores, "/dev/null"));
  std::ranges::sort(runs, {}, &Measured::microseconds);
  return runs[2];
}

class Report {
 public:
  explicit Report(std::int64_t events) : events_(events) {
    std::printf("%-52s %14s %14s  %s\n", "steelyard rate", "measured", "goal", "");
  }

  std::int64_t rate(const char* name, const Measured& measured, std::int64_t goal) {
    const std::int64_t rate = events_ * 1'000'000 / measured.microseconds;
    std::printf("%-52s %11.2f M/s %11.2f M/s  %s\n", name, static_cast<double>(rate) / 1e6,
                static_cast<double>(goal) / 1e6, verdict(rate >= goal));
    return rate;
  }

  void ratio(const char* name, std::int64_t a, std::int64_t b, int goal_percent) {
    const std::int64_t percent = a * 100 / b;
    std::printf("%-52s %12lld %% %12d %%  %s\n", name, static_cast<long long>(percent),
                goal_percent, verdict(percent >= goal_percent));
  }

  /// 64 MB and 24 bytes for each event.
  static void memory(const char* name, const Measured& measured, std::int64_t events) {
    const std::int64_t goal_kib = (64'000'000 + 24 * events) / 1'024;
    std::printf("%-52s %10lld KiB %10lld KiB  %s\n", name,
                static_cast<long long>(measured.peak_kib), static_cast<long long>(goal_kib),
                verdict(measured.peak_kib <= goal_kib));
  }

 private:
  static const char* verdict(bool is_met) { return is_met ? "met" : "MISSED"; }
  std::int64_t events_;
};

}  // namespace

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  const bench::Arguments given(argc, argv, usage_text, 1);
  const auto events = given.number<std::int64_t>(1, 1'000'000);
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  const std::string steelyard = (here / "steelyard").string();
  const fs::path folder = fs::temp_directory_path() / "steelyard-bench";
  fs::create_directories(folder);
  const std::string small = (folder / "events.ndjson").string();
  const std::string large = (folder / "ten-times.ndjson").string();
  run({(here / "generate_events").string(), std::to_string(events)}, 2, small);
  run({(here / "generate_events").string(), std::to_string(events * 10), "2"}, 2, large);

  const auto rate = [&](const char* output, const char* jobs, const std::string& file) {
    return std::vector<std::string>{steelyard, "rate",   "--quiet", "--output",
                                    output,    "--jobs", jobs,      file};
  };
  Report report(events);
  const Measured one = median(rate("table", "1", small), 1);
  const std::int64_t of_one = report.rate("table, one job on one core", one, 1'500'000);
  const Measured two = median(rate("table", "2", small), 2);
  const std::int64_t of_two = report.rate("table, two jobs on two cores", two, of_one * 18 / 10);
  report.ratio("two jobs against one", of_two, of_one, 180);
  report.rate("ndjson, one job on one core", median(rate("ndjson", "1", small), 1), 700'000);
  Report::memory("peak memory, one job", one, events);
  Report::memory("peak memory, two jobs", two, events);
  const Measured ten = run(rate("table", "2", large), 2, "/dev/null");
  Report::memory("peak memory at ten times the events, two jobs", ten, events * 10);
  std::printf("The best documented peer for a file, parse to totals: 0.13 M/s.\n");
  fs::remove_all(folder);
  return 0;
}
