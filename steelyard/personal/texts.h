#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/personal/key_ring.h"
#include "steelyard/personal/members.h"

namespace steelyard::personal {

/// Events, each a line, with their personal members sealed under the key of their account, and
/// those keys on disk. What can be opened with it already, is no JSON or names no account stays as
/// it is. Errors: of `KeyRing::sync`.
[[nodiscard]] Result<std::string> sealed_events(std::string_view lines, const Members& members,
                                                std::string_view tenant, KeyRing& keys);

/// A text of its own, for `open`; empty stays empty. Errors: of `KeyRing::sync`.
[[nodiscard]] Result<std::string> sealed_text(std::string_view text, const Owner& owner,
                                              KeyRing& keys);

/// What `sealed_text` made, or any other text; empty where its key was destroyed.
std::string opened_text(std::string_view text, const Owner& owner, const KeyRing& keys);

/// A JSON text as it was.
struct OpenedJson {
  std::string text;
  std::vector<std::string> erased;  ///< Pointers to what is null because its key was destroyed.
};

/// A JSON text with everything opened in it that an owner's key has sealed. Where there is nothing,
/// and of what is no JSON, the text itself.
enum class Pointers : unsigned char { wanted, unwanted };
OpenedJson opened_json(std::string_view json, const Owner& owner, const KeyRing& keys,
                       Pointers pointers = Pointers::wanted);

}  // namespace steelyard::personal
