#include "steelyard/pricebook/finding.h"

#include <algorithm>
#include <tuple>

namespace steelyard::pricebook {

std::string Finding::to_text() const {
  return place.to_text() + (severity == Severity::error ? ": error: " : ": warning: ") + message +
         " [" + word + ']';
}

void Findings::error(std::string word, Place place, std::string message) {
  ++errors_;
  if (list_.size() < kept_max) {
    list_.push_back(
        {Finding::Severity::error, std::move(word), std::move(place), std::move(message)});
  }
}

void Findings::warning(std::string word, Place place, std::string message) {
  ++warnings_;
  if (list_.size() < kept_max) {
    list_.push_back(
        {Finding::Severity::warning, std::move(word), std::move(place), std::move(message)});
  }
}

void Findings::sort() {
  std::ranges::stable_sort(list_, [](const Finding& a, const Finding& b) {
    return std::tie(a.place.file, a.place.line) < std::tie(b.place.file, b.place.line);
  });
}

}  // namespace steelyard::pricebook
