#include "steelyard/node/replay_guard.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <future>
#include <string>

#include "steelyard/base/check.h"
#include "steelyard/core/machine_for_tests.h"
#include "steelyard/log/file_io.h"
#include "steelyard/log/simulated_disk_for_tests.h"
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
  Result<std::unique_ptr<Node>> open(bool is_poisonous, log::Files* of_the_note = nullptr) {
    NodeOptions options;
    options.guarded_files = of_the_note;
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

/// Where the note can not be written a start is not watched, and goes on.
TEST_F(Poison, B12_a_start_on_a_full_disk_notes_nothing_and_goes_on) {
  using Call = log::SimulatedDisk::Call;
  for (const Call full : {Call::open, Call::pwrite, Call::sync, Call::rename}) {
    log::SimulatedDisk disk;
    std::size_t refused = 0;
    disk.set_plan([&](Call call, const std::string&, std::uint64_t) {
      refused += call == full ? 1 : 0;
      return log::SimulatedDisk::Fault{.error = call == full ? ENOSPC : 0};
    });
    EXPECT_EQ(count_of(open(false, &disk)), 50U);
    EXPECT_EQ(refused, 1U);
    EXPECT_FALSE(disk.has(note()));
  }
  // A disk that fails in another way says so.
  log::SimulatedDisk broken;
  broken.set_plan([](Call call, const std::string&, std::uint64_t) {
    return log::SimulatedDisk::Fault{.error = call == Call::pwrite ? EIO : 0};
  });
  const auto refused = open(false, &broken);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::storage_failed);
}

/// What an earlier start left still says which records are applied one by one.
TEST_F(Poison, B12_what_stands_in_a_note_counts_on_a_full_disk) {
  end_at_the_poison();
  log::SimulatedDisk disk;
  {
    const auto file = disk.open(note(), log::OpenMode::create).value();
    const std::string text = log::read_file(log::real_files(), note()).value();
    ASSERT_TRUE(file->pwrite(text.data(), text.size(), 0).has_value());
  }
  disk.set_capacity(0);
  const auto log = log::LocalLog::open(folder()).value();
  auto guard = ReplayGuard::begin(folder(), *log, disk);
  ASSERT_TRUE(guard.has_value()) << guard.error().detail;
  EXPECT_TRUE(guard->suspects().contains(38));
  guard->note({1, 10});
  EXPECT_TRUE(guard->end().has_value());
  EXPECT_FALSE(disk.has(note())) << "it was survived";
}

}  // namespace
}  // namespace steelyard::node
