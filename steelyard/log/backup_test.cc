#include "steelyard/log/backup.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "steelyard/log/local_log.h"
#include "steelyard/log/simulated_disk_for_tests.h"

namespace steelyard::log {
namespace {

using Call = SimulatedDisk::Call;
using Fault = SimulatedDisk::Fault;

std::unique_ptr<LocalLog> open(SimulatedDisk& disk, const std::string& directory) {
  Options options;
  options.files = &disk;
  options.segment_bytes = 8'192;
  options.on_fatal = [](const Error&) {};
  auto log = LocalLog::open(directory, std::move(options));
  EXPECT_TRUE(log.has_value()) << (log.has_value() ? "" : log.error().detail);
  return log.has_value() ? std::move(*log) : nullptr;
}

/// Frames of one record of 600 bytes: seven fill a segment.
void append(LocalLog& log, std::size_t count, char letter = 'x') {
  for (std::size_t i = 0; i < count; ++i) {
    Batch batch;
    batch.add(std::to_string(log.durable_end()) + std::string(600, letter));
    ASSERT_TRUE(log.append_and_wait(std::move(batch)).has_value());
  }
}

std::vector<std::string> records_of(SimulatedDisk& disk, const std::string& directory) {
  const auto log = open(disk, directory);
  std::vector<std::string> records;
  if (log == nullptr) return records;
  EXPECT_TRUE(log->read(1,
                        [&](std::uint64_t, std::string_view record) {
                          records.emplace_back(record);
                          return true;
                        })
                  .has_value());
  return records;
}

Result<Backup> back_up(SimulatedDisk& disk) { return log::back_up("data", "copy", {}, disk); }

std::string last_segment(const SimulatedDisk& disk, const std::string& directory) {
  std::string last;
  for (const std::string& path : disk.paths()) {
    if (path.starts_with(directory + '/') && path.ends_with(".segment")) last = path;
  }
  return last;
}

TEST(Backup, of_a_log_that_is_open_is_what_was_acknowledged) {
  SimulatedDisk disk;
  const auto log = open(disk, "data");
  append(*log, 30);
  const auto backup = back_up(disk);
  ASSERT_TRUE(backup.has_value()) << backup.error().detail;
  EXPECT_EQ(backup->copy.records, 30U);
  EXPECT_EQ(backup->copy.head, log->head());
  EXPECT_EQ(backup->new_bytes, backup->copy.bytes);
  append(*log, 1);
  const auto records = records_of(disk, "copy");
  ASSERT_EQ(records.size(), 30U);
  EXPECT_TRUE(records[29].starts_with("30x"));
}

TEST(Backup, again_copies_what_is_new) {
  SimulatedDisk disk;
  const auto log = open(disk, "data");
  for (const std::size_t more : {0, 1, 5, 20, 0, 40}) {
    const std::uint64_t before = log->durable_end();
    append(*log, more);
    const auto backup = back_up(disk);
    ASSERT_TRUE(backup.has_value()) << backup.error().detail;
    EXPECT_EQ(backup->copy.records, log->durable_end() - 1);
    EXPECT_EQ(backup->new_bytes, more * 1'024) << "behind " << before;
  }
  EXPECT_EQ(records_of(disk, "copy").size(), 66U);
}

TEST(Backup, ends_before_a_frame_that_is_being_written) {
  SimulatedDisk disk;
  {
    const auto log = open(disk, "data");
    append(*log, 3);
  }
  std::string& bytes = disk.content(last_segment(disk, "data"));
  for (std::size_t i = 512 + 2 * 1'024 + 100; i < 512 + 3 * 1'024; ++i) bytes[i] = 0;
  disk.remove("data/log/watermark");
  const auto backup = back_up(disk);
  ASSERT_TRUE(backup.has_value()) << backup.error().detail;
  EXPECT_EQ(backup->copy.records, 2U);
  EXPECT_EQ(backup->copy.torn_bytes, 0U);
}

TEST(Backup, that_was_interrupted_anywhere_is_no_log_or_a_prefix_and_can_be_ended) {
  for (std::uint64_t cut_at = 1;; ++cut_at) {
    SimulatedDisk disk;
    const auto log = open(disk, "data");
    append(*log, 15);
    if (cut_at % 2 == 0) {
      ASSERT_TRUE(back_up(disk).has_value());
    }
    const std::size_t before = cut_at % 2 == 0 ? 15 : 0;
    append(*log, 10);
    std::uint64_t calls = 0;
    disk.set_plan([&](Call, const std::string& path, std::uint64_t) {
      return Fault{.power_fails = path.starts_with("copy") && ++calls == cut_at / 2 + 1};
    });
    const bool is_done = back_up(disk).has_value();
    disk.restart(cut_at, false);
    if (disk.has("copy/store")) {
      const std::size_t found = records_of(disk, "copy").size();
      EXPECT_GE(found, before) << "cut at " << cut_at;
      EXPECT_LE(found, 25U) << "cut at " << cut_at;
    } else {
      Options options;
      options.files = &disk;
      options.segment_bytes = 8'192;
      const auto opened = LocalLog::open("copy", std::move(options));
      const bool is_empty = opened.has_value() && (*opened)->durable_end() == 1;
      EXPECT_TRUE(!opened.has_value() || is_empty) << "cut at " << cut_at;
      if (is_empty) continue;  // Nothing was there: somebody has begun a new store.
    }
    const auto again = back_up(disk);
    ASSERT_TRUE(again.has_value()) << "cut at " << cut_at << ": " << again.error().detail;
    EXPECT_EQ(again->copy.records, 25U);
    if (is_done && cut_at % 2 == 0) return;
  }
}

TEST(Backup, refuses_a_folder_that_holds_something_else) {
  SimulatedDisk disk;
  {
    const auto log = open(disk, "data");
    append(*log, 15);
  }
  ASSERT_TRUE(back_up(disk).has_value());
  {
    const auto copy = open(disk, "copy");  // Somebody has served the copy.
    append(*copy, 1, 'y');
  }
  const auto longer = back_up(disk);
  ASSERT_FALSE(longer.has_value());
  EXPECT_NE(longer.error().detail.find("is no earlier state of this log"), std::string::npos);
  {
    const auto log = open(disk, "data");
    append(*log, 3);
  }
  const auto other_history = back_up(disk);
  ASSERT_FALSE(other_history.has_value());
  EXPECT_NE(other_history.error().detail.find("is no earlier state of this log"),
            std::string::npos);
  {
    const auto other = open(disk, "other");
    append(*other, 1);
  }
  const auto other_store = log::back_up("other", "copy", {}, disk);
  ASSERT_FALSE(other_store.has_value());
  EXPECT_EQ(other_store.error().code, ErrorCode::other_store);
}

TEST(Backup, does_not_copy_damage) {
  SimulatedDisk disk;
  {
    const auto log = open(disk, "data");
    append(*log, 5);
  }
  ASSERT_TRUE(back_up(disk).has_value());
  {
    const auto log = open(disk, "data");
    append(*log, 30);
  }
  for (const std::string& path : disk.paths()) {
    if (path.starts_with("data/log/") && path.find("15.segment") != std::string::npos) {
      disk.content(path)[2'000] ^= 1;
    }
  }
  const auto backup = back_up(disk);
  ASSERT_FALSE(backup.has_value());
  EXPECT_EQ(backup.error().code, ErrorCode::log_is_damaged);
  EXPECT_NE(backup.error().detail.find("seq"), std::string::npos) << backup.error().detail;
  EXPECT_GE(records_of(disk, "copy").size(), 5U);
}

}  // namespace
}  // namespace steelyard::log
