#include <gtest/gtest.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

#include "steelyard/cli/program_for_tests.h"

// Bad input as people have it. Each gets one clear sentence, and never ends the batch.

namespace steelyard::cli {
namespace {

using nlohmann::json;

const std::string good = tokens_call("good", "qwen-plus", R"("input":1000,"output":500)");

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// What `rate --output ndjson` says of the first of two lines; the second one is rated.
json said_of(const std::string& line) {
  const Ran ran = run_program("rate --output ndjson -", line + '\n' + good);
  EXPECT_EQ(ran.status, 1) << ran.out;
  EXPECT_EQ(ran.error, "");
  const std::size_t end = ran.out.find('\n');
  EXPECT_TRUE(has(ran.out.substr(end), R"("amount":"0.0018")")) << ran.out;  // 0.0008 + 0.001
  return json::parse(ran.out.substr(0, end));
}

void expect_rejected(const std::string& line, const char* reason, const char* detail) {
  const json said = said_of(line);
  EXPECT_EQ(said["status"], "rejected");
  EXPECT_EQ(said["reason"], reason);
  EXPECT_EQ(said["detail"], detail);
  EXPECT_FALSE(said.contains("amount"));
}

std::string with_input(const std::string& count) {
  std::string line = tokens_call("bad", "qwen-plus", R"("input":)" + count);
  line.pop_back();
  return line;
}

TEST(Rate, LineTooLargeIsTold) {
  expect_rejected(R"({"text":")" + std::string(2'000'000, 'a') + "\"}", "too_large",
                  "the line has more than 1048576 bytes");
}

TEST(Rate, InvalidUtf8IsTold) {
  expect_rejected("{\"id\":\"\xff\"}", "malformed_json", "a byte that is no UTF-8 at byte 7");
}

TEST(Rate, DeepNestingIsTold) {
  expect_rejected(std::string(100'000, '['), "malformed_json",
                  "values are nested too deeply at byte 16");
}

TEST(Rate, DuplicateKeysAreTold) {
  expect_rejected(R"({"id":"a","id":"a"})", "malformed_json",
                  "a name stands twice in one object at byte 14");
}

TEST(Rate, HalfALineIsTold) {
  expect_rejected(R"({"specversion":"1.0","id":"a)", "malformed_json",
                  "the text ends inside a string at byte 28");
}

TEST(Rate, NumbersThatAreNoCountsAreTold) {
  for (const char* count : {"1e30", "-1", "9223372036854775808", "9007199254740992", "1.5", "1e-1",
                            "\"7\"", "true", "[1]"}) {
    const json said = said_of(with_input(count));
    EXPECT_EQ(said["reason"], "invalid_quantity") << count;
    EXPECT_EQ(said["id"], "bad");
    EXPECT_TRUE(has(said["detail"], "/data/usage/input")) << said["detail"];
  }
  for (const char* count : {"NaN", "Infinity", "+1", "01", "0x10", "1_000"}) {
    EXPECT_EQ(said_of(with_input(count))["reason"], "malformed_json") << count;
  }
}

TEST(Rate, FileThatCanNotBeReadIsSaidBeforeAnythingIsRated) {
  const TestFolder folder;
  const std::string day = folder.write("day.ndjson", good);
  const Ran none = run_program("rate " + day + ' ' + folder.path("none"));
  EXPECT_EQ(none.status, 2);
  EXPECT_EQ(none.out, "");
  EXPECT_EQ(none.error, "steelyard: " + folder.path("none") + ": No such file or directory\n");
  const Ran is_folder = run_program("rate " + folder.path());
  EXPECT_EQ(is_folder.status, 2);
  EXPECT_TRUE(has(is_folder.error, ": is a directory\n")) << is_folder.error;
}

TEST(Rate, TruncatedGzipIsSaidAndWhatCameBeforeItIsRated) {
  const TestFolder folder;
  const std::string path = folder.path("day.ndjson.gz");
  const gzFile file = gzopen(path.c_str(), "wb");
  for (int i = 0; i < 2'000; ++i) {
    const std::string line =
        tokens_call(std::to_string(i * i), "qwen-plus", R"("input":)" + std::to_string(i));
    ASSERT_GT(gzwrite(file, line.data(), static_cast<unsigned>(line.size())), 0);
  }
  ASSERT_EQ(gzclose(file), Z_OK);
  EXPECT_EQ(run_program("rate " + path).status, 0);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  const Ran ran = run_program("rate --output ndjson " + path);
  EXPECT_EQ(ran.status, 2);
  EXPECT_TRUE(has(ran.error, "gzip data at byte ")) << ran.error;
  EXPECT_TRUE(has(ran.error, ": ends too early (the ")) << ran.error;
  EXPECT_TRUE(has(ran.out, R"("status":"rated")"));
}

TEST(Rate, OutputThatCanNotBeWrittenIsSaid) {
  for (const char* command : {"rate samples/day.ndjson", "rate --output csv samples/day.ndjson",
                              "rate --output ndjson samples/day.ndjson", "pricebook show", "man",
                              "estimate --model all --input 1k"}) {
    const Ran ran = run_program(std::string(command) + " >/dev/full");
    EXPECT_EQ(ran.status, 2) << command;
    EXPECT_EQ(ran.error, "steelyard: standard output: No space left on device\n") << command;
  }
}

TEST(Rate, PriceBookThatIsNoneIsSaid) {
  const TestFolder folder;
  EXPECT_EQ(run_program("rate --pricebook " + folder.path() + " samples/day.ndjson").error,
            "steelyard: " + folder.path() +
                ": is no price book: neither it nor a folder in it has a book.yaml\n");
}

TEST(Rate, ExitStatusSaysIfSomethingWasSetAside) {
  EXPECT_EQ(run_program("rate -", good).status, 0);
  EXPECT_EQ(run_program("rate -", good + good).status, 0);  // A duplicate is no fault.
  EXPECT_EQ(run_program("rate -", good + "{}\n").status, 1);
  EXPECT_EQ(run_program("rate --output xml -", good).status, 2);
}

TEST(Rate, ColourAndProgressAreForTerminals) {
  const Ran ran = run_program("rate samples/day.ndjson");
  EXPECT_EQ(ran.error, "");
  EXPECT_FALSE(has(ran.out, "\x1b"));
}

/// A bill and its estimate are one function: at the bound too.
TEST(Rate, AgreesWithTheEstimate) {
  for (const char* input : {"128000", "128001", "256000", "256001", "1000000"}) {
    const Ran rated =
        run_program("rate --output ndjson -",
                    tokens_call("a", "qwen-plus", std::string(R"("input":)") + input));
    const Ran estimated =
        run_program(std::string("estimate --format json --model qwen-plus --input ") + input);
    EXPECT_EQ(json::parse(rated.out)["amount"],
              json::parse(estimated.out)["estimates"][0]["amount"])
        << input;
  }
}

}  // namespace
}  // namespace steelyard::cli
