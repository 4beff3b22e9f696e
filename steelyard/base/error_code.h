#pragma once

#include <cstdint>
#include <string_view>

namespace steelyard::base {

/// What can go wrong with input. Each name is true when the error is returned, and is
/// the same word in JSON, scenarios and docs. Numbers are never reused.
enum class ErrorCode : std::uint8_t {
  // A line is not a valid fact: status `rejected`.
  malformed_json = 1,
  too_large = 2,
  missing_field = 3,
  invalid_field = 4,
  unknown_type = 5,
  invalid_time = 6,
  unknown_protocol = 7,
  usage_missing = 8,
  invalid_quantity = 9,
  inconsistent_usage = 10,
  too_many_names = 11,

  // A valid fact has no price: status `unrated`.
  unknown_model = 20,
  above_top_tier = 21,
  no_price_for_item = 22,
  no_batch_price = 23,
  unknown_product = 24,
  unknown_meter = 25,
  missing_attribute = 26,
  no_price_at_that_time = 27,
  unknown_attribute = 28,
  unknown_event = 29,
  unknown_plan = 30,
  window_is_settled = 31,

  // A number.
  decimal_is_malformed = 40,
  decimal_exceeds_limit = 41,

  // Files that people write: price books, imports, scenarios.
  file_is_unreadable = 60,
  file_is_malformed = 61,
  price_book_is_invalid = 62,
  archive_is_damaged = 63,

  // What can be rebuilt from the log: charge rows, state. And questions about them.
  store_failed = 140,
  store_is_locked = 141,
  query_is_refused = 142,
  query_took_too_long = 143,

  // How a command was called.
  usage_of_command = 80,
  server_is_unreachable = 81,

  // The log and the disk under it.
  log_is_damaged = 120,
  disk_full = 121,
  storage_failed = 122,
  directory_is_locked = 123,
  overloaded = 124,
  other_store = 125,
  unknown_format = 126,
  record_ends_server = 127,
};

/// The enumerator as text: "above_top_tier".
std::string_view name_of(ErrorCode code);

}  // namespace steelyard::base
