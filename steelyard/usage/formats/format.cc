#include "steelyard/usage/formats/format.h"

#include <array>

#include "steelyard/usage/formats/formats.h"

namespace steelyard::usage::formats {
namespace {

constexpr CountNames openai_chat{.input = "prompt_tokens",
                                 .cached = "prompt_tokens_details.cached_tokens",
                                 .written = "prompt_tokens_details.cache_write_tokens",
                                 .output = "completion_tokens",
                                 .reasoning = "completion_tokens_details.reasoning_tokens",
                                 .total = "total_tokens"};
constexpr CountNames openai_responses{.input = "input_tokens",
                                      .cached = "input_tokens_details.cached_tokens",
                                      .written = "input_tokens_details.cache_write_tokens",
                                      .output = "output_tokens",
                                      .reasoning = "output_tokens_details.reasoning_tokens",
                                      .total = "total_tokens"};
constexpr CountNames openai_embeddings{.input = "prompt_tokens",
                                       .cached = "",
                                       .written = "",
                                       .output = "",
                                       .reasoning = "",
                                       .total = "total_tokens"};
constexpr CountNames anthropic_messages{.input = "input_tokens",
                                        .cached = "cache_read_input_tokens",
                                        .written = "cache_creation_input_tokens",
                                        .output = "output_tokens",
                                        .reasoning = "output_tokens_details.thinking_tokens",
                                        .total = "",
                                        .input_includes_cache = false};
constexpr CountNames gemini_generate_content{.input = "promptTokenCount + toolUsePromptTokenCount",
                                             .cached = "cachedContentTokenCount",
                                             .written = "",
                                             .output = "candidatesTokenCount + thoughtsTokenCount",
                                             .reasoning = "thoughtsTokenCount",
                                             .total = "totalTokenCount"};
constexpr CountNames dashscope_generation{
    .input = "input_tokens",
    .cached = "prompt_tokens_details.cached_tokens or cached_tokens",
    .written = "prompt_tokens_details.cache_creation_input_tokens",
    .output = "output_tokens",
    .reasoning = "output_tokens_details.reasoning_tokens",
    .total = "total_tokens"};
constexpr CountNames dashscope_compatible{
    .input = "prompt_tokens",
    .cached = "prompt_tokens_details.cached_tokens or cached_tokens",
    .written = "prompt_tokens_details.cache_creation_input_tokens",
    .output = "completion_tokens",
    .reasoning = "completion_tokens_details.reasoning_tokens",
    .total = "total_tokens"};
constexpr CountNames bedrock_converse{.input = "inputTokens",
                                      .cached = "cacheReadInputTokens",
                                      .written = "cacheWriteInputTokens",
                                      .output = "outputTokens",
                                      .reasoning = "",
                                      .total = "totalTokens",
                                      .input_includes_cache = false};
constexpr CountNames deepseek_chat{
    .input = "prompt_tokens",
    .cached = "prompt_cache_hit_tokens or prompt_tokens_details.cached_tokens",
    .written = "",
    .output = "completion_tokens",
    .reasoning = "completion_tokens_details.reasoning_tokens",
    .total = "total_tokens"};
constexpr CountNames otel_gen_ai{.input = "gen_ai.usage.input_tokens",
                                 .cached = "gen_ai.usage.cache_read.input_tokens",
                                 .written = "gen_ai.usage.cache_creation.input_tokens",
                                 .output = "gen_ai.usage.output_tokens",
                                 .reasoning = "gen_ai.usage.reasoning.output_tokens",
                                 .total = ""};
constexpr CountNames tokens{.input = "input",
                            .cached = "cached_input",
                            .written = "",
                            .output = "output",
                            .reasoning = "reasoning",
                            .total = "",
                            .input_includes_cache = false};

constexpr std::array list = {
    Format{"openai.chat", read_openai_chat, openai_chat, "openai/openai-openapi, CompletionUsage"},
    Format{"openai.responses", read_openai_responses, openai_responses,
           "openai/openai-openapi, ResponseUsage"},
    Format{"openai.embeddings", read_openai_embeddings, openai_embeddings,
           "openai/openai-openapi, CreateEmbeddingResponse"},
    Format{"anthropic.messages", read_anthropic_messages, anthropic_messages,
           "anthropics/anthropic-sdk-python, Usage"},
    Format{"gemini.generate_content", read_gemini_generate_content, gemini_generate_content,
           "googleapis/python-genai, GenerateContentResponseUsageMetadata"},
    Format{"dashscope.generation", read_dashscope_generation, dashscope_generation,
           "dashscope/dashscope-sdk-python, GenerationUsage"},
    Format{"dashscope.compatible", read_dashscope_compatible, dashscope_compatible,
           "help.aliyun.com, Model Studio, OpenAI compatible mode"},
    Format{"bedrock.converse", read_bedrock_converse, bedrock_converse,
           "docs.aws.amazon.com, Bedrock, API_runtime_TokenUsage"},
    Format{"deepseek.chat", read_deepseek_chat, deepseek_chat,
           "api-docs.deepseek.com, Create Chat Completion"},
    Format{"otel.gen_ai", read_otel_gen_ai, otel_gen_ai,
           "open-telemetry/semantic-conventions-genai, gen_ai.usage.*"},
    Format{"tokens", read_tokens, tokens, "docs/reference/usage-event.md: our own"},
};

}  // namespace

std::span<const Format> all() { return list; }

const Format* find(std::string_view protocol) {
  for (const Format& format : list) {
    if (format.protocol == protocol) return &format;
  }
  return nullptr;
}

}  // namespace steelyard::usage::formats
