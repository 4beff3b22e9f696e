#pragma once

#include <optional>

#include "steelyard/base/time.h"

namespace steelyard::base {

/// When something is in force: [from, to). No bound: always.
struct Validity {
  std::optional<Instant> from;
  std::optional<Instant> to;

  bool contains(Instant at) const { return (!from || *from <= at) && (!to || at < *to); }
  bool overlaps(const Validity& other) const {
    return (!to || !other.from || *other.from < *to) && (!other.to || !from || *from < *other.to);
  }
  bool operator==(const Validity&) const = default;
};

}  // namespace steelyard::base
