#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "steelyard/cli/program_for_tests.h"

// Amounts: by hand, from the prices in `product`, which is made up for these tests.

namespace steelyard::cli {
namespace {

using nlohmann::json;

constexpr const char* product = R"(product: demo
name: Demo
codes: [demo]
meters:
  instances:   {kind: presence}
  connections: {kind: gauge}
  gb:          {kind: counter, unit: GB}
attributes: {region: {}, listener: {values: [tcp, udp], default: tcp}}
items:
  - item: demo/instance
    unit: instance-hour
    measure: {up: instances}
    shape: [{round: {up: 1}}]
    price: {keys: [region], rows: [{region: cn-hangzhou, CNY: 0.5}, {CNY: placeholder}]}
  - item: demo/unit
    unit: unit
    by: [listener]
    measure: [{max: connections, shape: [{scale: 1/100}]}, {sum: gb}]
    shape: [{combine: max}, {pool: {op: sum, by: [resource]}}]
    price: {CNY: 2}
  - item: demo/traffic
    unit: GB
    where: {listener: udp}
    measure: {sum: gb}
    price: {CNY: 9}
  - item: demo/old
    unit: GB
    to: 2020-01-01
    measure: {sum: gb}
    price: {CNY: 9}
orders:
  - {order: demo/subscription, unit: month, quantity: [nodes], price: {CNY: 30}}
plans:
  - plan: demo/units
    unit: unit
    reset: hour
    covers: [{item: demo/unit}]
    price: {CNY: 1}
)";

std::string event(const std::string& id, const std::string& type, const std::string& data) {
  return R"({"specversion":"1.0","id":")" + id + R"(","source":"s","type":"cloud.)" + type +
         R"(","subject":"acme","time":"2026-11-02T04:00:00Z","data":{)" + data + "}}\n";
}

std::string usage(const std::string& id, const std::string& meters, const std::string& attributes,
                  const std::string& start = "02:00", const std::string& end = "03:00") {
  return event(id, "resource.usage",
               R"("product":"demo","resource":"lb-1","start":"2026-11-02T)" + start +
                   R"(:00Z","end":"2026-11-02T)" + end + R"(:00Z","meters":{)" + meters +
                   R"(},"attributes":{)" + attributes + '}');
}

class ExplainCloud : public ::testing::Test {
 protected:
  ExplainCloud() {
    folder_.write("book.yaml", "name: demo\ncurrency: CNY\ntime_zone: Asia/Shanghai\n");
    folder_.write("models.csv", "model,tier,type,price_per_1k_tokens\n");
    folder_.write("products/demo.yaml", product);
  }

  Ran explain(const std::string& arguments, const std::string& events) const {
    return run_program("explain --pricebook " + folder_.path() + ' ' + arguments, events);
  }

  TestFolder folder_;
};

void expect_parts(const Ran& ran, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    EXPECT_NE(ran.out.find(part), std::string::npos) << part << "\nis not in\n"
                                                     << ran.out << ran.error;
  }
}

const std::string tcp = usage("tcp", R"("connections":840,"gb":1)", R"("listener":"tcp")");
const std::string udp = usage("udp", R"("connections":100,"gb":10)", R"("listener":"udp")");

TEST_F(ExplainCloud, ShowsEachStepFromTheFactToTheFee) {
  const Ran ran = explain("--id udp -", tcp + udp);
  EXPECT_EQ(ran.status, 0) << ran.error;
  expect_parts(ran, {
                        "  lb-1, 2026-11-02T10:00 to 2026-11-02T11:00, Asia/Shanghai\n",
                        "    reads connections 100\n",
                        "    hour 2026-11-02T10:00, lb-1, listener udp\n",
                        "largest connections  0 → 100\n",
                        "  × 0.01             0 → 1\n",
                        "the largest of them  0 → 10\n",
                        "    hour 2026-11-02T10:00, lb-1\n",
                        "8.4 → 18.4\n",
                        "8.4 → 18.4 unit × 2\n",
                        "fee 16.8 → 36.8 CNY\n",
                        "products/demo.yaml:20\n",
                        "fee 0 → 90 CNY\n",
                    });
}

