// The first byte picks the format, the rest is a usage object. What is read is consistent.
#include <cstdint>
#include <string_view>

#include "steelyard/base/check.h"
#include "steelyard/base/limits.h"
#include "steelyard/usage/formats/format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelyard;
  if (size == 0) return 0;
  const auto formats = usage::formats::all();
  const auto& format = formats[data[0] % formats.size()];
  json::Document document;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  if (!document.parse_copy(text) || document.root().type != json::Type::object) return 0;
  const auto counts = format.read(json::Object(document, document.root()));
  if (!counts.has_value()) {
    STEELYARD_CHECK(counts.error().detail.starts_with("/data/usage"));
    return 0;
  }
  STEELYARD_CHECK(counts->reasoning.value_or(0) <= counts->output);
  STEELYARD_CHECK(counts->total_input() <= limits::count_max);
  STEELYARD_CHECK(counts->output <= limits::count_max);
  return 0;
}
