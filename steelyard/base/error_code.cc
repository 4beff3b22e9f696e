#include "steelyard/base/error_code.h"

#include "steelyard/base/check.h"

namespace steelyard::base {

std::string_view name_of(ErrorCode code) {
#define STEELYARD_NAME(code_name) \
  case ErrorCode::code_name: return #code_name
  switch (code) {
    STEELYARD_NAME(malformed_json);
    STEELYARD_NAME(too_large);
    STEELYARD_NAME(missing_field);
    STEELYARD_NAME(invalid_field);
    STEELYARD_NAME(unknown_type);
    STEELYARD_NAME(invalid_time);
    STEELYARD_NAME(unknown_protocol);
    STEELYARD_NAME(usage_missing);
    STEELYARD_NAME(invalid_quantity);
    STEELYARD_NAME(inconsistent_usage);
    STEELYARD_NAME(too_many_names);
    STEELYARD_NAME(unknown_model);
    STEELYARD_NAME(above_top_tier);
    STEELYARD_NAME(no_price_for_item);
    STEELYARD_NAME(no_batch_price);
    STEELYARD_NAME(unknown_product);
    STEELYARD_NAME(unknown_meter);
    STEELYARD_NAME(missing_attribute);
    STEELYARD_NAME(no_price_at_that_time);
    STEELYARD_NAME(unknown_attribute);
    STEELYARD_NAME(unknown_event);
    STEELYARD_NAME(unknown_plan);
    STEELYARD_NAME(window_is_settled);
    STEELYARD_NAME(decimal_is_malformed);
    STEELYARD_NAME(decimal_exceeds_limit);
    STEELYARD_NAME(file_is_unreadable);
    STEELYARD_NAME(file_is_malformed);
    STEELYARD_NAME(price_book_is_invalid);
    STEELYARD_NAME(archive_is_damaged);
    STEELYARD_NAME(store_failed);
    STEELYARD_NAME(store_is_locked);
    STEELYARD_NAME(query_is_refused);
    STEELYARD_NAME(query_took_too_long);
    STEELYARD_NAME(usage_of_command);
    STEELYARD_NAME(server_is_unreachable);
    STEELYARD_NAME(log_is_damaged);
    STEELYARD_NAME(disk_full);
    STEELYARD_NAME(storage_failed);
    STEELYARD_NAME(directory_is_locked);
    STEELYARD_NAME(overloaded);
    STEELYARD_NAME(other_store);
    STEELYARD_NAME(unknown_format);
    STEELYARD_NAME(record_ends_server);
  }
#undef STEELYARD_NAME
  check_failed("every code has a name", __FILE__, __LINE__);
}

}  // namespace steelyard::base
