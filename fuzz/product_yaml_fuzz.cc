// Any product file is read or refused; what is read can be shown, hashed and compared.
#include <cstdint>

#include "steelyard/base/check.h"
#include "steelyard/pricebook/diff.h"
#include "steelyard/pricebook/reader.h"
#include "steelyard/report/product_page.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelyard::pricebook;
  Sources sources;
  sources.book_yaml =
      "name: fuzz\ncurrency: CNY\ntime_zone: Asia/Shanghai\n"
      "placeholders: [{item: demo/a, where: {region: x}, price: 2}]\n";
  sources.models_csv = "model,tier,type,price_per_1k_tokens\n";
  sources.products.emplace_back("products/demo.yaml",
                                std::string(reinterpret_cast<const char*>(data), size));
  const Reading reading = read_and_lint(sources);
  STEELYARD_CHECK(reading.book.content_hash.size() == 64);
  STEELYARD_CHECK(diff(reading.book, reading.book).is_empty());
  for (const Product& product : reading.book.products) {
    STEELYARD_CHECK(!steelyard::report::product_page(reading.book, product).empty());
    STEELYARD_CHECK(!steelyard::report::product_json(reading.book, product).empty());
  }
  STEELYARD_CHECK(!steelyard::report::placeholders_json(reading.book).empty());
  return 0;
}
