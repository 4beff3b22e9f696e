// May this be spent? What a gateway waits for in the server itself, without HTTP: a command is
// written to the log, synced, and applied; then answered. So many are under way at once as given.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/arguments.h"
#include "steelyard/node/node.h"

namespace {

using Clock = std::chrono::steady_clock;
using steelyard::Error;
using steelyard::Result;

constexpr std::string_view usage_text =
    "bench_hold [PAIRS [AT_ONCE]]: holds are opened and released in the server itself,\n"
    "without HTTP. 200,000 pairs by default, 32 at once.\n";

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "bench_hold: %s\n", why.c_str());
  std::exit(2);
}

template <class T>
T needed(Result<T> result) {
  if (!result.has_value()) give_up(result.error().detail);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

std::int64_t now_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// One gateway's loop: opens a hold, waits, releases it, waits, and so on.
class Loop {
 public:
  Loop(steelyard::node::Node& node, std::atomic<int>& next, int pairs, std::atomic<int>& running)
      : node_(node), next_(next), pairs_(pairs), running_(running) {}

  void go_on() {
    number_ = next_++;
    if (number_ >= pairs_) {
      --running_;
      return;
    }
    ask(R"({"command":"open_hold","hold":"h-)" + std::to_string(number_) +
            R"(","account":"account-)" + std::to_string(number_ % 500) + R"(","amount":"0.5"})",
        [this] {
          const std::string id = std::to_string(number_);
          ask(R"({"command":"release_hold","hold":"h-)" + id + R"(","id":"h-)" + id + "\"}",
              [this] { go_on(); });
        });
  }

  std::vector<std::int64_t> micros;

 private:
  template <class Next>
  void ask(std::string command, Next next) {
    const auto begin = Clock::now();
    needed(node_.take_command(
        1, std::move(command),
        [this, begin, next](Result<steelyard::core::Answer> answer, const steelyard::core::Core&) {
          if (!answer.has_value()) give_up(answer.error().detail);
          if (answer->refused.has_value()) give_up("a hold was refused");
          micros.push_back(
              std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count());
          next();
        }));
  }

  steelyard::node::Node& node_;
  std::atomic<int>& next_;
  int pairs_;
  std::atomic<int>& running_;
  int number_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  using namespace steelyard;
  const bench::Arguments given(argc, argv, usage_text, 2);
  const int pairs = given.number(1, 200'000);
  const int at_once = given.number(2, 32);
  char folder[] = "/var/tmp/steelyard-bench-XXXXXX";
  if (mkdtemp(folder) == nullptr) give_up("no folder to work in");
  {
    const auto files = needed(pricebook::read_files(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas"));
    node::NodeOptions options;
    options.clock.wall_micros = now_micros;
    const auto node = needed(
        node::Node::open(needed(node::rater_of(files, {})), needed(log::LocalLog::open(folder)),
                         needed(node::Keeper::open(folder, {})), std::move(options)));
    std::atomic<int> opened = 0;
    for (int i = 0; i < 500; ++i) {
      needed(node->take_command(
          1, R"({"command":"set_account","account":"account-)" + std::to_string(i) + "\"}",
          [&](Result<core::Answer>, const core::Core&) { ++opened; }));
    }
    while (opened < 500) std::this_thread::yield();

    std::atomic<int> next = 0;
    std::atomic<int> running = at_once;
    std::vector<std::unique_ptr<Loop>> loops;
    for (int i = 0; i < at_once; ++i) {
      loops.push_back(std::make_unique<Loop>(*node, next, pairs, running));
    }
    const auto begin = Clock::now();
    for (const auto& each : loops) each->go_on();
    while (running > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count();
    std::vector<std::int64_t> micros;
    for (const auto& each : loops) {
      micros.insert(micros.end(), each->micros.begin(), each->micros.end());
    }
    std::ranges::sort(micros);
    const auto at = [&](std::size_t percent) {
      return static_cast<long long>(micros[(micros.size() - 1) * percent / 100]);
    };
    std::printf(
        "%d at once: %lld pairs/s; one answer p50 %lld us, p99 %lld us   (goal 50,000 /s, "
        "p99 1,000 us)\n",
        at_once, static_cast<long long>(pairs) * 1'000 / std::max<long long>(took, 1), at(50),
        at(99));
  }
  std::filesystem::remove_all(folder);
  return 0;
}
