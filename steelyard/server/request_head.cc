#include "steelyard/server/request_head.h"

#include <algorithm>
#include <array>
#include <string>

#include "steelyard/server/target.h"

namespace steelyard::server {
namespace {

constexpr std::array<bool, 256> token_characters = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return token_characters[static_cast<unsigned char>(c)];
  });
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::unexpected<Problem> refused(std::string_view word, std::string detail) {
  return std::unexpected(Problem(word, std::move(detail)));
}

std::unexpected<Problem> malformed(std::string detail) {
  return refused("malformed_request", std::move(detail));
}

struct MethodName {
  std::string_view name;
  Method method;
};
constexpr MethodName methods[] = {
    {"GET", Method::get},         {"HEAD", Method::head},   {"POST", Method::post},
    {"PUT", Method::put},         {"PATCH", Method::patch}, {"DELETE", Method::remove},
    {"OPTIONS", Method::options},
};

std::expected<void, Problem> parse_request_line(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos || line.find(' ', second + 1) != std::string_view::npos) {
    return malformed("the request line is not METHOD TARGET HTTP/1.1");
  }
  const std::string_view name = line.substr(0, first);
  const std::string_view version = line.substr(second + 1);
  head.target = line.substr(first + 1, second - first - 1);
  if (!is_token(name)) return malformed("the method is not a token");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    const bool is_version = version.size() == 8 && version.starts_with("HTTP/") &&
                            version[6] == '.' && version[5] >= '0' && version[5] <= '9' &&
                            version[7] >= '0' && version[7] <= '9';
    if (is_version) return refused("version_not_supported", "it is " + std::string(version));
    return malformed("the request line does not end with HTTP/1.1");
  }
  head.is_http_1_0 = version == "HTTP/1.0";
  head.keep_alive = !head.is_http_1_0;

  const auto known = std::ranges::find(methods, name, &MethodName::name);
  if (known == std::end(methods)) return refused("not_implemented", "the method is not known");
  head.method = known->method;
  if (const auto target = parse_target(head.target); !target.has_value()) {
    return malformed(target.error().detail);
  }
  return {};
}

bool is_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
  });
}

std::expected<void, Problem> parse_field(std::string_view line, std::size_t number,
                                         RequestHead& head) {
  const auto place = [number] { return "field " + std::to_string(number); };
  if (line.front() == ' ' || line.front() == '\t') {
    return malformed(place() + " is folded or begins with a space");
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return malformed(place() + " has no colon");
  if (!is_token(line.substr(0, colon))) return malformed(place() + ": the name is not a token");
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_value(value)) return malformed(place() + " has a control character");
  head.fields.push_back({line.substr(0, colon), value});
  return {};
}

/// At most 15 digits: far above every limit, and no overflow.
bool parse_length(std::string_view text, std::uint64_t& length) {
  if (text.empty() || text.size() > 15) return false;
  length = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

/// The fields that decide where the body ends, and what happens to the connection.
std::expected<void, Problem> read_framing(RequestHead& head) {
  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::size_t encodings = 0;
  for (const Field& field : head.fields) {
    if (is_same_name(field.name, "Host")) {
      ++hosts;
      if (field.value.find_first_of(" \t,/@") != std::string_view::npos) {
        return malformed("Host is not one name");
      }
    } else if (is_same_name(field.name, "Content-Length")) {
      ++lengths;
      if (!parse_length(field.value, head.content_length)) {
        return malformed("Content-Length is not one whole number");
      }
    } else if (is_same_name(field.name, "Transfer-Encoding")) {
      ++encodings;
      if (!is_same_name(field.value, "chunked")) {
        return refused("not_implemented", "a Transfer-Encoding other than chunked");
      }
    } else if (is_same_name(field.name, "Connection")) {
      for (const std::string_view option : list_of(field.value)) {
        if (is_same_name(option, "close")) head.keep_alive = false;
      }
    } else if (is_same_name(field.name, "Expect")) {
      if (!is_same_name(field.value, "100-continue")) {
        return refused("expectation_failed", "Expect is not 100-continue");
      }
      head.expects_continue = !head.is_http_1_0;
    }
  }
  if (hosts > 1 || (hosts == 0 && !head.is_http_1_0)) return malformed("there is not one Host");
  if (lengths > 1) return malformed("there is more than one Content-Length");
  if (encodings > 1) return malformed("there is more than one Transfer-Encoding");
  if (lengths == 1 && encodings == 1) {
    return malformed("there are both Content-Length and Transfer-Encoding");
  }
  if (encodings == 1 && head.is_http_1_0) return malformed("HTTP/1.0 has no Transfer-Encoding");
  if (encodings == 1) head.framing = Framing::chunked;
  if (lengths == 1 && head.content_length > 0) head.framing = Framing::length;
  return {};
}

}  // namespace

std::optional<std::string_view> RequestHead::field(std::string_view name) const {
  for (const Field& each : fields) {
    if (is_same_name(each.name, name)) return each.value;
  }
  return std::nullopt;
}

std::expected<void, Problem> parse_head(std::string_view text, const ServerLimits& limits,
                                        RequestHead& head) {
  std::vector<Field> fields = std::move(head.fields);
  fields.clear();
  head = RequestHead();
  head.fields = std::move(fields);
  if (text.size() > limits.head_bytes) return refused("head_too_large", {});
  bool is_request_line = true;
  while (true) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return malformed("the head does not end");
    if (end == 0 || text[end - 1] != '\r') return malformed("a line ends without CR LF");
    const std::string_view line = text.substr(0, end - 1);
    text.remove_prefix(end + 1);
    if (line.find('\r') != std::string_view::npos) return malformed("a CR without LF");
    if (is_request_line) {
      if (line.size() > limits.request_line_bytes) return refused("request_line_too_long", {});
      if (auto read = parse_request_line(line, head); !read.has_value()) return read;
      is_request_line = false;
      continue;
    }
    if (line.empty()) break;
    if (head.fields.size() == limits.fields) {
      return refused("head_too_large",
                     "there are more than " + std::to_string(limits.fields) + " fields");
    }
    if (auto read = parse_field(line, head.fields.size() + 1, head); !read.has_value()) {
      return read;
    }
  }
  if (!text.empty()) return malformed("bytes behind the head");
  return read_framing(head);
}

std::size_t find_head_end(std::string_view text, std::size_t from) {
  // Three bytes back: the empty line may have begun in what was looked at before.
  for (std::size_t at = from < 3 ? 0 : from - 3; at < text.size();) {
    at = text.find('\n', at);
    if (at == std::string_view::npos || at + 1 >= text.size()) break;
    if (text[at + 1] == '\n') return at + 2;
    if (text[at + 1] == '\r' && at + 2 < text.size() && text[at + 2] == '\n') return at + 3;
    ++at;
  }
  return std::string_view::npos;
}

bool is_same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::vector<std::string_view> list_of(std::string_view value) {
  std::vector<std::string_view> elements;
  while (!value.empty()) {
    const std::string_view element = value.substr(0, value.find(','));
    value.remove_prefix(std::min(value.size(), element.size() + 1));
    if (const std::string_view word = trimmed(element); !word.empty()) elements.push_back(word);
  }
  return elements;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace steelyard::server
