#include "steelyard/usage/count_reader.h"
#include "steelyard/usage/formats/formats.h"

namespace steelyard::usage::formats {

/// inputTokens are only those that were neither read from nor written to the cache. The total
/// is stated with or without the cache.
/// {"inputTokens":15,"outputTokens":395,"totalTokens":410,"cacheReadInputTokens":0}
Result<TokenCounts> read_bedrock_converse(const json::Object& usage) {
  CountReader read(usage);
  const Count input = read.count("inputTokens");
  const Count output = read.count("outputTokens");
  const Count cached = read.count("cacheReadInputTokens");
  const Count written = read.count("cacheWriteInputTokens");
  const Count total = read.count("totalTokens");

  read.require_any({input, output}, "inputTokens, outputTokens");
  const std::uint64_t without_cache = input.value_or(0) + output.value_or(0);
  const std::uint64_t with_cache = without_cache + cached.value_or(0) + written.value_or(0);
  if (total.has_value() && *total != without_cache) {
    read.require_equal(*total, with_cache,
                       "totalTokens = inputTokens + outputTokens, with or without the cache");
  }
  return read.finish({input.value_or(0), cached.value_or(0), written.value_or(0),
                      output.value_or(0), std::nullopt});
}

}  // namespace steelyard::usage::formats
