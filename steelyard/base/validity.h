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

/// When both are in force.
inline Validity both(const Validity& a, const Validity& b) {
  Validity result = a;
  if (b.from && (!a.from || *a.from < *b.from)) result.from = b.from;
  if (b.to && (!a.to || *b.to < *a.to)) result.to = b.to;
  return result;
}

}  // namespace steelyard::base
