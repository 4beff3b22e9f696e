#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "steelyard/base/result.h"

namespace steelyard::cli {

/// What became of the events that were sent: the sums of what a server answered.
class SentEvents {
 public:
  /// An event that is not charged.
  struct SetAside {
    std::uint64_t event = 0;  ///< Its number in the request, from 0.
    std::string text;         ///< "rejected: /data/model is missing".
  };

  /// Adds an answer to POST /v1/events. Errors: server_is_unreachable, if it is something else.
  [[nodiscard]] Result<std::vector<SetAside>> add(const std::string& body);

  std::uint64_t received() const { return of("received"); }
  std::uint64_t set_aside() const { return of("conflict") + of("unrated") + of("rejected"); }

  /// "3 events: 2 rated, 0 sent before, 0 in conflict, 0 unrated, 1 rejected".
  std::string to_text() const;

 private:
  std::uint64_t of(const std::string& status) const;

  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace steelyard::cli
