// What happens between processes: the lock, and kill -9.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "steelyard/log/local_log.h"
#include "steelyard/log/verify.h"

namespace steelyard::log {
namespace {

/// A directory of its own, removed at the end.
class Folder {
 public:
  explicit Folder(const std::string& name)
      : path_(testing::TempDir() + "steelyard-" + name + '-' + std::to_string(getpid())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// B19.
TEST(LogLock, belongs_to_one_process) {
  const Folder folder("lock");
  auto log = LocalLog::open(folder.path());
  ASSERT_TRUE(log.has_value()) << log.error().detail;
  const std::string expected =
      folder.path() + ": locked by pid " + std::to_string(getpid()) + " since 20";
  const pid_t child = fork();
  if (child == 0) {
    const auto second = LocalLog::open(folder.path());
    const bool is_refused = !second.has_value() &&
                            second.error().code == ErrorCode::directory_is_locked &&
                            second.error().detail.starts_with(expected);
    _exit(is_refused ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  log->reset();
  EXPECT_TRUE(LocalLog::open(folder.path()).has_value());
}

/// The child appends for ever and tells, over a pipe, what was acknowledged.
[[noreturn]] void append_until_killed(const std::string& directory, int journal) {
  Options options;
  options.segment_bytes = std::uint64_t{1} << 20;
  auto log = LocalLog::open(directory, options);
  if (!log.has_value()) _exit(1);
  std::uint64_t next = (*log)->durable_end();
  std::atomic<int> open = 0;
  while (true) {
    Batch batch;
    for (std::uint64_t i = 0; i < 1 + next % 50; ++i) {
      batch.add("record " + std::to_string(next + i) + std::string(next % 400, '.'));
    }
    const std::uint64_t after = next + batch.size();
    ++open;
    const auto taken = (*log)->append(std::move(batch), [&, after](const Result<Appended>& is) {
      --open;
      if (!is.has_value() || ::write(journal, &after, sizeof after) != sizeof after) _exit(1);
    });
    if (!taken.has_value()) _exit(1);
    next = after;
    while (open > 3) std::this_thread::yield();
  }
}

/// Kills the child, mostly some moments after it has acknowledged something, sometimes at any time.
/// Returns what it has acknowledged to the end.
std::uint64_t kill_at_random(pid_t child, int journal, std::mt19937_64& random,
                             std::uint64_t acknowledged) {
  std::promise<void> has_begun;
  const bool waits = random() % 5 != 0;
  std::thread killer([&, wait = std::chrono::microseconds(random() % 30'000)] {
    if (waits) has_begun.get_future().wait();
    std::this_thread::sleep_for(wait);
    kill(child, SIGKILL);
  });
  bool is_first = true;
  for (std::uint64_t after = 0; ::read(journal, &after, sizeof after) == sizeof after;) {
    EXPECT_GT(after, acknowledged);
    acknowledged = after;
    if (std::exchange(is_first, false)) has_begun.set_value();
  }
  if (is_first) has_begun.set_value();
  killer.join();
  return acknowledged;
}

/// A1 to A4, A6: two seconds of kill -9 at random moments.
TEST(LogKill, keeps_what_was_acknowledged) {
  using Clock = std::chrono::steady_clock;
  const Folder folder("kill");
  std::mt19937_64 random(20'261'125);
  std::uint64_t acknowledged = 1;
  const auto end = Clock::now() + std::chrono::seconds(2);
  for (int kills = 0; kills < 3 || Clock::now() < end; ++kills) {
    int journal[2];
    ASSERT_EQ(pipe(journal), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(journal[0]);
      append_until_killed(folder.path(), journal[1]);
    }
    close(journal[1]);
    acknowledged = kill_at_random(child, journal[0], random, acknowledged);
    close(journal[0]);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << status;

    const auto report = verify(folder.path());
    if (!report.has_value()) continue;  // Killed before there was a store.
    ASSERT_FALSE(report->damage.has_value()) << report->damage->detail;
    auto log = LocalLog::open(folder.path());
    ASSERT_TRUE(log.has_value()) << log.error().detail;
    EXPECT_GE((*log)->durable_end(), acknowledged);
    const std::uint64_t from = acknowledged > 2'000 ? acknowledged - 2'000 : 1;
    const auto read = (*log)->read(from, [](std::uint64_t sequence, std::string_view record) {
      EXPECT_TRUE(record.starts_with("record " + std::to_string(sequence)));
      return true;
    });
    EXPECT_TRUE(read.has_value());
    acknowledged = (*log)->durable_end();
  }
  EXPECT_GT(acknowledged, 100u);
}

}  // namespace
}  // namespace steelyard::log
