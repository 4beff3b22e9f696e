#pragma once

#include "steelyard/usage/count_reader.h"

namespace steelyard::usage::formats {

/// The counts of a shape whose input includes what was read from and written to a cache, as
/// OpenAI's does. The plain input is what is left (token-billing rule D31).
struct Inclusive {
  Count input;
  Count cached;
  Count written;
  Count output;
  Count reasoning;
  Count total;
};

/// Checks what must hold between the counts and takes them apart. Errors: usage_missing,
/// inconsistent_usage, and what `read` has noted before.
[[nodiscard]] Result<TokenCounts> take_apart(CountReader& read, const Inclusive& counts,
                                             const char* needed);

/// Modalities are parts of a count: text, image, audio and video tokens together are at
/// most the count, whichever of them the provider states.
void check_modalities(CountReader& read, const CountReader::Part& details, Count whole,
                      const char* what);

}  // namespace steelyard::usage::formats
