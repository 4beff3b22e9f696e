// One call, written as every provider would: whoever reports it, the same classes come out.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sstream>

#include "steelyard/usage/formats/format_test.h"

namespace steelyard::usage::formats {
namespace {

/// Writes one call in each shape; the shapes are stated here a second time, from the table
/// of token billing, section 3.
struct Call {
  std::uint64_t plain = 0;
  std::uint64_t cached = 0;
  std::uint64_t written = 0;
  std::uint64_t output = 0;
  std::optional<std::uint64_t> reasoning;

  std::uint64_t prompt() const { return plain + cached + written; }
  std::uint64_t total() const { return prompt() + output; }
};

std::string object(std::initializer_list<std::pair<const char*, std::string>> members) {
  std::string text = "{";
  for (const auto& [name, value] : members) {
    if (value.empty()) continue;  // This call does not report it.
    text += (text.size() > 1 ? ",\"" : "\"") + std::string(name) + "\":" + value;
  }
  return text + "}";
}

std::string number(std::uint64_t value) { return std::to_string(value); }

std::string reasoning_of(const Call& call) {
  return call.reasoning.has_value() ? number(*call.reasoning) : "";
}

std::string openai(const Call& call, const char* input, const char* output,
                   const char* input_details, const char* output_details, const char* written) {
  return object({{input, number(call.prompt())},
                 {output, number(call.output)},
                 {"total_tokens", number(call.total())},
                 {input_details, object({{"cached_tokens", number(call.cached)},
                                         {written, number(call.written)}})},
                 {output_details, object({{"reasoning_tokens", reasoning_of(call)}})}});
}

std::string openai_chat(const Call& call) {
  return openai(call, "prompt_tokens", "completion_tokens", "prompt_tokens_details",
                "completion_tokens_details", "cache_write_tokens");
}

std::string openai_responses(const Call& call) {
  return openai(call, "input_tokens", "output_tokens", "input_tokens_details",
                "output_tokens_details", "cache_write_tokens");
}

std::string dashscope_generation(const Call& call) {
  return openai(call, "input_tokens", "output_tokens", "prompt_tokens_details",
                "output_tokens_details", "cache_creation_input_tokens");
}

std::string dashscope_compatible(const Call& call) {
  return openai(call, "prompt_tokens", "completion_tokens", "prompt_tokens_details",
                "completion_tokens_details", "cache_creation_input_tokens");
}

std::string anthropic_messages(const Call& call) {
  return object({{"input_tokens", number(call.plain)},
                 {"output_tokens", number(call.output)},
                 {"cache_read_input_tokens", number(call.cached)},
                 {"cache_creation",
                  object({{"ephemeral_5m_input_tokens", number(call.written / 3)},
                          {"ephemeral_1h_input_tokens", number(call.written - call.written / 3)}})},
                 {"output_tokens_details", object({{"thinking_tokens", reasoning_of(call)}})}});
}

std::string gemini_generate_content(const Call& call) {
  return object({{"promptTokenCount", number(call.prompt() - call.plain / 4)},
                 {"toolUsePromptTokenCount", number(call.plain / 4)},
                 {"cachedContentTokenCount", number(call.cached)},
                 {"candidatesTokenCount", number(call.output - call.reasoning.value_or(0))},
                 {"thoughtsTokenCount", reasoning_of(call)},
                 {"totalTokenCount", number(call.total())}});
}

std::string bedrock_converse(const Call& call) {
  return object({{"inputTokens", number(call.plain)},
                 {"outputTokens", number(call.output)},
                 {"totalTokens", number(call.total())},
                 {"cacheReadInputTokens", number(call.cached)},
                 {"cacheWriteInputTokens", number(call.written)}});
}

std::string deepseek_chat(const Call& call) {
  return object(
      {{"prompt_tokens", number(call.prompt())},
       {"completion_tokens", number(call.output)},
       {"total_tokens", number(call.total())},
       {"prompt_cache_hit_tokens", number(call.cached)},
       {"prompt_cache_miss_tokens", number(call.plain)},
       {"completion_tokens_details", object({{"reasoning_tokens", reasoning_of(call)}})}});
}

std::string otel_gen_ai(const Call& call) {
  return object({{"gen_ai.usage.input_tokens", number(call.prompt())},
                 {"gen_ai.usage.output_tokens", number(call.output)},
                 {"gen_ai.usage.cache_read.input_tokens", number(call.cached)},
                 {"gen_ai.usage.cache_creation.input_tokens", number(call.written)},
                 {"gen_ai.usage.reasoning.output_tokens", reasoning_of(call)}});
}

std::string tokens(const Call& call) {
  return object({{"input", number(call.plain)},
                 {"cached_input", number(call.cached)},
                 {"output", number(call.output)},
                 {"reasoning", reasoning_of(call)}});
}

std::string openai_embeddings(const Call& call) {
  return object({{"prompt_tokens", number(call.prompt())}, {"total_tokens", number(call.total())}});
}

struct Writer {
  const char* protocol;
  std::string (*write)(const Call& call);
  bool has_written = true;
  bool has_reasoning = true;
  bool has_cached_and_output = true;
};

constexpr Writer writers[] = {
    {"openai.chat", openai_chat},
    {"openai.responses", openai_responses},
    {"openai.embeddings", openai_embeddings, false, false, false},
    {"anthropic.messages", anthropic_messages},
    {"gemini.generate_content", gemini_generate_content, false},
    {"dashscope.generation", dashscope_generation},
    {"dashscope.compatible", dashscope_compatible},
    {"bedrock.converse", bedrock_converse, true, false},
    {"deepseek.chat", deepseek_chat, false},
    {"otel.gen_ai", otel_gen_ai},
    {"tokens", tokens, false},
};

/// Small and large counts alike: four of them stay below 2^53.
std::uint64_t any_count() {
  const auto bits = *rc::gen::inRange(0, 51);
  return *rc::gen::inRange<std::uint64_t>(0, std::uint64_t{1} << bits);
}

Call any_call() {
  Call call{any_count(), any_count(), any_count(), any_count(), {}};
  if (*rc::gen::arbitrary<bool>()) {
    call.reasoning = *rc::gen::inRange<std::uint64_t>(0, call.output + 1);
  }
  return call;
}

/// The call as far as the protocol can say it.
Call said_by(const Writer& writer, Call call) {
  if (!writer.has_written) call.written = 0;
  if (!writer.has_reasoning) call.reasoning.reset();
  if (!writer.has_cached_and_output) call.cached = call.output = 0;
  return call;
}

RC_GTEST_PROP(FormatsAgree, formats_that_say_the_same_give_the_same_counts, ()) {
  const Call any = any_call();
  for (const Writer& writer : writers) {
    const Call call = said_by(writer, any);
    const std::string usage = writer.write(call);
    const auto counts = read_text(writer.protocol, usage);
    RC_LOG(writer.protocol + (": " + usage));
    RC_ASSERT(counts.has_value());
    RC_ASSERT((*counts ==
               TokenCounts{call.plain, call.cached, call.written, call.output, call.reasoning}));
  }
}

/// A total that is one off is refused wherever a total is stated.
RC_GTEST_PROP(FormatsAgree, no_format_believes_a_total_that_does_not_fit, ()) {
  const Call any = any_call();
  for (const Writer& writer : writers) {
    const Call call = said_by(writer, any);
    std::string usage = writer.write(call);
    for (const std::string name :
         {"\"total_tokens\":", "\"totalTokens\":", "\"totalTokenCount\":"}) {
      const std::size_t at = usage.find(name);
      if (at == std::string::npos) continue;
      const std::string stated = name + number(call.total());
      usage.replace(at, stated.size(), name + number(call.total() + 1));
      RC_ASSERT(read(writer.protocol, usage) == "inconsistent_usage");
    }
  }
}

TEST(FormatsAgree, every_format_has_a_writer) {
  ASSERT_EQ(std::size(writers), all().size());
  for (std::size_t i = 0; i < all().size(); ++i) EXPECT_EQ(writers[i].protocol, all()[i].protocol);
}

}  // namespace
}  // namespace steelyard::usage::formats
