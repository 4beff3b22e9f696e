#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <string>

#include "steelyard/core/machine_for_tests.h"
#include "steelyard/node/node.h"

namespace steelyard::node {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t hour = 3'600 * second;

/// A node on a folder of its own, with clocks that stand still until they are moved.
class NodeClock : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "node-clock-" + std::to_string(getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<std::unique_ptr<Node>> open(bool accepts_clock = false) {
    NodeOptions options;
    options.clock.wall_micros = [this] { return wall.load(); };
    options.clock.steady_micros = [this] { return steady.load(); };
    options.accepts_clock = accepts_clock;
    return Node::open(std::shared_ptr<const rating::Rater>(&core::shipped_rater(), [](auto*) {}),
                      log::LocalLog::open(folder_).value(), Keeper::open(folder_, {}).value(),
                      std::move(options));
  }

  static core::Answer ask(Node& node, const std::string& command) {
    std::promise<core::Answer> done;
    const auto taken =
        node.take_command(1, command, [&](const Result<core::Answer>& answer, const core::Core&) {
          done.set_value(answer.value());
        });
    EXPECT_TRUE(taken.has_value());
    return done.get_future().get();
  }

  std::atomic<std::int64_t> wall{std::int64_t{1'795'600'000} * second};
  std::atomic<std::int64_t> steady{0};

 private:
  std::string folder_;
};

TEST_F(NodeClock, D2_nothing_expires_because_somebody_set_the_clock_wrongly) {
  const auto node = open().value();
  ask(*node, R"({"command":"set_account","account":"acme"})");
  ask(*node, R"({"command":"open_hold","hold":"h","account":"acme","amount":"1","ttl_ms":60000})");
  const auto open_holds = [&] {
    std::size_t count = 0;
    node->tick();
    node->ask([](const core::Core&) {});
    node->ask([&](const core::Core& core) { count = core.ledger().open_hold_count(); });
    return count;
  };
  wall += 24 * hour * 365;
  steady += second;
  EXPECT_EQ(open_holds(), 1U);
  EXPECT_TRUE(node->clock().is_suspect());
  steady += 60 * second;
  const auto answer =
      ask(*node, R"({"command":"open_hold","hold":"i","account":"acme","amount":"1"})");
  EXPECT_EQ(answer.hold->expires_at.seconds, 1'795'600'000 + 61 + 60);
}

TEST_F(NodeClock, S20_a_proposal_expires_when_its_time_is_over_and_not_by_a_wrong_clock) {
  const auto node = open().value();
  const std::uint64_t proposal =
      ask(*node, R"({"command":"propose","what":{"command":"top_up","account":"acme","id":"p",)"
                 R"("amount":"1"},"by":"ann"})")
          .proposal;
  const auto state = [&] {
    node->tick();
    ask(*node, R"({"command":"set_account","account":"acme"})");  // Behind the tick.
    auto found = core::ProposalState::open;
    node->ask([&](const core::Core& core) { found = core.proposals().find(1, proposal)->state; });
    return found;
  };
  wall += 7 * 24 * hour;
  steady += second;
  EXPECT_EQ(state(), core::ProposalState::open);
  wall += second - 7 * 24 * hour;
  EXPECT_EQ(state(), core::ProposalState::open);
  wall += 7 * 24 * hour;
  steady += 7 * 24 * hour;
  EXPECT_EQ(state(), core::ProposalState::expired);
}

TEST_F(NodeClock, O3_a_log_that_is_ahead_of_the_clock_is_not_gone_on_with) {
  ask(*open().value(), R"({"command":"set_account","account":"acme"})");
  wall -= 2 * hour;
  const auto refused = open();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_time);
  EXPECT_TRUE(refused.error().detail.starts_with("the clock says 2026-11-25T"))
      << refused.error().detail;
  const auto accepted = open(true);
  ASSERT_TRUE(accepted.has_value());
  const auto answer = ask(**accepted, R"({"command":"open_hold","hold":"i","account":"acme",)"
                                      R"("amount":"1","ttl_ms":60000})");
  EXPECT_EQ(answer.hold->expires_at.seconds, 1'795'600'060);
}

}  // namespace
}  // namespace steelyard::node
