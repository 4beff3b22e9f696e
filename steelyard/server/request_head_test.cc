#include "steelyard/server/request_head.h"

#include <gtest/gtest.h>

#include <string>

namespace steelyard::server {
namespace {

RequestHead head;

/// The word of the problem, or "read".
std::string outcome(std::string_view text) {
  const auto read = parse_head(text, ServerLimits{}, head);
  return read.has_value() ? "read" : std::string(read.error().row->word);
}

std::string with(std::string_view fields) {
  return "POST /v1/events HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

TEST(RequestHead, is_taken_apart) {
  ASSERT_EQ(outcome("POST /v1/x?a=1 HTTP/1.1\r\nHost: a:80\r\nContent-Length:  12 \r\n"
                    "X-Empty:\r\nExpect: 100-Continue\r\n\r\n"),
            "read");
  EXPECT_EQ(head.method, Method::post);
  EXPECT_EQ(head.target, "/v1/x?a=1");
  EXPECT_EQ(head.framing, Framing::length);
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_EQ(head.field("x-empty"), "");
  EXPECT_TRUE(head.expects_continue);
  EXPECT_TRUE(head.keep_alive);
}

TEST(RequestHead, keeps_the_connection_unless_told_otherwise) {
  ASSERT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\nConnection: TE, Close\r\n\r\n"), "read");
  EXPECT_FALSE(head.keep_alive);
  ASSERT_EQ(outcome("GET / HTTP/1.0\r\n\r\n"), "read");
  EXPECT_FALSE(head.keep_alive);
}

// S14: what two readers could understand in two ways is refused.
TEST(RequestHead, request_smuggling_is_refused) {
  for (const std::string_view fields : {
           "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",  // CL.TE
           "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",  // TE.CL
           "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
           "Content-Length: 4\r\nContent-Length: 4\r\n",
           "Content-Length: 4\r\nContent-Length: 5\r\n",
           "Content-Length: 4, 4\r\n",
           "Content-Length: +4\r\n",
           "Content-Length: -1\r\n",
           "Content-Length: 0x4\r\n",
           "Content-Length: 4 4\r\n",
           "Content-Length:\r\n",
           "Content-Length: 99999999999999999999\r\n",
           "Content-Length : 4\r\n",
           "Content-Length\t: 4\r\n",
           "Transfer-Encoding : chunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           " Content-Length: 4\r\n",  // folded behind Host
           "X: a\r\n b\r\n",          // obs-fold
           "X: a\r\n\tb\r\n",
           "X: a\nContent-Length: 4\r\n",  // bare LF
           "X: a\rContent-Length: 4\r\n",  // bare CR
           "X: a\r\r\n",
           "X: a\x01"
           "b\r\n",
           "X: \x7f\r\n",
           "X\r\n",
           ": a\r\n",
           "X Y: a\r\n",
           "X(: a\r\n",
           "Host: b\r\n",  // two Hosts
       }) {
    EXPECT_EQ(outcome(with(fields)), "malformed_request") << fields;
  }
  EXPECT_EQ(outcome(with(std::string_view("X: a\0b\r\n", 8))), "malformed_request");
  for (const std::string_view fields :
       {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: \"chunked\"\r\n", "Transfer-Encoding: chunked;q=1\r\n",
        "Transfer-Encoding: \x0b"
        "chunked\r\n",
        "Transfer-Encoding:\r\n"}) {
    EXPECT_NE(outcome(with(fields)), "read") << fields;
  }
}

TEST(RequestHead, request_lines_are_strict) {
  for (const std::string_view line : {"GET  / HTTP/1.1",
                                      " GET / HTTP/1.1",
                                      "GET / HTTP/1.1 ",
                                      "GET /",
                                      "GET / HTTP/11",
                                      "GET / http/1.1",
                                      "GET\t/ HTTP/1.1",
                                      "G(T / HTTP/1.1",
                                      "GET x HTTP/1.1",
                                      "GET http://a/ HTTP/1.1",
                                      "GET * HTTP/1.1",
                                      "GET /a#b HTTP/1.1",
                                      "GET /a\\b HTTP/1.1",
                                      "GET /a/../b HTTP/1.1",
                                      "GET /a/%2e%2E/b HTTP/1.1",
                                      "GET //a HTTP/1.1",
                                      "GET /%zz HTTP/1.1",
                                      "GET /%00 HTTP/1.1",
                                      "GET /a\xc3\xa4 HTTP/1.1",
                                      "GET /%ff HTTP/1.1",
                                      ""}) {
    EXPECT_EQ(outcome(std::string(line) + "\r\nHost: a\r\n\r\n"), "malformed_request") << line;
  }
  EXPECT_EQ(outcome("BREW / HTTP/1.1\r\nHost: a\r\n\r\n"), "not_implemented");
  EXPECT_EQ(outcome("get / HTTP/1.1\r\nHost: a\r\n\r\n"), "not_implemented");
  EXPECT_EQ(outcome("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), "version_not_supported");
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\n\r\n"), "malformed_request") << "without Host";
  EXPECT_EQ(outcome("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), "malformed_request");
  EXPECT_EQ(outcome(with("Expect: something\r\n")), "expectation_failed");
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\n\r\nmore"), "malformed_request");
}

TEST(RequestHead, limits_have_problems_of_their_own) {
  const ServerLimits limits;
  const std::string edge = "/" + std::string(limits.request_line_bytes - 14, 'a');
  EXPECT_EQ(outcome("GET " + edge + " HTTP/1.1\r\nHost: a\r\n\r\n"), "read");
  EXPECT_EQ(outcome("GET " + edge + "a HTTP/1.1\r\nHost: a\r\n\r\n"), "request_line_too_long");
  std::string fields;
  for (std::size_t i = 1; i < limits.fields; ++i) fields += "X: 1\r\n";
  EXPECT_EQ(outcome(with(fields)), "read");
  EXPECT_EQ(outcome(with(fields + "X: 1\r\n")), "head_too_large");
  EXPECT_EQ(outcome(with("X: " + std::string(limits.head_bytes, 'a') + "\r\n")), "head_too_large");
}

TEST(RequestHead, its_end_is_found_however_it_comes_in) {
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
  const std::size_t end = text.size() - 4;
  EXPECT_EQ(find_head_end(text, 0), end);
  for (std::size_t split = 0; split < end; ++split) {
    EXPECT_EQ(find_head_end(text.substr(0, split), 0), std::string::npos) << split;
    EXPECT_EQ(find_head_end(text, split), end) << split;
  }
  EXPECT_EQ(find_head_end("GET / HTTP/1.1\n\nrest", 0), 16U) << "for parse_head to refuse";
}

}  // namespace
}  // namespace steelyard::server
