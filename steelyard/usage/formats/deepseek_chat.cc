#include "steelyard/usage/formats/formats.h"
#include "steelyard/usage/formats/inclusive.h"

namespace steelyard::usage::formats {

/// prompt_tokens are hits and misses together; hits may stand under OpenAI's name as well.
/// {"prompt_tokens":100,"completion_tokens":40,"total_tokens":140,
///  "prompt_cache_hit_tokens":70,"prompt_cache_miss_tokens":30,
///  "completion_tokens_details":{"reasoning_tokens":12}}
Result<TokenCounts> read_deepseek_chat(const json::Object& usage) {
  CountReader read(usage);
  const auto input_details = read.part("prompt_tokens_details");
  const auto output_details = read.part("completion_tokens_details");
  const Count hit =
      read.same(read.count("prompt_cache_hit_tokens"), read.count(input_details, "cached_tokens"),
                "prompt_cache_hit_tokens = prompt_tokens_details.cached_tokens");
  const Count miss = read.count("prompt_cache_miss_tokens");
  const Inclusive counts{.input = read.count("prompt_tokens"),
                         .cached = hit,
                         .written = {},
                         .output = read.count("completion_tokens"),
                         .reasoning = read.count(output_details, "reasoning_tokens"),
                         .total = read.count("total_tokens")};
  if (miss.has_value()) {
    read.require_equal(counts.input.value_or(0), hit.value_or(0) + *miss,
                       "prompt_tokens = prompt_cache_hit_tokens + prompt_cache_miss_tokens");
  }
  check_modalities(read, input_details, counts.input, "prompt_tokens_details <= prompt_tokens");
  check_modalities(read, output_details, counts.output,
                   "completion_tokens_details <= completion_tokens");
  return take_apart(read, counts, "prompt_tokens, completion_tokens");
}

}  // namespace steelyard::usage::formats
