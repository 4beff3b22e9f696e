// Writes realistic usage events.
// About 380 bytes each; several protocols, cached and reasoning tokens, one percent sent
// twice. The same arguments write the same bytes.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

#include "bench/arguments.h"
#include "steelyard/base/time.h"

namespace {

using Random = std::mt19937_64;

constexpr std::string_view usage_text =
    "generate_events COUNT [SEED] > events.ndjson: writes realistic usage events, one a line.\n";

struct Model {
  const char* name;
  std::uint64_t input_max;
  bool can_think;
};

constexpr std::array models = {
    Model{"qwen-plus", 1'000'000, true},
    Model{"qwen-flash", 1'000'000, true},
    Model{"qwen3-max", 256'000, false},
    Model{"qwen-turbo", 200'000, true},
    Model{"qwen3-coder-plus", 1'000'000, false},
    Model{"qwen3-vl-plus", 256'000, false},
    Model{"qwen-plus-2025-12-01", 1'000'000, true},
    Model{"qwen3-32b", 100'000, true},
};

std::uint64_t below(Random& random, std::uint64_t limit) { return random() % limit; }

/// Many small prompts, a few that are very long.
std::uint64_t prompt_size(Random& random, const Model& model) {
  const std::uint64_t kind = below(random, 100);
  const std::uint64_t limit = kind < 80 ? 8'000 : kind < 97 ? 60'000 : model.input_max;
  return 20 + below(random, std::min<std::uint64_t>(limit, model.input_max) - 20);
}

std::string usage(Random& random, const Model& model, bool thinks, std::string& protocol) {
  const std::uint64_t input = prompt_size(random, model);
  const std::uint64_t cached = below(random, 3) == 0 ? input / 256 * 256 * below(random, 3) / 3 : 0;
  const std::uint64_t output = 1 + below(random, 2'000);
  const auto n = [](std::uint64_t value) { return std::to_string(value); };
  const auto details = [&](const std::string& name) {
    if (!thinks) return std::string();
    return ",\"" + name + "\":{\"reasoning_tokens\":" + n(output * 3 / 4) + "}";
  };
  switch (below(random, 10)) {
    case 0:
      protocol = "dashscope.generation";
      return "{\"input_tokens\":" + n(input) + ",\"output_tokens\":" + n(output) +
             ",\"total_tokens\":" + n(input + output) +
             ",\"prompt_tokens_details\":{\"cached_tokens\":" + n(cached) + "}" +
             details("output_tokens_details") + "}";
    case 1:
      protocol = "anthropic.messages";
      return "{\"input_tokens\":" + n(input - cached) + ",\"output_tokens\":" + n(output) +
             ",\"cache_read_input_tokens\":" + n(cached) + ",\"cache_creation_input_tokens\":0}";
    default:
      protocol = "openai.chat";
      return "{\"prompt_tokens\":" + n(input) + ",\"completion_tokens\":" + n(output) +
             ",\"total_tokens\":" + n(input + output) +
             ",\"prompt_tokens_details\":{\"cached_tokens\":" + n(cached) + "}" +
             details("completion_tokens_details") + "}";
  }
}

std::string hex(Random& random, int digits) {
  std::string text;
  for (int i = 0; i < digits; ++i) text += "0123456789abcdef"[below(random, 16)];
  return text;
}

std::string event(Random& random, std::int64_t second) {
  const Model& model =
      models[below(random, 100) < 70 ? below(random, 3) : below(random, models.size())];
  const bool thinks = model.can_think && below(random, 4) == 0;
  std::string protocol;
  const std::string counts = usage(random, model, thinks, protocol);
  const auto time = steelyard::base::to_rfc3339(
      {second, static_cast<std::uint32_t>(below(random, 1'000)) * 1'000'000});
  // Half of all calls come from ten accounts.
  const std::uint64_t account = below(random, 2) == 0 ? below(random, 10) : below(random, 2'000);
  return "{\"specversion\":\"1.0\",\"id\":\"call-" + hex(random, 16) +
         "\",\"source\":\"gateway/hz-" + std::to_string(below(random, 4)) +
         "\",\"type\":\"ai.model.call\",\"subject\":\"account-" + std::to_string(account) +
         "\",\"time\":\"" + time + "\",\"data\":{\"model\":\"" + model.name + "\",\"protocol\":\"" +
         protocol + "\",\"usage\":" + counts + ",\"api_key\":\"ak-" + hex(random, 6) +
         "\",\"status\":200}}\n";
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments given(argc, argv, usage_text, 2);
  if (argc < 2) {
    std::fwrite(usage_text.data(), 1, usage_text.size(), stderr);
    return 2;
  }
  const auto count = given.number<std::uint64_t>(1, 1);
  Random random(given.number<std::uint64_t>(2, 1, 0));
  constexpr std::int64_t begin = 1'763'740'800;  // 2025-11-21T16:00:00Z: midnight in Shanghai.
  std::string last;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto second = begin + static_cast<std::int64_t>(i * 86'400 / count);
    if (last.empty() || below(random, 100) != 0) last = event(random, second);
    std::fwrite(last.data(), 1, last.size(), stdout);
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
