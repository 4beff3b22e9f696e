#include "steelyard/node/replay_guard.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <future>
#include <string>

#include "steelyard/base/check.h"
#include "steelyard/core/machine_for_tests.h"
#include "steelyard/node/node.h"

namespace steelyard::node {
namespace {

/// A log of 50 calls in batches of ten, one of which is a poison, if somebody says so.
class Poison : public testing::Test {
 protected:
  void SetUp() override {
    // Its folder has to be the same in the process that dies.
    folder_ = testing::TempDir() + "poison-" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    const auto node = open(false).value();
    for (int batch = 0; batch < 5; ++batch) {
      std::string lines;
      for (int i = 0; i < 10; ++i) lines += core::call("c-" + std::to_string(batch * 10 + i), 1);
      std::promise<void> done;
      node->take_events(1, lines, [&](const Result<EventBatch*>& taken) {
        EXPECT_TRUE(taken.has_value());
        done.set_value();
      });
      done.get_future().wait();
    }
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// With a check of ours that fails where the event c-37 is applied.
  Result<std::unique_ptr<Node>> open(bool is_poisonous) {
    NodeOptions options;
    options.clock.wall_micros = [] { return std::int64_t{1'795'600'000} * 1'000'000; };
    options.guarded_folder = folder_;
    if (is_poisonous) {
      options.events_applied = [](batch::ChunkRater& events, const core::Place&,
                                  const core::Core&) {
        STEELYARD_CHECK(std::ranges::find(events.records(), "c-37", &batch::Record::id) ==
                        events.records().end());
      };
    }
    return Node::open(std::shared_ptr<const rating::Rater>(&core::shipped_rater(), [](auto*) {}),
                      log::LocalLog::open(folder_).value(), Keeper::open(folder_, {}).value(),
                      std::move(options));
  }

  void end_at_the_poison() {
    EXPECT_EXIT((void)open(true), testing::KilledBySignal(SIGABRT), "check failed");
  }

  std::size_t count_of(Result<std::unique_ptr<Node>> node) {
    EXPECT_TRUE(node.has_value()) << node.error().detail;
    std::size_t count = 0;
    (*node)->ask([&](const core::Core& core) { count = core.identities(); });
    return count;
  }

  const std::string& folder() const { return folder_; }
  std::string note() const { return folder_ + "/replaying"; }

 private:
  std::string folder_;
};

TEST_F(Poison, A15_a_record_that_ended_the_process_twice_is_refused_and_named) {
  end_at_the_poison();
  EXPECT_TRUE(std::filesystem::exists(note()));
  end_at_the_poison();
  for (int i = 0; i < 2; ++i) {
    const auto refused = open(true);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::record_ends_server);
    EXPECT_TRUE(refused.error().detail.starts_with(
        "the server was ended 2 times while it applied record 38 of the log: event \"c-37\" of "
        "source \"gateway\", of tenant 1, received 2026-"))
        << refused.error().detail;
    EXPECT_NE(refused.error().detail.find("verify --data " + folder() + " --record 38"),
              std::string::npos);
  }
  // A version that applies it.
  std::filesystem::remove(note());
  EXPECT_EQ(count_of(open(false)), 50U);
  EXPECT_FALSE(std::filesystem::exists(note()));
}

TEST_F(Poison, A15_one_end_refuses_nothing) {
  end_at_the_poison();
  EXPECT_EQ(count_of(open(false)), 50U);
  end_at_the_poison();
  EXPECT_EQ(count_of(open(false)), 50U);
}

TEST_F(Poison, A15_what_a_start_before_noted_elsewhere_does_not_count) {
  end_at_the_poison();
  const auto log = log::LocalLog::open(folder()).value();
  auto guard = ReplayGuard::begin(folder(), *log);
  ASSERT_TRUE(guard.has_value());
  EXPECT_TRUE(guard->suspects().contains(38));
  EXPECT_FALSE(guard->suspects().contains(30));
  EXPECT_EXIT(
      {
        guard->note({1, 10});
        std::abort();
      },
      testing::KilledBySignal(SIGABRT), "");
  const auto next = ReplayGuard::begin(folder(), *log);
  ASSERT_TRUE(next.has_value());
  EXPECT_TRUE(next->suspects().contains(1));
  EXPECT_FALSE(next->suspects().contains(38));
}

TEST_F(Poison, A15_what_is_kept_can_be_the_poison_too) {
  const auto log = log::LocalLog::open(folder()).value();
  const auto end_by = [&](int signal) {
    EXPECT_EXIT(
        {
          ReplayGuard::begin(folder(), *log).value().note({0, 0});
          (void)std::raise(signal);
        },
        testing::KilledBySignal(signal), "");
  };
  for (int i = 0; i < 3; ++i) end_by(SIGKILL);  // That is nobody's poison.
  EXPECT_TRUE(ReplayGuard::begin(folder(), *log).has_value());
  for (int i = 0; i < 2; ++i) end_by(SIGABRT);
  const auto refused = ReplayGuard::begin(folder(), *log);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().detail.find("remove " + folder() + "/state, " + folder() +
                                        "/identities and " + note()),
            std::string::npos)
      << refused.error().detail;
}

TEST_F(Poison, A15_a_note_that_is_not_whole_is_none) {
  end_at_the_poison();
  std::filesystem::resize_file(note(), 50);
  end_at_the_poison();
  std::filesystem::resize_file(note(), 0);
  EXPECT_EQ(count_of(open(false)), 50U);
}

}  // namespace
}  // namespace steelyard::node
