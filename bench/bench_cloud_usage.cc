// Cloud usage through the whole path in memory: a line of JSON, its fact, its windows, its
// charge. A mix of all 20 products over 10,000 resources, on one core; and what windows cost.
// Prices that the shipped book only declares are filled with 1, so that every product is rated.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/arguments.h"
#include "steelyard/base/time.h"
#include "steelyard/batch/chunk_rater.h"
#include "steelyard/batch/totals.h"
#include "steelyard/identity/identity_set.h"
#include "steelyard/pricebook/reader.h"

namespace {

using namespace steelyard;

constexpr std::string_view usage_text =
    "bench_cloud_usage [FACTS]: cloud usage from its line to its charge in memory, on one\n"
    "core; and what windows cost. 1,000,000 facts by default.\n";

/// One kind of usage: product, meters, attributes.
struct Kind {
  const char* product;
  const char* meters;
  const char* attributes;
};

constexpr Kind kinds[] = {
    {"sae", R"("instances":1,"vcpu":1,"memory_gib":2)",
     R"("version":"standard","kind":"app","state":"active","set":"a")"},
    {"pai", R"("processing_seconds":30)", R"("component":"artlab")"},
    {"rabbitmq", R"("queues":12)", R"("billing":"cumulative")"},
    {"polardb", R"("pcu":2.5)", ""},
    {"clickhouse", R"("ccu":4)", R"("edition":"enterprise")"},
    {"dts", R"("du":2)", R"("task":"synchronization","state":"running")"},
    {"privatezone", R"("queries":5000)", ""},
    {"elasticsearch", R"("nodes":3)", R"("role":"data","spec":"elasticsearch.n4.small")"},
    {"rds", R"("rcu":4)", R"("engine":"sqlserver","edition":"basic","billing":"serverless")"},
    {"tair", R"("instances":1)", R"("spec":"tair.2g")"},
    {"nlb", R"("new_connections":400,"max_connections":20000,"gb":1)", R"("listener":"tcp")"},
    {"mse", R"("nodes":3)", R"("component":"registry","edition":"basic","spec":"2C4G")"},
    {"sls", R"("traffic_gb":1,"index_gb":2)", R"("type":"log","mode":"feature")"},
    {"ack", R"("clusters":1)", R"("edition":"pro","state":"running")"},
    {"opensearch", R"("instances":1)", R"("edition":"recall")"},
    {"nat", R"("instances":1,"cps":400,"concurrent":2000,"gb":1)", ""},
    {"dms", R"("quota":3)", R"("feature":"stand")"},
    {"cms", R"("api_calls":500)", R"("generation":"old")"},
    {"ecs", R"("disk_gib":100)", R"("disk":"essd_pl1")"},
    {"oss", R"("storage_gb":500.5)", R"("class":"standard_lrs")"},
};

constexpr int resources = 10'000;
constexpr std::int64_t minutes_each = 5;

/// As many lines as files are read at once (input/line_chunks.cc): 128 KiB of them.
constexpr int lines_at_once = 300;

void append_fact(std::int64_t number, std::string& to) {
  const std::int64_t resource = number % resources;
  const Kind& kind = kinds[static_cast<std::size_t>(resource) % std::size(kinds)];
  const std::int64_t start = 1'793'548'800 + number / resources * minutes_each * 60;
  const std::string from = base::to_rfc3339({start, 0});
  const std::string to_time = base::to_rfc3339({start + minutes_each * 60, 0});
  to += R"({"specversion":"1.0","id":"f)" + std::to_string(number) +
        R"(","source":"collector/1","type":"cloud.resource.usage","subject":"account-)" +
        std::to_string(resource % 100) + R"(","time":")" + to_time + R"(","data":{"product":")" +
        kind.product + R"(","resource":"r-)" + std::to_string(resource) + R"(","start":")" + from +
        R"(","end":")" + to_time + R"(","meters":{)" + kind.meters +
        R"(},"attributes":{"region":"cn-hangzhou")" +
        (*kind.attributes == '\0' ? "" : std::string(",") + kind.attributes) + "}}}\n";
}

void fill_placeholders(pricebook::PriceBookSeries& series) {
  for (pricebook::PriceBook& book : series.versions) {
    for (pricebook::Product& product : book.products) {
      for (pricebook::CloudItem& item : product.items) {
        for (pricebook::CloudPriceRow& row : item.price.rows) {
          if (row.price.has_value()) continue;
          row.price = charge_model::Price{{charge_model::Bracket{
              std::nullopt, money::Decimal::whole(1), money::Decimal(), money::Decimal()}}};
        }
      }
    }
  }
}

std::int64_t microseconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                               begin)
      .count();
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments given(argc, argv, usage_text, 1);
  const auto facts = given.number<std::int64_t>(1, 1'000'000);
  auto loaded = pricebook::load(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas");
  if (!loaded.has_value()) {
    std::fprintf(stderr, "%s\n", loaded.error().detail.c_str());
    return 2;
  }
  fill_placeholders(*loaded);
  const auto book = std::make_shared<const pricebook::PriceBookSeries>(std::move(*loaded));
  const rating::Rater rater(book);
  identity::IdentitySet identities;
  batch::ChunkRater chunk_rater(rater);
  batch::CloudRun cloud(rater);
  batch::Totals totals;

  std::int64_t micros = 0;
  std::int64_t done = 0;
  std::string lines;
  std::size_t first_windows = 0;
  while (done < facts) {
    lines.clear();
    for (int i = 0; i < lines_at_once && done < facts; ++i) append_fact(done++, lines);
    const std::size_t size = lines.size();
    lines.append(json::Document::padding, '\0');
    const auto begin = std::chrono::steady_clock::now();
    chunk_rater.rate(std::string_view(lines).substr(0, size));
    chunk_rater.decide_identities(identities, cloud);
    totals.add(chunk_rater.records());
    micros += microseconds_since(begin);
    for (const batch::Record& record : chunk_rater.records()) {
      if (record.status == batch::Status::rated) continue;
      std::printf("not rated: %s\n", record.detail.c_str());
      return 2;
    }
    if (done <= resources) first_windows = cloud.engine().cells().open_windows();
  }
  const std::int64_t rate = done * 1'000'000 / micros;
  std::printf("%-52s %11.3f M/s %11.3f M/s  %s\n", "cloud facts, parse to charge, one core",
              static_cast<double>(rate) / 1e6, 0.5, rate >= 500'000 ? "met" : "MISSED");
  const std::size_t windows = cloud.engine().cells().open_windows();
  std::printf("open windows: %zu after 10,000 facts, %zu after %lld facts; %zu bytes each\n",
              first_windows, windows, static_cast<long long>(done),
              cloud.engine().cells().bytes() / windows);
  return 0;
}
