#pragma once

#include <string>

#include "steelyard/base/result.h"
#include "steelyard/checkpoint/key.h"

namespace steelyard::checkpoint {

/// Reads a private key that only its owner may read and write (mode 0600 or less). Errors, with
/// the path: file_is_unreadable; file_is_malformed (also: others may read it).
[[nodiscard]] Result<SigningKey> read_signing_key(const std::string& path);

/// The key of a server's folder, DIR/checkpoint-key.pem; made, with mode 0600, if there is none.
/// Errors: also storage_failed, disk_full.
[[nodiscard]] Result<SigningKey> signing_key_of(const std::string& directory);

/// Errors, with the path: file_is_unreadable, file_is_malformed.
[[nodiscard]] Result<PublicKey> read_public_key(const std::string& path);

}  // namespace steelyard::checkpoint
