// Every scenario is a test of its own, named by its path: script/test scenarios_tiers
// With STEELYARD_APPROVE=1 it is rewritten to expect what it gives: script/test --approve
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "steelyard/scenario/run.h"

namespace steelyard::scenario {
namespace {

namespace fs = std::filesystem;

const fs::path root = STEELYARD_ROOT;

class ScenarioTest : public testing::Test {
 public:
  explicit ScenarioTest(fs::path path) : path_(std::move(path)) {}

  void TestBody() override {
    std::ifstream file(path_, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    const auto scenario = parse(text.str(), fs::relative(path_, root).string());
    ASSERT_TRUE(scenario.has_value()) << scenario.error().detail;
    const auto outcome = run(*scenario, root / "pricebooks");
    ASSERT_TRUE(outcome.has_value()) << outcome.error().detail;
    if (std::getenv("STEELYARD_APPROVE") != nullptr) {
      if (!outcome->difference.empty()) std::ofstream(path_) << approve(*scenario, *outcome);
      return;
    }
    ASSERT_FALSE(scenario->expected.empty()) << "expects nothing";
    EXPECT_EQ(outcome->difference, "");
  }

 private:
  fs::path path_;
};

const bool are_registered = [] {
  for (const auto& entry : fs::recursive_directory_iterator(root / "scenarios")) {
    if (entry.path().extension() != ".rating") continue;
    const fs::path path = entry.path();
    const std::string folder = path.parent_path().filename().string();
    testing::RegisterTest(("scenarios_" + folder).c_str(), path.stem().string().c_str(), nullptr,
                          nullptr, path.c_str(), 1,
                          [path]() -> testing::Test* { return new ScenarioTest(path); });
  }
  return true;
}();

}  // namespace
}  // namespace steelyard::scenario
