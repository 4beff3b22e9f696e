#include "steelyard/client/http_client.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <charconv>
#include <chrono>

namespace steelyard::client {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

constexpr auto timeout = std::chrono::seconds(60);
constexpr std::uint64_t answer_bytes_max = std::uint64_t{64} * 1024 * 1024;

/// A date, which the field may hold too, is 0.
std::uint64_t seconds_of(std::string_view text) {
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return error == std::errc() && end == text.data() + text.size() ? seconds : 0;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  const auto wrong = [&] {
    return failure(ErrorCode::usage_of_command,
                   "'" + std::string(text) + "' is no address like http://127.0.0.1:8080");
  };
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.is_encrypted = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return wrong();
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t colon = rest.rfind(':');
  const bool has_port = colon != std::string_view::npos && !rest.ends_with(']');
  url.host = rest.substr(0, has_port ? colon : rest.size());
  url.port = has_port ? std::string(rest.substr(colon + 1)) : url.is_encrypted ? "443" : "80";
  if (url.host.starts_with('[') && url.host.ends_with(']')) {
    url.host = url.host.substr(1, url.host.size() - 2);
  }
  const bool is_good = !url.host.empty() && !url.port.empty() && url.port.size() <= 5 &&
                       std::ranges::all_of(url.port, [](char c) { return c >= '0' && c <= '9'; }) &&
                       url.host.find_first_of("/?#@ ") == std::string::npos;
  if (!is_good) return wrong();
  return url;
}

struct HttpClient::Connection {
  Connection() : tls(asio::ssl::context::tls_client), stream(context, tls) {
    tls.set_default_verify_paths();
    tls.set_verify_mode(asio::ssl::verify_peer);
  }

  beast::tcp_stream& plain() { return beast::get_lowest_layer(stream); }

  /// Waits for one operation, at most `timeout`.
  template <class Start>
  beast::error_code wait(Start start) {
    beast::error_code outcome = asio::error::would_block;
    plain().expires_after(timeout);
    start([&](beast::error_code code, auto...) { outcome = code; });
    context.restart();
    context.run();
    return outcome;
  }

  beast::error_code open(const Url& url) {
    beast::error_code code;
    asio::ip::tcp::resolver resolver(context);
    const auto addresses = resolver.resolve(url.host, url.port, code);
    if (code) return code;
    code = wait([&](auto done) { plain().async_connect(addresses, done); });
    if (code) return code;
    plain().socket().set_option(asio::ip::tcp::no_delay(true), code);
    if (!url.is_encrypted) return {};
    stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
    if (SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str()) != 1) {
      return asio::error::invalid_argument;
    }
    return wait([&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, done); });
  }

  template <class Stream>
  beast::error_code exchange(Stream& over, http::request<http::string_body>& request,
                             http::response_parser<http::string_body>& parser) {
    beast::error_code code = wait([&](auto done) { http::async_write(over, request, done); });
    if (code) return code;
    return wait([&](auto done) { http::async_read(over, buffer, parser, done); });
  }

  asio::io_context context;
  asio::ssl::context tls;
  beast::ssl_stream<beast::tcp_stream> stream;
  beast::flat_buffer buffer;
};

HttpClient::HttpClient(Url url) : url_(std::move(url)) {}
HttpClient::~HttpClient() = default;

Result<Answer> HttpClient::post(const std::string& path, const Fields& fields, std::string body) {
  const auto unreachable = [&](const beast::error_code& code) {
    connection_.reset();
    return failure(ErrorCode::server_is_unreachable,
                   url_.host + ":" + url_.port + ": " + code.message());
  };
  if (connection_ == nullptr) {
    connection_ = std::make_unique<Connection>();
    if (const auto code = connection_->open(url_); code) return unreachable(code);
  }
  http::request<http::string_body> request(http::verb::post, path, 11);
  request.set(http::field::host, url_.host);
  for (const auto& [name, value] : fields) request.set(name, value);
  request.body() = std::move(body);
  request.prepare_payload();
  http::response_parser<http::string_body> parser;
  parser.body_limit(answer_bytes_max);
  const auto code = url_.is_encrypted
                        ? connection_->exchange(connection_->stream, request, parser)
                        : connection_->exchange(connection_->plain(), request, parser);
  if (code) return unreachable(code);
  Answer answer{static_cast<int>(parser.get().result_int()), std::move(parser.get().body()),
                seconds_of(parser.get()[http::field::retry_after])};
  if (!parser.get().keep_alive()) connection_.reset();
  return answer;
}

}  // namespace steelyard::client
