// Any text is read or refused with a place; what is read is written and read back the same.
#include <cstdint>

#include "steelyard/base/check.h"
#include "steelyard/pricebook/models_csv.h"
#include "steelyard/pricebook/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelyard::pricebook;
  Sources sources;
  sources.book_yaml = "name: fuzz\ncurrency: CNY\ntime_zone: Asia/Shanghai\n";
  sources.models_csv.assign(reinterpret_cast<const char*>(data), size);
  const Reading first = read_and_lint(sources);
  for (const Finding& finding : first.findings.list()) {
    STEELYARD_CHECK(!finding.place.file.empty() && !finding.message.empty());
  }
  if (!first.is_usable()) return 0;
  sources.models_csv = to_models_csv(first.book);
  const Reading second = read_and_lint(sources);
  STEELYARD_CHECK(second.is_usable());
  STEELYARD_CHECK(second.book.content_hash == first.book.content_hash);
  return 0;
}
