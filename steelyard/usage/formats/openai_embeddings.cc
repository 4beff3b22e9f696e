#include "steelyard/usage/formats/formats.h"
#include "steelyard/usage/formats/inclusive.h"

namespace steelyard::usage::formats {

/// An embedding has no output and no cache.
/// {"prompt_tokens":8,"total_tokens":8}
Result<TokenCounts> read_openai_embeddings(const json::Object& usage) {
  CountReader read(usage);
  const Inclusive counts{.input = read.count("prompt_tokens"),
                         .cached = {},
                         .written = {},
                         .output = {},
                         .reasoning = {},
                         .total = read.count("total_tokens")};
  return take_apart(read, counts, "prompt_tokens");
}

}  // namespace steelyard::usage::formats
