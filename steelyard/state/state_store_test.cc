#include "steelyard/state/state_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "steelyard/base/check.h"

namespace steelyard::state {
namespace {

namespace fs = std::filesystem;
using Model = std::map<std::string, std::string>;

/// A folder that is new, and gone at the end.
class Folder {
 public:
  Folder() {
    std::string pattern = testing::TempDir() + "/state-XXXXXX";
    STEELYARD_CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

StateStore open(const fs::path& folder) {
  auto store = StateStore::open(folder);
  STEELYARD_CHECK(store.has_value());
  return *std::move(store);
}

void put(StateStore& store, std::string_view key, std::string_view value, Position position) {
  const Change change{key, value};
  store.apply({&change, 1}, position);
}

void remove(StateStore& store, std::string_view key, Position position) {
  const Change change{key, std::nullopt};
  store.apply({&change, 1}, position);
}

Model contents(const StateStore& store, std::string_view prefix = "") {
  Model all;
  std::string last;
  const auto scanned = store.scan(prefix, [&](std::string_view key, std::string_view value) {
    EXPECT_TRUE(all.empty() || last < key) << "in order";
    last = key;
    all.emplace(key, value);
    return true;
  });
  EXPECT_TRUE(scanned.has_value());
  return all;
}

class StateStoreTest : public testing::Test {
 protected:
  Folder folder_;
};

TEST_F(StateStoreTest, what_was_flushed_is_there_again) {
  std::uint64_t hash = 0;
  {
    StateStore store = open(folder_ / "state");
    put(store, "balance/acme", "10", 5);
    put(store, "balance/zeta", std::string_view("a\0b", 3), 6);
    put(store, "", "empty key", 7);
    remove(store, "balance/none", 8);
    ASSERT_TRUE(store.flush().has_value());
    EXPECT_EQ(store.flushed(), 8U);
    hash = *store.hash();
  }
  const StateStore store = open(folder_ / "state");
  EXPECT_EQ(store.applied(), 8U);
  EXPECT_EQ(store.flushed(), 8U);
  EXPECT_EQ(
      contents(store),
      (Model{{"", "empty key"}, {"balance/acme", "10"}, {"balance/zeta", std::string("a\0b", 3)}}));
  EXPECT_EQ(*store.hash(), hash);
}

TEST_F(StateStoreTest, what_was_not_flushed_is_seen_but_gone_after_a_restart) {
  {
    StateStore store = open(folder_ / "state");
    put(store, "a", "1", 1);
    ASSERT_TRUE(store.flush().has_value());
    put(store, "a", "2", 2);
    put(store, "b", "2", 2);
    EXPECT_EQ(*store.get("a"), "2");
    EXPECT_EQ(contents(store), (Model{{"a", "2"}, {"b", "2"}}));
    EXPECT_EQ(store.applied(), 2U);
    EXPECT_EQ(store.flushed(), 1U);
  }
  const StateStore store = open(folder_ / "state");
  EXPECT_EQ(store.applied(), 1U);
  EXPECT_EQ(contents(store), (Model{{"a", "1"}}));
}

TEST_F(StateStoreTest, a_removed_key_is_gone) {
  StateStore store = open(folder_ / "state");
  put(store, "a", "1", 1);
  ASSERT_TRUE(store.flush().has_value());
  remove(store, "a", 2);
  EXPECT_EQ(*store.get("a"), std::nullopt);
  EXPECT_TRUE(contents(store).empty());
  ASSERT_TRUE(store.flush().has_value());
  EXPECT_EQ(*store.get("a"), std::nullopt);
  put(store, "a", "3", 3);
  EXPECT_EQ(*store.get("a"), "3");
}

TEST_F(StateStoreTest, a_position_without_a_change_is_flushed_too) {
  {
    StateStore store = open(folder_ / "state");
    store.apply({}, 9);
    ASSERT_TRUE(store.flush().has_value());
  }
  EXPECT_EQ(open(folder_ / "state").applied(), 9U);
}

TEST_F(StateStoreTest, a_scan_shows_its_prefix_and_can_be_stopped) {
  StateStore store = open(folder_ / "state");
  for (const char* key : {"a/1", "a/2", "b/1", "b/2", "c"}) put(store, key, "x", 1);
  ASSERT_TRUE(store.flush().has_value());
  put(store, "a/15", "y", 2);
  remove(store, "b/1", 2);
  EXPECT_EQ(contents(store, "a/"), (Model{{"a/1", "x"}, {"a/15", "y"}, {"a/2", "x"}}));
  EXPECT_EQ(contents(store, "b/"), (Model{{"b/2", "x"}}));
  EXPECT_TRUE(contents(store, "d").empty());
  int seen = 0;
  ASSERT_TRUE(store.scan("a/", [&](auto, auto) { return ++seen < 2; }).has_value());
  EXPECT_EQ(seen, 2);
}

TEST_F(StateStoreTest, the_hash_tells_states_apart) {
  StateStore store = open(folder_ / "state");
  put(store, "a", "bc", 1);
  const std::uint64_t one = *store.hash();
  EXPECT_EQ(*store.hash(), one);
  ASSERT_TRUE(store.flush().has_value());
  EXPECT_EQ(*store.hash(), one) << "the same on disk and in memory";
  StateStore other = open(folder_ / "other");
  put(other, "ab", "c", 1);
  EXPECT_NE(*other.hash(), one);
  remove(other, "ab", 1);
  put(other, "a", "bc", 1);
  EXPECT_EQ(*other.hash(), one) << "whatever was there in between";
  other.apply({}, 2);
  EXPECT_NE(*other.hash(), one) << "another position";
}

TEST_F(StateStoreTest, a_checkpoint_stays_as_it_is) {
  StateStore store = open(folder_ / "state");
  put(store, "a", "1", 1);
  ASSERT_TRUE(store.checkpoint(folder_ / "backup").has_value());
  put(store, "a", "2", 2);
  ASSERT_TRUE(store.flush().has_value());
  {
    const StateStore backup = open(folder_ / "backup");
    EXPECT_EQ(backup.applied(), 1U);
    EXPECT_EQ(contents(backup), (Model{{"a", "1"}}));
  }
  EXPECT_EQ(*store.get("a"), "2");
  EXPECT_FALSE(store.checkpoint(folder_ / "backup").has_value()) << "it exists";
}

TEST_F(StateStoreTest, a_cleared_store_is_empty_also_after_a_restart) {
  {
    StateStore store = open(folder_ / "state");
    put(store, "a", "1", 1);
    ASSERT_TRUE(store.flush().has_value());
    put(store, "b", "1", 2);
    ASSERT_TRUE(store.clear().has_value());
    EXPECT_EQ(store.applied(), 0U);
    EXPECT_TRUE(contents(store).empty());
  }
  {
    StateStore store = open(folder_ / "state");
    EXPECT_EQ(store.applied(), 0U);
    EXPECT_TRUE(contents(store).empty());
    put(store, "c", "1", 1);
    ASSERT_TRUE(store.flush().has_value());
  }
  EXPECT_EQ(contents(open(folder_ / "state")), (Model{{"c", "1"}}));
}

TEST_F(StateStoreTest, one_folder_is_open_once) {
  const StateStore store = open(folder_ / "state");
  const auto second = StateStore::open(folder_ / "state");
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::store_is_locked) << second.error().detail;
}

TEST_F(StateStoreTest, a_flipped_bit_sets_the_folder_aside) {
  {
    StateStore store = open(folder_ / "state");
    for (int i = 0; i < 1'000; ++i)
      put(store, "key/" + std::to_string(i), std::string(100, 'v'), 1);
    ASSERT_TRUE(store.flush().has_value());
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_ / "state")) {
    if (entry.path().extension() != ".sst" || entry.file_size() < 50'000) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(40'000);
    file.put('\x7f');
  }
  const StateStore store = open(folder_ / "state");
  ASSERT_TRUE(store.set_aside().has_value());
  EXPECT_NE(store.set_aside()->find("set-aside-1"), std::string::npos);
  EXPECT_EQ(store.applied(), 0U);
  EXPECT_TRUE(contents(store).empty());
}

TEST_F(StateStoreTest, a_lost_file_sets_the_folder_aside) {
  {
    StateStore store = open(folder_ / "state");
    put(store, "a", "1", 1);
    ASSERT_TRUE(store.flush().has_value());
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_ / "state")) {
    if (entry.path().extension() == ".sst") fs::remove(entry.path());
  }
  const StateStore store = open(folder_ / "state");
  ASSERT_TRUE(store.set_aside().has_value());
  EXPECT_EQ(store.applied(), 0U);
}

TEST_F(StateStoreTest, flushes_beside_changes_lose_nothing) {
  Model model;
  {
    StateStore store = open(folder_ / "state");
    std::jthread flusher([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) EXPECT_TRUE(store.flush().has_value());
    });
    std::mt19937 random(3);
    for (Position i = 1; i <= 3'000; ++i) {
      const std::string key = "k" + std::to_string(random() % 100);
      model[key] = std::to_string(i);
      put(store, key, model[key], i);
      ASSERT_EQ(*store.get(key), model[key]);
    }
    flusher.request_stop();
    flusher.join();
    ASSERT_TRUE(store.flush().has_value());
    EXPECT_EQ(contents(store), model);
  }
  EXPECT_EQ(contents(open(folder_ / "state")), model);
}

RC_GTEST_PROP(StateStoreProperty, it_is_a_map, ()) {
  const Folder folder;
  Model model;
  Model flushed;
  auto store = std::make_unique<StateStore>(open(folder / "state"));
  const auto steps = *rc::gen::container<std::vector<std::tuple<int, int, int>>>(
      rc::gen::tuple(rc::gen::inRange(0, 12), rc::gen::inRange(0, 20), rc::gen::inRange(0, 100)));
  Position position = 0;
  for (const auto& [what, key_number, number] : steps) {
    const std::string key = std::to_string(key_number);
    if (what == 0) {
      RC_ASSERT(store->flush().has_value());
      flushed = model;
    } else if (what == 1) {
      store.reset();
      store = std::make_unique<StateStore>(open(folder / "state"));
      model = flushed;
      position = store->applied();
    } else if (what < 5) {
      remove(*store, key, ++position);
      model.erase(key);
    } else {
      model[key] = std::to_string(number);
      put(*store, key, model[key], ++position);
    }
    const std::string prefix = key.substr(0, 1);
    Model expected;
    for (const auto& [k, v] : model) {
      if (k.starts_with(prefix)) expected.emplace(k, v);
    }
    RC_ASSERT(contents(*store, prefix) == expected);
    const auto found = model.find(key);
    RC_ASSERT(*store->get(key) ==
              (found == model.end() ? std::nullopt : std::optional(found->second)));
  }
  RC_ASSERT(contents(*store) == model);
}

/// What the facts up to a position make: some keys change at each.
void change(StateStore& store, Model* model, Position position) {
  std::mt19937_64 random(position);
  for (int i = 0; i < 5; ++i) {
    const std::string key = "entity/" + std::to_string(random() % 200);
    const std::string value = std::to_string(position) + std::string(random() % 300, 'x');
    const bool is_removed = random() % 5 == 0;
    if (model == nullptr) {
      const Change one{key, is_removed ? std::nullopt : std::optional<std::string_view>(value)};
      store.apply({&one, 1}, position);
    } else if (is_removed) {
      model->erase(key);
    } else {
      (*model)[key] = value;
    }
  }
}

/// Flushes every seventh position, and says it.
bool work_until_killed(const fs::path& folder, int flushed_to) {
  auto store = StateStore::open(folder);
  if (!store.has_value() || store->set_aside().has_value()) ::_exit(2);
  for (Position at = store->applied() + 1; at <= 100'000; ++at) {
    change(*store, nullptr, at);
    if (at % 7 != 0) continue;
    if (!store->flush().has_value()) ::_exit(3);
    if (::write(flushed_to, &at, sizeof at) != sizeof at) ::_exit(4);
  }
  ::_exit(0);
}

// RocksDB's threads do not survive a fork, so who is killed is this program, started again.
constexpr const char* worker_folder = "STEELYARD_STATE_TEST_FOLDER";
constexpr int worker_output = 9;
const bool is_worker = std::getenv(worker_folder) != nullptr &&
                       work_until_killed(std::getenv(worker_folder), worker_output);

pid_t start_worker(const fs::path& folder, int output) {
  const std::string variable = std::string(worker_folder) + '=' + folder.string();
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::dup2(output, worker_output);
  char* const arguments[] = {const_cast<char*>("worker"), nullptr};
  char* const environment[] = {const_cast<char*>(variable.c_str()), nullptr};
  ::execve("/proc/self/exe", arguments, environment);
  ::_exit(5);
}

TEST(StateStoreKill, position_and_contents_agree_after_kill_9) {
  ASSERT_FALSE(is_worker);
  const Folder folder;
  Position acknowledged = 0;
  Model model;
  Position modelled = 0;
  for (int run = 0; run < 25; ++run) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = start_worker(folder / "state", ends[1]);
    ASSERT_GT(child, 0);
    ::close(ends[1]);
    Position read = 0;
    for (int i = 0; i < 2 + run % 6 && ::read(ends[0], &read, sizeof read) == sizeof read; ++i) {
      acknowledged = read;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(311 * run % 3'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
    while (::read(ends[0], &read, sizeof read) == sizeof read) acknowledged = read;
    ::close(ends[0]);

    StateStore store = open(folder / "state");
    ASSERT_FALSE(store.set_aside().has_value()) << *store.set_aside();
    ASSERT_GE(store.applied(), acknowledged);
    EXPECT_EQ(store.applied() % 7, 0U) << "only what was flushed";
    for (; modelled < store.applied(); ++modelled) change(store, &model, modelled + 1);
    EXPECT_EQ(contents(store), model);
  }
  EXPECT_GT(acknowledged, 100U);
}

}  // namespace
}  // namespace steelyard::state
