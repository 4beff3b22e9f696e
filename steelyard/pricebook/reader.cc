#include "steelyard/pricebook/reader.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "steelyard/base/limits.h"
#include "steelyard/pricebook/book_yaml.h"
#include "steelyard/pricebook/content_hash.h"
#include "steelyard/pricebook/lint.h"
#include "steelyard/pricebook/models_csv.h"
#include "steelyard/pricebook/products/fill.h"
#include "steelyard/pricebook/products/product_yaml.h"

namespace steelyard::pricebook {
namespace {

namespace fs = std::filesystem;

Result<std::string> read_text(const fs::path& path) {
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  if (error) return failure(ErrorCode::file_is_unreadable, path.string() + ": " + error.message());
  if (bytes > limits::price_file_bytes_max) {
    return failure(ErrorCode::file_is_unreadable, path.string() + ": has more than " +
                                                      std::to_string(limits::price_file_bytes_max) +
                                                      " bytes");
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return failure(ErrorCode::file_is_unreadable, path.string() + ": can not be read");
  return std::move(text).str();
}

/// The entries of a folder that end so, by name. Errors: file_is_unreadable.
Result<std::vector<fs::path>> entries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    paths.push_back(at->path());
  }
  if (error) {
    return failure(ErrorCode::file_is_unreadable, folder.string() + ": " + error.message());
  }
  std::ranges::sort(paths);
  return paths;
}

std::string first_of(const Findings& findings) {
  constexpr std::size_t shown = 5;
  std::string text;
  std::size_t count = 0;
  for (const Finding& finding : findings.list()) {
    if (finding.severity != Finding::Severity::error || count == shown) continue;
    text += "\n  " + finding.to_text();
    ++count;
  }
  if (findings.error_count() > count) {
    text += "\n  and " + std::to_string(findings.error_count() - count) + " more errors";
  }
  return text;
}

Result<PriceBook> usable_book(const fs::path& folder) {
  STEELYARD_TRY(reading, read_and_lint(folder));
  if (reading.is_usable()) return std::move(reading.book);
  return failure(ErrorCode::price_book_is_invalid,
                 "price book " + folder.string() + " is invalid:" + first_of(reading.findings));
}

}  // namespace

Reading read_and_lint(const Sources& sources) {
  Reading reading;
  read_book_yaml(sources.book_yaml, reading.book, reading.findings);
  read_models_csv(sources.models_csv, reading.book, reading.findings);
  for (const auto& [name, text] : sources.products) {
    read_product_yaml(text, name, reading.book, reading.findings);
  }
  lint_tiers(reading.book, reading.findings);
  lint_names(reading.book, reading.findings);
  lint_products(reading.book, reading.findings);
  products::fill_placeholders(reading.book, reading.findings);
  reading.findings.sort();
  reading.book.content_hash = content_hash(reading.book);
  return reading;
}

Result<Reading> read_and_lint(const fs::path& folder) {
  Sources sources;
  STEELYARD_TRY(book_yaml, read_text(folder / "book.yaml"));
  STEELYARD_TRY(models_csv, read_text(folder / "models.csv"));
  sources.book_yaml = std::move(book_yaml);
  sources.models_csv = std::move(models_csv);
  if (fs::is_directory(folder / "products")) {
    STEELYARD_TRY(files, entries(folder / "products"));
    for (const fs::path& file : files) {
      if (file.extension() != ".yaml") continue;
      STEELYARD_TRY(text, read_text(file));
      sources.products.emplace_back("products/" + file.filename().string(), std::move(text));
    }
  }
  return read_and_lint(sources);
}

Result<PriceBookSeries> load(const fs::path& folder) {
  std::vector<PriceBook> versions;
  if (fs::exists(folder / "book.yaml")) {
    STEELYARD_TRY(book, usable_book(folder));
    versions.push_back(std::move(book));
    return make_series(std::move(versions));
  }
  STEELYARD_TRY(paths, entries(folder));
  for (const fs::path& path : paths) {
    if (!fs::exists(path / "book.yaml")) continue;
    STEELYARD_TRY(book, usable_book(path));
    versions.push_back(std::move(book));
  }
  if (versions.empty()) {
    return failure(ErrorCode::file_is_unreadable,
                   folder.string() +
                       ": is no price book: neither it nor a folder in it has a "
                       "book.yaml");
  }
  return make_series(std::move(versions));
}

Result<PriceBookSeries> make_series(std::vector<PriceBook> versions) {
  if (versions.empty()) {
    return failure(ErrorCode::price_book_is_invalid, "a price book has at least one version");
  }
  std::ranges::stable_sort(versions, [](const PriceBook& a, const PriceBook& b) {
    return a.validity.from < b.validity.from;  // None comes first.
  });
  for (std::size_t i = 1; i < versions.size(); ++i) {
    PriceBook& before = versions[i - 1];
    const PriceBook& next = versions[i];
    const auto refuse = [&](const std::string& why) {
      return failure(ErrorCode::price_book_is_invalid,
                     "versions '" + before.version + "' and '" + next.version + "' " + why);
    };
    if (before.name != next.name) return refuse("have two names");
    if (!(before.currency == next.currency)) return refuse("have two currencies");
    if (!next.validity.from) return refuse("both have no effective_from");
    if (!before.validity.to) before.validity.to = next.validity.from;
    if (before.validity.from == next.validity.from) return refuse("begin at the same time");
    if (before.validity.overlaps(next.validity)) return refuse("are in force at the same time");
  }
  return PriceBookSeries{std::move(versions)};
}

}  // namespace steelyard::pricebook
