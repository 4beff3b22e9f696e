// Any bytes are read or refused; what is read stays inside the text.
#include <cstdint>
#include <string_view>

#include "steelyard/base/check.h"
#include "steelyard/json/document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  steelyard::json::Document document;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!document.parse_copy(text)) {
    STEELYARD_CHECK(document.error().offset <= size);
    return 0;
  }
  const std::uint64_t fingerprint = document.fingerprint();
  for (const auto& node : document.nodes()) {
    STEELYARD_CHECK(node.end <= document.nodes().size());
    STEELYARD_CHECK(document.text(node).size() <= size && document.name(node).size() <= size);
  }
  // White space around the value changes nothing.
  STEELYARD_CHECK(document.parse_copy(" \n" + std::string(text) + "\t "));
  STEELYARD_CHECK(document.fingerprint() == fingerprint);
  return 0;
}
