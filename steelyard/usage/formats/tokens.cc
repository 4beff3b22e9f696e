#include "steelyard/usage/count_reader.h"
#include "steelyard/usage/formats/formats.h"

namespace steelyard::usage::formats {

/// Our own form, whose classes do not overlap but for the reasoning, a part of the output.
/// {"input":971,"cached_input":2048,"output":104,"reasoning":0}
Result<TokenCounts> read_tokens(const json::Object& usage) {
  CountReader read(usage);
  const Count input = read.count("input");
  const Count cached = read.count("cached_input");
  const Count output = read.count("output");
  const Count reasoning = read.count("reasoning");
  read.require_any({input, output}, "input, output");
  read.require_at_most(reasoning.value_or(0), output.value_or(0), "reasoning <= output");
  return read.finish(
      {input.value_or(0), cached.value_or(0), 0, output.value_or(0), reasoning.optional()});
}

}  // namespace steelyard::usage::formats
