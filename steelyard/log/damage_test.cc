// Every byte of a small store flipped, every sector lost or misplaced.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/log/local_log.h"
#include "steelyard/log/simulated_disk_for_tests.h"
#include "steelyard/log/verify.h"

namespace steelyard::log {
namespace {

Options options_on(SimulatedDisk& disk) {
  Options options;
  options.files = &disk;
  options.segment_bytes = 8'192;
  options.frame_bytes_goal = 4'096;
  options.on_fatal = [](const Error&) {};
  return options;
}

struct Sample {
  std::unique_ptr<SimulatedDisk> disk;
  std::vector<std::string> records;
};

/// Two segments and a few frames. With `unacknowledged`, the last frame lies above the watermark.
Sample small_store(bool unacknowledged) {
  Sample sample{std::make_unique<SimulatedDisk>(), {}};
  std::string mark;
  Options options = options_on(*sample.disk);
  options.segment_bytes = 2'048;
  auto log = LocalLog::open("data", options);
  for (int i = 0; i < 5; ++i) {
    mark = sample.disk->content("data/log/watermark");
    Batch batch;
    for (int r = 0; r < 3; ++r) {
      sample.records.push_back("record " + std::to_string(i) + '.' + std::to_string(r) +
                               std::string(static_cast<std::size_t>(i) * 30, '.'));
      batch.add(sample.records.back());
    }
    EXPECT_TRUE((*log)->append_and_wait(std::move(batch)).has_value());
  }
  EXPECT_EQ((*log)->segments().size(), 2u);
  log->reset();
  if (unacknowledged) sample.disk->content("data/log/watermark") = mark;
  return sample;
}

/// Opens the store and reads it. Nothing: it was refused, with a place.
std::optional<std::vector<std::string>> served(SimulatedDisk& disk, const std::string& place) {
  const auto refused = [&](const Error& error) {
    EXPECT_TRUE(error.code == ErrorCode::log_is_damaged || error.code == ErrorCode::other_store ||
                error.code == ErrorCode::unknown_format)
        << error.detail;
    const std::string name = std::filesystem::path(place).filename();
    EXPECT_TRUE(error.detail.find(name) != std::string::npos ||
                error.detail.find(".segment") != std::string::npos)
        << place << ": " << error.detail;
    return std::nullopt;
  };
  Options options = options_on(disk);
  options.segment_bytes = 2'048;
  auto log = LocalLog::open("data", options);
  if (!log.has_value()) return refused(log.error());
  std::vector<std::string> records;
  const auto read = (*log)->read(1, [&](std::uint64_t, std::string_view record) {
    records.emplace_back(record);
    return true;
  });
  if (!read.has_value()) return refused(read.error());
  return records;
}

/// Each byte of each file flipped, one at a time. B2, B3, B4: what was acknowledged below the
/// watermark is served as it was or refused; the frame above it may be cut; nothing changes.
void flip_every_byte(bool unacknowledged) {
  const Sample sample = small_store(unacknowledged);
  const std::size_t certain = sample.records.size() - (unacknowledged ? 3 : 0);
  std::size_t refusals = 0;
  std::size_t cuts = 0;
  std::size_t detections = 0;
  for (const std::string& path : sample.disk->paths()) {
    for (std::size_t i = 0; i < sample.disk->content(path).size(); ++i) {
      const auto disk = sample.disk->copy();
      disk->content(path)[i] ^= static_cast<char>(1 << i % 8);
      const auto report = verify("data", *disk);
      if (!report.has_value() || report->damage.has_value()) ++detections;
      const auto records = served(*disk, path);
      if (!records.has_value()) {
        ++refusals;
        EXPECT_TRUE(!report.has_value() || report->damage.has_value()) << path << ' ' << i;
        continue;
      }
      if (records->size() < sample.records.size()) ++cuts;
      EXPECT_GE(records->size(), certain) << path << ' ' << i;
      ASSERT_TRUE(records->size() <= sample.records.size() &&
                  std::equal(records->begin(), records->end(), sample.records.begin()))
          << path << ' ' << i;
    }
  }
  EXPECT_GT(refusals, 1'500u);
  EXPECT_GT(detections, refusals);
  EXPECT_EQ(cuts > 0, unacknowledged);
}

TEST(LogFlips, never_change_what_is_served) { flip_every_byte(false); }
TEST(LogFlips, of_a_last_frame_above_the_watermark_cut_it) { flip_every_byte(true); }

/// B6, B7: sectors copied over others, zeroed, files cut short.
TEST(LogFlips, misplaced_and_lost_sectors_never_change_what_is_served) {
  const Sample sample = small_store(false);
  const auto check = [&](SimulatedDisk& disk, const std::string& path) {
    const auto records = served(disk, path);
    if (records.has_value()) {
      EXPECT_EQ(*records, sample.records) << path;
    }
    return !records.has_value();
  };
  int refusals = 0;
  for (const std::string& path : sample.disk->paths()) {
    if (path.find("segment") == std::string::npos) continue;
    const std::size_t size = sample.disk->content(path).size();
    for (std::size_t to = 0; to < size; to += 512) {
      const auto zeroed = sample.disk->copy();
      zeroed->content(path).replace(to, 512, std::string(512, '\0'));
      refusals += check(*zeroed, path);
      const auto cut = sample.disk->copy();
      cut->content(path).resize(to);
      refusals += check(*cut, path);
      for (std::size_t from = 0; from < size; from += 512) {
        const auto copied = sample.disk->copy();
        copied->content(path).replace(to, 512, copied->content(path).substr(from, 512));
        refusals += check(*copied, path);
      }
    }
  }
  EXPECT_GT(refusals, 30);
}

/// Without a watermark, a last frame that rotted looks like a torn one; an earlier one does not.
TEST(LogFlips, without_a_watermark_only_the_last_frame_may_be_cut) {
  const Sample sample = small_store(false);
  sample.disk->remove("data/log/watermark");
  for (const std::string& path : sample.disk->paths()) {
    if (path.find("segment") == std::string::npos) continue;
    for (std::size_t i = 0; i < sample.disk->content(path).size(); ++i) {
      const auto disk = sample.disk->copy();
      disk->content(path)[i] ^= 1;
      const auto records = served(*disk, path);
      if (!records.has_value()) continue;
      EXPECT_GE(records->size(), sample.records.size() - 3) << path << ' ' << i;
    }
  }
}

}  // namespace
}  // namespace steelyard::log
