#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <string>

#include "steelyard/core/log_record.h"
#include "steelyard/core/machine_for_tests.h"
#include "steelyard/node/node.h"
#include "steelyard/node/rebuild.h"
#include "steelyard/report/json_text.h"

namespace steelyard::node {
namespace {

std::int64_t at(const std::string& text) {
  base::Instant instant;
  EXPECT_TRUE(base::parse_rfc3339(text, instant)) << text;
  return instant.seconds;
}

SharedRater rater_by(const std::string& rules) {
  base::ZoneBook zones;
  zones.set(base::parse_zone_rules("Asia/Shanghai", rules).value());
  return std::make_shared<const rating::Rater>(core::shipped_rater_by(zones));
}

std::string call_at(const std::string& id, const std::string& time) {
  std::string text = core::call(id, 1'000, R"("api_key":"ak",)");
  const std::string usual = "2026-11-22T08:00:03Z";
  return text.replace(text.find(usual), usual.size(), time);
}

/// The shipped book, published by a machine whose Shanghai was an hour behind ours.
std::string publication() {
  std::string text = R"({"command":"publish_prices","hash":"h","origin":"start","zone_rules":)"
                     R"({"Asia/Shanghai":"1970-01-01T00:00:00Z +07:00"},"files":{)";
  const auto files = pricebook::read_files(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas").value();
  for (const auto& [path, content] : files) {
    if (text.back() != '{') text += ',';
    report::append_json_string(path, text);
    text += ':';
    report::append_json_string(content, text);
  }
  return text + "}}";
}

/// A node on a log that another machine has begun.
class NodeZones : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "node-zones-" + std::to_string(getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override {
    node.reset();
    std::filesystem::remove_all(folder_);
  }

  /// Records of commands, and of events where they do not say what they command.
  void begin_log(const std::vector<std::string>& texts, const std::string& time) {
    auto log = log::LocalLog::open(folder_).value();
    for (const std::string& text : texts) {
      const bool is_command = text.starts_with(R"({"command")");
      std::string bytes;
      core::append_log_record({is_command ? core::RecordKind::command : core::RecordKind::event,
                               text.contains("publish_prices") ? 0U : 1U, at(time) * 1'000'000,
                               std::string_view(text).substr(0, text.find_last_not_of('\n') + 1)},
                              bytes);
      std::vector<std::uint32_t> ends{static_cast<std::uint32_t>(bytes.size())};
      ASSERT_TRUE(log->append_and_wait({std::move(bytes), std::move(ends)}).has_value());
    }
  }

  void open(const std::string& time,
            std::shared_ptr<const rating::Rater> initial =
                std::shared_ptr<const rating::Rater>(&core::shipped_rater(), [](auto*) {})) {
    node.reset();
    NodeOptions options;
    options.clock.wall_micros = [now = at(time) * 1'000'000] { return now; };
    options.clock.steady_micros = [] { return std::int64_t{0}; };
    auto opened = Node::open(std::move(initial), log::LocalLog::open(folder_).value(),
                             Keeper::open(folder_, {}).value(), std::move(options));
    ASSERT_TRUE(opened.has_value()) << opened.error().detail;
    node = *std::move(opened);
  }

  void take(const std::string& line) {
    std::promise<batch::Status> done;
    node->take_events(1, line, [&](const Result<EventBatch*>& batch) {
      done.set_value(batch.value()->records().front().status);
    });
    ASSERT_EQ(done.get_future().get(), batch::Status::rated);
  }

  /// Where the days begin that have usage.
  std::vector<std::string> days() {
    std::vector<std::string> all;
    node->ask([&](const core::Core& core) {
      for (const core::UsageSum& each : core.usage(1)->sums("acme", 0, INT64_MAX)) {
        all.push_back(base::to_rfc3339({each.day, 0}));
      }
    });
    return all;
  }

  /// "2026-10-31T17:00:00Z..2026-11-30T17:00:00Z" of the window that is open.
  std::string window() {
    std::string text;
    node->ask([&](const core::Core& core) {
      const auto view = core.ledger().budget(core.ledger().find_budget(1, "key/ak").value());
      text =
          base::to_rfc3339({view.current.from, 0}) + ".." + base::to_rfc3339({view.current.to, 0});
    });
    return text;
  }

  std::vector<std::string> acts() {
    std::vector<std::string> all;
    node->ask([&](const core::Core& core) {
      for (const core::Act& act : core.acts()) all.push_back(act.name);
    });
    return all;
  }

  /// From the log alone, as a machine would whose own rules are others.
  Result<Rebuilt> rebuilt_elsewhere() {
    node.reset();
    const auto log = log::LocalLog::open(folder_).value();
    return rebuild(*rater_by("1970-01-01T00:00:00Z +03:00"), *log, folder_);
  }

  std::unique_ptr<Node> node;

 private:
  std::string folder_;
};

using Texts = std::vector<std::string>;

TEST_F(NodeZones, D6_other_rules_of_the_machine_begin_behind_the_open_month_and_stand_in_the_log) {
  begin_log({publication(),
             R"({"command":"set_budget","name":"key/ak","period":"month","zone":"Asia/Shanghai"})",
             call_at("a", "2026-11-21T16:30:00Z")},
            "2026-11-25T09:00:00Z");
  open("2026-11-25T10:00:00Z");
  EXPECT_EQ(days(), Texts{"2026-11-20T17:00:00Z"});
  EXPECT_EQ(window(), "2026-10-31T17:00:00Z..2026-11-30T17:00:00Z");

  const auto changes = node->take_zone_rules_of_machine();
  ASSERT_TRUE(changes.has_value()) << changes.error().detail;
  ASSERT_EQ(changes->size(), 1U);
  EXPECT_EQ(changes->front().zone, "Asia/Shanghai");
  EXPECT_EQ(base::to_rfc3339(changes->front().at), "2026-11-30T17:00:00Z");
  EXPECT_EQ(acts(), (Texts{"publish_prices", "set_budget", "set_zone_rules"}));
  EXPECT_TRUE(node->take_zone_rules_of_machine().value().empty()) << "they are in force";
  take(call_at("b", "2026-11-24T16:30:00Z"));
  EXPECT_EQ(days(), (Texts{"2026-11-20T17:00:00Z", "2026-11-23T17:00:00Z"}));
  EXPECT_EQ(window(), "2026-10-31T17:00:00Z..2026-11-30T17:00:00Z");
  ASSERT_TRUE(node->keep().has_value());

  open("2026-12-05T10:00:00Z");
  EXPECT_TRUE(node->take_zone_rules_of_machine().value().empty());
  take(call_at("c", "2026-11-30T16:59:59Z"));
  take(call_at("d", "2026-11-30T17:00:00Z"));
  take(call_at("e", "2026-12-01T16:00:00Z"));
  EXPECT_EQ(days(), (Texts{"2026-11-20T17:00:00Z", "2026-11-23T17:00:00Z", "2026-11-29T17:00:00Z",
                           "2026-11-30T17:00:00Z", "2026-12-01T16:00:00Z"}));
  EXPECT_EQ(window(), "2026-11-30T17:00:00Z..2026-12-31T16:00:00Z");
  ASSERT_TRUE(node->keep().has_value());
  const auto rebuilt = rebuilt_elsewhere();
  ASSERT_TRUE(rebuilt.has_value()) << rebuilt.error().detail;
  EXPECT_EQ(rebuilt->events, 5U);
  EXPECT_GT(rebuilt->kept_entities, 0U);
}

TEST_F(NodeZones, D6_a_start_without_state_computes_with_the_rules_of_the_log) {
  begin_log({publication(), call_at("a", "2026-11-21T16:30:00Z")}, "2026-11-25T09:00:00Z");
  open("2026-11-25T10:00:00Z", rater_by("1970-01-01T00:00:00Z -05:00"));
  EXPECT_EQ(days(), Texts{"2026-11-20T17:00:00Z"});
  ASSERT_EQ(node->take_zone_rules_of_machine().value().size(), 1U);
  open("2026-11-25T10:00:00Z", rater_by("1970-01-01T00:00:00Z -05:00"));  // Nothing was kept.
  EXPECT_EQ(days(), Texts{"2026-11-20T17:00:00Z"});
  EXPECT_TRUE(node->take_zone_rules_of_machine().value().empty());
}

TEST_F(NodeZones, D6_a_folder_of_an_earlier_version_gets_the_rules_of_this_machine_once) {
  begin_log({R"({"command":"set_budget","name":"key/ak","period":"day","zone":"Europe/Berlin"})",
             R"({"command":"set_budget","name":"all","period":"day"})",
             call_at("a", "2026-11-21T16:30:00Z")},
            "2026-11-25T09:00:00Z");
  open("2026-11-25T10:00:00Z");
  EXPECT_EQ(days(), Texts{"2026-11-21T16:00:00Z"});
  const auto changes = node->take_zone_rules_of_machine();
  ASSERT_TRUE(changes.has_value()) << changes.error().detail;
  EXPECT_TRUE(changes->empty()) << "nothing changes, but now it stands there";
  EXPECT_EQ(acts(), (Texts{"set_budget", "set_budget", "set_zone_rules", "set_zone_rules"}));
  node->ask([](const core::Core& core) {
    for (const std::string zone : {"Asia/Shanghai", "Europe/Berlin"}) {
      EXPECT_EQ(*core.zones().known(zone), *base::zone_rules_of_machine(zone));
    }
    EXPECT_EQ(core.zones().all().size(), 2U);  // Of UTC, nothing has to be said.
  });
  ASSERT_TRUE(node->keep().has_value());
  open("2026-11-25T11:00:00Z");
  EXPECT_TRUE(node->take_zone_rules_of_machine().value().empty());
  EXPECT_EQ(acts().size(), 4U);
  EXPECT_EQ(days(), Texts{"2026-11-21T16:00:00Z"});
}

TEST_F(NodeZones, D6_a_publication_says_the_rules_of_a_zone_that_the_log_does_not_have) {
  open("2026-11-25T10:00:00Z");
  core::PublishPrices prices;
  prices.files = pricebook::read_files(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas").value();
  prices.origin = "start";
  ASSERT_TRUE(node->publish(prices).has_value());
  EXPECT_TRUE(node->take_zone_rules_of_machine().value().empty());
  EXPECT_EQ(acts(), Texts{"publish_prices"});
  node->ask([](const core::Core& core) {
    EXPECT_EQ(*core.zones().known("Asia/Shanghai"), *base::zone_rules_of_machine("Asia/Shanghai"));
  });
}

}  // namespace
}  // namespace steelyard::node
