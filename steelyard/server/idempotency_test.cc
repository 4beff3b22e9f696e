#include "steelyard/server/idempotency.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace steelyard::server {
namespace {

using Kind = IdempotencyState::Kind;

TEST(Idempotency, the_same_command_is_answered_once) {
  const auto store = idempotency_in_memory();
  const IdempotencyKey key{"acme", "k1"};
  EXPECT_EQ(store->begin(key, "hash").kind, Kind::fresh);
  EXPECT_EQ(store->begin(key, "hash").kind, Kind::running);
  EXPECT_EQ(store->begin(key, "other hash").kind, Kind::other);
  EXPECT_EQ(store->begin({"other tenant", "k1"}, "other hash").kind, Kind::fresh);
  store->complete(key, Response::json("{}", 201).with("Location", "/x"));
  const IdempotencyState again = store->begin(key, "hash");
  EXPECT_EQ(again.kind, Kind::answered);
  EXPECT_EQ(again.response.status, 201);
  EXPECT_EQ(again.response.body, "{}");
  EXPECT_EQ(again.response.fields.front().second, "/x");
  EXPECT_EQ(store->begin(key, "other hash").kind, Kind::other);
}

TEST(Idempotency, what_was_not_carried_out_may_be_sent_again) {
  const auto store = idempotency_in_memory();
  const IdempotencyKey key{"acme", "k1"};
  EXPECT_EQ(store->begin(key, "hash").kind, Kind::fresh);
  store->abandon(key);
  EXPECT_EQ(store->begin(key, "other hash").kind, Kind::fresh);
}

TEST(Idempotency, memory_is_bounded) {
  const auto store = idempotency_in_memory(2);
  for (const char* key : {"a", "b"}) {
    EXPECT_EQ(store->begin({"t", key}, "h").kind, Kind::fresh);
  }
  EXPECT_EQ(store->begin({"t", "c"}, "h").kind, Kind::full) << "running ones are not forgotten";
  store->complete({"t", "a"}, Response::json("{}"));
  EXPECT_EQ(store->begin({"t", "c"}, "h").kind, Kind::fresh);
  EXPECT_EQ(store->begin({"t", "b"}, "h").kind, Kind::running);
  EXPECT_EQ(store->begin({"t", "a"}, "h").kind, Kind::full) << "the oldest answer went";

  const auto small = idempotency_in_memory(100, 2'000);
  for (int i = 0; i < 10; ++i) {
    const IdempotencyKey key{"t", std::to_string(i)};
    EXPECT_EQ(small->begin(key, "h").kind, Kind::fresh);
    small->complete(key, Response::json(std::string(1'000, 'x')));
  }
  EXPECT_EQ(small->begin({"t", "9"}, "h").kind, Kind::answered);
  EXPECT_EQ(small->begin({"t", "8"}, "h").kind, Kind::fresh);
}

TEST(Idempotency, one_of_many_at_the_same_time_is_first) {
  const auto store = idempotency_in_memory();
  std::atomic<int> fresh = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int key = 0; key < 500; ++key) {
        if (store->begin({"t", std::to_string(key)}, "h").kind == Kind::fresh) ++fresh;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fresh, 500);
}

}  // namespace
}  // namespace steelyard::server
