#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "steelyard/api/answers.h"
#include "steelyard/api/charge_filter.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"
#include "steelyard/charges/export_room.h"
#include "steelyard/charges/focus.h"

namespace steelyard::api {
namespace {

using charges::ChargeFilter;
using server::Parameter;
using server::ParameterType;
using server::Request;
using server::Response;

constexpr std::uint64_t lines_max = 10'000'000;
constexpr std::size_t page_lines = 10'000;

constexpr std::string_view csv_type = "text/csv; charset=utf-8";
constexpr std::string_view parquet_type = "application/vnd.apache.parquet";

/// A file that is gone at the end of its block, unless an answer has taken it.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& folder) {
    static std::atomic<std::uint64_t> made = 0;
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
    path_ = std::filesystem::path(folder) / ("export-" + std::to_string(++made));
  }
  ~ScratchFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Result<void> write_focus(const Services& services, const ChargeFilter& filter,
                         std::string_view issuer, const std::filesystem::path& path) {
  const pricebook::PriceBook& book = services.rater().book().versions.back();
  charges::FocusWriter writer(
      {.zone = book.time_zone, .issuer = std::string(issuer.empty() ? book.name : issuer)},
      base::Calendar(book.rules_of_zone()));
  std::ofstream file(path, std::ios::binary);
  std::string text;
  charges::FocusWriter::append_header(text);
  std::uint64_t lines = 0;
  std::string cursor;
  do {
    STEELYARD_TRY(page, services.charges->charges(filter, cursor, page_lines));
    for (const charges::ChargeRow& row : page.rows) {
      if (row.line == 0) continue;
      if (++lines > lines_max) {
        return failure(ErrorCode::too_large, "more than " + std::to_string(lines_max) +
                                                 " charge lines: ask for less time");
      }
      writer.append(row, text);
    }
    STEELYARD_PASS(charges::check_export_room(path.parent_path(), text.size()));
    file << text;
    text.clear();
    cursor = page.next;
  } while (!cursor.empty());
  file.close();
  if (file) return {};
  return failure(ErrorCode::file_is_unreadable, path.string() + ": " + std::strerror(errno));
}

Result<void> write_file(const Services& services, const Request& request,
                        const ChargeFilter& filter, std::string_view format,
                        const std::filesystem::path& path) {
  if (format == "focus") {
    return write_focus(services, filter, request.parameter("issuer").value_or(""), path);
  }
  const auto kind =
      format == "parquet" ? charges::ExportFormat::parquet : charges::ExportFormat::csv;
  STEELYARD_PASS(services.charges->export_charges(filter, kind, lines_max, path));
  return {};
}

/// Written to a file first, which is sent from there: so it needs no memory, and is either whole or
/// an error.
Response export_charges(const Services& services, const Request& request) {
  const ChargeFilter filter = filter_of(request);
  const std::string_view format = *request.parameter("format");
  const bool is_parquet = format == "parquet";
  const ScratchFile scratch(services.scratch_folder);
  const auto written = write_file(services, request, filter, format, scratch.path());
  if (!written.has_value()) return problem_of(written.error());
  auto file = server::BodyFile::take(scratch.path());
  if (!file.has_value()) return problem_of(file.error());
  const std::string name =
      (format == "focus" ? "focus-" : "charges-") + base::to_rfc3339(*filter.from).substr(0, 10) +
      '-' + base::to_rfc3339(*filter.to).substr(0, 10) + (is_parquet ? ".parquet" : ".csv");
  return Response::of_file(*std::move(file), std::string(is_parquet ? parquet_type : csv_type))
      .with("Content-Disposition", "attachment; filename=\"" + name + '"');
}

std::vector<Parameter> parameters() {
  Parameter from = query_parameter("from", ParameterType::instant,
                                   "From this time of the events on.", "2026-11-01T00:00:00Z");
  Parameter to =
      query_parameter("to", ParameterType::instant, "Before this time.", "2026-12-01T00:00:00Z");
  from.is_required = true;
  to.is_required = true;
  Parameter format = query_parameter("format", ParameterType::word, "The kind of file.", "csv");
  format.words = {"csv", "parquet", "focus"};
  format.default_value = "csv";
  return {std::move(from),
          std::move(to),
          query_parameter("account", ParameterType::text, "Who pays.", "acme"),
          query_parameter("model", ParameterType::text, "A model or product.", "qwen-plus"),
          query_parameter("project", ParameterType::text, "Of which project.", "search"),
          std::move(format),
          query_parameter("issuer", ParameterType::text,
                          "With focus: who sells, in place of the price book's name.", "Example")};
}

}  // namespace

void add_exports(server::RouteTable& table, Services& services) {
  server::Route route;
  route.method = server::Method::get;
  route.path = "/v1/exports/charges";
  route.operation_id = "export_charges";
  route.summary = "Charge lines as a file";
  route.description =
      "CSV, Parquet, or the FinOps FOCUS 1.2 columns as CSV; docs/reference/exports.md has each "
      "column. Amounts are exact decimals. At most 10,000,000 lines: ask for less time. Texts that "
      "a "
      "spreadsheet would run as a formula are prefixed with '. What came less than a second ago "
      "may not be there yet.";
  route.tag = "Charges";
  route.scope = server::Scope::read_usage;
  route.parameters = parameters();
  for (const std::string_view type : {csv_type, parquet_type}) {
    server::ResponseContent content;
    content.media_type = type;
    content.description = type == csv_type ? "A row for each charge line." : "The same, columnar.";
    route.responses.push_back(std::move(content));
  }
  route.problems = {"too_large"};
  route.lane = server::Lane::bulk;
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) { return export_charges(services, request); };
  table.add(std::move(route));
}

}  // namespace steelyard::api
