#include "steelyard/scenario/run.h"

#include <algorithm>
#include <memory>

#include "steelyard/batch/chunk_rater.h"
#include "steelyard/identity/identity_set.h"
#include "steelyard/report/ndjson.h"
#include "steelyard/scenario/words.h"

namespace steelyard::scenario {
namespace {

using batch::Record;
using batch::Status;

/// The book of a scenario: the shipped one, perhaps with rows of its own, or versions.
Result<std::shared_ptr<const pricebook::PriceBookSeries>> book_of(
    const Scenario& scenario, const std::filesystem::path& pricebooks_folder) {
  std::vector<pricebook::PriceBook> versions;
  if (!scenario.shipped_book.empty()) {
    STEELYARD_TRY(shipped, pricebook::load(pricebooks_folder / scenario.shipped_book));
    versions = std::move(shipped.versions);
  }
  for (const pricebook::Sources& sources : scenario.versions) {
    pricebook::Sources complete = sources;
    if (!scenario.shipped_book.empty()) {
      complete.book_yaml =
          "name: extended\ncurrency: " + std::string(versions.front().currency.code()) +
          "\ntime_zone: " + versions.front().time_zone + '\n' + sources.book_yaml;
      complete.models_csv = to_models_csv(versions.front());
    }
    pricebook::Reading reading = pricebook::read_and_lint(complete);
    if (!reading.is_usable()) {
      return failure(ErrorCode::price_book_is_invalid,
                     scenario.file + ": " + reading.findings.list().front().to_text());
    }
    if (!scenario.shipped_book.empty()) {
      versions.front().aliases = reading.book.aliases;
      versions.front().overrides = reading.book.overrides;
      versions.front().rules = reading.book.rules;
    } else {
      versions.push_back(std::move(reading.book));
    }
  }
  STEELYARD_TRY(series, pricebook::make_series(std::move(versions)));
  return std::make_shared<const pricebook::PriceBookSeries>(std::move(series));
}

/// Pads the cells of a block of lines, so that they stand below each other.
void append_aligned(const std::vector<std::vector<std::string>>& rows, const char* indent,
                    std::vector<std::string>& to) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line = indent;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - row[i].size(), ' ');
      const bool is_number = i == 2;  // The quantity.
      line += (i > 0 ? "  " : "") + (is_number ? space + row[i] : row[i] + space);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    to.push_back(std::move(line));
  }
}

void append_record(const Record& record, const std::string& name, std::string_view currency,
                   std::vector<std::string>& to) {
  std::string line = "  " + name + "  " + std::string(name_of(record.status));
  if (record.status == Status::rated) {
    line += "  " + record.charge.amount.to_text() + ' ' + std::string(currency);
  } else if (record.status == Status::unrated || record.status == Status::rejected) {
    line += "  " + std::string(name_of(record.reason));
  }
  to.push_back(std::move(line));
  if (record.status != Status::rated) return;
  std::vector<std::vector<std::string>> rows;
  for (const rating::Line& each : record.charge.used_lines()) {
    rows.push_back({each.row->item, each.row->tier.label, std::to_string(each.quantity),
                    "x " + each.row->price.to_text(), "/ " + std::to_string(each.row->per),
                    "= " + each.amount.to_text()});
  }
  for (const rating::cloud::Line& each : record.cloud.lines) {
    rows.push_back({each.row->item, each.row->tier, each.quantity.to_text(),
                    "x " + each.row->price.to_text(), "/ " + each.row->per.to_text(),
                    "= " + each.amount.to_text()});
  }
  append_aligned(rows, "    ", to);
  for (const std::string_view note : report::note_names(record)) {
    to.push_back("    note " + std::string(note));
  }
}

/// A line whose words are separated by one space: alignment is for the eye.
std::string normal(const std::string& line) {
  std::string text = line.starts_with("    ") ? "    " : "  ";
  bool is_first = true;
  for (const std::string& word : words_of(line)) {
    text += (is_first ? "" : " ") + word;
    is_first = false;
  }
  return text;
}

std::string difference_of(const Scenario& scenario, const std::vector<std::string>& actual) {
  std::string text;
  const std::size_t count = std::max(actual.size(), scenario.expected.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::string expected = i < scenario.expected.size() ? scenario.expected[i] : "";
    const std::string got = i < actual.size() ? actual[i] : "";
    if (normal(expected) == normal(got)) continue;
    const int place = i < scenario.expected_places.size() ? scenario.expected_places[i] : 0;
    text += scenario.file + (place > 0 ? ':' + std::to_string(place) : ", at the end") +
            "\n  expected: " + expected + "\n  got:      " + got + '\n';
  }
  return text;
}

}  // namespace

Result<Outcome> run(const Scenario& scenario, const std::filesystem::path& pricebooks_folder) {
  STEELYARD_TRY(book, book_of(scenario, pricebooks_folder));
  const rating::Rater rater(book);
  identity::IdentitySet identities;
  batch::ChunkRater chunk_rater(rater);
  std::string lines;
  for (const Event& event : scenario.events) lines += event.line + '\n';
  const std::size_t size = lines.size();
  lines.append(json::Document::padding, '\0');
  chunk_rater.rate(std::string_view(lines).substr(0, size));
  batch::CloudRun cloud(rater);
  chunk_rater.decide_identities(identities, cloud);

  Outcome outcome;
  for (const Record& record : chunk_rater.records()) {
    append_record(record, scenario.events[record.line].name, rater.currency(), outcome.actual);
  }
  const auto is_total = [](const std::string& line) {
    const std::vector<std::string> words = words_of(line);
    return words.size() > 1 && words[0] == "total" && money::Decimal::parse(words[1]).has_value();
  };
  if (std::ranges::any_of(scenario.expected, is_total)) {
    money::Decimal total;
    for (const Record& record : chunk_rater.records()) {
      if (record.status == Status::rated) total += record.charge.amount;
    }
    outcome.actual.push_back("  total  " + total.to_text() + ' ' + std::string(rater.currency()));
  }
  outcome.difference = difference_of(scenario, outcome.actual);
  return outcome;
}

std::string approve(const Scenario& scenario, const Outcome& outcome) {
  std::string text = scenario.before_expect;
  for (const std::string& line : outcome.actual) text += line + '\n';
  return text;
}

}  // namespace steelyard::scenario
