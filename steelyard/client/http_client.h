#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steelyard/base/result.h"

/// Speaks to a server, for the commands that are its clients.
namespace steelyard::client {

/// An address: "http://127.0.0.1:8080", "https://billing.example.com".
struct Url {
  bool is_encrypted = false;
  std::string host;
  std::string port;
};

/// Errors: usage_of_command, with the text. A path behind the host is none.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

struct Answer {
  int status = 0;
  std::string body;
  std::uint64_t retry_after_seconds = 0;  ///< 0: the server does not say.
};

/// One connection, kept open between requests. Certificates are checked against those that the
/// system trusts.
class HttpClient {
 public:
  explicit HttpClient(Url url);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  using Fields = std::vector<std::pair<std::string, std::string>>;

  /// Connects where there is no connection. Errors: server_is_unreachable; whether the server has
  /// read the request is not known then.
  [[nodiscard]] Result<Answer> post(const std::string& path, const Fields& fields,
                                    std::string body);

 private:
  struct Connection;
  Url url_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace steelyard::client
