#include "steelyard/server/structured_log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <mutex>

#include "steelyard/base/check.h"
#include "steelyard/server/api_key.h"
#include "steelyard/server/json_text.h"

namespace steelyard::server {
namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  base::check_failed("every level has a name", __FILE__, __LINE__);
}

class FunctionSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(std::function<void(std::string_view)> to) : to_(std::move(to)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    to_({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

 private:
  std::function<void(std::string_view)> to_;
};

/// Replaces what follows the mode of anything shaped like an API key.
void mask_keys(std::string& line) {
  constexpr std::size_t begin_characters = std::string_view("steelyard_live_").size();
  for (std::size_t from = 0;;) {
    const std::size_t found = find_api_key(std::string_view(line).substr(from));
    if (found == std::string_view::npos) return;
    const std::size_t begin = from + found + begin_characters;
    std::size_t end = begin;
    while (end < line.size() &&
           (std::isalnum(static_cast<unsigned char>(line[end])) != 0 || line[end] == '_')) {
      ++end;
    }
    line.replace(begin, end - begin, "***");
    from = begin + 3;
  }
}

void append(std::string_view name, std::string_view value, std::string& line) {
  line += ',';
  append_json_text(name, line);
  line += ':';
  append_json_text(value, line);
}

void append(std::string_view name, std::uint64_t value, std::string& line) {
  line += ',';
  append_json_text(name, line);
  line += ':' + std::to_string(value);
}

std::string begin_line(base::Instant time, LogLevel level, std::string_view event) {
  std::string line = R"({"time":")" + to_rfc3339(time) + '"';
  append("level", name_of(level), line);
  append("event", event, line);
  return line;
}

}  // namespace

struct StructuredLog::Sink {
  explicit Sink(const spdlog::sink_ptr& sink) : logger("steelyard", sink) {
    logger.set_pattern("%v");
    logger.set_level(spdlog::level::trace);
    logger.flush_on(spdlog::level::err);
  }

  void write(LogLevel level, std::string line) {
    line += '}';
    mask_keys(line);
    // As an argument: braces of the line are no places to fill.
    logger.log(level == LogLevel::error ? spdlog::level::err : spdlog::level::info, "{}", line);
  }

  spdlog::logger logger;
};

StructuredLog::StructuredLog(std::unique_ptr<Sink> sink, Clock clock, LogLevel at_least)
    : sink_(std::move(sink)), clock_(std::move(clock)), at_least_(at_least) {}

StructuredLog::~StructuredLog() { flush(); }

std::unique_ptr<StructuredLog> StructuredLog::to_stderr(Clock clock, LogLevel at_least) {
  auto sink = std::make_unique<Sink>(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  return std::unique_ptr<StructuredLog>(
      new StructuredLog(std::move(sink), std::move(clock), at_least));
}

Result<std::unique_ptr<StructuredLog>> StructuredLog::to_file(const std::string& path, Clock clock,
                                                              LogLevel at_least) {
  try {
    auto sink = std::make_unique<Sink>(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path));
    return std::unique_ptr<StructuredLog>(
        new StructuredLog(std::move(sink), std::move(clock), at_least));
  } catch (const std::exception& error) {
    return failure(ErrorCode::file_is_unreadable,
                   "the log '" + path + "' cannot be opened: " + error.what());
  }
}

std::unique_ptr<StructuredLog> StructuredLog::to(std::function<void(std::string_view)> sink,
                                                 Clock clock, LogLevel at_least) {
  auto to_function = std::make_unique<Sink>(std::make_shared<FunctionSink>(std::move(sink)));
  return std::unique_ptr<StructuredLog>(
      new StructuredLog(std::move(to_function), std::move(clock), at_least));
}

void StructuredLog::write(
    LogLevel level, std::string_view event,
    std::initializer_list<std::pair<std::string_view, std::string_view>> values) {
  if (level < at_least_) return;
  std::string line = begin_line(clock_.wall(), level, event);
  for (const auto& [name, value] : values) append(name, value, line);
  sink_->write(level, std::move(line));
}

void StructuredLog::access(const AccessRecord& record) {
  const LogLevel level = record.status >= 500 ? LogLevel::warning : LogLevel::info;
  if (level < at_least_) return;
  std::string line = begin_line(clock_.wall(), level, "request");
  append("request", record.request_id, line);
  append("method", record.method, line);
  append("path", record.path, line);
  append("route", record.route, line);
  append("status", static_cast<std::uint64_t>(record.status), line);
  if (!record.tenant.empty()) append("tenant", record.tenant, line);
  if (!record.key_id.empty()) append("key", record.key_id, line);
  append("peer", record.peer, line);
  append("bytes_in", record.bytes_in, line);
  append("bytes_out", record.bytes_out, line);
  append("micros", static_cast<std::uint64_t>(record.took.count()), line);
  if (!record.problem.empty()) append("problem", record.problem, line);
  sink_->write(level, std::move(line));
}

void StructuredLog::flush() { sink_->logger.flush(); }

}  // namespace steelyard::server
