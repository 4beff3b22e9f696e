// Any text is read or refused; what is imported without an error can be written as models.csv.
#include <cstdint>

#include "steelyard/base/check.h"
#include "steelyard/pricebook/imports/importer.h"
#include "steelyard/pricebook/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelyard::pricebook;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto imported = imports::read_genai_prices(text, "fuzz");
  if (!imported.has_value()) {
    STEELYARD_CHECK(imported.error().detail.starts_with("fuzz"));
    return 0;
  }
  Sources sources;
  sources.book_yaml = "name: fuzz\ncurrency: CNY\n";
  sources.models_csv = to_models_csv(imported->book);
  const Reading reading = read_and_lint(sources);
  STEELYARD_CHECK(reading.book.prices.size() <= imported->book.prices.size());
  return 0;
}
