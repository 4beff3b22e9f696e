#include "steelyard/charges/duckdb/export.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "steelyard/charges/csv_cell.h"
#include "steelyard/charges/duckdb/conditions.h"

namespace steelyard::charges::duckdb {
namespace {

namespace fs = std::filesystem;

/// A file that is written beside its place and takes it when it is complete and synced.
class Replacement {
 public:
  explicit Replacement(const fs::path& file) : file_(file), beside_(file.string() + ".part") {}
  ~Replacement() {
    std::error_code ignored;
    if (!is_done_) fs::remove(beside_, ignored);
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  const fs::path& beside() const { return beside_; }

  Result<void> take_place() {
    const int descriptor = ::open(beside_.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return failed();
    const bool is_synced = ::fsync(descriptor) == 0;
    ::close(descriptor);
    if (!is_synced || ::rename(beside_.c_str(), file_.c_str()) != 0) return failed();
    is_done_ = true;
    return {};
  }

  std::unexpected<Error> failed() const {
    return failure(ErrorCode::file_is_unreadable, file_.string() + ": " + std::strerror(errno));
  }

 private:
  fs::path file_;
  fs::path beside_;
  bool is_done_ = false;
};

/// Bytes to a file descriptor, whole.
class Output {
 public:
  explicit Output(const fs::path& file)
      : descriptor_(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
  ~Output() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  bool is_open() const { return descriptor_ >= 0; }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

 private:
  int descriptor_;
};

void append_header(const std::vector<ColumnReader>& columns, std::string& to) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) to += ',';
    append_csv_cell(columns[i].column.name, false, to);
  }
  to += '\n';
}

void append_row(const std::vector<ColumnReader>& columns, const Chunk& chunk, idx_t row,
                std::string& to) {
  for (idx_t i = 0; i < columns.size(); ++i) {
    if (i > 0) to += ',';
    const auto text = columns[i].text(chunk, i, row);
    if (text.has_value()) {
      append_csv_cell(*text, columns[i].column.kind == ColumnKind::number, to);
    }
  }
  to += '\n';
}

std::string quoted_name(std::string_view name) {
  std::string sql = "\"";
  for (const char c : name) {
    if (c == '"') sql += '"';
    sql += c;
  }
  return sql + '"';
}

/// Column names of an answer can repeat; those of a table can not.
std::string table_sql(const std::vector<ColumnReader>& columns) {
  std::string sql = "CREATE TABLE answer (";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::string name = columns[i].column.name;
    for (std::size_t j = 0; j < i; ++j) {
      if (columns[j].column.name == name) {
        name += '_' + std::to_string(i + 1);
        break;
      }
    }
    const std::string& type = columns[i].column.type;
    const bool is_null = columns[i].type == DUCKDB_TYPE_SQLNULL;
    sql += (i == 0 ? "" : ", ") + quoted_name(name) + ' ' + (is_null ? "INTEGER" : type);
  }
  return sql + ')';
}

Result<std::uint64_t> copy_rows(QuestionSeries& question, const Connection& to) {
  Appender appender;
  STEELYARD_CHECK(duckdb_appender_create(to.get(), nullptr, "answer", appender.out()) ==
                  DuckDBSuccess);
  std::uint64_t rows = 0;
  while (true) {
    STEELYARD_TRY(chunk, question.next());
    if (!chunk.has_value()) break;
    rows += chunk->size();
    if (duckdb_append_data_chunk(appender.get(), chunk->handle()) != DuckDBSuccess) {
      return failure(ErrorCode::store_failed, "rows can not be copied for the export");
    }
  }
  if (duckdb_appender_close(appender.get()) != DuckDBSuccess) {
    return failure(ErrorCode::store_failed, "rows can not be copied for the export");
  }
  return rows;
}

}  // namespace

Result<std::uint64_t> write_csv(QuestionSeries& question, const fs::path& file) {
  Replacement replacement(file);
  Output output(replacement.beside());
  if (!output.is_open()) return replacement.failed();
  std::string text;
  append_header(question.columns(), text);
  std::uint64_t rows = 0;
  while (true) {
    STEELYARD_TRY(chunk, question.next());
    if (!chunk.has_value()) break;
    for (idx_t row = 0; row < chunk->size(); ++row) {
      append_row(question.columns(), *chunk, row, text);
    }
    rows += chunk->size();
    if (!output.write(text)) return replacement.failed();
    text.clear();
  }
  if (!output.write(text)) return replacement.failed();
  STEELYARD_PASS(replacement.take_place());
  return rows;
}

Result<std::uint64_t> write_parquet(QuestionSeries& question, const fs::path& file) {
  // The store's own database can not write files. The rows go through another one, which nobody
  // else can ask; it is a file too, so that an answer may be larger than the memory.
  Replacement replacement(file);
  const fs::path scratch = file.string() + ".part.duckdb";
  std::error_code ignored;
  fs::remove(scratch, ignored);
  Result<std::uint64_t> rows = [&]() -> Result<std::uint64_t> {
    STEELYARD_TRY(database,
                  open_database(scratch.string(), {.threads = 2, .may_touch_files = true}));
    const Connection connection = connect(database);
    STEELYARD_PASS(run(connection, table_sql(question.columns())));
    STEELYARD_TRY(count, copy_rows(question, connection));
    STEELYARD_PASS(run(connection, "COPY answer TO " + sql_text(replacement.beside().string()) +
                                       " (FORMAT PARQUET, COMPRESSION ZSTD)"));
    return count;
  }();
  fs::remove(scratch, ignored);
  fs::remove(scratch.string() + ".wal", ignored);
  if (rows.has_value()) STEELYARD_PASS(replacement.take_place());
  return rows;
}

}  // namespace steelyard::charges::duckdb
