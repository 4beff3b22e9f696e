#include "steelyard/identity/identity_set.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace steelyard::identity {
namespace {

TEST(IdentitySet, the_same_content_is_a_duplicate_and_other_content_a_conflict) {
  const KeyMaker keys(7);
  IdentitySet set;
  const IdentityKey key = keys.key_of("gateway/1", "call-1");
  EXPECT_EQ(set.insert(key, 1), Seen::first);
  EXPECT_EQ(set.insert(key, 1), Seen::same);
  EXPECT_EQ(set.insert(key, 2), Seen::other);
  EXPECT_EQ(set.insert(key, 1), Seen::same);
  EXPECT_EQ(set.size(), 1u);
}

TEST(IdentitySet, source_and_id_do_not_run_into_each_other) {
  const KeyMaker keys(7);
  IdentitySet set;
  EXPECT_EQ(set.insert(keys.key_of("ab", "c"), 1), Seen::first);
  EXPECT_EQ(set.insert(keys.key_of("a", "bc"), 1), Seen::first);
  EXPECT_EQ(set.insert(keys.key_of("", "abc"), 1), Seen::first);
}

TEST(IdentitySet, short_ids_differ_under_every_seed) {
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
    const KeyMaker keys(seed);
    IdentitySet set;
    for (char c = 'a'; c <= 'z'; ++c) {
      EXPECT_EQ(set.insert(keys.key_of("s", std::string(1, c)), 1), Seen::first) << c << seed;
    }
  }
}

/// As a map does, while ids come and go; places behind a forgotten one move up.
TEST(IdentitySet, a_forgotten_one_was_never_there) {
  std::mt19937_64 random(20'261'125);
  const KeyMaker keys(random());
  IdentitySet set;
  std::map<std::string, std::uint64_t> expected;
  for (int i = 0; i < 200'000; ++i) {
    const std::string id = "call-" + std::to_string(random() % 5'000);
    const std::uint64_t content = random() % 2;
    const auto known = expected.find(id);
    if (known != expected.end() && random() % 2 == 0) {
      set.forget(keys.key_of("gateway", id), 0);
      expected.erase(known);
      continue;
    }
    const Seen seen = set.insert(keys.key_of("gateway", id), content);
    EXPECT_EQ(seen, known == expected.end()    ? Seen::first
                    : known->second == content ? Seen::same
                                               : Seen::other);
    expected.try_emplace(id, content);
  }
  EXPECT_EQ(set.size(), expected.size());
}

/// The set answers like a map of the texts, whatever the order and the growth.
TEST(IdentitySet, agrees_with_a_map) {
  std::mt19937_64 random(20'261'122);
  const KeyMaker keys(random());
  IdentitySet set;
  std::map<std::string, std::uint64_t> expected;
  for (int i = 0; i < 300'000; ++i) {
    const std::string id = "call-" + std::to_string(random() % 150'000);
    const std::uint64_t content = random() % 2;
    const auto [known, is_new] = expected.try_emplace(id, content);
    const Seen seen = set.insert(keys.key_of("gateway", id), content);
    EXPECT_EQ(seen, is_new ? Seen::first : known->second == content ? Seen::same : Seen::other);
  }
  EXPECT_EQ(set.size(), expected.size());
}

TEST(IdentitySet, keeps_to_22_bytes_for_an_identity_at_every_size) {
  const KeyMaker keys(1);
  IdentitySet set;
  for (int i = 1; i <= 2'000'000; ++i) {
    set.insert(keys.key_of("gateway", std::to_string(i)), 1);
    if (i >= 1'000'000 && i % 10'000 == 0) {
      EXPECT_LE(set.memory_bytes(), static_cast<std::size_t>(i) * 24) << i;
    }
  }
}

/// Keys that all fall on one place are still told apart.
TEST(IdentitySet, survives_keys_that_crowd_together) {
  const KeyMaker keys(1);
  IdentitySet set;
  for (std::uint64_t i = 1; i <= 5'000; ++i) {
    EXPECT_EQ(set.insert({i, static_cast<std::uint16_t>(i)}, i), Seen::first);
  }
  for (std::uint64_t i = 1; i <= 5'000; ++i) {
    EXPECT_EQ(set.insert({i, static_cast<std::uint16_t>(i)}, i), Seen::same);
  }
}

}  // namespace
}  // namespace steelyard::identity
