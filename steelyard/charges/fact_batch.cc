#include "steelyard/charges/fact_batch.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace steelyard::charges {
namespace {

constexpr std::size_t block_bytes = std::size_t{64} * 1024;
constexpr std::size_t block_lines = 1024;

}  // namespace

std::string_view FactBatch::keep(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() > text_free_) {
    text_block_bytes_ = std::max(block_bytes, text.size());
    text_free_ = text_block_bytes_;
    texts_.push_back(std::make_unique<char[]>(text_block_bytes_));
  }
  char* const place = texts_.back().get() + (text_block_bytes_ - text_free_);
  std::memcpy(place, text.data(), text.size());
  text_free_ -= text.size();
  return {place, text.size()};
}

std::string_view FactBatch::keep(std::string_view text, std::string_view last) {
  return text == last ? last : keep(text);
}

std::span<const ChargedLine> FactBatch::keep(std::span<const ChargedLine> lines,
                                             std::span<const ChargedLine> last) {
  if (lines.empty()) return {};
  if (lines_.empty() || lines_.back().capacity() - lines_.back().size() < lines.size()) {
    lines_.emplace_back().reserve(std::max(block_lines, lines.size()));
  }
  std::vector<ChargedLine>& block = lines_.back();
  const std::size_t first = block.size();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const ChargedLine like = i < last.size() ? last[i] : ChargedLine();
    ChargedLine& line = block.emplace_back(lines[i]);
    line.item = keep(line.item, like.item);
    line.tier = keep(line.tier, like.tier);
    line.unit = keep(line.unit, like.unit);
  }
  return {block.data() + first, lines.size()};
}

void FactBatch::add(const ChargedFact& fact) {
  constexpr std::array texts = {
      &ChargedFact::tenant,   &ChargedFact::account, &ChargedFact::source,
      &ChargedFact::id,       &ChargedFact::type,    &ChargedFact::model,
      &ChargedFact::resource, &ChargedFact::region,  &ChargedFact::api_key,
      &ChargedFact::project,  &ChargedFact::tags,    &ChargedFact::currency,
      &ChargedFact::book,     &ChargedFact::credit,  &ChargedFact::hold_budget,
  };
  const ChargedFact last = facts_.empty() ? ChargedFact() : facts_.back();
  ChargedFact& kept = facts_.emplace_back(fact);
  for (const auto text : texts) kept.*text = keep(kept.*text, last.*text);
  kept.lines = keep(kept.lines, last.lines);
}

void FactBatch::pass_over(Position known) {
  const auto first = std::find_if(facts_.begin(), facts_.end(),
                                  [&](const ChargedFact& fact) { return fact.sequence > known; });
  facts_.erase(facts_.begin(), first);
}

}  // namespace steelyard::charges
