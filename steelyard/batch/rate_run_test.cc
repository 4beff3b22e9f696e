#include "steelyard/batch/rate_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "steelyard/pricebook/reader.h"
#include "steelyard/report/ndjson.h"

namespace steelyard::batch {
namespace {

namespace fs = std::filesystem;

const rating::Rater& shipped() {
  static const rating::Rater the_rater(std::make_shared<const pricebook::PriceBookSeries>(
      pricebook::load(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas").value()));
  return the_rater;
}

struct RunResult {
  RateOutcome outcome;
  std::string output;
};

RunResult run(const std::vector<std::string>& files, unsigned jobs, std::uint64_t seed = 1) {
  RunResult result;
  const report::NdjsonWriter writer(shipped());
  RateOptions options;
  options.files = files;
  options.jobs = jobs;
  options.identity_seed = seed;
  options.examples_max = 5;
  options.render = [&](const Record& record, std::string& to) { writer.append(record, to); };
  options.write = [&](const std::string& text) {
    result.output += text;
    return true;
  };
  result.outcome = rate_files(shipped(), options);
  return result;
}

class RateRunTest : public testing::Test {
 protected:
  RateRunTest() {
    fs::create_directories(folder_);
    std::ifstream day(STEELYARD_ROOT "/samples/day.ndjson");
    for (std::string line; std::getline(day, line);) lines_.push_back(line);
  }
  ~RateRunTest() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::vector<std::string>& lines) const {
    const std::string path = (folder_ / name).string();
    std::ofstream file(path);
    for (const std::string& line : lines) file << line << '\n';
    return path;
  }

  /// Many more lines than a chunk holds, with other ids, and some of them twice.
  std::vector<std::string> many() const {
    std::vector<std::string> result;
    for (int copy = 0; copy < 12; ++copy) {
      for (const std::string& line : lines_) {
        std::string next = line;
        const std::size_t at = next.find("\"id\":\"");
        if (at != std::string::npos && copy % 4 != 3)
          next.insert(at + 6, std::to_string(copy) + '-');
        result.push_back(std::move(next));
      }
    }
    return result;
  }

  std::vector<std::string> lines_;
  fs::path folder_ =
      fs::temp_directory_path() / ("rate-run-" + std::to_string(getpid()) + "-" +
                                   testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(RateRunTest, the_number_of_jobs_changes_nothing) {
  const std::string file = write("many.ndjson", many());
  const RunResult one = run({file}, 1);
  EXPECT_EQ(std::ranges::count(one.output, '\n'), static_cast<std::ptrdiff_t>(lines_.size()) * 12);
  for (const unsigned jobs : {2U, 3U, 8U}) {
    const RunResult other = run({file}, jobs, jobs);
    EXPECT_EQ(other.output, one.output);
    EXPECT_EQ(other.outcome.totals.amount(), one.outcome.totals.amount());
    EXPECT_EQ(other.outcome.totals.lines(), one.outcome.totals.lines());
    EXPECT_EQ(other.outcome.examples.size(), 5u);
    EXPECT_EQ(other.outcome.examples[0].place, one.outcome.examples[0].place);
  }
}

TEST_F(RateRunTest, any_split_into_files_gives_the_same_charges) {
  const std::vector<std::string> lines = many();
  const RunResult whole = run({write("whole", lines)}, 2);
  const auto middle = lines.begin() + static_cast<std::ptrdiff_t>(lines.size() / 3);
  const RunResult parts =
      run({write("a", {lines.begin(), middle}), write("b", {middle, lines.end()})}, 2);
  EXPECT_EQ(parts.output, whole.output);
}

/// Permuting events permutes the results, where no two have one identity.
TEST_F(RateRunTest, the_order_of_events_does_not_matter) {
  std::vector<std::string> lines;
  for (const std::string& line : lines_) {
    if (std::ranges::find(lines, line) == lines.end()) lines.push_back(line);
  }
  lines.resize(400);  // Before the event that comes again with other content.
  const RunResult sorted = run({write("sorted", lines)}, 1);
  std::mt19937_64 random(7);
  std::ranges::shuffle(lines, random);
  const RunResult shuffled = run({write("shuffled", lines)}, 1);
  const auto by_line = [](const std::string& text) {
    std::vector<std::string> result;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      result.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    std::ranges::sort(result);
    return result;
  };
  EXPECT_EQ(by_line(shuffled.output), by_line(sorted.output));
  EXPECT_EQ(shuffled.outcome.totals.amount(), sorted.outcome.totals.amount());
}

TEST_F(RateRunTest, received_is_the_sum_of_what_became_of_it) {
  const Totals totals = run({write("many", many())}, 2).outcome.totals;
  std::uint64_t reasons = 0;
  for (const auto& [reason, count] : totals.by_reason()) reasons += count;
  EXPECT_EQ(totals.lines(), lines_.size() * 12);
  EXPECT_EQ(reasons, totals.count_of(Status::unrated) + totals.count_of(Status::rejected));
  money::Decimal sum;
  for (const ItemTotal& item : totals.items()) sum += item.amount;
  EXPECT_EQ(sum, totals.amount());
}

TEST_F(RateRunTest, a_file_that_can_not_be_read_ends_the_run_and_keeps_the_rest) {
  const RunResult result = run({write("good", lines_), (folder_ / "none").string()}, 2);
  ASSERT_TRUE(result.outcome.damage.has_value());
  EXPECT_NE(result.outcome.damage->detail.find("none"), std::string::npos);
  EXPECT_EQ(result.outcome.totals.lines(), lines_.size());
}

/// It takes no identity: what comes under its name later is not a conflict. 505.5 GB for an hour.
TEST_F(RateRunTest, a_cloud_event_that_is_rejected_late_leaves_its_identity_free) {
  const auto storage = [](const std::string& gb, const std::string& end) {
    return R"({"specversion":"1.0","id":"e","source":"collector",)"
           R"("type":"cloud.resource.usage","subject":"acme",)"
           R"("time":"2026-11-02T01:00:00Z","data":{"product":"oss","resource":"b",)"
           R"("start":"2026-11-02T00:00:00Z","end":")" +
           end + R"(","meters":{"storage_gb":")" + gb +
           R"("},"attributes":{"region":"cn-hangzhou","class":"standard_lrs"}}})";
  };
  const std::string hour = "2026-11-02T01:00:00Z";
  const std::string too_much =  // Times nanoseconds, it needs more than 128 bits.
      storage("999999999999999999999999.999999999999", "2026-11-02T00:59:59.999999999Z");
  const std::string file = write("events.ndjson", {too_much, storage("505.5", hour),
                                                   storage("505.5", hour), storage("1", hour)});
  const RunResult result = run({file}, 1);
  EXPECT_EQ(result.outcome.totals.count_of(Status::rejected), 1U);
  EXPECT_EQ(result.outcome.totals.count_of(Status::rated), 1U);
  EXPECT_EQ(result.outcome.totals.count_of(Status::duplicate), 1U);
  EXPECT_EQ(result.outcome.totals.count_of(Status::conflict), 1U);
  EXPECT_NE(result.output.find(R"("amount":"0.08425")"), std::string::npos) << result.output;
}

}  // namespace
}  // namespace steelyard::batch
