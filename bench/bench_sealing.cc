// What it costs that members of events are personal: a thousand events of a hundred accounts, as a
// gateway sends them, read, two members sealed, and written anew. No goal is named; ingest takes
// about 4 us an event on two cores.

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/google_benchmarks.h"
#include "steelyard/personal/texts.h"
#include "steelyard/server/clock.h"

namespace {

using namespace steelyard;

constexpr std::string_view usage_text =
    "bench_sealing [--benchmark_filter=PATTERN]: events of which members are sealed, on one core.\n"
    "Takes the other options of Google Benchmark too.\n";

constexpr int event_count = 1'000;
constexpr int account_count = 100;

std::string events() {
  std::string lines;
  for (int i = 0; i < event_count; ++i) {
    const std::string number = std::to_string(i);
    lines += R"({"specversion":"1.0","id":"call-)" + number +
             R"(","source":"gateway/hz-1","type":"ai.model.call","subject":"acme-)" +
             std::to_string(i % account_count) +
             R"(","time":"2026-11-22T08:00:03Z","data":{"model":"qwen-plus","protocol":)"
             R"("openai.chat","api_key":"ak-7","usage":{"prompt_tokens":3019,"completion_tokens":)"
             R"(104,"total_tokens":3123,"prompt_tokens_details":{"cached_tokens":2048}},"tags":)"
             R"({"user":"user-)" +
             number + R"(@example.org","team":"search"},"end_user":"Person )" + number + "\"}}\n";
  }
  return lines;
}

void seal(benchmark::State& state, std::vector<std::string> pointers) {
  std::string folder = "/tmp/bench_sealing.XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) std::exit(2);
  auto keys = personal::KeyRing::open({folder}, log::real_files(),
                                      {server::system_random(), [] { return std::int64_t{1}; }});
  const auto members = personal::Members::read(std::move(pointers));
  if (!keys.has_value() || !members.has_value()) std::exit(2);
  const std::string lines = events();
  for (auto _ : state) {
    auto sealed = personal::sealed_events(lines, *members, "default", **keys);
    if (!sealed.has_value()) std::exit(2);
    benchmark::DoNotOptimize(sealed->data());
  }
  state.SetItemsProcessed(state.iterations() * event_count);
  std::filesystem::remove_all(folder);
}

BENCHMARK_CAPTURE(seal, two_members, {"/data/tags/user", "/data/end_user"})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(seal, none_of_them_there, {"/data/people"})->Unit(benchmark::kMicrosecond);

}  // namespace

int main(int argc, char** argv) { return bench::run(argc, argv, usage_text); }
