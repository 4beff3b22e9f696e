#pragma once

#include "steelyard/base/result.h"
#include "steelyard/json/document.h"
#include "steelyard/usage/token_counts.h"

/// One reader for each wire format, each in a file of its name.
/// Errors of all: invalid_quantity, invalid_field, usage_missing, inconsistent_usage.
namespace steelyard::usage::formats {

[[nodiscard]] Result<TokenCounts> read_openai_chat(const json::Object& usage);
[[nodiscard]] Result<TokenCounts> read_openai_responses(const json::Object& usage);
[[nodiscard]] Result<TokenCounts> read_openai_embeddings(const json::Object& usage);
[[nodiscard]] Result<TokenCounts> read_anthropic_messages(const json::Object& usage);
[[nodiscard]] Result<TokenCounts> read_gemini_generate_content(const json::Object& usage);
[[nodiscard]] Result<TokenCounts> read_dashscope_generation(const json::Object& usage);
[[nodiscard]] Result<TokenCounts> read_dashscope_compatible(const json::Object& usage);
[[nodiscard]] Result<TokenCounts> read_bedrock_converse(const json::Object& usage);
[[nodiscard]] Result<TokenCounts> read_deepseek_chat(const json::Object& usage);
[[nodiscard]] Result<TokenCounts> read_otel_gen_ai(const json::Object& usage);
[[nodiscard]] Result<TokenCounts> read_tokens(const json::Object& usage);

}  // namespace steelyard::usage::formats
