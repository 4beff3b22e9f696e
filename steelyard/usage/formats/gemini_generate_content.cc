#include "steelyard/usage/formats/formats.h"
#include "steelyard/usage/formats/inclusive.h"

namespace steelyard::usage::formats {

/// Tool prompts stand beside the prompt, thoughts beside the candidates. Here 31 = 9 + 1 + 21.
/// {"promptTokenCount":9,"candidatesTokenCount":1,"thoughtsTokenCount":21,"totalTokenCount":31}
Result<TokenCounts> read_gemini_generate_content(const json::Object& usage) {
  CountReader read(usage);
  const Count prompt = read.count("promptTokenCount");
  const Count tool_prompt = read.count("toolUsePromptTokenCount");
  const Count candidates = read.count("candidatesTokenCount");
  const Count thoughts = read.count("thoughtsTokenCount");
  const Count cached = read.count("cachedContentTokenCount");
  const auto check = [&](const CountReader::Name& list, Count whole, const char* what) {
    read.require_at_most(read.sum_of_list(list, "tokenCount"), whole.value_or(0), what);
  };
  check("promptTokensDetails", prompt, "promptTokensDetails <= promptTokenCount");
  check("toolUsePromptTokensDetails", tool_prompt,
        "toolUsePromptTokensDetails <= toolUsePromptTokenCount");
  check("candidatesTokensDetails", candidates, "candidatesTokensDetails <= candidatesTokenCount");
  check("cacheTokensDetails", cached, "cacheTokensDetails <= cachedContentTokenCount");

  const auto sum = [](Count a, Count b) -> Count {
    if (!a.has_value() && !b.has_value()) return {};
    return a.value_or(0) + b.value_or(0);
  };
  const Inclusive counts{.input = sum(prompt, tool_prompt),
                         .cached = cached,
                         .written = {},
                         .output = sum(candidates, thoughts),
                         .reasoning = thoughts,
                         .total = read.count("totalTokenCount")};
  return take_apart(read, counts,
                    "promptTokenCount, toolUsePromptTokenCount, candidatesTokenCount, "
                    "thoughtsTokenCount");
}

}  // namespace steelyard::usage::formats
