// A line that is read as a checkpoint is written the same, to the byte: nothing in it is unsigned.
#include <cstdint>
#include <string_view>

#include "steelyard/base/check.h"
#include "steelyard/base/limits.h"
#include "steelyard/checkpoint/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelyard::checkpoint;  // NOLINT(google-build-using-namespace)
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto read = read_line(line);
  if (!read.has_value()) return 0;
  STEELYARD_CHECK(line.size() <= steelyard::limits::checkpoint_line_bytes_max);
  STEELYARD_CHECK(text_of(read->checkpoint) == read->text);
  STEELYARD_CHECK(line_of(read->text, read->signature) == line);
  STEELYARD_CHECK(read->checkpoint.point().sequence > 1);
  return 0;
}
