#include "steelyard/server/body_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "steelyard/server/server_for_tests.h"

namespace steelyard::server {
namespace {

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "line " + std::to_string(i) + '\n';
  return text;
}

TEST(BodyFile, is_gone_from_its_folder_and_read_all_the_same) {
  const auto path = std::filesystem::temp_directory_path() / "steelyard-body-file-test";
  std::ofstream(path) << "0123456789";
  const auto file = BodyFile::take(path).value();
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(file->size(), 10U);
  std::string part(4, ' ');
  ASSERT_TRUE(file->read(3, part).has_value());
  EXPECT_EQ(part, "3456");
  const auto behind = file->read(8, part);
  ASSERT_FALSE(behind.has_value());
  EXPECT_EQ(behind.error().code, ErrorCode::file_is_unreadable);
  EXPECT_FALSE(BodyFile::take(path).has_value());
}

TEST(HttpServer, a_body_is_sent_from_a_file_of_any_size_and_the_connection_goes_on) {
  DemoServer demo;
  RawClient client(demo.server->port());
  for (const int count : {0, 1, 500'000}) {  // At most some blocks of 256 KiB.
    demo.demo.file_text = lines(count);
    const RawAnswer answer = client.ask(request_text("GET /v1/file"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.field("Content-Length"), std::to_string(demo.demo.file_text.size()));
    EXPECT_EQ(answer.body == demo.demo.file_text, true) << count << " lines";
  }
  client.send(request_text("HEAD /v1/file"));
  EXPECT_EQ(client.receive(true).field("Content-Length"),
            std::to_string(demo.demo.file_text.size()));
  EXPECT_EQ(client.ask(request_text("GET /v1/nothing")).status, 404);
}

TEST(HttpServer, who_leaves_in_the_middle_of_a_file_holds_nothing_up) {
  DemoServer demo;
  demo.demo.file_text = lines(2'000'000);
  for (int i = 0; i < 5; ++i) {
    RawClient client(demo.server->port());
    client.send(request_text("GET /v1/file"));
  }
  demo.demo.file_text = "short";
  EXPECT_EQ(demo.ask(request_text("GET /v1/file")).body, "short");
}

}  // namespace
}  // namespace steelyard::server
