// Any bytes are a request or refused; what is read says the same as its bytes.
#include <cstdint>
#include <string>
#include <string_view>

#include "steelyard/base/check.h"
#include "steelyard/base/text.h"
#include "steelyard/server/chunked.h"
#include "steelyard/server/request_head.h"
#include "steelyard/server/target.h"

namespace {

using namespace steelyard::server;  // NOLINT(google-build-using-namespace)

void check_parameters(std::string_view target) {
  const auto parts = parse_target(target);
  STEELYARD_CHECK(parts.has_value());
  STEELYARD_CHECK(parts->path.starts_with('/') && parts->path.size() <= target.size());
  const auto query = parse_query(parts->query);
  if (!query.has_value()) return;
  STEELYARD_CHECK(query->size() <= 64);
  // Written again, it reads the same.
  std::string again;
  for (const ParameterValue& each : *query) {
    STEELYARD_CHECK(steelyard::base::is_utf8(each.value));
    again +=
        (again.empty() ? "" : "&") + percent_encoded(each.name) + '=' + percent_encoded(each.value);
  }
  const auto reread = parse_query(again);
  STEELYARD_CHECK(reread.has_value() && reread->size() == query->size());
  for (std::size_t i = 0; i < query->size(); ++i) {
    STEELYARD_CHECK((*reread)[i].name == (*query)[i].name);
    STEELYARD_CHECK((*reread)[i].value == (*query)[i].value);
  }
}

/// The same chunks in one piece and byte by byte.
void check_chunks(std::string_view bytes) {
  ChunkReader whole;
  std::string content;
  std::size_t taken = 0;
  const auto status = whole.take(bytes, content, taken);
  ChunkReader single;
  std::string same;
  std::size_t at = 0;
  auto single_status = ChunkReader::Status::needs_more;
  while (at < bytes.size() && single_status == ChunkReader::Status::needs_more) {
    std::size_t one = 0;
    single_status = single.take(bytes.substr(at, 1), same, one);
    at += one;
  }
  STEELYARD_CHECK(status == single_status && content == same && taken == at);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = find_head_end(text, 0);
  if (end == std::string_view::npos) return 0;
  STEELYARD_CHECK(end <= size);
  check_chunks(text.substr(end));

  const ServerLimits limits;
  RequestHead head;
  if (!parse_head(text.substr(0, end), limits, head).has_value()) return 0;
  STEELYARD_CHECK(head.fields.size() <= limits.fields);
  STEELYARD_CHECK(!(head.framing == Framing::chunked && head.content_length > 0));
  check_parameters(head.target);

  // Written from what was read, it reads the same: nothing was hidden between the lines.
  std::string again = std::string(name_of(head.method)) + ' ' + std::string(head.target) +
                      (head.is_http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  for (const Field& field : head.fields) {
    STEELYARD_CHECK(field.value.find_first_of(std::string_view("\r\n\0", 3)) ==
                    std::string_view::npos);
    again += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
  }
  again += "\r\n";
  RequestHead same;
  ServerLimits wider = limits;
  wider.head_bytes *= 2;
  STEELYARD_CHECK(parse_head(again, wider, same).has_value());
  STEELYARD_CHECK(same.framing == head.framing && same.content_length == head.content_length &&
                  same.keep_alive == head.keep_alive && same.target == head.target &&
                  same.fields.size() == head.fields.size());
  return 0;
}
