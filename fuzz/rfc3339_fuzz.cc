// A time that is read prints and reads back as the same instant.
#include <cstdint>
#include <string_view>

#include "steelyard/base/check.h"
#include "steelyard/base/time.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using steelyard::base::Instant;
  Instant instant;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!steelyard::base::parse_rfc3339(text, instant)) return 0;
  constexpr std::int64_t year_0 = steelyard::base::days_from_civil(0, 1, 1) * 86'400;
  constexpr std::int64_t year_10000 = steelyard::base::days_from_civil(10'000, 1, 1) * 86'400;
  if (instant.seconds < year_0 || instant.seconds >= year_10000) return 0;  // By its offset.
  Instant again;
  STEELYARD_CHECK(parse_rfc3339(to_rfc3339(instant), again));
  STEELYARD_CHECK(again == instant);
  return 0;
}
