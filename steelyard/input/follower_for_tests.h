#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "steelyard/input/follower.h"

namespace steelyard::input {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Lines = std::vector<std::string>;

/// The order of files that were there at once means nothing.
inline Lines sorted(Lines lines) {
  std::ranges::sort(lines);
  return lines;
}

inline Lines lines_of(const FollowedLines& from) {
  EXPECT_TRUE(from.text.ends_with('\n'));
  Lines all;
  for (std::size_t at = 0; at < from.text.size();) {
    const std::size_t end = from.text.find('\n', at);
    all.push_back(from.text.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

/// A folder with the file "j", and somebody who follows it. Time passes only by `pass`.
class FollowerTest : public testing::Test {
 protected:
  FollowerTest() { fs::create_directories(folder_); }
  ~FollowerTest() override { fs::remove_all(folder_); }

  std::string path(const std::string& name = "j") const { return (folder_ / name).string(); }

  void append(const std::string& text, const std::string& name = "j") const {
    std::ofstream(path(name), std::ios::binary | std::ios::app) << text;
  }
  void write(const std::string& text, const std::string& name = "j") const {
    std::ofstream(path(name), std::ios::binary | std::ios::trunc) << text;
  }
  void rename(const std::string& from, const std::string& to) const {
    fs::rename(path(from), path(to));
  }
  /// What copytruncate does.
  void copy_and_truncate(const std::string& to) const {
    fs::copy_file(path(), path(to));
    fs::resize_file(path(), 0);
  }

  /// Begins, or begins again where it was told to. Nothing in memory is left.
  void start(const FollowPosition& position = {}) {
    auto opened = Follower::open(path(), position, limits_);
    ASSERT_TRUE(opened.has_value()) << opened.error().detail;
    follower_ = *std::move(opened);
  }
  /// As it is after a kill: only what was written is known.
  void restart() {
    const auto position = position_of_text(to_text(follower_->position()));
    ASSERT_TRUE(position.has_value());
    follower_.reset();
    start(*position);
  }
  void pass(int ms) { now_ += milliseconds(ms); }
  /// As if it was written to then.
  void set_modified(const std::string& name, int seconds_from_now) const {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    const timespec then{now.tv_sec + seconds_from_now, 0};
    const timespec times[2] = {then, then};
    ASSERT_EQ(utimensat(AT_FDCWD, path(name).c_str(), times, 0), 0);
  }

  /// All that is there to read, acknowledged at once.
  Lines read() {
    Lines all;
    FollowedLines lines;
    for (;;) {
      const auto more = follower_->next(lines, now_);
      EXPECT_TRUE(more.has_value()) << more.error().detail;
      if (!more.has_value() || !*more) return all;
      std::ranges::copy(lines_of(lines), std::back_inserter(all));
      follower_->acknowledge(lines);
    }
  }
  Lines read_later() {
    Lines all = read();
    pass(2'000);
    for (const std::string& each : read()) all.push_back(each);
    return all;
  }
  std::string notes() const {
    std::string all;
    for (const std::string& each : follower_->take_notes()) all += each + '\n';
    return all;
  }

  FollowLimits limits_;
  std::unique_ptr<Follower> follower_;
  milliseconds now_{1'000'000};
  fs::path folder_ =
      fs::temp_directory_path() / ("follower-" + std::to_string(getpid()) + "-" +
                                   testing::UnitTest::GetInstance()->current_test_info()->name());
};

}  // namespace steelyard::input
