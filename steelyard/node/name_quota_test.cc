#include "steelyard/node/name_quota.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <future>
#include <string>

#include "steelyard/core/machine_for_tests.h"
#include "steelyard/log/simulated_disk_for_tests.h"
#include "steelyard/node/node.h"

namespace steelyard::node {
namespace {

std::string call_of(const std::string& id, const std::string& account, const std::string& source,
                    const std::string& model = "qwen-plus") {
  return R"({"specversion":"1.0","id":")" + id + R"(","source":")" + source +
         R"(","type":"ai.model.call","subject":")" + account +
         R"(","time":"2026-11-22T08:00:03Z","data":{"model":")" + model +
         R"(","protocol":"tokens","usage":{"input":1}}})"
         "\n";
}

/// A node that takes three names of each kind.
class NodeNames : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "node-names-" + std::to_string(getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    open();
  }
  void TearDown() override {
    node.reset();
    std::filesystem::remove_all(folder_);
  }

  void open() {
    NodeOptions options;
    options.clock.wall_micros = [] { return std::int64_t{1'795'600'000} * 1'000'000; };
    options.name_limits = {.labels_max = 3, .parties_max = 3};
    node = Node::open(std::shared_ptr<const rating::Rater>(&core::shipped_rater(), [](auto*) {}),
                      log::LocalLog::open(folder_, log_options).value(),
                      Keeper::open(folder_, {}).value(), std::move(options))
               .value();
  }

  void restart(bool keeps) {
    if (keeps) {
      ASSERT_TRUE(node->keep().has_value());
    }
    node.reset();
    open();
  }

  /// "rated", or the reason, of each; or why there is no answer.
  std::vector<std::string> take(const std::string& lines, std::uint32_t tenant = 1,
                                Intake intake = {}) {
    std::promise<std::vector<std::string>> done;
    const auto tell = [&](Result<EventBatch*> batch) {
      std::vector<std::string> all;
      if (!batch.has_value())
        return done.set_value({std::string(base::name_of(batch.error().code))});
      for (const batch::Record& each : batch.value()->records()) {
        const bool has_reason =
            each.status == batch::Status::rejected || each.status == batch::Status::unrated;
        all.emplace_back(has_reason ? base::name_of(each.reason) : name_of(each.status));
        detail = each.detail;
      }
      done.set_value(all);
    };
    node->take_events(tenant, lines, tell, intake);
    return done.get_future().get();
  }

  std::unique_ptr<Node> node;
  log::Options log_options;
  std::string detail;

 private:
  std::string folder_;
};

using Words = std::vector<std::string>;

TEST_F(NodeNames, C8_names_beyond_the_limit_are_refused_before_the_log) {
  std::string lines;
  for (int i = 0; i < 5; ++i) lines += call_of(std::to_string(i), "acme", "s" + std::to_string(i));
  EXPECT_EQ(take(lines), (Words{"rated", "rated", "rated", "too_many_names", "too_many_names"}));
  EXPECT_EQ(detail, "'s4' is new, and the tenant has 3 sources already");
  EXPECT_EQ(node->log().durable_end(), 4U);
  EXPECT_EQ(take(call_of("known", "acme", "s1")), Words{"rated"});
  EXPECT_EQ(take(call_of("3", "acme", "s0")), Words{"rated"}) << "it took no identity";
  EXPECT_EQ(take(lines, 2), (Words{"rated", "rated", "rated", "too_many_names", "too_many_names"}))
      << "of each tenant";
}

TEST_F(NodeNames, C8_names_without_a_price_count_too) {
  std::string lines;
  for (int i = 0; i < 4; ++i) {
    lines += call_of(std::to_string(i), "acme", "s", "model-" + std::to_string(i));
  }
  EXPECT_EQ(take(lines),
            (Words{"unknown_model", "unknown_model", "unknown_model", "too_many_names"}));
  EXPECT_EQ(detail, "'model-3' is new, and the tenant has 3 models already");
}

TEST_F(NodeNames, C8_an_event_that_is_refused_takes_none_of_its_names) {
  for (int i = 0; i < 3; ++i) take(call_of(std::to_string(i), "acme", "s" + std::to_string(i)));
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(take(call_of("x", "a" + std::to_string(i), "more")), Words{"too_many_names"});
  }
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(take(call_of("b" + std::to_string(i), "b" + std::to_string(i), "s0")),
              Words{"rated"});
  }
  EXPECT_EQ(take(call_of("b2", "b2", "s0")), Words{"too_many_names"});
  EXPECT_EQ(detail, "'b2' is new, and the tenant has 3 accounts already");
}

