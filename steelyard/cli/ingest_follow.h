#pragma once

#include <cstddef>
#include <string>

#include "steelyard/cli/command.h"
#include "steelyard/client/http_client.h"

namespace steelyard::cli {

/// `steelyard ingest --follow`.
struct FollowArguments {
  client::Url url;
  std::string key;
  std::string file;
  std::string position;  ///< The file with it. Empty: beside the one that is followed.
  std::size_t shown_max = 10;
};

/// Sends what is appended to the file, until somebody asks the program to end or the server refuses
/// it for good.
void follow(const FollowArguments& arguments, Session& session);

}  // namespace steelyard::cli
