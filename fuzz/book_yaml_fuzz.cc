// Any text is read or refused, never thrown out.
#include <cstdint>

#include "steelyard/base/check.h"
#include "steelyard/pricebook/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelyard::pricebook;
  Sources sources;
  sources.book_yaml.assign(reinterpret_cast<const char*>(data), size);
  sources.models_csv = "model,tier,type,price_per_1k_tokens\nm,-,input,1\nm,-,output,2\n";
  sources.products.emplace_back("products/fuzz.yaml", sources.book_yaml);
  const Reading reading = read_and_lint(sources);
  STEELYARD_CHECK(reading.book.content_hash.size() == 64);
  return 0;
}
