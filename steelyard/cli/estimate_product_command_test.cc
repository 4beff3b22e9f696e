#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "steelyard/cli/program_for_tests.h"

// Prices: pricebooks/aliyun-ai-paas/products, by hand.

namespace steelyard::cli {
namespace {

using nlohmann::json;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* instance =
    "estimate product ecs --attribute region=cn-hangzhou --from 2026-11-01 "
    "--resource 'instance: instances=1 type=ecs.c5.large vcpus=2' "
    "--resource 'disk: disk_gib=100 disk=essd_pl1' --resource 'bandwidth: bandwidth_mbps=5'";

TEST(EstimateProduct, AnInstanceByTheHourBesideItsSubscription) {
  const Ran ran = run_program(instance);
  EXPECT_EQ(ran.status, 1) << "the price of the instance's subscription is a placeholder";
  for (const char* part : {
           "instance                  446.4                    no price\n",  // 720 × 0.62
           "disk                      151.2                         100\n",  // 72000 × 0.0021
           "bandwidth                 226.8                         125\n",  // 3600 × 0.063
           "sum                       824.4                         225\n",
           "The sum of subscriptions is without the 1 resource that has no price.\n",
           "no_price_at_that_time: ecs/instance_subscription: its price is a placeholder",
       }) {
    EXPECT_TRUE(has(ran.out, part)) << part << "\nis not in\n" << ran.out << ran.error;
  }
}

TEST(EstimateProduct, SaysTheSameAsJson) {
  const json estimate = json::parse(run_program(instance + std::string(" --output json")).out);
  EXPECT_EQ(estimate["start"], "2026-10-31T16:00:00Z");
  EXPECT_EQ(estimate["end"], "2026-11-30T16:00:00Z");
  EXPECT_EQ(estimate["by_usage"]["amount"], "824.4");
  EXPECT_EQ(estimate["subscription"]["amount"], "225");
  EXPECT_EQ(estimate["subscription"]["without_price"], 1);
  EXPECT_EQ(estimate["resources"][0]["subscription"]["reason"], "no_price_at_that_time");
}

TEST(EstimateProduct, MetersCanBeOfOneResourceAndTimesCanBeSaid) {
  // 24 h × 0.02 of the public IP; a month of the instance is 11.52.
  const Ran ran = run_program(
      "estimate product clb --attribute region=cn-hangzhou --attribute address=public "
      "--meter instances=1 --from 2026-11-01 --to 2026-11-02 --months 2 --output json");
  EXPECT_EQ(ran.status, 0) << ran.out << ran.error;
  const json estimate = json::parse(ran.out);
  EXPECT_EQ(estimate["by_usage"]["amount"], "0.48");
  EXPECT_EQ(estimate["subscription"]["amount"], "23.04");
}

TEST(EstimateProduct, BadInputIsOneSentence) {
  const auto error = [](const std::string& arguments) {
    const Ran ran = run_program("estimate product " + arguments);
    EXPECT_EQ(ran.status, 2);
    return ran.error;
  };
  EXPECT_TRUE(has(error("ecss --meter instances=1"), "did you mean 'ecs'?"));
  EXPECT_TRUE(has(error("ecs --meter instances"), "'instances' is not NAME=VALUE"));
  EXPECT_TRUE(has(error("ecs --attribute region=x"), "no meter of ecs is given"));
  EXPECT_TRUE(has(error("ecs --meter instances=1 --from 2026-11-02 --to 2026-11-01"),
                  "--to 2026-11-01 is not after --from"));
}

TEST(EstimateProduct, CallsOfModelsNeedTheirModelAsBefore) {
  const Ran ran = run_program("estimate --input 5");
  EXPECT_EQ(ran.status, 2);
  EXPECT_TRUE(has(ran.error, "--model is required")) << ran.error;
}

}  // namespace
}  // namespace steelyard::cli
