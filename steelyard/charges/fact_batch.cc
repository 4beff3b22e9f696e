#include "steelyard/charges/fact_batch.h"

#include <algorithm>
#include <cstring>
#include <iterator>

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

std::span<const ChargedLine> FactBatch::keep(std::span<const ChargedLine> lines) {
  if (lines.empty()) return {};
  if (lines_.empty() || lines_.back().capacity() - lines_.back().size() < lines.size()) {
    lines_.emplace_back().reserve(std::max(block_lines, lines.size()));
  }
  std::vector<ChargedLine>& block = lines_.back();
  const std::size_t first = block.size();
  for (ChargedLine line : lines) {
    line.item = keep(line.item);
    line.tier = keep(line.tier);
    line.unit = keep(line.unit);
    block.push_back(line);
  }
  return {block.data() + first, lines.size()};
}

void FactBatch::add(const ChargedFact& fact) {
  ChargedFact kept = fact;
  for (std::string_view* text :
       {&kept.tenant, &kept.account, &kept.source, &kept.id, &kept.type, &kept.model,
        &kept.resource, &kept.region, &kept.api_key, &kept.project, &kept.tags, &kept.currency,
        &kept.book, &kept.credit}) {
    *text = keep(*text);
  }
  kept.lines = keep(fact.lines);
  facts_.push_back(kept);
}

void FactBatch::pass_over(Position known) {
  const auto first = std::find_if(facts_.begin(), facts_.end(),
                                  [&](const ChargedFact& fact) { return fact.sequence > known; });
  facts_.erase(facts_.begin(), first);
}

void FactBatch::take(FactBatch&& other) {
  if (facts_.empty()) {
    *this = std::move(other);
    other = FactBatch();
    return;
  }
  facts_.insert(facts_.end(), other.facts_.begin(), other.facts_.end());
  std::move(other.texts_.begin(), other.texts_.end(), std::back_inserter(texts_));
  std::move(other.lines_.begin(), other.lines_.end(), std::back_inserter(lines_));
  text_free_ = other.text_free_;
  text_block_bytes_ = other.text_block_bytes_;
  other = FactBatch();
}

}  // namespace steelyard::charges
