#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steelyard/base/limits.h"
#include "steelyard/batch/record.h"
#include "steelyard/core/entity.h"
#include "steelyard/identity/identities.h"

namespace steelyard::core {

/// The names that an event gives to things. Each new one is kept for ever, here and in the views.
/// Numbers are stored.
enum class NameKind : std::uint8_t { account, project, api_key, source, model, region };
inline constexpr std::size_t name_kind_count = 6;

/// "API keys".
std::string_view plural_of(NameKind kind);

/// How many distinct names the events of one tenant may have, of each kind.
struct NameLimits {
  std::size_t labels_max = limits::tenant_labels_max;    ///< Models, regions.
  std::size_t parties_max = limits::tenant_parties_max;  ///< The others.

  std::size_t of(NameKind kind) const { return kind < NameKind::model ? parties_max : labels_max; }
};

/// The names of an event; empty: it has none of that kind.
std::array<std::string_view, name_kind_count> names_of(const batch::Record& record,
                                                       const batch::EventDetail& detail);

/// Hashes of names, by kind.
using NameHashes = boost::unordered_flat_set<std::uint64_t>;
using NameSets = std::array<NameHashes, name_kind_count>;

/// Which names the events of one tenant had, of those in the log. 9 to 18 bytes for each.
class NameBook {
 public:
  explicit NameBook(identity::KeyMaker keys) : keys_(keys) {}

  void add(const batch::Record& record, const batch::EventDetail& detail);

  const NameSets& sets() const { return sets_; }

  /// The names that came since the last call. The keys have no tenant.
  void for_each_changed(const EntityVisitor& visit);
  /// False: it is no entity of a name book.
  [[nodiscard]] bool restore(std::string_view key);

 private:
  identity::KeyMaker keys_;
  NameSets sets_;
  std::vector<std::pair<NameKind, std::string>> changed_;
};

}  // namespace steelyard::core
