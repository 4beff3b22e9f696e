#include "steelyard/usage/formats/format.h"

#include <array>

#include "steelyard/usage/formats/formats.h"

namespace steelyard::usage::formats {
namespace {

constexpr std::array list = {
    Format{"openai.chat", read_openai_chat, "openai/openai-openapi, CompletionUsage"},
    Format{"openai.responses", read_openai_responses, "openai/openai-openapi, ResponseUsage"},
    Format{"openai.embeddings", read_openai_embeddings,
           "openai/openai-openapi, CreateEmbeddingResponse"},
    Format{"anthropic.messages", read_anthropic_messages, "anthropics/anthropic-sdk-python, Usage"},
    Format{"gemini.generate_content", read_gemini_generate_content,
           "googleapis/python-genai, GenerateContentResponseUsageMetadata"},
    Format{"dashscope.generation", read_dashscope_generation,
           "dashscope/dashscope-sdk-python, GenerationUsage"},
    Format{"dashscope.compatible", read_dashscope_compatible,
           "help.aliyun.com, Model Studio, OpenAI compatible mode"},
    Format{"bedrock.converse", read_bedrock_converse,
           "docs.aws.amazon.com, Bedrock, API_runtime_TokenUsage"},
    Format{"deepseek.chat", read_deepseek_chat, "api-docs.deepseek.com, Create Chat Completion"},
    Format{"otel.gen_ai", read_otel_gen_ai,
           "open-telemetry/semantic-conventions-genai, gen_ai.usage.*"},
    Format{"tokens", read_tokens, "docs/reference/usage-event.md: our own"},
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
