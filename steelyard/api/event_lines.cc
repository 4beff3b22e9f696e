#include "steelyard/api/event_lines.h"

#include <algorithm>

namespace steelyard::api {
namespace {

constexpr std::string_view white_space = " \t\r\n";

std::string on_one_line(std::string_view json) {
  std::string line(json);
  std::ranges::replace(line, '\n', ' ');
  std::ranges::replace(line, '\r', ' ');
  line += '\n';
  return line;
}

std::unexpected<Error> malformed(std::string_view what, std::size_t at) {
  return failure(ErrorCode::malformed_json,
                 std::string(what) + " at byte " + std::to_string(at) + " of the array");
}

std::unexpected<Error> too_many() {
  return failure(ErrorCode::too_large,
                 "the body has more than " + std::to_string(events_per_request_max) + " events");
}

/// Behind the value that begins at `at`; only strings and brackets are looked at, its reader
/// checks the rest.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  bool is_in_string = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (is_in_string) {
      if (c == '\\') {
        ++at;
      } else if (c == '"') {
        is_in_string = false;
      }
      continue;
    }
    if (c == '"') is_in_string = true;
    if (c == '{' || c == '[') ++depth;
    if (depth == 0 && (c == ',' || c == ']')) return at;
    if (c == '}' || c == ']') --depth;
  }
  return std::string_view::npos;
}

Result<std::string> lines_of_array(std::string_view body) {
  std::string lines;
  lines.reserve(body.size());
  std::size_t at = body.find_first_not_of(white_space);
  if (at == std::string_view::npos || body[at] != '[') return malformed("no '['", 0);
  at = body.find_first_not_of(white_space, at + 1);
  std::size_t count = 0;
  while (at != std::string_view::npos) {
    if (count == 0 && body[at] == ']') break;
    const std::size_t end = end_of_value(body, at);
    if (end == std::string_view::npos) return malformed("no end of an event that begins", at);
    if (body.find_first_not_of(white_space, at) == end) return malformed("no event", at);
    if (++count > events_per_request_max) return too_many();
    lines += on_one_line(body.substr(at, end - at));
    at = end;
    if (body[end] == ']') break;
    at = body.find_first_not_of(white_space, end + 1);
  }
  if (at == std::string_view::npos) return malformed("no ']'", body.size());
  if (body.find_first_not_of(white_space, at + 1) != std::string_view::npos) {
    return malformed("something behind ']'", at + 1);
  }
  return lines;
}

}  // namespace

Result<std::string> event_lines(std::string_view body, EventForm form) {
  if (form == EventForm::any) {
    const std::size_t first = body.find_first_not_of(white_space);
    form =
        first != std::string_view::npos && body[first] == '[' ? EventForm::array : EventForm::one;
  }
  if (form == EventForm::array) return lines_of_array(body);
  if (form == EventForm::one) return on_one_line(body);
  const auto count = static_cast<std::size_t>(std::ranges::count(body, '\n'));
  if (count > events_per_request_max) return too_many();
  return std::string(body);
}

}  // namespace steelyard::api
