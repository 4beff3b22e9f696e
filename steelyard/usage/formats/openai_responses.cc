#include "steelyard/usage/formats/formats.h"
#include "steelyard/usage/formats/inclusive.h"

namespace steelyard::usage::formats {

/// input_tokens include the cached ones, output_tokens the reasoning.
/// {"input_tokens":36,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},
///  "output_tokens":87,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":123}
Result<TokenCounts> read_openai_responses(const json::Object& usage) {
  CountReader read(usage);
  const auto input_details = read.part("input_tokens_details");
  const auto output_details = read.part("output_tokens_details");
  const Inclusive counts{.input = read.count("input_tokens"),
                         .cached = read.count(input_details, "cached_tokens"),
                         .written = read.count(input_details, "cache_write_tokens"),
                         .output = read.count("output_tokens"),
                         .reasoning = read.count(output_details, "reasoning_tokens"),
                         .total = read.count("total_tokens")};
  check_modalities(read, input_details, counts.input, "input_tokens_details <= input_tokens");
  check_modalities(read, output_details, counts.output, "output_tokens_details <= output_tokens");
  return take_apart(read, counts, "input_tokens, output_tokens");
}

}  // namespace steelyard::usage::formats
