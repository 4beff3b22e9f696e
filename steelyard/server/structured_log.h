#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "steelyard/base/result.h"
#include "steelyard/base/time.h"
#include "steelyard/server/clock.h"

namespace steelyard::server {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

/// What one access line says.
struct AccessRecord {
  std::string_view request_id;
  std::string_view method;
  std::string_view path;   ///< Without the query: values of parameters may be private.
  std::string_view route;  ///< operation_id, or "none".
  int status = 0;
  std::string_view tenant;
  std::string_view key_id;
  std::string_view peer;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::chrono::microseconds took{0};
  std::string_view problem;  ///< The word, if the answer is one.
};

/// Lines of JSON, one for each event and each request: {"time":…,"level":…,"event":…,…}.
/// Every value is escaped, so that no request can write a line of its own (S12), and
/// anything shaped like an API key is masked (S7).
class StructuredLog {
 public:
  static std::unique_ptr<StructuredLog> to_stderr(Clock clock, LogLevel at_least);
  /// Errors: file_is_unreadable.
  [[nodiscard]] static Result<std::unique_ptr<StructuredLog>> to_file(const std::string& path,
                                                                      Clock clock,
                                                                      LogLevel at_least);
  /// For tests: every line, without its end. Called by one thread at a time.
  static std::unique_ptr<StructuredLog> to(std::function<void(std::string_view)> sink, Clock clock,
                                           LogLevel at_least);
  ~StructuredLog();

  /// `event` is a word: "tls_reloaded".
  void write(LogLevel level, std::string_view event,
             std::initializer_list<std::pair<std::string_view, std::string_view>> values = {});
  void access(const AccessRecord& record);
  void flush();

 private:
  struct Sink;
  StructuredLog(std::unique_ptr<Sink> sink, Clock clock, LogLevel at_least);

  std::unique_ptr<Sink> sink_;
  Clock clock_;
  LogLevel at_least_;
};

}  // namespace steelyard::server
