#include "steelyard/usage/count_reader.h"
#include "steelyard/usage/formats/formats.h"

namespace steelyard::usage::formats {

/// input_tokens exclude what was read from and written to the cache: the prompt is the sum
/// of all three. Here it is 105 + 7123 + 7345.
/// {"input_tokens":105,"output_tokens":6039,"cache_read_input_tokens":7123,
///  "cache_creation_input_tokens":7345,
///  "cache_creation":{"ephemeral_5m_input_tokens":7345,"ephemeral_1h_input_tokens":0}}
Result<TokenCounts> read_anthropic_messages(const json::Object& usage) {
  CountReader read(usage);
  const auto creation = read.part("cache_creation");
  const auto output_details = read.part("output_tokens_details");
  const Count input = read.count("input_tokens");
  const Count output = read.count("output_tokens");
  const Count cached = read.count("cache_read_input_tokens");
  const Count created = read.count("cache_creation_input_tokens");
  const Count for_5m = read.count(creation, "ephemeral_5m_input_tokens");
  const Count for_1h = read.count(creation, "ephemeral_1h_input_tokens");
  const Count reasoning = read.count(output_details, "thinking_tokens");

  Count split;
  if (for_5m.has_value() || for_1h.has_value()) split = for_5m.value_or(0) + for_1h.value_or(0);
  const Count written =
      read.same(created, split, "cache_creation_input_tokens = the sum of cache_creation");
  read.require_any({input, output}, "input_tokens, output_tokens");
  read.require_at_most(reasoning.value_or(0), output.value_or(0),
                       "thinking_tokens <= output_tokens");
  return read.finish({input.value_or(0), cached.value_or(0), written.value_or(0),
                      output.value_or(0), reasoning.optional()});
}

}  // namespace steelyard::usage::formats
