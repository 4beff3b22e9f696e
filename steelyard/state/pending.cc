#include "steelyard/state/pending.h"

namespace steelyard::state {
namespace {

std::size_t size_of(const std::optional<std::string>& value) {
  return value.has_value() ? value->size() : 0;
}

}  // namespace

void Pending::put(const Change& change) {
  auto at = changes_.find(change.key);
  if (at == changes_.end()) {
    at = changes_.emplace(std::string(change.key), std::nullopt).first;
    bytes_ += change.key.size();
  }
  bytes_ -= size_of(at->second);
  if (!change.value.has_value()) {
    at->second.reset();
  } else if (at->second.has_value()) {
    at->second->assign(*change.value);
  } else {
    at->second.emplace(*change.value);
  }
  bytes_ += size_of(at->second);
}

const std::optional<std::string>* Pending::find(std::string_view key) const {
  const auto at = changes_.find(key);
  return at == changes_.end() ? nullptr : &at->second;
}

void Pending::add_to(Ordered& to, std::string_view prefix) const {
  for (const auto& [key, value] : changes_) {
    if (key.starts_with(prefix)) to.insert_or_assign(key, &value);
  }
}

}  // namespace steelyard::state
