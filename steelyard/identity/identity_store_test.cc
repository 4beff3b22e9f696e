#include "steelyard/identity/identity_store.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "steelyard/log/simulated_disk_for_tests.h"

namespace steelyard::identity {
namespace {

using log::SimulatedDisk;
using Call = SimulatedDisk::Call;
using Fault = SimulatedDisk::Fault;

StoreOptions options_on(SimulatedDisk& disk) {
  return {.files = &disk, .seed = 7, .recent_max = 300, .file_entries_max = 2'000};
}

std::unique_ptr<IdentityStore> opened(SimulatedDisk& disk) {
  auto store = IdentityStore::open("ids", options_on(disk));
  EXPECT_TRUE(store.has_value()) << (store.has_value() ? "" : store.error().detail);
  return store.has_value() ? std::move(*store) : nullptr;
}

IdentityKey key_of(std::uint32_t tenant, std::string_view source, std::string_view id) {
  return of_tenant(KeyMaker(7).key_of(source, id), tenant);
}

Known inserted(IdentityStore& store, const std::string& id, std::uint64_t fingerprint,
               std::uint64_t sequence) {
  const auto known = store.insert(key_of(1, "gateway", id), fingerprint, sequence);
  EXPECT_TRUE(known.has_value()) << (known.has_value() ? "" : known.error().detail);
  return known.value_or(Known{});
}

TEST(IdentityStore, says_first_same_or_other_and_where_it_came_first) {
  SimulatedDisk disk;
  const auto store = opened(disk);
  EXPECT_EQ(inserted(*store, "a", 1, 1).seen, Seen::first);
  EXPECT_EQ(inserted(*store, "b", 1, 2).seen, Seen::first);
  const Known same = inserted(*store, "a", 1, 3);
  EXPECT_EQ(same.seen, Seen::same);
  EXPECT_EQ(same.first_sequence, 1u);
  const Known other = inserted(*store, "b", 2, 4);
  EXPECT_EQ(other.seen, Seen::other);
  EXPECT_EQ(other.first_sequence, 2u);
  EXPECT_EQ(inserted(*store, "a", 1, 5).first_sequence, 1u);
  EXPECT_EQ(store->size(), 2u);
}

/// E3: the same id of two tenants or two sources is two facts.
TEST(IdentityStore, tells_tenants_and_sources_apart) {
  SimulatedDisk disk;
  const auto store = opened(disk);
  std::uint64_t sequence = 0;
  for (const auto& [tenant, source, id] :
       {std::tuple{1, "s", "i"}, {2, "s", "i"}, {1, "v", "i"}, {1, "si", ""}, {1, "", "si"}}) {
    EXPECT_EQ(
        store->insert(key_of(static_cast<std::uint32_t>(tenant), source, id), 1, ++sequence)->seen,
        Seen::first);
  }
}

/// As a fact that is refused after all leaves its identity free; also in a replay, where a later
/// one of that identity is known already.
TEST(IdentityStore, a_forgotten_one_was_never_there) {
  SimulatedDisk disk;
  {
    const auto store = opened(disk);
    for (std::uint64_t i = 1; i <= 250; ++i) {
      const std::string id = std::to_string(i);
      inserted(*store, id, 1, 2 * i - 1);
      if (i % 3 == 0) store->forget(key_of(1, "gateway", id), 2 * i - 1);
    }
    EXPECT_EQ(store->size(), 250u - 83u);
    EXPECT_EQ(inserted(*store, "3", 2, 501).seen, Seen::first);
    EXPECT_EQ(inserted(*store, "4", 1, 502).first_sequence, 7u);
    ASSERT_TRUE(store->checkpoint(503).has_value());
  }
  const auto store = opened(disk);
  EXPECT_EQ(inserted(*store, "3", 1, 5).seen, Seen::first);
  store->forget(key_of(1, "gateway", "3"), 5);
  EXPECT_EQ(inserted(*store, "3", 2, 600).first_sequence, 501u);
}

TEST(IdentityStore, knows_after_a_restart_what_was_checkpointed) {
  SimulatedDisk disk;
  {
    const auto store = opened(disk);
    inserted(*store, "a", 1, 1);
    inserted(*store, "b", 1, 2);
    ASSERT_TRUE(store->checkpoint(3).has_value());
    EXPECT_EQ(store->known_end(), 3u);
    inserted(*store, "c", 1, 3);
  }
  const auto store = opened(disk);
  EXPECT_EQ(store->known_end(), 3u);
  EXPECT_EQ(store->size(), 2u);
  EXPECT_EQ(inserted(*store, "c", 1, 3).seen, Seen::first);
  EXPECT_EQ(inserted(*store, "a", 1, 4).first_sequence, 1u);
}

/// State may be older than the identities: its facts come again, and are what they were.
TEST(IdentityStore, a_fact_that_is_replayed_is_the_first_again) {
  SimulatedDisk disk;
  {
    const auto store = opened(disk);
    inserted(*store, "a", 1, 1);
    inserted(*store, "a", 1, 2);
    inserted(*store, "b", 1, 3);
    ASSERT_TRUE(store->checkpoint(4).has_value());
  }
  const auto store = opened(disk);
  EXPECT_EQ(inserted(*store, "a", 1, 1).seen, Seen::first);
  EXPECT_EQ(inserted(*store, "a", 1, 2).seen, Seen::same);
  EXPECT_EQ(inserted(*store, "b", 1, 3).seen, Seen::first);
  ASSERT_TRUE(store->checkpoint(2).has_value());
  EXPECT_EQ(store->known_end(), 4u);
}

TEST(IdentityStore, with_another_seed_has_to_be_made_again) {
  SimulatedDisk disk;
  ASSERT_TRUE(opened(disk)->checkpoint(1).has_value());
  StoreOptions other = options_on(disk);
  other.seed = 8;
  const auto refused = IdentityStore::open("ids", other);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().detail, "ids/manifest: was written with another hash");
  ASSERT_TRUE(IdentityStore::discard("ids", &disk).has_value());
  const auto made_again = IdentityStore::open("ids", other);
  ASSERT_TRUE(made_again.has_value());
  EXPECT_EQ((*made_again)->known_end(), 1u);
}

/// What a store must answer, by a map of texts.
class Model {
 public:
  Known insert(const std::string& id, std::uint64_t fingerprint, std::uint64_t sequence) {
    const auto [at, is_new] = first_.try_emplace(id, fingerprint, sequence);
    const auto& [content, first] = at->second;
    if (is_new) return {Seen::first, sequence};
    return {content == fingerprint ? Seen::same : Seen::other, first};
  }
  void forget_from(std::uint64_t sequence) {
    std::erase_if(first_, [&](const auto& each) { return each.second.second >= sequence; });
  }

