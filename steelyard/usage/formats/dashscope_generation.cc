#include "steelyard/usage/formats/formats.h"
#include "steelyard/usage/formats/inclusive.h"

namespace steelyard::usage::formats {

/// input_tokens include the cached ones, which stand in prompt_tokens_details or on top; text
/// and image tokens are parts of them (1292 = 43 + 1249).
/// {"input_tokens":1292,"output_tokens":87,"total_tokens":1379,
///  "input_tokens_details":{"text_tokens":43,"image_tokens":1249},
///  "prompt_tokens_details":{"cached_tokens":1152}}
Result<TokenCounts> read_dashscope_generation(const json::Object& usage) {
  CountReader read(usage);
  const auto prompt_details = read.part("prompt_tokens_details");
  const auto input_details = read.part("input_tokens_details");
  const auto output_details = read.part("output_tokens_details");
  const Count cached =
      read.same(read.count(prompt_details, "cached_tokens"), read.count("cached_tokens"),
                "prompt_tokens_details.cached_tokens = cached_tokens");
  const Inclusive counts{.input = read.count("input_tokens"),
                         .cached = cached,
                         .written = read.count(prompt_details, "cache_creation_input_tokens"),
                         .output = read.count("output_tokens"),
                         .reasoning = read.count(output_details, "reasoning_tokens"),
                         .total = read.count("total_tokens")};
  check_modalities(read, prompt_details, counts.input, "prompt_tokens_details <= input_tokens");
  check_modalities(read, input_details, counts.input, "input_tokens_details <= input_tokens");
  check_modalities(read, output_details, counts.output, "output_tokens_details <= output_tokens");
  return take_apart(read, counts, "input_tokens, output_tokens");
}

}  // namespace steelyard::usage::formats
