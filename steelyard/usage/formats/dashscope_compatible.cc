#include "steelyard/usage/formats/formats.h"
#include "steelyard/usage/formats/inclusive.h"

namespace steelyard::usage::formats {

/// OpenAI's shape, with the cached tokens in prompt_tokens_details or on top.
/// {"prompt_tokens":3019,"completion_tokens":104,"total_tokens":3123,
///  "prompt_tokens_details":{"cached_tokens":2048}}
Result<TokenCounts> read_dashscope_compatible(const json::Object& usage) {
  CountReader read(usage);
  const auto prompt_details = read.part("prompt_tokens_details");
  const auto output_details = read.part("completion_tokens_details");
  const Count cached =
      read.same(read.count(prompt_details, "cached_tokens"), read.count("cached_tokens"),
                "prompt_tokens_details.cached_tokens = cached_tokens");
  const Inclusive counts{.input = read.count("prompt_tokens"),
                         .cached = cached,
                         .written = read.count(prompt_details, "cache_creation_input_tokens"),
                         .output = read.count("completion_tokens"),
                         .reasoning = read.count(output_details, "reasoning_tokens"),
                         .total = read.count("total_tokens")};
  check_modalities(read, prompt_details, counts.input, "prompt_tokens_details <= prompt_tokens");
  check_modalities(read, output_details, counts.output,
                   "completion_tokens_details <= completion_tokens");
  return take_apart(read, counts, "prompt_tokens, completion_tokens");
}

}  // namespace steelyard::usage::formats
