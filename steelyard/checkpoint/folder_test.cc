#include "steelyard/checkpoint/folder.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "steelyard/base/limits.h"
#include "steelyard/log/simulated_disk_for_tests.h"

namespace steelyard::checkpoint {
namespace {

using log::SimulatedDisk;
using Call = SimulatedDisk::Call;
using Fault = SimulatedDisk::Fault;

struct Found {
  std::vector<std::string> lines;
  std::uint64_t torn = 0;
  std::string error;
};

Found found_in(SimulatedDisk& disk) {
  Found found;
  const auto read =
      read_lines(disk, "w", [&](const Place& place, std::string_view line) -> Result<void> {
        found.lines.push_back(place.text() + ' ' + std::string(line));
        return {};
      });
  if (read.has_value()) {
    found.torn = *read;
  } else {
    EXPECT_EQ(read.error().code, ErrorCode::file_is_malformed);
    found.error = read.error().detail;
  }
  return found;
}

std::string last_in(SimulatedDisk& disk) {
  const auto last = last_line(disk, "w");
  if (!last.has_value()) return last.error().detail;
  return last->has_value() ? (*last)->place.text() + ' ' + (*last)->line : "none";
}

void put(SimulatedDisk& disk, const std::string& name, const std::string& content) {
  ASSERT_TRUE(disk.open("w/" + name, log::OpenMode::create).has_value());
  disk.content("w/" + name) = content;
}

TEST(CheckpointFolder, begins_a_file_at_each_start_and_each_day) {
  SimulatedDisk disk;
  EXPECT_EQ(last_in(disk), "none");
  {
    FolderWriter writer(disk, "w");
    ASSERT_TRUE(writer.append("a", 1).has_value());
    ASSERT_TRUE(writer.append("b", 1).has_value());
    ASSERT_TRUE(writer.append("c", 2).has_value());
  }
  FolderWriter writer(disk, "w");
  ASSERT_TRUE(writer.append("d", 2).has_value());
  EXPECT_EQ(found_in(disk).lines,
            (std::vector<std::string>{"00000001.ndjson:1 a", "00000001.ndjson:2 b",
                                      "00000002.ndjson:1 c", "00000003.ndjson:1 d"}));
  EXPECT_EQ(last_in(disk), "00000003.ndjson:1 d");
}

TEST(CheckpointFolder, what_a_torn_write_left_is_no_line) {
  SimulatedDisk disk;
  put(disk, "00000001.ndjson", "a\nb");
  put(disk, "00000002.ndjson", "");
  put(disk, "00000003.ndjson", "c");
  put(disk, "public-key.pem", "key");
  put(disk, "0000004.ndjson", "not one of ours");
  const Found found = found_in(disk);
  EXPECT_EQ(found.lines, std::vector<std::string>{"00000001.ndjson:1 a"});
  EXPECT_EQ(found.torn, 2u);
  EXPECT_EQ(last_in(disk), "00000001.ndjson:1 a");
  FolderWriter writer(disk, "w");
  ASSERT_TRUE(writer.append("d", 1).has_value());
  EXPECT_EQ(last_in(disk), "00000004.ndjson:1 d");
}

TEST(CheckpointFolder, a_missing_file_is_named_but_the_first_ones_may_be_elsewhere) {
  SimulatedDisk disk;
  put(disk, "00000007.ndjson", "a\n");
  put(disk, "00000008.ndjson", "b\n");
  EXPECT_EQ(found_in(disk).lines.size(), 2u);
  put(disk, "00000010.ndjson", "c\n");
  EXPECT_EQ(found_in(disk).error, "w/00000009.ndjson: is missing");
  EXPECT_EQ(last_in(disk), "w/00000009.ndjson: is missing");
}

TEST(CheckpointFolder, lines_have_a_limit_and_files_may_be_long) {
  SimulatedDisk disk;
  const std::string longest(limits::checkpoint_line_bytes_max, 'x');
  std::string content;
  for (int i = 0; i < 100; ++i) content += longest + '\n';
  put(disk, "00000001.ndjson", content);
  EXPECT_EQ(found_in(disk).lines.size(), 100u);
  for (const std::string& too_long :
       {longest + "x\n", longest + 'x', std::string(1'000'000, 'x')}) {
    disk.content("w/00000001.ndjson") = "a\n" + too_long;
    EXPECT_EQ(found_in(disk).error, "w/00000001.ndjson:2: is longer than 4096 bytes");
  }
}

/// Appends lines until one fails, with a fault at one call, then goes on.
void append_with_fault(std::uint64_t at, const Fault& fault) {
  SimulatedDisk disk;
  FolderWriter writer(disk, "w");
  disk.set_plan([&](Call, const std::string&, std::uint64_t number) {
    return number == at ? fault : Fault{};
  });
  std::vector<std::string> written;
  for (int i = 0; i < 6; ++i) {
    const std::string line =
        "line " + std::to_string(i) + std::string(static_cast<std::size_t>(40 - 5 * i), '.');
    const auto is = writer.append(line, i / 3);
    if (is.has_value()) {
      written.push_back(line);
    } else {
      EXPECT_TRUE(is.error().code == ErrorCode::storage_failed ||
                  is.error().code == ErrorCode::disk_full)
          << is.error().detail;
    }
  }
  EXPECT_GE(written.size(), 5u) << at;
  disk.set_plan(nullptr);
  const Found found = found_in(disk);
  EXPECT_EQ(found.error, "") << at;
  for (const std::string& line : written) {
    EXPECT_TRUE(std::ranges::any_of(
        found.lines, [&](const std::string& each) { return each.ends_with(' ' + line); }))
        << at << ": " << line;
  }
  for (const std::string& line : found.lines) {
    EXPECT_NE(line.find(" line "), std::string::npos) << "a part of a line: " << line;
    EXPECT_EQ(line.find("line", line.find(" line ") + 2), std::string::npos) << line;
  }
}

TEST(CheckpointFolder, goes_on_in_another_file_behind_a_fault_at_any_call) {
  for (std::uint64_t at = 0; at < 40; ++at) {
    append_with_fault(at, {.error = EIO});
    append_with_fault(at, {.error = ENOSPC});
    append_with_fault(at, {.short_by = 7});
  }
}

TEST(CheckpointFolder, a_power_failure_at_any_call_keeps_the_lines_that_were_written) {
  for (std::uint64_t at = 0; at < 40; ++at) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      SimulatedDisk disk;
      std::size_t written = 0;
      {
        FolderWriter writer(disk, "w");
        disk.set_plan([&](Call, const std::string&, std::uint64_t number) {
          return Fault{.power_fails = number == at};
        });
        while (written < 6 &&
               writer.append("line " + std::to_string(written), static_cast<int>(written / 3))
                   .has_value()) {
          ++written;
        }
      }
      disk.restart(seed, false);
      FolderWriter writer(disk, "w");
      ASSERT_TRUE(writer.append("again", 9).has_value());
      const Found found = found_in(disk);
      EXPECT_EQ(found.error, "");
      ASSERT_GT(found.lines.size(), written) << at << ' ' << seed;
      for (std::size_t i = 0; i < written; ++i) {
        EXPECT_TRUE(found.lines[i].ends_with(" line " + std::to_string(i))) << found.lines[i];
      }
      EXPECT_TRUE(found.lines.back().ends_with(" again"));
    }
  }
}

TEST(CheckpointFolder, without_room_is_not_filled_with_files) {
  SimulatedDisk disk;
  disk.set_plan([](Call call, const std::string&, std::uint64_t) {
    return call == Call::pwrite ? Fault{.error = ENOSPC} : Fault{};
  });
  FolderWriter writer(disk, "w");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(writer.append("a", 1).error().code, ErrorCode::disk_full);
  }
  EXPECT_TRUE(disk.paths().empty());
}

}  // namespace
}  // namespace steelyard::checkpoint