/// Its log has no room for anything while somebody says so.
class NodeNamesOnADisk : public NodeNames {
 protected:
  void SetUp() override {
    disk_.set_plan([this](log::SimulatedDisk::Call call, const std::string&, std::uint64_t) {
      const bool fails = is_full && call == log::SimulatedDisk::Call::pwrite;
      return log::SimulatedDisk::Fault{.error = fails ? ENOSPC : 0};
    });
    log_options.files = &disk_;
    log_options.segment_bytes = 8'192;
    NodeNames::SetUp();
  }
  void TearDown() override {
    is_full = false;
    NodeNames::TearDown();
  }

  std::atomic<bool> is_full = false;

 private:
  log::SimulatedDisk disk_;
};

TEST_F(NodeNamesOnADisk, C8_names_of_events_that_the_log_has_no_room_for_are_not_counted) {
  EXPECT_EQ(take(call_of("0", "acme", "known")), Words{"rated"});
  is_full = true;
  for (int i = 0; i < 9; ++i) {
    // Both events of a batch have the name.
    const std::string source = "lost-" + std::to_string(i);
    EXPECT_EQ(take(call_of("1", "acme", source) + call_of("2", "acme", source)),
              Words{"disk_full"});
  }
  is_full = false;
  const std::string lines =
      call_of("1", "acme", "new-1") + call_of("1", "acme", "new-2") + call_of("1", "acme", "new-3");
  EXPECT_EQ(take(lines), (Words{"rated", "rated", "too_many_names"}));
  EXPECT_EQ(take(call_of("2", "acme", "lost-0")), Words{"too_many_names"});
  EXPECT_EQ(take(call_of("2", "acme", "known")), Words{"rated"});
}

TEST_F(NodeNames, C8_names_of_events_that_are_refused_together_are_not_counted) {
  const Intake together{.is_all_or_nothing = true};
  const auto four = [](const std::string& of) {
    std::string lines;
    for (int i = 0; i < 4; ++i) lines += call_of(of, "acme", of + std::to_string(i));
    return lines;
  };
  for (const char* of : {"a", "b", "c"}) {
    EXPECT_EQ(take(four(of), 1, together), Words(4, "too_many_names"));
  }
  EXPECT_EQ(take(four("d")), (Words{"rated", "rated", "rated", "too_many_names"}));
}

TEST(NameQuota, C8_a_name_that_another_event_brings_too_is_not_given_back) {
  NameQuota quota({.labels_max = 9, .parties_max = 1}, identity::KeyMaker(0));
  const auto tells = [&](std::string_view source) {
    struct One {
      batch::Record record;
      batch::EventDetail detail;
    } one;
    one.record.status = batch::Status::rated;
    one.record.source = source;
    return one;
  };
  const auto is_admitted = [&](auto& one) {
    quota.admit(1, {&one.record, 1}, {&one.detail, 1}, [](batch::Record& record, std::string) {
      record.status = batch::Status::rejected;
    });
    return one.record.status == batch::Status::rated;
  };
  const auto give_back = [&](auto& one) { quota.give_back(1, {&one.record, 1}, {&one.detail, 1}); };
  auto first = tells("a");
  auto second = tells("a");
  auto other = tells("b");
  ASSERT_TRUE(is_admitted(first));
  ASSERT_TRUE(is_admitted(second));
  give_back(first);
  EXPECT_FALSE(is_admitted(other)) << "the second may still come";
  give_back(other);  // It was refused: it took nothing.
  give_back(second);
  other = tells("b");
  EXPECT_TRUE(is_admitted(other));

  // What the core has stays.
  other.detail.sequence = 1;
  quota.applied(1, {&other.record, 1}, {&other.detail, 1});
  auto again = tells("b");
  ASSERT_TRUE(is_admitted(again));
  give_back(again);
  first = tells("a");
  EXPECT_FALSE(is_admitted(first));
}

TEST_F(NodeNames, C8_the_count_outlives_restarts_and_new_prices) {
  for (int i = 0; i < 3; ++i) take(call_of(std::to_string(i), "acme", "s" + std::to_string(i)));
  for (const bool keeps : {false, true, false}) {
    restart(keeps);
    EXPECT_EQ(take(call_of("x", "acme", "more")), Words{"too_many_names"}) << keeps;
    const std::string known = take(call_of(keeps ? "y" : "z", "acme", "s2")).front();
    EXPECT_TRUE(known == "rated" || known == "duplicate") << known;
  }
  auto files = pricebook::read_files(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas").value();
  files.at("models.csv") += "\n";
  core::PublishPrices prices;
  prices.files = std::move(files);
  prices.origin = "api";
  ASSERT_TRUE(node->publish(std::move(prices)).has_value());
  EXPECT_EQ(take(call_of("x", "acme", "more")), Words{"too_many_names"});
  std::size_t sources = 0;
  node->ask([&](const core::Core& core) {
    core.for_each_name_book([&](std::uint32_t, const core::NameBook& names) {
      sources += names.sets()[static_cast<std::size_t>(core::NameKind::source)].size();
    });
  });
  EXPECT_EQ(sources, 3U);
}

}  // namespace
}  // namespace steelyard::node
