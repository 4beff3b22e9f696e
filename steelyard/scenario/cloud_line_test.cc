#include "steelyard/scenario/cloud_line.h"

#include <gtest/gtest.h>

#include <sstream>

namespace steelyard::scenario {
namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream from(text);
  std::vector<std::string> words;
  for (std::string word; from >> word;) words.push_back(word);
  return words;
}

/// The line, or what is wrong with the row.
std::string line_of(const std::string& row, const std::string& zone = "Asia/Shanghai") {
  const auto line = cloud_line("e", words_of(row), zone);
  return line.has_value() ? *line : line.error().detail;
}

/// What stands under `data` and behind it.
std::string data_of(const std::string& row) {
  const std::string line = line_of(row);
  const std::size_t data = line.find("\"data\":");
  return data == std::string::npos ? line
                                   : line.substr(data + 7, line.find(",\"id\":\"e\",") - data - 7);
}

TEST(CloudLine, is_told_by_its_first_word) {
  for (const char* const each : {"cloud", "order", "plan", "void", "replace"}) {
    EXPECT_TRUE(is_cloud_row({each})) << each;
  }
  EXPECT_FALSE(is_cloud_row({}));
  EXPECT_FALSE(is_cloud_row({"qwen-plus", "cloud"}));
}

TEST(CloudLine, usage_is_an_event_of_the_contract) {
  EXPECT_EQ(
      line_of("cloud clb/lb-1 2026-11-02T09:30..12:30 instances 1 address=public"),
      R"({"data":{"attributes":{"address":"public"},"end":"2026-11-02T04:30:00Z",)"
      R"("meters":{"instances":1},"product":"clb","resource":"lb-1","start":"2026-11-02T01:30:00Z"},)"
      R"("id":"e","source":"collector/1","specversion":"1.0","subject":"acme",)"
      R"("time":"2026-11-02T04:30:00Z","type":"cloud.resource.usage"})");
}

TEST(CloudLine, times_are_of_the_zone) {
  struct {
    const char* period;
    const char* start;
    const char* end;
  } const cases[] = {
      {"2026-11-02..2026-11-03", "2026-11-01T16:00:00Z", "2026-11-02T16:00:00Z"},
      {"2026-11-02T23:00..24:00", "2026-11-02T15:00:00Z", "2026-11-02T16:00:00Z"},
      {"2026-11-30T23:00..24:00", "2026-11-30T15:00:00Z", "2026-11-30T16:00:00Z"},
      {"2026-11-02T09:00:08.5..09:00:09", "2026-11-02T01:00:08.5Z", "2026-11-02T01:00:09Z"},
      {"2026-11-02T09:00..2026-12-01T00:00", "2026-11-02T01:00:00Z", "2026-11-30T16:00:00Z"},
  };
  for (const auto& each : cases) {
    const std::string line = line_of(std::string("cloud a/b ") + each.period + " gb 1");
    EXPECT_NE(line.find(std::string("\"start\":\"") + each.start + '"'), std::string::npos) << line;
    EXPECT_NE(line.find(std::string("\"end\":\"") + each.end + '"'), std::string::npos) << line;
  }
}

TEST(CloudLine, values_are_numbers_where_they_look_like_it) {
  EXPECT_NE(data_of("cloud a/b 2026-11-02T09:00..10:00 gb 1.5").find(R"("meters":{"gb":1.5})"),
            std::string::npos);
  EXPECT_NE(data_of("cloud a/b 2026-11-02T09:00..10:00 gb many").find(R"("gb":"many")"),
            std::string::npos);
  EXPECT_NE(data_of("cloud a/b 2026-11-02T09:00..10:00 gb -").find(R"("gb":"-")"),
            std::string::npos);
}

TEST(CloudLine, fields_of_the_event_and_of_its_data) {
  const std::string line =
      line_of("cloud a/b 2026-11-02T09:00..10:00 gb 1 @account big @start never @source s");
  EXPECT_NE(line.find(R"("subject":"big")"), std::string::npos);
  EXPECT_NE(line.find(R"("start":"never")"), std::string::npos);
  EXPECT_NE(line.find(R"("source":"s")"), std::string::npos);
}

TEST(CloudLine, orders_and_plans) {
  EXPECT_EQ(data_of("order mse/reg-1 new at 2026-11-02T09:00 months 12 spec=2C4G nodes=3"),
            R"({"action":"new","config":{"nodes":"3","spec":"2C4G"},"months":12,)"
            R"("product":"mse","resource":"reg-1"})");
  EXPECT_EQ(
      data_of("plan polardb/storage_plan/p-1 at 2026-11-02T09:00 quota 1000 region=a"),
      R"({"attributes":{"region":"a"},"id":"p-1","plan":"polardb/storage_plan","quota":1000})");
}

TEST(CloudLine, corrections_name_an_event) {
  EXPECT_EQ(data_of("void a"), R"({"voids":{"source":"collector/1","id":"a"}})");
  EXPECT_NE(data_of("replace a cloud a/b 2026-11-02T09:00..10:00 gb 1")
                .find(R"("replaces":{"source":"collector/1","id":"a"})"),
            std::string::npos);
}

TEST(CloudLine, what_is_wrong_with_a_row) {
  struct {
    const char* row;
    const char* error;
  } const cases[] = {
      {"void", "is not 'void NAME'"},
      {"cloud", "is not 'cloud PRODUCT/RESOURCE START..END …'"},
      {"cloud a/b", "is not 'cloud PRODUCT/RESOURCE START..END …'"},
      {"cloud ab 2026-11-02T09:00..10:00", "'ab' is not PRODUCT/RESOURCE"},
      {"cloud a/b 2026-11-02T09:00", "has no period START..END"},
      {"cloud a/b 2026-11-02T09:00..10:00 gb", "has 'gb' without a value"},
      {"order a/b", "is not 'order PRODUCT/RESOURCE ACTION at TIME …'"},
      {"order ab new", "'ab' is not PRODUCT/RESOURCE"},
      {"plan", "is not 'plan PRODUCT/PLAN/ID at TIME …'"},
      {"plan p", "'p' is not PRODUCT/PLAN/ID"},
      {"replace a", "is not 'replace NAME cloud …'"},
      {"replace a order a/b new", "is not 'replace NAME cloud …'"},
  };
  for (const auto& each : cases) EXPECT_EQ(line_of(each.row), each.error) << each.row;
  for (const char* const row :
       {"cloud a/b x..y gb 1", "cloud a/b ..10:00 gb 1", "cloud a/b 2026-11-02T09:00.. gb 1",
        "cloud a/b 2026-13-02T09:00..10:00 gb 1", "order a/b new at noon"}) {
    EXPECT_FALSE(cloud_line("e", words_of(row), "Asia/Shanghai").has_value()) << row;
  }
}

}  // namespace
}  // namespace steelyard::scenario
