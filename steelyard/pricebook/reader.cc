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

/// Of one version: the files that begin with `prefix`.
Sources sources_of(const Files& files, const std::string& prefix) {
  Sources sources;
  const std::string products = prefix + "products/";
  for (const auto& [path, text] : files) {
    if (path == prefix + "book.yaml") sources.book_yaml = text;
    if (path == prefix + "models.csv") sources.models_csv = text;
    if (path.starts_with(products)) sources.products.emplace_back(path.substr(prefix.size()), text);
  }
  return sources;
}

Result<PriceBook> usable_book(const Files& files, const std::string& prefix,
                              const std::string& name, const base::ZoneBook& zones) {
  Reading reading = read_and_lint(sources_of(files, prefix), zones);
  if (reading.is_usable()) return std::move(reading.book);
  return failure(ErrorCode::price_book_is_invalid,
                 "price book " + name + " is invalid:" + first_of(reading.findings));
}

/// One version into `files`. Errors: file_is_unreadable.
Result<void> read_version(const fs::path& folder, const std::string& prefix, Files& files) {
  for (const char* const name : {"book.yaml", "models.csv"}) {
    STEELYARD_TRY(text, read_text(folder / name));
    files[prefix + name] = std::move(text);
  }
  if (!fs::is_directory(folder / "products")) return {};
  STEELYARD_TRY(paths, entries(folder / "products"));
  for (const fs::path& path : paths) {
    if (path.extension() != ".yaml") continue;
    STEELYARD_TRY(text, read_text(path));
    files[prefix + "products/" + path.filename().string()] = std::move(text);
  }
  return {};
}

}  // namespace

Reading read_and_lint(const Sources& sources, const base::ZoneBook& zones) {
  Reading reading;
  read_book_yaml(sources.book_yaml, zones, reading.book, reading.findings);
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
  Files files;
  STEELYARD_PASS(read_version(folder, "", files));
  return read_and_lint(sources_of(files, ""));
}

Result<Files> read_files(const fs::path& folder) {
  Files files;
  if (fs::exists(folder / "book.yaml")) {
    STEELYARD_PASS(read_version(folder, "", files));
    return files;
  }
  STEELYARD_TRY(paths, entries(folder));
  for (const fs::path& path : paths) {
    if (!fs::exists(path / "book.yaml")) continue;
    STEELYARD_PASS(read_version(path, path.filename().string() + '/', files));
  }
  if (!files.empty()) return files;
  return failure(ErrorCode::file_is_unreadable,
                 folder.string() +
                     ": is no price book: neither it nor a folder in it has a "
                     "book.yaml");
}

Result<PriceBookSeries> load(const Files& files, const std::string& name,
                             const base::ZoneBook& zones) {
  std::vector<PriceBook> versions;
  for (const auto& [path, text] : files) {
    if (path != "book.yaml" && !path.ends_with("/book.yaml")) continue;
    const std::string prefix = path.substr(0, path.size() - std::string_view("book.yaml").size());
    STEELYARD_TRY(book,
                  usable_book(files, prefix, prefix.empty() ? name : name + '/' + prefix, zones));
    versions.push_back(std::move(book));
  }
  return make_series(std::move(versions));
}

Result<PriceBookSeries> load(const fs::path& folder) {
  STEELYARD_TRY(files, read_files(folder));
  return load(files, folder.string());
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
