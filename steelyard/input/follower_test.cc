#include "steelyard/input/follower.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "steelyard/input/follower_for_tests.h"

namespace steelyard::input {
namespace {

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

TEST_F(FollowerTest, many_files_that_were_modified_at_once) {
  write("first\n");
  start();
  Lines wanted = {"first", "last"};
  rename("j", "j.0");
  for (int number = 100; number < 200; ++number) {
    const std::string name = "j." + std::to_string(number);
    write(name + "\n", name);
    set_modified(name, 1);
    wanted.push_back(name);
  }
  write("last\n");
  Lines found;
  for (int i = 0; i < 3; ++i) std::ranges::copy(read_later(), std::back_inserter(found));
  EXPECT_EQ(sorted(found), sorted(wanted));
  EXPECT_EQ(notes(), "");
}

/// So many files may be open, for a while.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t count) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit limit{count, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(FollowerTest, more_files_than_may_be_open) {
  write("first\n");
  start();
  EXPECT_EQ(read(), Lines({"first"}));
  rename("j", "j.0");
  Lines wanted = {"last"};
  for (int number = 1; number <= 300; ++number) {
    const std::string name = "j." + std::to_string(number);
    write(name + "\n", name);
    set_modified(name, number);
    wanted.push_back(name);
  }
  write("last\n");
  const DescriptorLimit limit(150);
  restart();
  Lines found;
  for (int i = 0; i < 3; ++i) std::ranges::copy(read_later(), std::back_inserter(found));
  EXPECT_EQ(sorted(found), sorted(wanted));
  EXPECT_EQ(notes(), "");
}

/// Root may read everything: for a while, somebody else asks, to whom the folder belongs.
class AsNobody {
 public:
  explicit AsNobody(const fs::path& folder) {
    if (user_ != 0) return;
    EXPECT_EQ(chown(folder.c_str(), nobody, nobody), 0);
    EXPECT_EQ(seteuid(nobody), 0);
  }
  ~AsNobody() { EXPECT_EQ(seteuid(user_), 0); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  static constexpr uid_t nobody = 65'534;
  uid_t user_ = geteuid();
};

TEST_F(FollowerTest, a_file_that_may_not_be_read_is_waited_for) {
  const AsNobody nobody(folder_);
  write("a\n");
  start();
  EXPECT_EQ(read(), Lines({"a"}));
  usleep(10'000);
  rename("j", "j.2");
  write("b\n");
  rename("j", "j.1");
  write("c\n");
  FollowedLines lines;
  for (const std::string& name : {path("j.1"), folder_.string()}) {
    const fs::perms before = fs::status(name).permissions();
    fs::permissions(name, name == path("j.1") ? fs::perms::none : fs::perms::owner_exec);
    const auto refused = follower_->next(lines, now_);
    fs::permissions(name, before);
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().detail.find(name), std::string::npos) << refused.error().detail;
    EXPECT_NE(refused.error().detail.find("Permission denied"), std::string::npos);
  }
  EXPECT_EQ(read_later(), Lines({"b", "c"}));
}

TEST_F(FollowerTest, a_clock_that_was_set_back_is_told) {
  write("a\n");
  set_modified("j", 3'600);
  start();
  EXPECT_EQ(read(), Lines({"a"}));
  rename("j", "j.1");
  write("b\n");
  restart();
  EXPECT_EQ(read_later(), Lines({"b"}));
  EXPECT_NE(notes().find("the clock was set back"), std::string::npos);
}

TEST_F(FollowerTest, who_writes_to_a_rotated_file_for_long_is_read_behind_a_restart_too) {
  write("old\n", "j.7");
  write("a\n");
  start();
  EXPECT_EQ(read(), Lines({"a"}));
  usleep(10'000);
  append("older\n", "j.7");  // Comes before the one that has the name.
  restart();
  EXPECT_EQ(read(), Lines({"old", "older"}));
  rename("j", "j.1");
  append("b\n");
  EXPECT_EQ(read_later(), Lines({"b"}));
  append("slow\n", "j.1");
  EXPECT_EQ(read_later(), Lines({"slow"}));
}

TEST_F(FollowerTest, what_is_renamed_while_a_position_is_resumed_whose_file_is_gone_is_read) {
  for (int turn = 0; turn < 3; ++turn) {
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
    write("a\n");
    start();
    EXPECT_EQ(read(), Lines({"a"}));
    const FollowPosition position = follower_->position();
    follower_.reset();
    usleep(10'000);
    write("b\n", "new");
    rename("new", "j");
    std::thread renaming([&] {
      usleep(8'000);
      rename("j", "j.1");
      write("c\n");
    });
    start(position);
    renaming.join();
    EXPECT_EQ(read_later(), Lines({"b", "c"}));
    EXPECT_NE(notes().find("can not be found"), std::string::npos);
  }
}

/// Random steps of a gateway, of what rotates, and of the follower: each line comes, and nothing is
/// told that is not so.
TEST_F(FollowerTest, whatever_happens_in_whatever_order_each_line_comes) {
  constexpr int runs = 12;
  for (unsigned seed = 1; seed <= runs; ++seed) {
    for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
    std::mt19937 chance(seed);
    limits_.lines_max = 3;
    std::set<std::string> wanted;
    std::set<std::string> got;
    std::string half;
    std::string steps;
    FollowedLines lines;
    bool are_under_way = false;
    int number = 0;
    const auto rotated = [&] { return "j-" + std::to_string(10'000 + ++number); };
    const auto take = [&](const Lines& more) { got.insert(more.begin(), more.end()); };
    start();
    for (int step = 0; step < 25; ++step) {
      usleep(6'000);
      const auto what = chance() % 10;
      const bool may_rotate = half.empty() && fs::exists(path());
      steps += std::to_string(what) + ' ';
      if (what < 3) {
        const std::string line =
            half.empty() ? "{\"id\":\"" + std::to_string(++number) + "\"}" : half;
        append(line.substr(half.size() / 2) + "\n");
        wanted.insert(line);
        half.clear();
      } else if (what == 3 && half.empty()) {
        half = "{\"id\":\"" + std::to_string(++number) + "\"}";
        append(half.substr(0, half.size() / 2));
      } else if (what == 4 && may_rotate) {
        rename("j", rotated());
        if (chance() % 2 == 0) append("");
      } else if (what == 5 && may_rotate) {
        int last = 1;
        while (fs::exists(path("j." + std::to_string(last)))) ++last;
        for (; last > 1; --last) {
          rename("j." + std::to_string(last - 1), "j." + std::to_string(last));
        }
        rename("j", "j.1");
        append("");
      } else if (what == 6 && may_rotate) {
        copy_and_truncate(rotated());
      } else if (what == 7) {
        ASSERT_TRUE(follower_->look().has_value());
      } else if (what == 8 && !are_under_way) {
        are_under_way = follower_->next(lines, now_) == true;
        pass(300);
      } else if (what == 8) {
        follower_->acknowledge(lines);
        are_under_way = false;
        take(lines_of(lines));
      } else if (what == 9 && chance() % 2 == 0) {
        restart();
        are_under_way = false;
      } else if (what == 9) {
        take(read());
        are_under_way = false;
      }
    }
    if (half.empty()) {
      append("last\n");
      wanted.insert("last");
    }
    for (int i = 0; i < 3; ++i) take(read_later());
    for (const std::string& each : wanted) {
      EXPECT_TRUE(got.contains(each)) << each << ", seed " << seed << ": " << steps;
    }
    EXPECT_EQ(notes(), "") << "seed " << seed << ": " << steps;
  }
}

TEST_F(FollowerTest, what_could_not_be_read_is_read_behind_a_kill_too) {
  const AsNobody nobody(folder_);
  write("{\"id\":\"");
  start();
  EXPECT_EQ(read(), Lines());
  usleep(10'000);
  append("1\"}\n");
  copy_and_truncate("j.1");
  fs::permissions(path("j.1"), fs::perms::none);
  usleep(10'000);
  append("{\"id\":\"2\"}\n");
  FollowedLines lines;
  EXPECT_FALSE(follower_->next(lines, now_).has_value());
  const FollowPosition position = follower_->position();
  EXPECT_EQ(position_of_text(to_text(position)), position);
  fs::permissions(path("j.1"), fs::perms::owner_all);
  start(position);
  EXPECT_EQ(read_later(), Lines({"{\"id\":\"1\"}", "{\"id\":\"2\"}"}));
  EXPECT_EQ(notes(), "");
}

TEST_F(FollowerTest, a_rotated_file_may_have_a_second_name) {
  for (const std::string name : {"j-20261126", "j.2026-11-26T10:00:00+08:00"}) {
    for (const bool is_link : {false, true}) {
      for (const auto& entry : fs::directory_iterator(folder_)) fs::remove(entry);
      write("a\n");
      start();
      EXPECT_EQ(read(), Lines({"a"}));
      usleep(10'000);
      rename("j", "j-20261125");
      write("b\n", name);
      if (is_link) fs::create_symlink(name, path("j-latest"));
      if (!is_link) fs::create_hard_link(path(name), path("j-latest"));
      usleep(10'000);
      write("c\n");
      EXPECT_EQ(read_later(), Lines({"b", "c"})) << name;
      EXPECT_EQ(notes(), "");
    }
  }
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
