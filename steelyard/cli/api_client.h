#pragma once

#include <string>

#include "steelyard/base/result.h"

/// For commands that are clients of a server.
namespace steelyard::cli {

struct ServerAddress {
  std::string url;
  std::string key;  ///< Empty: of the environment.
};

/// The given key, else that of STEELYARD_KEY. Errors: usage_of_command.
[[nodiscard]] Result<std::string> api_key(const std::string& given);

/// Sends a JSON body and returns that of an answer of 200. Errors: usage_of_command,
/// server_is_unreachable; `refused`, with what the server said, for another answer.
[[nodiscard]] Result<std::string> post_json(const ServerAddress& server, const std::string& path,
                                            std::string body, ErrorCode refused);

}  // namespace steelyard::cli
