#include "steelyard/server/structured_log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "steelyard/server/api_key.h"
#include "steelyard/server/json_text.h"

namespace steelyard::server {
namespace {

Clock fixed() {
  return {.wall = [] { return base::Instant{1'795'000'000, 0}; },
          .steady = [] { return std::chrono::nanoseconds(0); }};
}

class StructuredLogTest : public testing::Test {
 protected:
  std::unique_ptr<StructuredLog> log_ = StructuredLog::to(
      [this](std::string_view line) { lines_.emplace_back(line); }, fixed(), LogLevel::info);
  std::vector<std::string> lines_;
};

TEST_F(StructuredLogTest, a_line_is_one_json_object) {
  log_->write(LogLevel::info, "started", {{"address", "127.0.0.1:80"}, {"braces", "{} {0}"}});
  log_->write(LogLevel::debug, "not written");
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0], R"({"time":"2026-11-18T11:06:40Z","level":"info","event":"started",)"
                       R"("address":"127.0.0.1:80","braces":"{} {0}"})");
}

// S12
TEST_F(StructuredLogTest, no_request_can_write_a_line_of_its_own) {
  const std::string evil =
      "a\r\n{\"level\":\"error\"}\x1b[31m\x7f\xff\xc2\x85\xe2\x80\xae\xe2\x80\xa8\"\\";
  log_->access({.request_id = "r",
                .method = "GET",
                .path = evil,
                .route = "none",
                .status = 404,
                .tenant = evil,
                .key_id = "k",
                .peer = "::1",
                .problem = "route_not_found"});
  ASSERT_EQ(lines_.size(), 1U);
  for (const char c : lines_[0]) {
    EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    EXPECT_NE(c, 0x7f);
  }
  const auto json = nlohmann::json::parse(lines_[0]);
  EXPECT_EQ(
      json["path"],
      "a\r\n{\"level\":\"error\"}\x1b[31m\x7f\xef\xbf\xbd\xc2\x85\xe2\x80\xae\xe2\x80\xa8\"\\");
  EXPECT_EQ(json["status"], 404);
  EXPECT_EQ(json["level"], "info");
  EXPECT_EQ(lines_[0].find("\xe2\x80\xae"), std::string::npos) << "no bidi override";
}

// S7
TEST_F(StructuredLogTest, keys_are_masked_wherever_they_stand) {
  const CreatedKey key = create_api_key({.tenant = "acme"}, Secret("p"), system_random(), {});
  const std::string text(key.text.reveal());
  log_->write(LogLevel::error, text, {{text, "a " + text + " b " + text}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0].find(text.substr(20)), std::string::npos);
  EXPECT_NE(lines_[0].find("a steelyard_live_*** b steelyard_live_***"), std::string::npos);
}

TEST(StructuredLogFile, is_written_and_refused) {
  const auto folder = std::filesystem::path(testing::TempDir()) /
                      ("steelyard_structured_log_" + std::to_string(getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "server.log").string();
  {
    auto log = StructuredLog::to_file(path, fixed(), LogLevel::info);
    ASSERT_TRUE(log.has_value());
    (*log)->write(LogLevel::info, "one");
  }
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(nlohmann::json::parse(line)["event"], "one");
  EXPECT_FALSE(StructuredLog::to_file(folder.string(), fixed(), LogLevel::info).has_value());
  std::filesystem::remove_all(folder);
}

TEST(JsonText, is_read_back_by_another_reader) {
  for (const std::string text : {"", "a\"b\\c/d", "\n\t\x01", "中文 😀", "\xc2\xa0"}) {
    EXPECT_EQ(nlohmann::json::parse(json_text(text)), text);
  }
  EXPECT_EQ(json_text("\xe4\xb8"), "\"\xef\xbf\xbd\xef\xbf\xbd\"") << "cut off";
}

}  // namespace
}  // namespace steelyard::server
