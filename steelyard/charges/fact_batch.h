#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "steelyard/charges/charged_fact.h"

namespace steelyard::charges {

/// Facts with copies of their texts and lines: what crosses from the core to the writer.
class FactBatch {
 public:
  /// For so many facts in all.
  void reserve(std::size_t facts) { facts_.reserve(facts); }

  /// Copies everything that the fact points to, but what the fact before it says as well.
  void add(const ChargedFact& fact);

  /// Forgets the facts up to a position: a log that is replayed begins before what is known.
  void pass_over(Position known);

  std::span<const ChargedFact> facts() const { return facts_; }
  std::size_t size() const { return facts_.size(); }
  bool empty() const { return facts_.empty(); }

 private:
  std::string_view keep(std::string_view text);
  std::string_view keep(std::string_view text, std::string_view last);
  std::span<const ChargedLine> keep(std::span<const ChargedLine> lines,
                                    std::span<const ChargedLine> last);

  std::vector<ChargedFact> facts_;
  std::vector<std::unique_ptr<char[]>> texts_;
  std::vector<std::vector<ChargedLine>> lines_;
  std::size_t text_block_bytes_ = 0;  ///< Of the last block of `texts_`,
  std::size_t text_free_ = 0;         ///< and what is free at its end.
};

}  // namespace steelyard::charges
