#include "steelyard/server/fair_turns.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace steelyard::server {
namespace {

using std::chrono::milliseconds;
using Turn = FairTurns::Turn;

const auto nobody = [] {};

TEST(FairTurns, C6_who_sends_more_than_its_share_waits_for_itself_and_for_nobody_else) {
  FairTurns turns({.of_tenant = 200, .of_all = 1'000, .of_turn_min = 1, .line_always = 100});
  std::vector<Turn> flood;
  std::string order;
  for (int i = 0; i < 5; ++i) {
    flood.push_back(turns.enter("loud", 100, {}, [&order, i] { order += std::to_string(i); }));
  }
  EXPECT_TRUE(flood[0].has_come() && flood[1].has_come());
  EXPECT_FALSE(flood[2].has_come());
  EXPECT_EQ(turns.waiting(), 3U);
  EXPECT_TRUE(turns.enter("quiet", 100, {}, nobody).has_come()) << "there is a line, not its own";
  flood[1].end();
  EXPECT_TRUE(flood[2].has_come());
  flood[3].end();  // The client is gone.
  flood[0].end();
  flood[2].end();
  EXPECT_EQ(order, "24");
  EXPECT_EQ(turns.waiting(), 0U);
}

TEST(FairTurns, C6_when_all_have_work_the_next_turn_is_of_who_has_least_under_way) {
  FairTurns turns({.of_tenant = 300, .of_all = 300, .of_turn_min = 1, .line_always = 100});
  std::string order;
  std::vector<Turn> all;
  const auto enter = [&](const char* tenant, std::size_t bytes) {
    all.push_back(turns.enter(tenant, bytes, {}, [&order, tenant] { order += tenant; }));
  };
  for (int i = 0; i < 3; ++i) enter("A", 100);  // These go at once.
  for (int i = 0; i < 3; ++i) enter("A", 100);
  for (int i = 0; i < 3; ++i) enter("B", 100);
  enter("C", 100);
  EXPECT_EQ(order, "");
  for (int i = 0; i < 3; ++i) all[static_cast<std::size_t>(i)].end();
  EXPECT_EQ(order, "BCA") << "each has one under way";
  all.clear();
  EXPECT_EQ(turns.waiting(), 0U);
}

TEST(FairTurns, C6_while_the_server_is_behind_who_sends_little_does_not_wait) {
  bool is_behind = true;
  FairTurns turns({.of_tenant = 1'000,
                   .of_all = 1'000,
                   .of_turn_min = 1,
                   .line_always = 100,
                   .of_tenant_when_behind = 100},
                  [&is_behind] { return is_behind; });
  turns.look(milliseconds(1'000));
  EXPECT_TRUE(turns.enter("loud", 100, {}, nobody).has_come());
  const Turn second = turns.enter("loud", 100, {}, nobody);
  const Turn third = turns.enter("loud", 100, {}, nobody);
  EXPECT_FALSE(second.has_come());
  EXPECT_TRUE(turns.enter("quiet", 50, {}, nobody).has_come());
  EXPECT_TRUE(turns.enter("quiet", 50, {}, nobody).has_come());
  turns.look(milliseconds(1'099));
  EXPECT_FALSE(second.has_come());
  turns.look(milliseconds(1'100));
  EXPECT_TRUE(second.has_come()) << "a little goes on";
  EXPECT_FALSE(third.has_come());
  is_behind = false;
  turns.look(milliseconds(1'101));
  EXPECT_TRUE(third.has_come());
}

TEST(FairTurns, a_line_is_as_long_as_what_is_done_in_a_quarter_of_a_second) {
  FairTurns turns({.of_tenant = 1, .of_all = 1, .of_turn_min = 1, .line_always = 2});
  Turn first = turns.enter("a", 1, {}, nobody);
  std::vector<Turn> line;
  for (int i = 0; i < 2; ++i) {
    line.push_back(turns.enter("a", 1, {}, nobody));
    EXPECT_TRUE(line.back().is_alive());
  }
  EXPECT_FALSE(turns.enter("a", 1, {}, nobody).is_alive());
  EXPECT_TRUE(turns.enter("b", 1, {}, nobody).is_alive()) << "its own line";
  EXPECT_TRUE(turns.enter("a", 1, {}, nobody, false).is_alive()) << "its body is here already";
  line.clear();
  first.end();
  for (int i = 0; i < 16; ++i) EXPECT_TRUE(turns.enter("a", 1, {}, nobody).has_come());
  first = turns.enter("a", 1, milliseconds(1'100), nobody);
  for (int i = 0; i < 4; ++i) {
    line.push_back(turns.enter("a", 1, milliseconds(1'100), nobody));
    EXPECT_TRUE(line.back().is_alive()) << i;
  }
  EXPECT_FALSE(turns.enter("a", 1, milliseconds(1'100), nobody).is_alive());
  // A second in which nothing was done.
  EXPECT_FALSE(turns.enter("a", 1, milliseconds(9'000), nobody).is_alive());
  line.clear();
}

TEST(FairTurns, C6_what_is_only_announced_leaves_room_for_others) {
  FairTurns turns({.of_tenant = 100, .of_all = 400, .of_turn_min = 1, .line_always = 2});
  const Turn announced = turns.enter("loud", 1'000'000, {}, nobody);
  EXPECT_TRUE(announced.has_come());
  const Turn second = turns.enter("loud", 1, {}, nobody);
  EXPECT_FALSE(second.has_come());
  EXPECT_TRUE(turns.enter("quiet", 1, {}, nobody).has_come());
}

TEST(FairTurns, a_turn_may_outlive_what_gave_it) {
  Turn turn;
  {
    FairTurns turns(FairTurns::Limits{});
    turn = turns.enter("a", 1, {}, nobody);
  }
  EXPECT_TRUE(turn.has_come());
  turn.end();
  EXPECT_FALSE(turn.is_alive());
}

RC_GTEST_PROP(FairTurns, nobody_is_above_its_share_and_all_come_at_last, ()) {
  FairTurns turns({.of_tenant = 50, .of_all = 120, .of_turn_min = 1, .line_always = 1'000});
  struct Held {
    Turn turn;
    std::string tenant;
    std::size_t bytes;
  };
  std::vector<Held> held;
  std::size_t told = 0;
  std::size_t waited = 0;
  const auto check = [&] {
    std::map<std::string, std::size_t> under_way;
    std::map<std::string, std::size_t> largest;
    std::size_t all = 0;
    std::size_t waiting = 0;
    for (const Held& each : held) {
      if (!each.turn.has_come()) {
        ++waiting;
        continue;
      }
      all += each.bytes;
      under_way[each.tenant] += each.bytes;
      largest[each.tenant] = std::max(largest[each.tenant], each.bytes);
    }
    RC_ASSERT(all < 120 + 40);
    for (const auto& [tenant, bytes] : under_way) RC_ASSERT(bytes < 50 + largest[tenant]);
    RC_ASSERT(turns.waiting() == waiting);
    // Where there is room, nobody waits who may go.
    for (const Held& each : held) {
      RC_ASSERT(each.turn.has_come() || all >= 120 || under_way[each.tenant] >= 50);
    }
  };
  const auto steps = *rc::gen::inRange(1, 200);
  for (int i = 0; i < steps; ++i) {
    if (held.empty() || *rc::gen::inRange(0, 3) > 0) {
      const auto tenant = std::string(1, static_cast<char>('a' + *rc::gen::inRange(0, 4)));
      const auto bytes = *rc::gen::inRange<std::size_t>(1, 40);
      held.push_back({turns.enter(tenant, bytes, {}, [&told] { ++told; }), tenant, bytes});
      if (!held.back().turn.has_come()) ++waited;
    } else {
      const auto at = *rc::gen::inRange<std::size_t>(0, held.size());
      if (!held[at].turn.has_come()) --waited;
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(at));
    }
    check();
  }
  while (!held.empty()) {
    const auto come = std::ranges::find_if(held, [](const Held& h) { return h.turn.has_come(); });
    RC_ASSERT(come != held.end());
    held.erase(come);
    check();
  }
  RC_ASSERT(told == waited);
}

}  // namespace
}  // namespace steelyard::server
