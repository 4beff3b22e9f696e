#include "steelyard/usage/formats/inclusive.h"

namespace steelyard::usage::formats {

Result<TokenCounts> take_apart(CountReader& read, const Inclusive& counts, const char* needed) {
  read.require_any({counts.input, counts.output}, needed);
  const std::uint64_t input = counts.input.value_or(0);
  const std::uint64_t cached = counts.cached.value_or(0);
  const std::uint64_t written = counts.written.value_or(0);
  const std::uint64_t output = counts.output.value_or(0);
  read.require_at_most(cached + written, input, "cached + written tokens <= input tokens");
  read.require_at_most(counts.reasoning.value_or(0), output, "reasoning tokens <= output tokens");
  if (counts.total.has_value()) {
    read.require_equal(*counts.total, input + output, "total tokens = input + output tokens");
  }
  return read.finish(
      {input - cached - written, cached, written, output, counts.reasoning.optional()});
}

void check_modalities(CountReader& read, const CountReader::Part& details, Count whole,
                      const char* what) {
  const std::uint64_t parts =
      read.sum(details, {"text_tokens", "image_tokens", "audio_tokens", "video_tokens"});
  read.require_at_most(parts, whole.value_or(0), what);
}

}  // namespace steelyard::usage::formats
