#include "steelyard/core/log_record.h"

#include <bit>
#include <cstring>

namespace steelyard::core {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are stored as they stand");

template <class Number>
void append_number(Number number, std::string& to) {
  to.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <class Number>
Number number_at(std::string_view bytes, std::size_t at) {
  Number number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

}  // namespace

void append_log_record(const LogRecord& record, std::string& to) {
  append_number(static_cast<std::uint8_t>(record.kind), to);
  append_number(record.tenant, to);
  append_number(record.received_micros, to);
  to += record.text;
}

Result<LogRecord> read_log_record(std::string_view bytes) {
  if (bytes.size() < log_record_header_bytes) {
    return failure(ErrorCode::file_is_malformed,
                   "a log record of " + std::to_string(bytes.size()) + " bytes is too short");
  }
  const auto kind = number_at<std::uint8_t>(bytes, 0);
  if (kind < 1 || kind > 3) {
    return failure(ErrorCode::file_is_malformed,
                   "a log record of kind " + std::to_string(kind) +
                       ": it was written by a later version of steelyard");
  }
  LogRecord record;
  record.kind = static_cast<RecordKind>(kind);
  record.tenant = number_at<std::uint32_t>(bytes, 1);
  record.received_micros = number_at<std::int64_t>(bytes, 5);
  record.text = bytes.substr(log_record_header_bytes);
  return record;
}

}  // namespace steelyard::core
