#include "steelyard/core/name_book.h"

namespace steelyard::core {

std::string_view plural_of(NameKind kind) {
  constexpr std::array<std::string_view, name_kind_count> words = {
      "accounts", "projects", "API keys", "sources", "models", "regions"};
  return words[static_cast<std::size_t>(kind)];
}

std::array<std::string_view, name_kind_count> names_of(const batch::Record& record,
                                                       const batch::EventDetail& detail) {
  return {record.account, detail.project, detail.api_key,
          record.source,  detail.name,    detail.region};
}

void NameBook::add(const batch::Record& record, const batch::EventDetail& detail) {
  const auto names = names_of(record, detail);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) continue;
    const auto kind = static_cast<NameKind>(i);
    const bool is_new = sets_[i].insert(keys_.hash_of(names[i], i)).second;
    if (is_new) changed_.emplace_back(kind, names[i]);
  }
}

void NameBook::for_each_changed(const EntityVisitor& visit) {
  std::string key;
  for (const auto& [kind, name] : changed_) {
    key.assign(1, static_cast<char>(kind)).append(name);
    visit(key, "");
  }
  changed_.clear();
}

bool NameBook::restore(std::string_view key) {
  if (key.size() < 2) return false;
  const auto kind = static_cast<unsigned char>(key[0]);
  return kind < name_kind_count && sets_[kind].insert(keys_.hash_of(key.substr(1), kind)).second;
}

}  // namespace steelyard::core
