#include "steelyard/cli/price_book_option.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "steelyard/base/text.h"
#include "steelyard/pricebook/reader.h"

namespace steelyard::cli {
namespace {

constexpr const char* shipped_book = "pricebooks/aliyun-ai-paas";

/// The folder of the running program.
std::filesystem::path program_folder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace

void add_price_book_option(CLI::App& command, std::string& folder) {
  command
      .add_option("--pricebook", folder,
                  "Price book: a folder with book.yaml and models.csv, or one of versions. "
                  "Without it: $STEELYARD_PRICEBOOK, else the shipped " +
                      std::string(shipped_book))
      ->type_name("DIR");
}

Result<std::string> price_book_folder(const std::string& folder) {
  if (!folder.empty()) return folder;
  if (const char* from_environment = std::getenv("STEELYARD_PRICEBOOK")) {
    return std::string(from_environment);
  }
  const std::filesystem::path program = program_folder();
  for (const std::filesystem::path& base : {std::filesystem::path("."), program / ".." / "..",
                                            program / ".." / "share" / "steelyard"}) {
    std::error_code ignored;
    if (std::filesystem::exists(base / shipped_book, ignored)) {
      return (base / shipped_book).lexically_normal().string();
    }
  }
  return failure(ErrorCode::file_is_unreadable,
                 "no price book: give --pricebook DIR or set STEELYARD_PRICEBOOK");
}

Result<std::shared_ptr<const pricebook::PriceBookSeries>> load_price_book(
    const std::string& folder) {
  STEELYARD_TRY(path, price_book_folder(folder));
  STEELYARD_TRY(series, pricebook::load(path));
  return std::make_shared<const pricebook::PriceBookSeries>(std::move(series));
}

Result<const pricebook::PriceBook*> version_in_force(const pricebook::PriceBookSeries& series,
                                                     const std::string& at) {
  base::Instant time{std::time(nullptr), 0};
  if (!at.empty()) {
    STEELYARD_TRY(parsed, base::parse_in_zone(at, series.versions.back().time_zone));
    time = parsed;
  }
  const auto version = std::ranges::find_if(
      series.versions, [&](const auto& each) { return each.validity.contains(time); });
  if (version == series.versions.end()) {
    return failure(ErrorCode::usage_of_command, "no version of price book " +
                                                    series.versions.front().name +
                                                    " is in force at " + base::to_rfc3339(time));
  }
  return &*version;
}

Result<const pricebook::Product*> find_product(const pricebook::PriceBook& book,
                                               const std::string& word) {
  std::vector<std::string_view> known;
  for (const pricebook::Product& product : book.products) {
    std::vector<std::string_view> words{product.id, product.name};
    words.insert(words.end(), product.codes.begin(), product.codes.end());
    for (const auto& [alias, code] : product.aliases) words.push_back(alias);
    if (std::ranges::find(words, word) != words.end()) return &product;
    known.insert(known.end(), words.begin(), words.end());
  }
  const std::string near = base::nearest(word, known);
  return failure(ErrorCode::usage_of_command,
                 "price book " + book.name + " has no product '" + word + '\'' +
                     (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

}  // namespace steelyard::cli
