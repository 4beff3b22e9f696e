#include "steelyard/server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <shared_mutex>

namespace steelyard::server {
namespace {

// The one file that may say `double` (script/check-includes): prometheus-cpp counts in it, a
// metric is never money, and whole numbers are exact in it up to 2^53.
const prometheus::Histogram::BucketBoundaries seconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025,
                                                         0.005,  0.01,    0.02,   0.05,  0.1,
                                                         0.25,   0.5,     1.0,    2.5,   10.0};

double seconds_of(std::chrono::nanoseconds duration) {
  return static_cast<double>(duration.count()) / 1e9;
}

prometheus::Labels labels_of(const Metrics::Labels& labels) {
  return {labels.begin(), labels.end()};
}

}  // namespace

struct Metrics::Families {
  using Counters = prometheus::Family<prometheus::Counter>;
  using Gauges = prometheus::Family<prometheus::Gauge>;
  using Histograms = prometheus::Family<prometheus::Histogram>;

  struct RouteCounters {
    prometheus::Counter* requests = nullptr;
    prometheus::Histogram* took = nullptr;
  };

  prometheus::Registry registry;
  Counters& requests = prometheus::BuildCounter()
                           .Name("steelyard_http_requests_total")
                           .Help("Answers, by route and status")
                           .Register(registry);
  Histograms& took = prometheus::BuildHistogram()
                         .Name("steelyard_http_request_duration_seconds")
                         .Help("From the complete head of a request to its answer, by route")
                         .Register(registry);
  Counters& bytes = prometheus::BuildCounter()
                        .Name("steelyard_http_bytes_total")
                        .Help("Bytes of requests (in) and answers (out)")
                        .Register(registry);
  Counters& refused = prometheus::BuildCounter()
                          .Name("steelyard_http_refused_total")
                          .Help("Connections and requests turned away before dispatch, by reason")
                          .Register(registry);
  prometheus::Counter& bytes_in = bytes.Add({{"direction", "in"}});
  prometheus::Counter& bytes_out = bytes.Add({{"direction", "out"}});
  prometheus::Gauge& in_flight = prometheus::BuildGauge()
                                     .Name("steelyard_http_requests_in_flight")
                                     .Help("Requests being answered")
                                     .Register(registry)
                                     .Add({});
  prometheus::Gauge& connections = prometheus::BuildGauge()
                                       .Name("steelyard_http_connections")
                                       .Help("Connections that are open")
                                       .Register(registry)
                                       .Add({});

  mutable std::shared_mutex mutex;
  std::map<std::pair<std::string, int>, RouteCounters, std::less<>> routes;
  std::map<std::string, prometheus::Counter*, std::less<>> refusals;  ///< By reason.
  std::vector<std::pair<prometheus::Gauge*, std::function<std::int64_t()>>> read_later;

  /// Gauges that come and go.
  struct Group {
    Gauges* family = nullptr;
    std::function<std::vector<Reading>()> read;
    std::map<prometheus::Labels, prometheus::Gauge*> shown{};

    void update() {
      std::map<prometheus::Labels, prometheus::Gauge*> now;
      for (const Reading& each : read()) {
        prometheus::Gauge& gauge = family->Add(labels_of(each.labels));
        gauge.Set(static_cast<double>(each.value));
        now[labels_of(each.labels)] = &gauge;
      }
      for (const auto& [labels, gauge] : shown) {
        if (!now.contains(labels)) family->Remove(gauge);
      }
      shown = std::move(now);
    }
  };
  std::mutex groups_mutex;
  std::vector<Group> groups;

  RouteCounters counters_of(std::string_view route, int status) {
    const auto key = std::pair<std::string, int>(route, status);
    {
      const std::shared_lock lock(mutex);
      if (const auto found = routes.find(key); found != routes.end()) return found->second;
    }
    const std::unique_lock lock(mutex);
    // Both are there before they can be found: whoever meets an end of memory between leaves
    // nothing.
    const RouteCounters counters{
        &requests.Add({{"route", key.first}, {"status", std::to_string(status)}}),
        &took.Add({{"route", key.first}}, seconds)};
    return routes.try_emplace(key, counters).first->second;
  }

  prometheus::Counter& refusals_of(std::string_view reason) {
    {
      const std::shared_lock lock(mutex);
      if (const auto found = refusals.find(reason); found != refusals.end()) return *found->second;
    }
    const std::unique_lock lock(mutex);
    const std::string name(reason);
    return *refusals.try_emplace(name, &refused.Add({{"reason", name}})).first->second;
  }
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

void Metrics::request(std::string_view route, int status, std::chrono::nanoseconds took,
                      std::uint64_t bytes_in, std::uint64_t bytes_out) {
  const Families::RouteCounters counters = families_->counters_of(route, status);
  counters.requests->Increment();
  counters.took->Observe(seconds_of(took));
  families_->bytes_in.Increment(static_cast<double>(bytes_in));
  families_->bytes_out.Increment(static_cast<double>(bytes_out));
}

void Metrics::in_flight(std::int64_t change) {
  families_->in_flight.Increment(static_cast<double>(change));
}

void Metrics::connections(std::int64_t change) {
  families_->connections.Increment(static_cast<double>(change));
}

void Metrics::refused(std::string_view reason) { families_->refusals_of(reason).Increment(); }

std::function<void(std::uint64_t)> Metrics::counter(std::string name, std::string help,
                                                    Labels labels) {
  auto& counter = prometheus::BuildCounter()
                      .Name(name)
                      .Help(help)
                      .Register(families_->registry)
                      .Add(labels_of(labels));
  return [&counter](std::uint64_t more) { counter.Increment(static_cast<double>(more)); };
}

void Metrics::gauge(std::string name, std::string help, Labels labels,
                    std::function<std::int64_t()> read) {
  auto& gauge = prometheus::BuildGauge()
                    .Name(name)
                    .Help(help)
                    .Register(families_->registry)
                    .Add(labels_of(labels));
  const std::unique_lock lock(families_->mutex);
  families_->read_later.emplace_back(&gauge, std::move(read));
}

void Metrics::gauges(std::string name, std::string help,
                     std::function<std::vector<Reading>()> read) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(families_->registry);
  const std::lock_guard lock(families_->groups_mutex);
  families_->groups.push_back({&family, std::move(read)});
}

std::function<void(std::chrono::nanoseconds)> Metrics::histogram(std::string name, std::string help,
                                                                 Labels labels) {
  auto& histogram = prometheus::BuildHistogram()
                        .Name(name)
                        .Help(help)
                        .Register(families_->registry)
                        .Add(labels_of(labels), seconds);
  return [&histogram](std::chrono::nanoseconds took) { histogram.Observe(seconds_of(took)); };
}

std::string Metrics::text() const {
  {
    const std::shared_lock lock(families_->mutex);
    for (const auto& [gauge, read] : families_->read_later) {
      gauge->Set(static_cast<double>(read()));
    }
  }
  const std::lock_guard lock(families_->groups_mutex);  // Until they are written, none goes.
  for (Families::Group& group : families_->groups) group.update();
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace steelyard::server
