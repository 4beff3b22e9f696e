#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "steelyard/cli/program_for_tests.h"

namespace steelyard::cli {
namespace {

using nlohmann::json;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Products, AllTwentyOfTheListAreThere) {
  const Ran ran = run_program("products --output json");
  EXPECT_EQ(ran.status, 0) << ran.error;
  EXPECT_EQ(json::parse(ran.out)["products"].size(), 20u);
  const Ran text = run_program("products");
  EXPECT_TRUE(has(text.out, "clb, alb, nlb, slb for clb")) << text.out;
}

TEST(Products, OneOfThemWithWhatIsMetered) {
  const Ran ran = run_program("products nlb");
  EXPECT_EQ(ran.status, 0) << ran.error;
  for (const char* part : {
           "SLB (slb), as data.product: clb, alb, nlb, slb for clb\n",
           "max_connections   gauge     connection  Highest number of concurrent connections\n",
           "listener      tcp, udp, tcpssl",
           "in each hour: hours with instances\n  then rounded up to 1\n",
       }) {
    EXPECT_TRUE(has(ran.out, part)) << part << "\nis not in\n" << ran.out;
  }
  const json product = json::parse(run_program("products nlb --output json").out);
  EXPECT_EQ(product["product"], "slb");
  EXPECT_FALSE(product["items"].empty());
}

TEST(Products, UnknownOnesAreSaidWithTheNearest) {
  const Ran ran = run_program("products nlbb");
  EXPECT_EQ(ran.status, 2);
  EXPECT_TRUE(has(ran.error, "has no product 'nlbb'; did you mean 'nlb'?")) << ran.error;
}

}  // namespace
}  // namespace steelyard::cli
