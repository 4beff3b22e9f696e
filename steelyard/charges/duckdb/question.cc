#include "steelyard/charges/duckdb/question.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace steelyard::charges::duckdb {
namespace {

constexpr std::array<std::string_view, 5> first_words = {"select", "with", "explain", "show",
                                                         "describe"};

/// Functions that change something of the process, or that hide another question in a text.
constexpr std::array<std::string_view, 10> refused_functions = {
    "checkpoint",           "force_checkpoint",
    "enable_logging",       "disable_logging",
    "enable_profiling",     "disable_profiling",
    "enable_peg_parser",    "disable_peg_parser",
    "truncate_duckdb_logs", "json_execute_serialized_sql",
};
constexpr std::array<std::string_view, 2> refused_calls = {"query", "query_table"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

/// In small letters, and without double quotes: names can stand in them.
std::string plain(std::string_view sql) {
  std::string text;
  for (const char c : sql) {
    if (c != '"') text += lower(c);
  }
  return text;
}

/// Behind white space, comments and what is in `more`.
std::size_t skip_space(std::string_view text, std::size_t at, std::string_view more = "") {
  while (at < text.size()) {
    if (text.substr(at, 2) == "--") {
      at = std::min(text.find('\n', at), text.size());
    } else if (text.substr(at, 2) == "/*") {
      const std::size_t end = text.find("*/", at + 2);
      at = end == std::string_view::npos ? text.size() : end + 2;
    } else if (std::string_view(" \t\r\n").contains(text[at]) || more.contains(text[at])) {
      ++at;
    } else {
      return at;
    }
  }
  return at;
}

bool calls(std::string_view text, std::string_view function) {
  for (std::size_t at = text.find(function); at != std::string_view::npos;
       at = text.find(function, at + 1)) {
    if (at > 0 && is_word(text[at - 1])) continue;
    const std::size_t behind = skip_space(text, at + function.size());
    if (behind < text.size() && text[behind] == '(') return true;
  }
  return false;
}

std::unexpected<Error> refuse(std::string detail) {
  return failure(ErrorCode::query_is_refused, std::move(detail));
}

Result<void> check_text(std::string_view sql) {
  if (sql.find('\0') != std::string_view::npos) return refuse("the text has a NUL");
  const std::string text = plain(sql);
  const std::size_t begin = skip_space(text, 0, "(");
  std::size_t end = begin;
  while (end < text.size() && is_word(text[end])) ++end;
  const std::string first = text.substr(begin, end - begin);
  if (std::find(first_words.begin(), first_words.end(), first) == first_words.end()) {
    return refuse("'" + first + "': only SELECT, WITH, EXPLAIN, SHOW and DESCRIBE are answered");
  }
  for (const std::string_view function : refused_functions) {
    if (text.find(function) != std::string::npos) return refuse(std::string(function));
  }
  for (const std::string_view function : refused_calls) {
    if (calls(text, function)) return refuse(std::string(function) + "()");
  }
  return {};
}

/// Interrupts a connection at its deadline, unless it is destroyed before.
class Deadline {
 public:
  Deadline(duckdb_connection connection, std::uint32_t milliseconds)
      : thread_([this, connection, milliseconds](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          done_.wait_for(lock, stop, std::chrono::milliseconds(milliseconds), [] { return false; });
          // Again and again: an interrupt between two steps of the question is lost.
          while (!stop.stop_requested()) {
            is_over_ = true;
            duckdb_interrupt(connection);
            done_.wait_for(lock, stop, std::chrono::milliseconds(50), [] { return false; });
          }
        }) {}

  bool is_over() const { return is_over_; }

 private:
  std::mutex mutex_;
  std::condition_variable_any done_;
  std::atomic<bool> is_over_ = false;
  std::jthread thread_;
};

}  // namespace

struct Question::Parts {
  Connection connection;
  Statement statement;
  Answer answer;
  std::vector<ColumnReader> columns;
  std::unique_ptr<Deadline> deadline;  // Destroyed first: it holds the connection.
  std::uint32_t milliseconds_max = 0;

  std::unexpected<Error> failed(std::string words) const {
    if (!deadline->is_over()) return refuse(std::move(words));
    return failure(ErrorCode::query_took_too_long,
                   "stopped after " + std::to_string(milliseconds_max) + " ms");
  }
};

Question::Question(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Question::~Question() = default;
Question::Question(Question&&) noexcept = default;
Question& Question::operator=(Question&&) noexcept = default;

Result<Question> Question::ask(const Database& database, std::string_view text,
                               std::uint32_t milliseconds_max) {
  STEELYARD_PASS(check_text(text));
  auto parts = std::make_unique<Parts>();
  parts->connection = connect(database);
  parts->milliseconds_max = milliseconds_max;
  STEELYARD_PASS(run(parts->connection, "BEGIN TRANSACTION READ ONLY"));
  parts->deadline = std::make_unique<Deadline>(parts->connection.get(), milliseconds_max);

  Statements statements;
  const idx_t count = duckdb_extract_statements(parts->connection.get(), std::string(text).c_str(),
                                                statements.out());
  if (count == 0) {
    const char* const error = duckdb_extract_statements_error(statements.get());
    return parts->failed(error == nullptr ? "there is no statement" : error);
  }
  if (count > 1) return refuse("more than one statement");
  if (duckdb_prepare_extracted_statement(parts->connection.get(), statements.get(), 0,
                                         parts->statement.out()) != DuckDBSuccess) {
    return parts->failed(words_of(duckdb_prepare_error(parts->statement.get())));
  }
  const duckdb_statement_type type = duckdb_prepared_statement_type(parts->statement.get());
  if (type != DUCKDB_STATEMENT_TYPE_SELECT && type != DUCKDB_STATEMENT_TYPE_EXPLAIN) {
    return refuse("a statement that does not ask");
  }
  if (duckdb_nparams(parts->statement.get()) != 0) return refuse("a parameter without a value");
  if (duckdb_execute_prepared_streaming(parts->statement.get(), parts->answer.handle()) !=
      DuckDBSuccess) {
    return parts->failed(words_of(duckdb_result_error(parts->answer.handle())));
  }
  for (idx_t i = 0; i < parts->answer.column_count(); ++i) {
    STEELYARD_TRY(reader, reader_of(parts->answer, i));
    parts->columns.push_back(std::move(reader));
  }
  return Question(std::move(parts));
}

const std::vector<ColumnReader>& Question::columns() const { return parts_->columns; }

Answer& Question::answer() { return parts_->answer; }

Result<std::optional<Chunk>> Question::next() {
  auto chunk = parts_->answer.next();
  if (!chunk.has_value()) return parts_->failed(std::move(chunk.error().detail));
  return chunk;
}

}  // namespace steelyard::charges::duckdb
