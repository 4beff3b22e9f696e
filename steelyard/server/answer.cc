#include "steelyard/server/answer.h"

#include <algorithm>

#include "steelyard/server/request_head.h"

namespace steelyard::server {
namespace {

void append_field(std::string_view name, std::string_view value, std::string& head) {
  head += name;
  head += ": ";
  const std::size_t begin = head.size();
  head += value;
  std::replace_if(
      head.begin() + static_cast<std::ptrdiff_t>(begin), head.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  head += "\r\n";
}

bool has_field(const Response& response, std::string_view name) {
  return std::ranges::any_of(response.fields,
                             [&](const auto& field) { return is_same_name(field.first, name); });
}

}  // namespace

void render(Response& response, std::string_view request_id) {
  if (!response.problem.has_value()) return;
  response.status = response.problem->status();
  response.content_type = "application/problem+json";
  response.body = response.problem->to_json(request_id);
  response.file = nullptr;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 207: return "Multi-Status";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "";
  }
}

std::string http_date(base::Instant time) {
  constexpr std::string_view days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::string civil = base::to_rfc3339({time.seconds, 0});  // 2026-11-25T12:00:00Z
  const std::int64_t day = time.seconds / 86'400;
  const auto month = static_cast<std::size_t>((civil[5] - '0') * 10 + (civil[6] - '0'));
  std::string date(days[static_cast<std::size_t>(day % 7)]);
  date += ", " + civil.substr(8, 2) + ' ';
  date += months[month - 1];
  return date + ' ' + civil.substr(0, 4) + ' ' + civil.substr(11, 8) + " GMT";
}

std::string head_text(const Response& response, const AnswerHead& answer) {
  std::string head;
  head.reserve(512);
  head += "HTTP/1.1 ";
  head += std::to_string(response.status);
  head += ' ';
  head += reason_of(response.status);
  head += "\r\n";
  append_field("Date", http_date(answer.now), head);
  if (!response.content_type.empty()) append_field("Content-Type", response.content_type, head);
  if (has_body(response.status)) {
    append_field("Content-Length", std::to_string(response.content_length()), head);
  }
  if (!answer.keep_alive) append_field("Connection", "close", head);
  append_field("X-Request-Id", answer.request_id, head);
  append_field("X-Content-Type-Options", "nosniff", head);
  if (!has_field(response, "Cache-Control")) append_field("Cache-Control", "no-store", head);
  if (answer.is_encrypted) {
    append_field("Strict-Transport-Security", "max-age=31536000", head);
  }
  for (const auto& [name, value] : answer.fields) append_field(name, value, head);
  for (const auto& [name, value] : response.fields) append_field(name, value, head);
  head += "\r\n";
  return head;
}

}  // namespace steelyard::server
