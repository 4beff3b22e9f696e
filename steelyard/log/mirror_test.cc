#include "steelyard/log/mirror.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "steelyard/log/local_log.h"
#include "steelyard/log/simulated_disk_for_tests.h"
#include "steelyard/log/verify.h"

namespace steelyard::log {
namespace {

using Call = SimulatedDisk::Call;
using Fault = SimulatedDisk::Fault;

class MirroredLog : public testing::Test {
 protected:
  Options options(const std::string& mirror) {
    Options options;
    options.files = &disk_;
    options.segment_bytes = 4'096;
    options.mirror = mirror;
    options.mended = [this](const Mended& each) { mended_.push_back(each.text()); };
    options.on_fatal = [this](const Error& error) { fatal_.push_back(error.detail); };
    return options;
  }
  Result<std::unique_ptr<LocalLog>> open(const std::string& folder = "data",
                                         const std::string& mirror = "mirror") {
    mended_.clear();
    return LocalLog::open(folder, options(mirror));
  }

  /// Frames of one record each; returns what the last one gave.
  Result<std::uint64_t> append(LocalLog& log, int count, std::size_t bytes = 300) {
    Result<std::uint64_t> last = 0;
    for (int i = 0; i < count; ++i) {
      std::string record = std::to_string(sent_.size()) + std::string(bytes, '.');
      Batch batch;
      batch.add(record);
      last = log.append_and_wait(std::move(batch));
      if (!last.has_value()) return last;
      sent_.push_back(std::move(record));
    }
    return last;
  }
  void write(int count, const std::string& folder = "data", const std::string& mirror = "mirror") {
    auto log = open(folder, mirror);
    ASSERT_TRUE(log.has_value()) << log.error().detail;
    ASSERT_TRUE(append(**log, count).has_value());
  }

  std::vector<std::string> read(const LocalLog& log) {
    std::vector<std::string> records;
    const auto end = log.read(1, [&](std::uint64_t, std::string_view record) {
      records.emplace_back(record);
      return true;
    });
    EXPECT_TRUE(end.has_value()) << end.error().detail;
    return records;
  }

  /// Everything is there, in both.
  void expect_all() {
    auto log = open();
    ASSERT_TRUE(log.has_value()) << log.error().detail;
    EXPECT_EQ(read(**log), sent_);
    for (const Segment& each : (*log)->segments()) {
      ASSERT_TRUE((*log)->compare_copies(each).has_value());
    }
    log->reset();
    expect_both_are_sound();
  }
  void expect_both_are_sound() {
    for (const char* const folder : {"data", "mirror"}) {
      const auto report = verify(folder, disk_);
      ASSERT_TRUE(report.has_value()) << report.error().detail;
      EXPECT_FALSE(report->damage.has_value()) << report->damage->detail;
      EXPECT_EQ(report->records, sent_.size()) << folder;
      EXPECT_EQ(report->torn_bytes, 0U) << folder;
    }
  }

  std::string& content(const std::string& folder, std::size_t segment) {
    std::size_t at = 0;
    for (const std::string& path : disk_.paths()) {
      if (!path.starts_with(folder + "/log/") || !path.ends_with(".segment")) continue;
      if (at++ == segment) return disk_.content(path);
    }
    throw std::out_of_range("there is no such segment");
  }
  static std::size_t last_frame(const std::string& content) { return content.rfind("SYFRAME\n"); }

