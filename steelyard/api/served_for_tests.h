#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "steelyard/api/sealed_data.h"
#include "steelyard/api/services.h"
#include "steelyard/core/machine_for_tests.h"
#include "steelyard/server/http_server.h"
#include "steelyard/server/server_for_tests.h"

namespace steelyard::api {

/// The whole API on a free port, over a node on a folder of its own.
class Served {
 public:
  Served() : folder_(testing::TempDir() + "served-" + std::to_string(getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    node::NodeOptions options;
    options.clock.wall_micros = [] { return now_micros(std::chrono::system_clock::now()); };
    options.clock.steady_micros = [] { return now_micros(std::chrono::steady_clock::now()); };
    node =
        node::Node::open(std::shared_ptr<const rating::Rater>(&core::shipped_rater(), [](auto*) {}),
                         log::LocalLog::open(folder_).value(),
                         node::Keeper::open(folder_, {}).value(), std::move(options))
            .value();
    charges = std::make_unique<charges::ChargeStore>(
        charges::ChargeStore::open(folder_ + "/charges.duckdb").value());
    services.node = node.get();
    services.keys = &keys;
    services.charges = charges.get();
    personal_keys_ =
        personal::KeyRing::open({folder_}, log::real_files(),
                                {server::system_random(), [] { return std::int64_t{1}; }})
            .value();
    sealed_ = std::make_unique<SealedData>(*personal_keys_);
    services.sealed = sealed_.get();
    services.scratch_folder = folder_ + "/exports";
    log_ = server::StructuredLog::to([](std::string_view) {}, server::Clock::system(),
                                     server::LogLevel::warning);
    server::ServerParts parts;
    parts.keys = &keys;
    parts.idempotency = idempotency_.get();
    parts.metrics = &metrics_;
    parts.log = log_.get();
    http = server::HttpServer::start({}, make_routes(services), std::move(parts)).value();
  }

  ~Served() {
    http = nullptr;
    node = nullptr;
    std::filesystem::remove_all(folder_);
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  /// A key that stands in the log, made by another one; empty: by the server.
  server::CreatedKey key(server::Role role, std::string_view by = {},
                         server::KeyKind kind = server::KeyKind::full,
                         std::optional<std::string> customer = {}, std::string tenant = "default") {
    server::NewKey wanted;
    wanted.role = role;
    wanted.kind = kind;
    wanted.tenant = std::move(tenant);
    wanted.customer = std::move(customer);
    auto made =
        keys.create(std::move(wanted), server::system_random(), server::Clock::system().wall());
    EXPECT_TRUE(services.keep_key(made.record, by).has_value());
    return made;
  }

  /// As the owner of the key; `fields` end with a line end each.
  server::RawAnswer ask(const server::CreatedKey& as, std::string_view method_and_target,
                        std::string_view body = {}, std::string_view fields = {}) const {
    std::string all = "Authorization: Bearer " + std::string(as.text.reveal()) + "\r\n";
    if (!body.empty()) all += "Content-Type: application/json\r\n";
    all += fields;
    return server::RawClient(http->port()).ask(server::request_text(method_and_target, all, body));
  }

  std::unique_ptr<node::Node> node;
  std::unique_ptr<charges::ChargeStore> charges;
  server::KeyStore keys{server::Secret("pepper of the tests")};
  Services services{core::shipped_rater()};
  std::unique_ptr<server::HttpServer> http;

 private:
  template <class Time>
  static std::int64_t now_micros(Time now) {
    return std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  }

  std::string folder_;
  std::unique_ptr<personal::KeyRing> personal_keys_;
  std::unique_ptr<SealedData> sealed_;
  std::unique_ptr<server::Idempotency> idempotency_ = server::idempotency_in_memory();
  server::Metrics metrics_;
  std::unique_ptr<server::StructuredLog> log_;
};

}  // namespace steelyard::api
