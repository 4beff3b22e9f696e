#pragma once

#include <cstddef>
#include <cstdint>

/// The largest of everything that is read from outside. Each has an error of its own.
namespace steelyard::limits {

inline constexpr std::size_t event_line_bytes_max = 1'048'576;  ///< Above: too_large.
inline constexpr std::size_t json_depth_max = 16;               ///< Above: malformed_json.
inline constexpr std::size_t id_characters_max = 128;           ///< id, source, subject, …

/// The largest integer that every JSON reader keeps exactly: 2^53 - 1 (RFC 8259, 6).
inline constexpr std::uint64_t count_max = (std::uint64_t{1} << 53) - 1;

/// Of a price for its `per` tokens: 2^53 tokens at it still fit into a Decimal.
inline constexpr std::int64_t token_price_max = 100'000'000;

/// Windows that one gauge may hold over: more than a year of hours.
inline constexpr std::size_t windows_per_fact_max = 10'000;

/// Seconds since 1970 of cloud usage: 1970 to 2200.
inline constexpr std::int64_t usage_second_min = 0;
inline constexpr std::int64_t usage_second_max = 7'258'118'400;

/// Changes of the clocks of one time zone: more than two a month.
inline constexpr std::size_t zone_stretches_max = 10'000;

/// Units of one value of cloud usage, when all that its fact says is multiplied.
inline constexpr std::int64_t usage_value_max = 1'000'000'000'000;

inline constexpr std::size_t price_file_bytes_max = std::size_t{64} * 1024 * 1024;
inline constexpr std::size_t yaml_file_bytes_max = std::size_t{1024} * 1024;
inline constexpr std::size_t price_rows_max = 1'000'000;

// Of one product file. A price, a factor, a capacity: 10^12 is more than any page prints.
inline constexpr std::int64_t product_number_max = 1'000'000'000'000;
inline constexpr std::size_t product_nodes_max = 200'000;  ///< Values, aliases written out.
inline constexpr std::size_t product_depth_max = 24;
inline constexpr std::size_t product_items_max = 1'000;  ///< And orders, plans, discounts.
inline constexpr std::size_t product_rows_max = 5'000;   ///< Of one table.
inline constexpr std::size_t product_steps_max = 32;
inline constexpr std::size_t product_dims_max = 16;
inline constexpr std::size_t scenario_bytes_max = 1'048'576;

// Distinct names that the events of one tenant may have: what is above is too_many_names. Each name
// is kept for ever.
inline constexpr std::size_t tenant_labels_max = 10'000;  ///< Models, regions: each.
inline constexpr std::size_t tenant_parties_max =
    10'000'000;  ///< Accounts, projects, keys, sources.

/// Sources whose clocks are ahead at once: each is a line of the metrics.
inline constexpr std::size_t watched_sources_max = 200;

// Of the log. A batch is wholly in one frame.
inline constexpr std::size_t log_batch_bytes_max = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t log_batch_records_max = 1'000'000;

inline constexpr std::size_t checkpoint_line_bytes_max = 4'096;
inline constexpr std::size_t checkpoint_key_bytes_max = 4'096;  ///< Of a file with a key.

}  // namespace steelyard::limits
