#include "steelyard/usage/formats/formats.h"
#include "steelyard/usage/formats/inclusive.h"

namespace steelyard::usage::formats {

/// prompt_tokens include the cached ones, completion_tokens the reasoning.
/// {"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,
///  "prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},
///  "completion_tokens_details":{"reasoning_tokens":0}}
Result<TokenCounts> read_openai_chat(const json::Object& usage) {
  CountReader read(usage);
  const auto input_details = read.part("prompt_tokens_details");
  const auto output_details = read.part("completion_tokens_details");
  const Inclusive counts{.input = read.count("prompt_tokens"),
                         .cached = read.count(input_details, "cached_tokens"),
                         .written = read.count(input_details, "cache_write_tokens"),
                         .output = read.count("completion_tokens"),
                         .reasoning = read.count(output_details, "reasoning_tokens"),
                         .total = read.count("total_tokens")};
  check_modalities(read, input_details, counts.input, "prompt_tokens_details <= prompt_tokens");
  check_modalities(read, output_details, counts.output,
                   "completion_tokens_details <= completion_tokens");
  return take_apart(read, counts, "prompt_tokens, completion_tokens");
}

}  // namespace steelyard::usage::formats