 private:
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> first_;
};

/// Any facts, through any number of files, restarts and power failures, are answered as if all
/// had been kept in memory.
RC_GTEST_PROP(IdentityStoreLaws, answers_like_a_map, (std::uint64_t seed)) {
  std::mt19937_64 random(seed);
  SimulatedDisk disk;
  Model model;
  std::uint64_t sequence = 1;
  const std::uint64_t ids = 1 + random() % 1'500;
  for (int round = 0; round < 4; ++round) {
    const bool ends_badly = random() % 2 == 0;
    if (ends_badly) {
      const std::uint64_t last_call = disk.calls() + 1 + random() % 200;
      disk.set_plan([=](Call, const std::string&, std::uint64_t number) {
        return Fault{.power_fails = number == last_call};
      });
    }
    auto store = IdentityStore::open("ids", options_on(disk));
    RC_ASSERT(store.has_value() || disk.power_has_failed());
    const std::size_t facts = random() % 1'500;
    for (std::size_t i = 0; i < facts && store.has_value(); ++i, ++sequence) {
      const std::string id = std::to_string(random() % ids);
      const std::uint64_t fingerprint = random() % 2;
      const auto known = (*store)->insert(key_of(1, "s", id), fingerprint, sequence);
      if (!known.has_value()) break;
      const Known expected = model.insert(id, fingerprint, sequence);
      RC_ASSERT(known->seen == expected.seen);
      RC_ASSERT(known->first_sequence == expected.first_sequence);
      if (random() % 500 == 0) (void)(*store)->begin_checkpoint(sequence + 1);
    }
    if (store.has_value()) store->reset();
    RC_ASSERT(ends_badly || !disk.power_has_failed());
    disk.restart(random(), random() % 3 == 0);
    const auto again = IdentityStore::open("ids", options_on(disk));
    if (!again.has_value()) RC_FAIL(again.error().detail);
    RC_ASSERT((*again)->known_end() <= sequence);
    sequence = (*again)->known_end();
    model.forget_from(sequence);
  }
}

TEST(IdentityStore, joins_files_so_that_few_remain) {
  SimulatedDisk disk;
  const auto store = opened(disk);
  for (std::uint64_t i = 1; i <= 20'000; ++i) {
    ASSERT_EQ(inserted(*store, std::to_string(i), 1, i).seen, Seen::first);
  }
  ASSERT_TRUE(store->checkpoint(20'001).has_value());
  EXPECT_EQ(store->size(), 20'000u);
  EXPECT_LE(store->file_count(), 18u);
  EXPECT_EQ(disk.paths().size(), store->file_count() + 1) << "joined files are removed";
  for (std::uint64_t i = 1; i <= 20'000; i += 7) {
    ASSERT_EQ(inserted(*store, std::to_string(i), 1, 20'000 + i).first_sequence, i);
  }
}

/// B12: what can not be written stays in memory until there is room.
TEST(IdentityStore, a_full_disk_refuses_when_the_table_is_full_and_recovers) {
  SimulatedDisk disk;
  const auto store = opened(disk);
  disk.set_capacity(5'000);
  std::uint64_t sequence = 1;
  std::optional<Error> error;
  for (; sequence < 2'000; ++sequence) {
    const auto known = store->insert(key_of(1, "s", std::to_string(sequence)), 1, sequence);
    if (known.has_value()) continue;
    error = known.error();
    break;
  }
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code, ErrorCode::disk_full);
  EXPECT_EQ(sequence, 601u) << "a table that waits to be written, and one that is full";
  EXPECT_EQ(store->insert(key_of(1, "s", "1"), 1, sequence)->first_sequence, 1u);
  disk.set_capacity(10'000'000);
  for (; sequence < 2'000; ++sequence) {
    ASSERT_TRUE(store->insert(key_of(1, "s", std::to_string(sequence)), 1, sequence).has_value());
  }
  ASSERT_TRUE(store->checkpoint(sequence).has_value());
  EXPECT_EQ(opened(disk)->size(), 1'999u);
}

/// Every byte of every file flipped: refused, or answered as before.
TEST(IdentityStore, a_flip_of_any_byte_never_changes_an_answer) {
  SimulatedDisk disk;
  {
    const auto store = opened(disk);
    for (std::uint64_t i = 1; i <= 200; ++i) inserted(*store, std::to_string(i), i, i);
    ASSERT_TRUE(store->checkpoint(201).has_value());
  }
  std::size_t refusals = 0;
  for (const std::string& path : disk.paths()) {
    for (std::size_t at = 0; at < disk.content(path).size(); at += 3) {
      const auto copy = disk.copy();
      copy->content(path)[at] ^= static_cast<char>(1 << at % 8);
      const auto store = IdentityStore::open("ids", options_on(*copy));
      if (!store.has_value()) {
        EXPECT_EQ(store.error().code, ErrorCode::file_is_malformed);
        EXPECT_TRUE(store.error().detail.starts_with(path)) << store.error().detail;
        ++refusals;
        continue;
      }
      for (std::uint64_t i = 1; i <= 250; i += 37) {
        const auto known = (*store)->insert(key_of(1, "gateway", std::to_string(i)), i, 200 + i);
        if (known.has_value()) {
          EXPECT_EQ(known->seen, i <= 200 ? Seen::same : Seen::first) << path << ' ' << at;
        } else {
          EXPECT_EQ(known.error().code, ErrorCode::file_is_malformed);
        }
      }
    }
  }
  EXPECT_GT(refusals, 200u);
}

}  // namespace
}  // namespace steelyard::identity
