#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "steelyard/base/check.h"
#include "steelyard/base/hash.h"
#include "steelyard/base/limits.h"

namespace steelyard::ledger {

/// Numbers of names within a tenant. Finding allocates nothing.
class NameIndex {
 public:
  /// Of limits::id_characters_max characters in UTF-8, behind "project/".
  static constexpr std::size_t bytes_max = 4 * limits::id_characters_max + 8;

  static bool is_valid(std::string_view name) { return !name.empty() && name.size() <= bytes_max; }

  /// `kind` sets apart what may have the same name: a currency; or nothing.
  std::optional<std::uint32_t> find(std::uint32_t tenant, std::string_view kind,
                                    std::string_view name) const {
    if (!is_valid(name)) return std::nullopt;
    const auto found = number_of_.find(Key(tenant, kind, name).text());
    if (found == number_of_.end()) return std::nullopt;
    return found->second;
  }

  /// Requires: the name is valid and new.
  void add(std::uint32_t tenant, std::string_view kind, std::string_view name,
           std::uint32_t number) {
    STEELYARD_CHECK(is_valid(name));
    const Key key(tenant, kind, name);
    STEELYARD_CHECK(number_of_.emplace(key.text(), number).second);
  }

 private:
  class Key {
   public:
    Key(std::uint32_t tenant, std::string_view kind, std::string_view name) {
      STEELYARD_CHECK(kind.size() <= 3);
      std::memcpy(bytes_.data(), &tenant, 4);
      append(kind);
      append(name);
    }
    std::string_view text() const { return {bytes_.data(), size_}; }

   private:
    void append(std::string_view part) {
      if (part.empty()) return;
      std::memcpy(bytes_.data() + size_, part.data(), part.size());
      size_ += part.size();
    }
    std::array<char, 4 + 3 + bytes_max> bytes_;
    std::size_t size_ = 4;
  };

  struct TextHash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(std::string_view text) const { return base::hash(text); }
  };
  struct TextEqual {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const { return a == b; }
  };
  boost::unordered_flat_map<std::string, std::uint32_t, TextHash, TextEqual> number_of_;
};

}  // namespace steelyard::ledger
