#include "steelyard/server/http_server.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <mutex>
#include <new>
#include <vector>

#include "steelyard/base/check.h"
#include "steelyard/base/thread.h"
#include "steelyard/server/generic_routes.h"
#include "steelyard/server/listener.h"
#include "steelyard/server/tls.h"

namespace steelyard::server {
namespace {

namespace asio = boost::asio;
using Error = boost::system::error_code;
using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;

constexpr auto tls_check_interval = std::chrono::seconds(5);
constexpr auto probe_interval = std::chrono::milliseconds(25);

/// When a file was last written and how long it is: enough to see that it was replaced.
std::string stamp_of(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return "none";
  return std::to_string(status.st_mtim.tv_sec) + '.' + std::to_string(status.st_mtim.tv_nsec) +
         ' ' + std::to_string(status.st_size) + ' ' + std::to_string(status.st_ino);
}

std::string stamp_of(const TlsOptions& tls) {
  return stamp_of(tls.certificate_file) + ' ' + stamp_of(tls.key_file);
}

/// As many descriptors as the system lets us have: every connection is one.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// How often deadlines are looked at: a fraction of the shortest.
std::chrono::milliseconds watch_interval_of(const ServerLimits& limits) {
  const auto shortest = std::min({limits.head_time, limits.idle_time, limits.rate_grace,
                                  limits.write_time, std::chrono::milliseconds(2'000)});
  return std::max(shortest / 8, std::chrono::milliseconds(5));
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(ServerOptions options, RouteTable routes, ServerParts parts)
      : options_(std::move(options)),
        application_(std::make_shared<Application>(options_, std::move(routes), std::move(parts))),
        settings_(std::make_shared<ConnectionSettings>()) {
    for (std::size_t i = 0; i < options_.io_threads; ++i) {
      threads_.push_back(std::make_unique<IoThread>());
      guards_.push_back(asio::make_work_guard(threads_.back()->loop));
    }
    settings_->application = application_;
    listener_ = std::make_unique<Listener>(threads_, settings_);
  }

  ~Impl() { end(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> start() {
    if (options_.tls.has_value()) STEELYARD_PASS(reload_tls());
    STEELYARD_PASS(listener_->open(options_.address, options_.port));
    raise_descriptor_limit();
    listener_->start();
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      const auto& thread = threads_[i];
      watch(*thread);
      probe(*thread, i);
      thread->thread = std::thread([this, &loop = thread->loop] { run(loop); });
    }
    return {};
  }

  Result<void> reload_tls() {
    if (!options_.tls.has_value()) {
      return failure(ErrorCode::usage_of_command, "the server runs without TLS");
    }
    const std::lock_guard lock(tls_mutex_);
    tls_stamp_ = stamp_of(*options_.tls);
    STEELYARD_TRY(context, tls_context(*options_.tls, application_->parts().clock.wall()));
    listener_->set_tls(std::move(context));
    return {};
  }

  bool stop() {
    if (settings_->is_stopping.exchange(true)) return true;
    asio::post(threads_.front()->loop, [this] { listener_->close(); });
    each_connection([](Connection& connection) {
      if (connection.phase() == Connection::Phase::idle) connection.interrupt();
    });
    const bool all_ended = wait_for_end(options_.limits.drain_time);
    if (!all_ended) {
      each_connection([](Connection& connection) { connection.interrupt(); });
      wait_for_end(std::chrono::milliseconds(1'000));
    }
    end();
    return all_ended;
  }

  std::uint16_t port() const { return listener_->port(); }
  const ServerOptions& options() const { return options_; }
  const RouteTable& routes() const { return application_->routes(); }

 private:
  void run(asio::io_context& loop) {
    base::name_thread("http");
    while (true) {
      try {
        loop.run();
        return;
      } catch (const std::bad_alloc&) {
        std::terminate();  // Of what was cut off here, a connection or the listener, nobody knows.
      } catch (const std::exception& error) {
        application_->parts().log->write(LogLevel::error, "io_thread_threw",
                                         {{"what", error.what()}});
      }
    }
  }

  /// Looks at the deadlines of a thread's connections now and then; the first thread also
  /// at the files of TLS.
  void watch(IoThread& thread) {
    thread.watch.expires_after(watch_interval_of(options_.limits));
    thread.watch.async_wait([this, &thread](const Error& error) {
      if (error) return;
      const auto now = std::chrono::steady_clock::now();
      for (Connection* connection : thread.connections) connection->check_deadline(now);
      if (&thread == threads_.front().get() && options_.tls.has_value()) watch_tls(now);
      watch(thread);
    });
  }

  void probe(IoThread& thread, std::size_t number) {
    thread.probe.expires_after(probe_interval);
    thread.probe.async_wait([this, &thread, number](const Error& error) {
      if (error) return;
      const auto now = std::chrono::steady_clock::now();
      application_->gauge().fired(number, now - thread.probe.expiry(), now.time_since_epoch());
      application_->turns().look(now.time_since_epoch());
      probe(thread, number);
    });
  }

  void watch_tls(std::chrono::steady_clock::time_point now) {
    if (now < next_tls_check_) return;
    next_tls_check_ = now + tls_check_interval;
    {
      const std::lock_guard lock(tls_mutex_);
      if (stamp_of(*options_.tls) == tls_stamp_) return;
    }
    const auto reloaded = reload_tls();
    if (reloaded.has_value()) {
      application_->parts().log->write(LogLevel::info, "tls_reloaded");
    } else {
      application_->parts().log->write(LogLevel::error, "tls_not_reloaded",
                                       {{"why", reloaded.error().detail}});
    }
  }

  void each_connection(void (*visit)(Connection&)) {
    for (const auto& thread : threads_) {
      asio::post(thread->loop, [&thread = *thread, visit] {
        for (Connection* connection : thread.connections) visit(*connection);
      });
    }
  }

  bool wait_for_end(std::chrono::milliseconds at_most) {
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    while (open_connections() > 0) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  std::size_t open_connections() const {
    std::size_t open = 0;
    for (const auto& thread : threads_) open += thread->open;
    return open;
  }

  /// Stops all threads; what is left of connections goes with the loops.
  void end() {
    for (const auto& thread : threads_) thread->loop.stop();
    for (const auto& thread : threads_) {
      if (thread->thread.joinable()) thread->thread.join();
      for (Connection* connection : thread->connections) connection->abandon();
    }
    application_->stop_workers();
  }

  const ServerOptions options_;
  const std::shared_ptr<Application> application_;
  const std::shared_ptr<ConnectionSettings> settings_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::vector<WorkGuard> guards_;
  std::unique_ptr<Listener> listener_;
  std::mutex tls_mutex_;
  std::string tls_stamp_;
  std::chrono::steady_clock::time_point next_tls_check_;
};

Result<std::unique_ptr<HttpServer>> HttpServer::start(ServerOptions options, RouteTable routes,
                                                      ServerParts parts) {
  STEELYARD_CHECK(options.io_threads > 0 && options.worker_threads > 0);
  if (!options.tls.has_value() && !options.is_insecure && !is_loopback(options.address)) {
    return failure(ErrorCode::usage_of_command,
                   "keys and usage would cross the network in the clear on " + options.address +
                       ": give a TLS certificate and key, listen on 127.0.0.1, or say --insecure "
                       "if a proxy in front does TLS");
  }
  add_generic_routes(routes, parts);
  auto impl = std::make_unique<Impl>(std::move(options), std::move(routes), std::move(parts));
  STEELYARD_PASS(impl->start());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const { return impl_->port(); }

std::string HttpServer::url() const {
  const std::string& address = impl_->options().address;
  const bool is_ipv6 = address.find(':') != std::string::npos;
  return std::string(impl_->options().tls.has_value() ? "https" : "http") + "://" +
         (is_ipv6 ? "[" + address + "]" : address) + ':' + std::to_string(port());
}

const RouteTable& HttpServer::routes() const { return impl_->routes(); }

Result<void> HttpServer::reload_tls() { return impl_->reload_tls(); }

bool HttpServer::stop() { return impl_->stop(); }

}  // namespace steelyard::server
