#include "steelyard/input/follower.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace steelyard::input {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Lines = std::vector<std::string>;

/// The order of files that were there at once means nothing.
Lines sorted(Lines lines) {
  std::ranges::sort(lines);
  return lines;
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

  /// All that is there to read, acknowledged at once.
  Lines read() {
    Lines all;
    FollowedLines lines;
    for (;;) {
      const auto more = follower_->next(lines, now_);
      EXPECT_TRUE(more.has_value()) << more.error().detail;
      if (!more.has_value() || !*more) return all;
      EXPECT_TRUE(lines.text.ends_with('\n'));
      for (std::size_t at = 0; at < lines.text.size();) {
        const std::size_t end = lines.text.find('\n', at);
        all.push_back(lines.text.substr(at, end - at));
        at = end + 1;
      }
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

TEST_F(FollowerTest, gives_each_line_when_it_has_ended) {
  write("a\nb");
  start();
  EXPECT_EQ(read_later(), Lines({"a"}));
  append("c\n\nd");
  EXPECT_EQ(read_later(), Lines({"bc", ""}));
  append("\n");
  EXPECT_EQ(read(), Lines({"d"}));
  EXPECT_EQ(read_later(), Lines());
}

TEST_F(FollowerTest, waits_for_a_file_that_is_not_there) {
  start();
  EXPECT_FALSE(follower_->is_there());
  EXPECT_EQ(read(), Lines());
  append("a\n");
  EXPECT_EQ(read(), Lines({"a"}));
  EXPECT_TRUE(follower_->is_there());
}

TEST_F(FollowerTest,
       what_was_rotated_before_the_first_look_is_read_and_what_was_there_before_is_not) {
  for (const std::string killed : {"never", "before the first look", "behind it"}) {
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
    append("of yesterday\n", "j-20261125");
    usleep(60'000);  // The clock of files stands for some milliseconds.
    start();
    append("a\n");
    rename("j", "j-1");
    usleep(10'000);
    append("b\n");
    copy_and_truncate("j-2");
    append("c\n");
    if (killed == "before the first look") restart();
    if (killed == "behind it") {
      // What was written before the kill is the position of the start.
      const FollowPosition position = follower_->position();
      EXPECT_EQ(position.files, std::vector<FilePosition>());
      EXPECT_EQ(position_of_text(to_text(position)), position);
      FollowedLines lines;
      ASSERT_EQ(follower_->next(lines, now_), true);
      start(position);
    }
    EXPECT_EQ(read_later(), Lines({"a", "b", "c"})) << killed;
    EXPECT_EQ(notes(), "");
  }
}

TEST_F(FollowerTest, what_was_not_acknowledged_comes_again) {
  write("a\nb\n");
  start();
  FollowedLines lines;
  ASSERT_EQ(follower_->next(lines, now_), true);
  append("c\n");
  EXPECT_EQ(follower_->position().files.front().offset, 0U);
  EXPECT_EQ(read(), Lines({"a", "b", "c"}));
  EXPECT_EQ(follower_->position().files.front().offset, 6U);
}

TEST_F(FollowerTest, gives_no_more_at_once_than_it_may) {
  limits_.lines_max = 3;
  limits_.bytes_max = 10;
  write("1\n2\n3\n4\n5\n666666666\n777777\n8\n");
  start();
  std::vector<std::string> texts;
  FollowedLines lines;
  while (*follower_->next(lines, now_)) {
    texts.push_back(lines.text);
    follower_->acknowledge(lines);
  }
  EXPECT_EQ(texts, Lines({"1\n2\n3\n", "4\n5\n", "666666666\n", "777777\n8\n"}));
}

TEST_F(FollowerTest, a_line_that_is_too_long_is_cut_and_comes_alone) {
  limits_.line_bytes_max = 10;
  const std::string longest(12, 'x');
  write("a\n" + longest + "\n" + longest + "yyyy\nb\n" + std::string(700'000, 'z'));
  start();
  EXPECT_EQ(read_later(), Lines({"a", longest, longest, "b"}));
  append("z");
  EXPECT_EQ(read_later(), Lines());
  append("\nc\n");
  EXPECT_EQ(read(), Lines({std::string(12, 'z'), "c"}));
}

TEST_F(FollowerTest, a_mark_at_the_start_is_no_part_of_the_line) {
  write("\xef\xbb\xbf{}\n\xef\xbb\xbf{}\n");
  start();
  EXPECT_EQ(read(), Lines({"{}", "\xef\xbb\xbf{}"}));
}

TEST_F(FollowerTest, a_file_that_was_rotated_is_read_to_its_end) {
  write("a\n");
  start();
  EXPECT_EQ(read(), Lines({"a"}));
  append("b\nhalf");
  rename("j", "j.1");
  EXPECT_EQ(read(), Lines({"b"}));
  append("c\n");
  EXPECT_EQ(read(), Lines({"c"}));
  append(" of it\nd", "j.1");  // Who writes to it has not noticed.
  EXPECT_EQ(read(), Lines({"half of it"}));
  pass(500);
  EXPECT_EQ(read(), Lines());
  pass(1'000);
  EXPECT_EQ(read(), Lines({"d"})) << "it has ended with its file";
  append("e\n");
  EXPECT_EQ(read_later(), Lines({"e"}));
  append("f\n", "j.1");
  EXPECT_EQ(read(), Lines({"df"})) << "it had not ended, and comes as a whole";
  EXPECT_EQ(notes(), "");
}

TEST_F(FollowerTest, many_rotations_while_nobody_read) {
  for (const bool is_restarted : {false, true}) {
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
    write("a\n");
    start();
    EXPECT_EQ(read(), Lines({"a"}));
    Lines wanted;
    for (int i = 0; i < 5; ++i) {
      append("b" + std::to_string(i) + "\n");
      wanted.push_back("b" + std::to_string(i));
      usleep(10'000);  // The clock of files stands for some milliseconds.
      for (int number = i; number > 0; --number) {
        rename("j." + std::to_string(number), "j." + std::to_string(number + 1));
      }
      rename("j", "j.1");
    }
    append("c\n");
    wanted.emplace_back("c");
    append("not ours\n", "j-notes");
    append("not ours\n", "j.1.packed");
    if (is_restarted) restart();
    EXPECT_EQ(read_later(), wanted);
    EXPECT_EQ(notes(), "");
  }
}

TEST_F(FollowerTest, files_that_were_seen_may_be_deleted_before_they_are_read) {
  write("a\n");
  start();
  rename("j", "j.1");
  write("b\n");
  ASSERT_TRUE(follower_->look().has_value());
  rename("j", "j.2");
  write("c\n");
  ASSERT_TRUE(follower_->look().has_value());
  fs::remove(path("j.1"));
  fs::remove(path("j.2"));
  EXPECT_EQ(read(), Lines({"a", "b", "c"}));
  EXPECT_EQ(notes(), "");
}

TEST_F(FollowerTest, more_files_than_are_held_open) {
  for (const bool is_restarted : {false, true}) {
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
    write("first\n");
    start();
    EXPECT_EQ(read(), Lines({"first"}));
    Lines wanted;
    for (int i = 100; i < 250; ++i) {
      append(std::to_string(i) + "\n");
      wanted.push_back(std::to_string(i));
      usleep(5'000);
      rename("j", "j." + std::to_string(i));
    }
    append("last\n");
    wanted.emplace_back("last");
    if (is_restarted) restart();
    Lines found = read();
    for (int i = 0; i < 4; ++i) {
      for (const std::string& each : read()) found.push_back(each);
    }
    found = sorted(found);
    found.erase(std::ranges::unique(found).begin(), found.end());
    std::erase(found, "first");  // It may come again: nobody remembers files that are over.
    EXPECT_EQ(found, wanted);
    EXPECT_EQ(read(), Lines());
  }
}

TEST_F(FollowerTest, a_file_that_was_cut_off_begins_anew) {
  write("a\nb\n");
  start();
  EXPECT_EQ(read(), Lines({"a", "b"}));
  write("c\n");
  EXPECT_EQ(read(), Lines({"c"}));
  write("longer than it was\n");
  EXPECT_EQ(read(), Lines({"longer than it was"}));
  EXPECT_EQ(notes(), "") << "everything was sent";
}

TEST_F(FollowerTest, what_was_cut_off_unread_is_told) {
  limits_.lines_max = 1;
  write("a\nb\n");
  start();
  FollowedLines lines;
  ASSERT_EQ(follower_->next(lines, now_), true);
  follower_->acknowledge(lines);
  write("c\n");
  EXPECT_EQ(read(), Lines({"c"}));
  EXPECT_NE(notes().find("cut off before bytes 2 to 4 of it were sent"), std::string::npos);
}

TEST_F(FollowerTest, what_was_copied_and_cut_off_is_read_from_the_copy) {
  for (const bool is_restarted : {false, true}) {
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
    write("a\n");
    start();
    EXPECT_EQ(read(), Lines({"a"}));
    write("a\n", "j.backup");  // An older copy.
    append("b\n");
    copy_and_truncate("j.1");
    append("c\n");
    if (is_restarted) restart();
    EXPECT_EQ(read_later(), Lines({"b", "c"}));
    append("d\n");
    usleep(10'000);
    rename("j.1", "j.2");
    copy_and_truncate("j.1");
    append("e\n");
    if (is_restarted) restart();
    EXPECT_EQ(read_later(), Lines({"d", "e"}));
    EXPECT_EQ(notes(), "");
  }
}

TEST_F(FollowerTest, files_that_were_seen_may_be_copied_and_cut_off_before_they_are_read) {
  for (const bool is_restarted : {false, true}) {
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
    write("a\n");
    start();
    EXPECT_EQ(read(), Lines({"a"}));
    rename("j", "j.3");
    append("b\n");
    ASSERT_TRUE(follower_->look().has_value());
    append("c\n");
    usleep(10'000);
    copy_and_truncate("j.2");
    append("d\n");
    rename("j", "j.1");
    append("e\n");
    ASSERT_TRUE(follower_->look().has_value());
    if (is_restarted) restart();
    EXPECT_EQ(sorted(read_later()), Lines({"b", "c", "d", "e"}));
    EXPECT_EQ(notes(), "");
  }
}

TEST_F(FollowerTest, a_file_that_was_cut_off_and_is_longer_again_is_seen_by_looking) {
  write("a\n");
  start();
  EXPECT_EQ(read(), Lines({"a"}));
  append("b\n");
  copy_and_truncate("j.1");
  append("c\nd\n");
  ASSERT_TRUE(follower_->look().has_value());
  fs::remove(path("j.1"));
  EXPECT_EQ(read_later(), Lines({"b", "c", "d"}));
  EXPECT_EQ(notes(), "");
}

TEST_F(FollowerTest, files_are_found_while_others_are_renamed) {
  constexpr int files = 40;
  write("a\n");
  start();
  EXPECT_EQ(read(), Lines({"a"}));
  const FollowPosition position = follower_->position();
  rename("j", "j.1");
  for (int number = 2; number <= files; ++number) write("x\n", "j." + std::to_string(number));
  for (int turn = 0, first = 1; turn < 40; ++turn) {
    std::atomic<bool> is_started = false;
    std::thread renaming([&] {
      for (int by = 0; by < 20; ++by, ++first) {
        for (int number = first + files - 1; number >= first; --number) {
          rename("j." + std::to_string(number), "j." + std::to_string(number + 1));
          if (!is_started.exchange(true)) is_started.notify_one();
        }
      }
    });
    is_started.wait(false);
    start(position);
    renaming.join();
    ASSERT_EQ(notes(), "") << "in turn " << turn;
  }
}

TEST_F(FollowerTest, what_is_cut_off_while_lines_are_under_way_is_noticed) {
  write("a\nb\n");
  start();
  FollowedLines lines;
  ASSERT_EQ(follower_->next(lines, now_), true);
  append("c\n");
  copy_and_truncate("j.1");
  ASSERT_TRUE(follower_->look().has_value());
  append("d\n");
  usleep(10'000);
  rename("j.1", "j.2");
  copy_and_truncate("j.1");
  append("e\n");
  follower_->acknowledge(lines);
  EXPECT_EQ(sorted(read_later()), Lines({"a", "b", "c", "d", "e"}));
  EXPECT_EQ(notes(), "");
}

TEST_F(FollowerTest, another_file_may_be_put_in_its_place) {
  for (const bool is_restarted : {false, true}) {
    write("a\n");
    start();
    EXPECT_EQ(read(), Lines({"a"}));
    write("x\ny\n", "new");
    rename("new", "j");
    if (is_restarted) restart();
    EXPECT_EQ(read_later(), Lines({"x", "y"}));
    EXPECT_EQ(notes().find("can not be found") != std::string::npos, is_restarted)
        << "the old one is gone, and may have had more";
  }
}

TEST_F(FollowerTest, a_longer_copy_in_its_place_is_read_from_its_start) {
  write("a\n");
  start();
  EXPECT_EQ(read(), Lines({"a"}));
  write("a\nb\n", "new");
  rename("new", "j");
  restart();
  EXPECT_EQ(read(), Lines({"a", "b"}));
  EXPECT_EQ(notes(), "");
}

TEST_F(FollowerTest, goes_on_where_it_was) {
  write("a\nb\nc\nhal");
  start();
  EXPECT_EQ(read(), Lines({"a", "b", "c"}));
  append("f\n");
  restart();
  EXPECT_EQ(read(), Lines({"half"}));
  append("d\n");
  rename("j", "j-20261126");
  append("e\n");
  restart();
  EXPECT_EQ(read(), Lines({"d", "e"}));
  restart();
  append("g\n", "j-20261126");
  EXPECT_EQ(read(), Lines({"g"}));
  EXPECT_EQ(notes(), "");
}

TEST_F(FollowerTest, a_half_line_that_was_sent_comes_again_behind_a_restart) {
  write("a\nhalf");
  start();
  rename("j", "j.1");
  write("b\n");
  EXPECT_EQ(read_later(), Lines({"a", "b", "half"}));
  append(" of it\n", "j.1");
  restart();
  EXPECT_EQ(read_later(), Lines({"half of it"}));
}

TEST_F(FollowerTest, another_file_with_the_inode_is_not_taken_for_it) {
  write("a\nb\n");
  start();
  EXPECT_EQ(read(), Lines({"a", "b"}));
  FollowPosition position = follower_->position();
  follower_.reset();
  write("x\ny\nz\n");  // The same inode, and longer.
  start(position);
  EXPECT_EQ(read(), Lines({"x", "y", "z"}));
  EXPECT_NE(notes().find("read up to byte 4"), std::string::npos);
}

TEST_F(FollowerTest, a_file_that_is_gone_is_told_once) {
  write("a\nb\n");
  start();
  EXPECT_EQ(read(), Lines({"a", "b"}));
  const FollowPosition position = follower_->position();
  usleep(10'000);
  write("c\n", "j.1");
  write("d\n", "new");
  rename("new", "j");
  follower_.reset();
  start(position);
  const std::string told = notes();
  EXPECT_NE(told.find(path() + ": the file that was read up to byte 4"), std::string::npos) << told;
  EXPECT_NE(told.find(std::to_string(position.files.front().identity.number)), std::string::npos)
      << told;
  EXPECT_EQ(read(), Lines({"c", "d"})) << "what was rotated away since then is read";
  restart();
  EXPECT_EQ(read(), Lines());
  EXPECT_EQ(notes(), "");
}

TEST_F(FollowerTest, archives_and_folders_are_refused) {
  const auto error_of = [&](const std::string& name) {
    const auto opened = Follower::open(path(name), {});
    return opened.has_value() ? "none" : opened.error().detail;
  };
  write("a\n", "j.gz");
  write("\x1f\x8b\x08", "packed");
  fs::create_directory(path("folder"));
  EXPECT_NE(error_of("j.gz").find("an archive can not be followed"), std::string::npos);
  EXPECT_NE(error_of("packed").find("an archive can not be followed"), std::string::npos);
  EXPECT_NE(error_of("folder").find("is no regular file"), std::string::npos);
  EXPECT_EQ(error_of("missing"), "none");
}

TEST_F(FollowerTest, a_deleted_file_is_let_go_when_nobody_writes_to_it) {
  write("a\n");
  start();
  EXPECT_EQ(read(), Lines({"a"}));
  fs::remove(path());
  write("b\n");
  EXPECT_EQ(read(), Lines({"b"}));
  EXPECT_EQ(follower_->position().files.size(), 2U);
  pass(120'000);
  EXPECT_EQ(read(), Lines());
  EXPECT_EQ(follower_->position().files.size(), 1U);
}

TEST_F(FollowerTest, a_position_is_what_was_written_or_refused) {
  write("a\nb\n");
  start();
  EXPECT_EQ(read(), Lines({"a", "b"}));
  rename("j", "j.1");
  write("c\n");
  EXPECT_EQ(read(), Lines({"c"}));
  const FollowPosition position = follower_->position();
  ASSERT_EQ(position.files.size(), 2U);
  EXPECT_TRUE(position.files[0].is_finished);
  EXPECT_FALSE(position.files[1].is_finished);
  EXPECT_EQ(read_position(path("none")), FollowPosition());
  ASSERT_TRUE(write_position(path("position"), position).has_value());
  ASSERT_TRUE(write_position(path("position"), position).has_value());
  EXPECT_EQ(read_position(path("position")), position);
  const std::string text = to_text(position);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(position_of_text(other).has_value()) << i;
    EXPECT_FALSE(position_of_text(text.substr(0, i)).has_value()) << i;
  }
  append("x", "position");
  const auto damaged = read_position(path("position"));
  ASSERT_FALSE(damaged.has_value());
  EXPECT_NE(damaged.error().detail.find("remove it"), std::string::npos);
}

}  // namespace
}  // namespace steelyard::input
