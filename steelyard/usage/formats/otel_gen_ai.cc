#include "steelyard/usage/formats/formats.h"
#include "steelyard/usage/formats/inclusive.h"

namespace steelyard::usage::formats {

/// The attributes of a span, flat, under their full names. Input includes the cache, output
/// the reasoning. prompt_tokens and completion_tokens are the older names of the two.
/// {"gen_ai.usage.input_tokens":500,"gen_ai.usage.output_tokens":12,
///  "gen_ai.usage.cache_read.input_tokens":180}
Result<TokenCounts> read_otel_gen_ai(const json::Object& usage) {
  CountReader read(usage);
  const Inclusive counts{
      .input = read.same(read.count("gen_ai.usage.input_tokens"),
                         read.count("gen_ai.usage.prompt_tokens"),
                         "gen_ai.usage.input_tokens = gen_ai.usage.prompt_tokens"),
      .cached = read.count("gen_ai.usage.cache_read.input_tokens"),
      .written = read.count("gen_ai.usage.cache_creation.input_tokens"),
      .output = read.same(read.count("gen_ai.usage.output_tokens"),
                          read.count("gen_ai.usage.completion_tokens"),
                          "gen_ai.usage.output_tokens = gen_ai.usage.completion_tokens"),
      .reasoning = read.count("gen_ai.usage.reasoning.output_tokens"),
      .total = {}};
  return take_apart(read, counts, "gen_ai.usage.input_tokens, gen_ai.usage.output_tokens");
}

}  // namespace steelyard::usage::formats