TEST_F(ExplainCloud, SaysWhyTheOthersDoNotReadIt) {
  expect_parts(
      explain("--id tcp -", tcp),
      {"demo/traffic  only with listener udp; the fact has tcp\n",
       "demo/old      not in force at that time\n", "reading other meters: demo/instance\n"});
}

TEST_F(ExplainCloud, WindowsAlikeAreToldOnce) {
  // 10:30 to 14:00 in Shanghai: half an hour, which counts as one, and three whole ones.
  const std::string day =
      usage("day", R"("instances":1)", R"("region":"cn-hangzhou")", "02:30", "06:00");
  expect_parts(explain("", day),
               {"cut at windows and prices into 4\n", "hours with instances  0 → 0.5\n",
                "rounded up to 1       0 → 1\n", "and 2 more like it, to hour 2026-11-02T13:00",
                "=           2\n"});
  const json receipt = json::parse(explain("--output json", day).out);
  const json& item = receipt["changes"][0]["items"][0];
  EXPECT_EQ(item["windows"].size(), 4u);
  EXPECT_EQ(item["windows"][0]["after"]["steps"][0]["before"], "0.5");
  EXPECT_EQ(item["fees"][3]["after"]["fee"], "0.5");
  EXPECT_EQ(receipt["amount"], "2");
}

TEST_F(ExplainCloud, APlanTakesItsPart) {
  const std::string plan =
      event("plan", "plan.purchase", R"("plan":"demo/units","id":"p","quota":5,"months":1)");
  const std::string before = R"("time":"2026-11-02T04:00:00Z")";
  std::string early = plan;
  early.replace(early.find(before), before.size(), R"("time":"2026-11-01T04:00:00Z")");
  expect_parts(explain("--id udp -", early + udp),
               {"demo/units covers   0 → 5\n", "to be paid   0 → 5\n", "fee 0 → 10 CNY\n"});
  // Bought after the usage: what it covers is given back.
  expect_parts(explain("--id plan -", udp + early),
               {"What plans cover now\n", "demo/units covers   0 → 5\n", "fee 20 → 10 CNY\n"});
}

TEST_F(ExplainCloud, ACorrectionShowsWhatItTakesBack) {
  const std::string taken = event("v", "resource.void", R"("voids":{"source":"s","id":"udp"})");
  expect_parts(
      explain("--id v -", tcp + udp + taken),
      {"takes back   udp from s\n", "Taken back: lb-1", "18.4 → 8.4\n", "fee 36.8 → 16.8 CNY\n"});
}

TEST_F(ExplainCloud, AnOrderShowsItsLines) {
  expect_parts(explain("", event("o", "resource.order",
                                 R"("product":"demo","resource":"r","action":"new",)"
                                 R"("months":2,"config":{"nodes":3})")),
               {"demo/subscription", "180\n"});
}

TEST_F(ExplainCloud, WhatIsRefusedBeforeItIsRatedHasNoSteps) {
  std::string early = tcp;
  for (std::size_t at; (at = early.find("2026-11-02T0")) != std::string::npos;) {
    early.replace(at, 4, "1960");
  }
  const Ran ran = explain("", early);
  EXPECT_EQ(ran.status, 1);
  expect_parts(ran, {"reason       invalid_time"});
}

TEST_F(ExplainCloud, PlansOfOtherAccountsAreNotShown) {
  std::string other =
      event("plan", "plan.purchase", R"("plan":"demo/units","id":"p","quota":5,"months":1)") +
      usage("theirs", R"("connections":500)", "", "05:00", "06:00");
  for (std::size_t at; (at = other.find("acme")) != std::string::npos;) other.replace(at, 4, "b");
  const Ran ran = explain("--id tcp -", other + tcp);
  EXPECT_EQ(ran.out.find("covers"), std::string::npos) << ran.out;
}

TEST_F(ExplainCloud, TheItemThatRefusesAFactIsNamed) {
  const Ran ran = explain("", usage("x", R"("instances":1)", R"("region":"nowhere")"));
  EXPECT_EQ(ran.status, 1);
  expect_parts(ran, {"reason       no_price_at_that_time: demo/instance",
                     "reads it, and can not be charged: see the reason\n"});
}

}  // namespace
}  // namespace steelyard::cli
