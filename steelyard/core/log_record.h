#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/base/time.h"

namespace steelyard::core {

/// What a record of the log is. Numbers are stored.
enum class RecordKind : std::uint8_t {
  event = 1,    ///< A usage event, as it came.
  command = 2,  ///< JSON, see Command.
  tick = 3,     ///< Nothing but its time.
};

/// One fact as the log keeps it. All that the core may know of a moment stands in it.
struct LogRecord {
  RecordKind kind = RecordKind::event;
  std::uint32_t tenant = 0;
  std::int64_t received_micros = 0;  ///< Since 1970, UTC; rises from record to record.
  std::string_view text;

  base::Instant received() const {
    return {received_micros / 1'000'000,
            static_cast<std::uint32_t>(received_micros % 1'000'000 * 1'000)};
  }
};

/// Bytes before the text: kind, tenant, received_micros; numbers little-endian.
inline constexpr std::size_t log_record_time_at = 1 + 4;
inline constexpr std::size_t log_record_header_bytes = log_record_time_at + 8;

void append_log_record(const LogRecord& record, std::string& to);

/// `text` is a view into `bytes`. Errors: file_is_malformed.
[[nodiscard]] Result<LogRecord> read_log_record(std::string_view bytes);

}  // namespace steelyard::core
