#include "steelyard/server/metrics.h"

#include <gtest/gtest.h>

namespace steelyard::server {
namespace {

TEST(Metrics, count_and_show) {
  Metrics metrics;
  metrics.request("get_thing", 200, std::chrono::microseconds(300), 10, 20);
  metrics.request("get_thing", 200, std::chrono::milliseconds(3), 10, 20);
  metrics.request("get_thing", 404, std::chrono::milliseconds(3), 1, 2);
  metrics.in_flight(3);
  metrics.in_flight(-1);
  metrics.connections(1);
  metrics.refused("rate");
  const auto events = metrics.counter("steelyard_events_total", "Events", {{"result", "rated"}});
  events(1000);
  events(24);
  std::int64_t position = 7;
  metrics.gauge("steelyard_applied_position", "Where the core is", {}, [&] { return position; });
  metrics.histogram("steelyard_fsync_seconds", "Of the log")(std::chrono::milliseconds(1));
  position = (std::int64_t{1} << 53) - 1;
  const std::string text = metrics.text();
  for (const char* line :
       {"steelyard_http_requests_total{route=\"get_thing\",status=\"200\"} 2\n",
        "steelyard_http_requests_total{route=\"get_thing\",status=\"404\"} 1\n",
        "steelyard_http_request_duration_seconds_bucket{route=\"get_thing\",le=\"0.0005\"} 1\n",
        "steelyard_http_request_duration_seconds_count{route=\"get_thing\"} 3\n",
        "steelyard_http_bytes_total{direction=\"in\"} 21\n",
        "steelyard_http_requests_in_flight 2\n", "steelyard_http_connections 1\n",
        "steelyard_http_refused_total{reason=\"rate\"} 1\n",
        "steelyard_events_total{result=\"rated\"} 1024\n",
        "steelyard_applied_position 9007199254740991\n", "steelyard_fsync_seconds_count 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST(Metrics, gauges_come_and_go) {
  Metrics metrics;
  std::vector<Metrics::Reading> now;
  metrics.gauges("steelyard_ahead", "Of sources", [&] { return now; });
  EXPECT_EQ(metrics.text().find("steelyard_ahead{"), std::string::npos);
  now = {{{{"source", "a\"b"}}, 3}, {{{"source", "c"}}, 4}, {{}, 5}};
  const std::string three = metrics.text();
  for (const char* line : {"steelyard_ahead{source=\"a\\\"b\"} 3\n",
                           "steelyard_ahead{source=\"c\"} 4\n", "steelyard_ahead 5\n"}) {
    EXPECT_NE(three.find(line), std::string::npos) << line << three;
  }
  now = {{{{"source", "c"}}, 6}};
  const std::string one = metrics.text();
  EXPECT_NE(one.find("steelyard_ahead{source=\"c\"} 6\n"), std::string::npos) << one;
  EXPECT_EQ(one.find("\nsteelyard_ahead 5"), std::string::npos) << one;
  EXPECT_EQ(one.find("source=\"a"), std::string::npos) << one;
}

}  // namespace
}  // namespace steelyard::server
