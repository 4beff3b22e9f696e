#include "steelyard/cli/api_client.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "steelyard/client/http_client.h"

namespace steelyard::cli {
namespace {

/// What a problem says, for people.
std::string detail_of(const std::string& body) {
  const auto problem = nlohmann::json::parse(body, nullptr, false);
  return problem.is_object() ? problem.value("detail", problem.value("title", body)) : body;
}

}  // namespace

Result<std::string> api_key(const std::string& given) {
  if (!given.empty()) return given;
  const char* const key = std::getenv("STEELYARD_KEY");
  if (key != nullptr && *key != '\0') return std::string(key);
  return failure(ErrorCode::usage_of_command,
                 "no API key: give --key, or put it into STEELYARD_KEY");
}

Result<std::string> post_json(const ServerAddress& server, const std::string& path,
                              std::string body, ErrorCode refused) {
  STEELYARD_TRY(key, api_key(server.key));
  STEELYARD_TRY(url, client::parse_url(server.url));
  client::HttpClient client(std::move(url));
  const client::HttpClient::Fields fields = {{"Authorization", "Bearer " + key},
                                             {"Content-Type", "application/json"}};
  STEELYARD_TRY(answer, client.post(path, fields, std::move(body)));
  if (answer.status == 200) return std::move(answer.body);
  return failure(refused, "the server answered " + std::to_string(answer.status) + ": " +
                              detail_of(answer.body));
}

}  // namespace steelyard::cli
