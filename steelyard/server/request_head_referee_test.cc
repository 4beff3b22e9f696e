// Our reader of heads beside Boost.Beast's: what we read, it reads the same; and a list of
// what it reads and we refuse, which is why we have our own.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <set>
#include <string>
#include <utility>

#include "steelyard/server/request_head.h"

namespace steelyard::server {
namespace {

namespace http = boost::beast::http;

/// Whether Beast reads the head.
bool beast_reads(const std::string& text, http::request_parser<http::empty_body>& parser) {
  boost::system::error_code error;
  parser.header_limit(64 * 1024);
  parser.body_limit(boost::none);
  parser.put(boost::asio::buffer(text), error);
  return !error && parser.is_header_done();
}

TEST(RequestHeadReferee, beast_reads_some_of_what_we_refuse) {
  struct Case {
    const char* what;
    std::string text;
  };
  const Case cases[] = {
      {"obs-fold", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"},
      {"two equal Content-Lengths",
       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n"},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {"no Host", "GET / HTTP/1.1\r\n\r\n"},
      {"chunked twice",
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"},
      {"a coding before chunked",
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"a dotted path", "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n"},
  };
  for (const Case& each : cases) {
    http::request_parser<http::empty_body> beast;
    EXPECT_TRUE(beast_reads(each.text, beast)) << each.what;
    RequestHead head;
    EXPECT_FALSE(parse_head(each.text, ServerLimits{}, head).has_value()) << each.what;
  }
}

RC_GTEST_PROP(RequestHeadReferee, what_we_read_beast_reads_the_same, ()) {
  // Pieces of heads, put together without sense: most are refused, those that are not agree.
  const auto lines =
      *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
          "Host: a", "Content-Length: 5", "Content-Length: 0", "Transfer-Encoding: chunked",
          "Connection: close", "Connection: keep-alive", "X-A: \xc3\xa4 b,c",
          "x-b:", "Expect: 100-continue", "X: a\tb", " folded", "X : 1", "Y: a\rb",
          "Cookie: a=b; c=\"d\""}));
  const auto target = *rc::gen::element<std::string>("/", "/v1/a?b=c%20d&e=f", "/a/%41/");
  std::string text = *rc::gen::element<std::string>("GET ", "POST ", "DELETE ") + target +
                     *rc::gen::element<std::string>(" HTTP/1.1\r\n", " HTTP/1.0\r\n");
  const bool adds_host = *rc::gen::weightedElement<bool>({{4, true}, {1, false}});
  if (adds_host) text += "Host: b\r\n";
  for (const std::string& line : lines) text += line + "\r\n";
  text += "\r\n";

  RequestHead head;
  const bool is_read = parse_head(text, ServerLimits{}, head).has_value();
  RC_CLASSIFY(is_read);
  if (!is_read) return;
  http::request_parser<http::empty_body> beast;
  RC_ASSERT(beast_reads(text, beast));
  const auto& message = beast.get();
  RC_ASSERT(std::string_view(message.method_string()) == name_of(head.method));
  RC_ASSERT(std::string_view(message.target()) == head.target);
  RC_ASSERT(beast.chunked() == (head.framing == Framing::chunked));
  RC_ASSERT(beast.content_length().value_or(0) == head.content_length);
  // Beast puts fields of one name together.
  using NameAndValue = std::pair<std::string, std::string>;
  std::multiset<NameAndValue> ours;
  std::multiset<NameAndValue> theirs;
  for (const Field& field : head.fields) ours.emplace(field.name, field.value);
  for (const auto& field : message) theirs.emplace(field.name_string(), field.value());
  RC_ASSERT(ours == theirs);
}

}  // namespace
}  // namespace steelyard::server
