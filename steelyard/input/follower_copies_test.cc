// Journals that are copied and then cut off, as copytruncate does it.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>

#include "steelyard/input/follower_for_tests.h"

namespace steelyard::input {
namespace {

TEST_F(FollowerTest, more_copies_than_are_held_open_while_nobody_reads) {
  write("first\n");
  start();
  Lines wanted = {"first"};
  for (int number = 100; number < 180; ++number) {
    usleep(5'000);
    // The last ones are seen empty each time.
    if (number >= 170) append(std::to_string(number) + "\n");
    copy_and_truncate("j." + std::to_string(number));
    if (number < 170) append(std::to_string(number) + "\n");
    ASSERT_TRUE(follower_->look().has_value());
    wanted.push_back(std::to_string(number));
  }
  Lines found;
  for (int i = 0; i < 3; ++i) std::ranges::copy(read_later(), std::back_inserter(found));
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());  // Copies may be read again.
  EXPECT_EQ(found, sorted(wanted));
  EXPECT_EQ(notes(), "");
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

TEST_F(FollowerTest, half_a_line_that_was_seen_may_begin_another_one) {
  write("{\"id\":\"");
  start();
  EXPECT_EQ(read(), Lines());
  append("1\"}\n{\"id\":\"2\"}\n");
  usleep(10'000);
  copy_and_truncate("j.1");
  append("{\"id\":\"3\"}\n");
  EXPECT_EQ(read_later(), Lines({"{\"id\":\"1\"}", "{\"id\":\"2\"}", "{\"id\":\"3\"}"}));
  EXPECT_EQ(notes(), "");
}

TEST_F(FollowerTest, what_is_cut_off_while_it_is_under_way_needs_no_copy) {
  write("a\nb\n");
  start();
  FollowedLines lines;
  ASSERT_EQ(follower_->next(lines, now_), true);
  EXPECT_EQ(lines.text, "a\nb\n");
  write("c\n");
  ASSERT_TRUE(follower_->look().has_value());
  follower_->acknowledge(lines);
  EXPECT_EQ(read(), Lines({"c"}));
  EXPECT_EQ(notes(), "");
}

TEST_F(FollowerTest, a_copy_that_is_not_whole_is_read_and_told) {
  for (const std::string& begin : Lines({"a", std::string(2'000, 'x')})) {
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
    write(begin + "\n");
    start();
    EXPECT_EQ(read(), Lines({begin}));
    append("b\n");
    fs::copy_file(path(), path("j.1"));
    usleep(10'000);
    append("between\n");
    ASSERT_TRUE(follower_->look().has_value());
    write("c\n");
    EXPECT_EQ(read_later(), Lines({"b", "c"}));
    const std::size_t size = begin.size() + 3;
    EXPECT_NE(notes().find("before bytes " + std::to_string(size) + " to " +
                           std::to_string(size + 8) + " of it were sent"),
              std::string::npos);
  }
}

TEST_F(FollowerTest, a_copy_may_be_made_over_the_last_one) {
  const auto copy_and_truncate_again = [&] {
    fs::copy_file(path(), path("j.1"), fs::copy_options::overwrite_existing);
    fs::resize_file(path(), 0);
  };
  write("a\n");
  start();
  EXPECT_EQ(read(), Lines({"a"}));
  append("b\n");
  copy_and_truncate_again();
  append("c\n");
  EXPECT_EQ(read_later(), Lines({"b", "c"}));
  append("d\n");
  ASSERT_TRUE(follower_->look().has_value());
  usleep(10'000);
  copy_and_truncate_again();
  append("e\n");
  const Lines found = read_later();
  EXPECT_TRUE(std::ranges::count(found, "d") > 0);
  EXPECT_TRUE(std::ranges::count(found, "e") > 0);
  EXPECT_EQ(notes(), "");
}

TEST_F(FollowerTest, half_a_line_that_was_sent_comes_whole_out_of_a_copy) {
  write("a\nhalf");
  start();
  rename("j", "j.1");
  write("x\n");
  EXPECT_EQ(read_later(), Lines({"a", "x", "half"}));
  append(" of it\n", "j.1");
  fs::copy_file(path("j.1"), path("j.2"));
  fs::resize_file(path("j.1"), 0);
  const Lines found = read_later();
  EXPECT_TRUE(std::ranges::count(found, "half of it") > 0);
  EXPECT_FALSE(std::ranges::count(found, " of it") > 0);
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

}  // namespace
}  // namespace steelyard::input