  SimulatedDisk disk_;
  std::vector<std::string> sent_;
  std::vector<std::string> mended_;
  std::vector<std::string> fatal_;
};

TEST_F(MirroredLog, both_get_the_same) {
  write(20);
  EXPECT_TRUE(mended_.empty());
  for (const std::string& path : disk_.paths()) {
    if (path.starts_with("data/")) {
      EXPECT_EQ(disk_.content(path), disk_.content("mirror" + path.substr(4))) << path;
    }
  }
  expect_both_are_sound();
}

TEST_F(MirroredLog, nothing_is_acknowledged_that_is_not_synced_in_both) {
  auto log = open();
  ASSERT_TRUE(append(**log, 1).has_value());
  disk_.set_plan([](Call call, const std::string& path, std::uint64_t) {
    return Fault{.error = call == Call::sync && path.starts_with("mirror") ? EIO : 0};
  });
  EXPECT_EQ(append(**log, 1).error().code, ErrorCode::storage_failed);
  ASSERT_EQ(fatal_.size(), 1U) << "as when its own disk fails";
  EXPECT_NE(fatal_[0].find("(in the mirror mirror)"), std::string::npos) << fatal_[0];
}

TEST_F(MirroredLog, B21_what_is_damaged_in_one_is_taken_from_the_other) {
  write(20);
  for (const char* const folder : {"data", "mirror"}) {
    for (const std::size_t segment : {0, 1, 2}) {
      for (const std::size_t offset : {std::size_t{10}, std::size_t{520}, std::size_t{700}}) {
        content(folder, segment)[offset] ^= 4;
        expect_all();
        EXPECT_EQ(mended_.size(), 1U) << folder << ' ' << segment << ' ' << offset;
        EXPECT_TRUE(mended_.empty() || mended_[0].starts_with(folder)) << mended_[0];
      }
    }
  }
}

TEST_F(MirroredLog, B21_of_different_frames_each_is_taken_from_where_it_is_sound) {
  write(20);
  content("data", 1)[600] ^= 1;
  content("mirror", 1)[1'700] ^= 1;
  expect_all();
  EXPECT_EQ(mended_.size(), 2U);
}

TEST_F(MirroredLog, B21_a_place_of_the_chain_is_found_though_one_copy_rotted) {
  write(20);
  auto log = open();
  const auto sound = (*log)->point_behind(2);
  ASSERT_TRUE(sound.has_value());
  content("data", 0)[1'100] ^= 1;
  const auto mended = (*log)->point_behind(2);
  ASSERT_TRUE(mended.has_value()) << mended.error().detail;
  EXPECT_EQ(*mended, *sound);
  EXPECT_EQ(mended_.size(), 1U);
}

TEST_F(MirroredLog, B21_what_is_sound_in_neither_stops_it) {
  write(20);
  content("data", 1)[600] ^= 1;
  content("mirror", 1)[600] ^= 2;
  auto log = open();
  ASSERT_TRUE(log.has_value()) << "no record of the segment was asked for";
  const auto end = (*log)->read(1, [](std::uint64_t, std::string_view) { return true; });
  ASSERT_FALSE(end.has_value());
  EXPECT_EQ(end.error().code, ErrorCode::log_is_damaged);
}

/// Without a mirror it would look like a frame that was torn before anybody was told of it.
TEST_F(MirroredLog, B3_the_last_frame_is_known_though_it_rotted_and_the_watermark_is_old) {
  write(3);
  disk_.remove("data/log/watermark");
  disk_.remove("mirror/log/watermark");
  std::string& rotten = content("data", 0);
  rotten[last_frame(rotten) + 200] ^= 1;
  expect_all();
  EXPECT_EQ(mended_.size(), 1U);
}

TEST_F(MirroredLog, a_new_mirror_is_filled) {
  write(20, "data", "");
  expect_all();
  EXPECT_EQ(mended_.size(), 3U) << "each segment";
  write(5);
  expect_both_are_sound();
}

TEST_F(MirroredLog, one_that_was_away_catches_up) {
  write(5);
  write(20, "data", "");
  expect_all();
  write(5);
  EXPECT_TRUE(mended_.empty());
}

TEST_F(MirroredLog, a_lost_disk_is_filled_from_the_mirror) {
  write(20);
  for (const std::string& path : disk_.paths()) {
    if (path.starts_with("data/")) disk_.remove(path);
  }
  expect_all();
}

TEST_F(MirroredLog, a_fill_that_was_killed_goes_on) {
  write(20, "data", "");
  for (std::uint64_t call = 1;; ++call) {
    const std::uint64_t last = disk_.calls() + call;
    disk_.set_plan([=](Call, const std::string&, std::uint64_t number) {
      return Fault{.power_fails = number == last};
    });
    const bool is_open = open().has_value();
    disk_.restart(call, false);
    if (is_open) break;
    if (call % 7 == 0) expect_all();
  }
  expect_all();
}

TEST_F(MirroredLog, the_mirror_is_a_log_of_its_own) {
  write(8);
  auto alone = open("mirror", "");
  ASSERT_TRUE(alone.has_value());
  EXPECT_EQ(read(**alone), sent_);
}

TEST_F(MirroredLog, copies_that_were_served_apart_are_not_joined) {
  write(4);
  {
    auto log = open("mirror", "");
    ASSERT_TRUE(append(**log, 1, 77).has_value());
  }
  {
    auto log = open("data", "");
    ASSERT_TRUE(append(**log, 1, 99).has_value());
  }
  const auto log = open();
  ASSERT_FALSE(log.has_value());
  EXPECT_EQ(log.error().code, ErrorCode::log_is_damaged);
  EXPECT_NE(log.error().detail.find("data and mirror are both sound here, and not the same"),
            std::string::npos)
      << log.error().detail;
}

/// However far they went: nothing is written in either before that is known.
TEST_F(MirroredLog, copies_that_were_served_apart_stay_as_they_are) {
  for (const auto& [of_first, of_second] :
       {std::pair(9, 9), std::pair(9, 12), std::pair(20, 3), std::pair(3, 20)}) {
    for (const std::string& path : disk_.paths()) disk_.remove(path);
    sent_.clear();
    write(4);
    for (const auto& [folder, count] :
         {std::pair("data", of_first), std::pair("mirror", of_second)}) {
      auto log = open(folder, "");
      ASSERT_TRUE(append(**log, count, std::string_view(folder).size() * 40).has_value());
    }
    std::map<std::string, std::string> before;
    for (const std::string& path : disk_.paths()) before[path] = disk_.content(path);
    const auto log = open();
    ASSERT_FALSE(log.has_value()) << of_first << ' ' << of_second;
    EXPECT_EQ(log.error().code, ErrorCode::log_is_damaged);
    for (const auto& [path, content] : before) EXPECT_EQ(disk_.content(path), content) << path;
    EXPECT_EQ(disk_.paths().size(), before.size());
  }
}

TEST_F(MirroredLog, an_unfinished_copy_of_another_log_is_not_written_over) {
  write(3, "other", "");
  disk_.remove("other/store");
  const std::string before = content("other", 0);
  write(3, "data", "");
  const auto log = open("data", "other");
  ASSERT_FALSE(log.has_value());
  EXPECT_EQ(log.error().code, ErrorCode::other_store);
  EXPECT_EQ(content("other", 0), before);
}

TEST_F(MirroredLog, segments_without_a_store_are_not_taken_for_nothing) {
  write(3);
  const std::string kept = content("mirror", 0);
  disk_.remove("mirror/store");
  for (const std::string& path : disk_.paths()) {
    if (path.starts_with("data/")) disk_.remove(path);
  }
  const auto log = open();
  ASSERT_FALSE(log.has_value());
  EXPECT_EQ(log.error().code, ErrorCode::log_is_damaged);
  EXPECT_EQ(content("mirror", 0), kept);
}

/// One disk began a segment, the other went on alone in the one before it.
TEST_F(MirroredLog, an_empty_segment_that_was_begun_too_early_hides_nothing) {
  write(6);
  auto log = open("data", "");
  const ChainPoint begun = (*log)->head();
  const StoreId store = (*log)->store_id();
  log->reset();
  ASSERT_TRUE(create_segment(disk_, "data/log", {2, begun}, store, 4'096).has_value());
  write(1, "mirror", "");
  expect_all();
  write(12);
  expect_all();
}

TEST_F(MirroredLog, what_the_mirror_knew_to_be_durable_is_not_cut) {
  write(3);
  for (const std::string& path : disk_.paths()) {
    if (path.starts_with("data/")) disk_.remove(path);
  }
  std::string& rotten = content("mirror", 0);
  rotten[last_frame(rotten) + 200] ^= 1;
  const auto log = open();
  ASSERT_FALSE(log.has_value());
  EXPECT_NE(log.error().detail.find("were durable"), std::string::npos) << log.error().detail;
}

TEST_F(MirroredLog, a_mirror_of_another_log_is_refused) {
  write(2);
  write(2, "other", "");
  const auto log = open("data", "other");
  ASSERT_FALSE(log.has_value());
  EXPECT_EQ(log.error().code, ErrorCode::other_store);
}

TEST_F(MirroredLog, one_folder_is_not_two) {
  const auto log = open("data", "data");
  ASSERT_FALSE(log.has_value());
}

TEST_F(MirroredLog, a_full_mirror_refuses_and_recovers) {
  auto log = open();
  ASSERT_TRUE(append(**log, 3).has_value());
  disk_.set_plan([](Call call, const std::string& path, std::uint64_t) {
    const bool takes_room = call == Call::pwrite || call == Call::allocate;
    const bool is_segment = path.find("segment") != std::string::npos;
    return Fault{.error = takes_room && is_segment && path.starts_with("mirror") ? ENOSPC : 0};
  });
  EXPECT_EQ(append(**log, 1).error().code, ErrorCode::disk_full);
  EXPECT_EQ(append(**log, 1, 3'000).error().code, ErrorCode::disk_full) << "a new segment";
  disk_.set_plan(nullptr);
  ASSERT_TRUE(append(**log, 10).has_value());
  EXPECT_TRUE(fatal_.empty());
  log->reset();
  expect_all();
}

TEST_F(MirroredLog, B18_a_mirror_that_was_moved_away_is_seen) {
  auto log = open();
  ASSERT_TRUE(append(**log, 1).has_value());
  EXPECT_TRUE((*log)->check_place().has_value());
  disk_.replace("mirror/log/" + Segment{1, {}}.file_name());
  EXPECT_FALSE((*log)->check_place().has_value());
}

}  // namespace
}  // namespace steelyard::log
