#include "steelyard/charges/duckdb/value_text.h"

#include <array>
#include <charconv>

#include "steelyard/base/time.h"
#include "steelyard/charges/duckdb/table_appender.h"

namespace steelyard::charges::duckdb {
namespace {

using money::int128;
__extension__ typedef unsigned __int128 uint128;

/// What an inexact expression of the asker's own gives (avg, /): shown, never counted with.
using Inexact = decltype(duckdb_get_double(nullptr));
using InexactSmall = decltype(duckdb_get_float(nullptr));

struct NamedType {
  duckdb_type type;
  const char* name;
  ColumnKind kind;
};

constexpr std::array types = {
    NamedType{DUCKDB_TYPE_BOOLEAN, "BOOLEAN", ColumnKind::boolean},
    NamedType{DUCKDB_TYPE_TINYINT, "TINYINT", ColumnKind::number},
    NamedType{DUCKDB_TYPE_SMALLINT, "SMALLINT", ColumnKind::number},
    NamedType{DUCKDB_TYPE_INTEGER, "INTEGER", ColumnKind::number},
    NamedType{DUCKDB_TYPE_BIGINT, "BIGINT", ColumnKind::number},
    NamedType{DUCKDB_TYPE_HUGEINT, "HUGEINT", ColumnKind::number},
    NamedType{DUCKDB_TYPE_UTINYINT, "UTINYINT", ColumnKind::number},
    NamedType{DUCKDB_TYPE_USMALLINT, "USMALLINT", ColumnKind::number},
    NamedType{DUCKDB_TYPE_UINTEGER, "UINTEGER", ColumnKind::number},
    NamedType{DUCKDB_TYPE_UBIGINT, "UBIGINT", ColumnKind::number},
    NamedType{DUCKDB_TYPE_FLOAT, "FLOAT", ColumnKind::number},
    NamedType{DUCKDB_TYPE_DOUBLE, "DOUBLE", ColumnKind::number},
    NamedType{DUCKDB_TYPE_DECIMAL, "DECIMAL", ColumnKind::number},
    NamedType{DUCKDB_TYPE_VARCHAR, "VARCHAR", ColumnKind::text},
    NamedType{DUCKDB_TYPE_TIMESTAMP, "TIMESTAMP", ColumnKind::time},
    NamedType{DUCKDB_TYPE_TIMESTAMP_TZ, "TIMESTAMP WITH TIME ZONE", ColumnKind::time},
    NamedType{DUCKDB_TYPE_DATE, "DATE", ColumnKind::time},
    NamedType{DUCKDB_TYPE_SQLNULL, "\"NULL\"", ColumnKind::text},
};

/// An integer that counts 10^-digits, in its shortest form.
std::string decimal_text(int128 scaled, int digits) {
  std::string text;  // Backwards.
  uint128 rest = scaled < 0 ? -static_cast<uint128>(scaled) : static_cast<uint128>(scaled);
  bool is_shown = false;
  for (int i = 0; i < digits; ++i, rest /= 10) {
    const int digit = static_cast<int>(rest % 10);
    is_shown |= digit != 0;
    if (is_shown) text += static_cast<char>('0' + digit);
  }
  if (is_shown) text += '.';
  do {
    text += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0);
  if (scaled < 0) text += '-';
  return {text.rbegin(), text.rend()};
}

template <class Number>
std::string inexact_text(Number number) {
  std::array<char, 64> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), end};
}

std::string date_text(std::int32_t days) {
  const std::string text = base::to_rfc3339({std::int64_t{days} * 86'400, 0});
  return text.substr(0, text.find('T'));
}

int128 integer_of(duckdb_type type, const Chunk& chunk, idx_t column, idx_t row) {
  switch (type) {
    case DUCKDB_TYPE_TINYINT: return chunk.value<std::int8_t>(column, row);
    case DUCKDB_TYPE_SMALLINT: return chunk.value<std::int16_t>(column, row);
    case DUCKDB_TYPE_INTEGER: return chunk.value<std::int32_t>(column, row);
    case DUCKDB_TYPE_BIGINT: return chunk.value<std::int64_t>(column, row);
    case DUCKDB_TYPE_HUGEINT: return chunk.wide(column, row);
    case DUCKDB_TYPE_UTINYINT: return chunk.value<std::uint8_t>(column, row);
    case DUCKDB_TYPE_USMALLINT: return chunk.value<std::uint16_t>(column, row);
    case DUCKDB_TYPE_UINTEGER: return chunk.value<std::uint32_t>(column, row);
    case DUCKDB_TYPE_UBIGINT: return chunk.value<std::uint64_t>(column, row);
    default: break;
  }
  base::check_failed("an integer type", __FILE__, __LINE__);
}

}  // namespace

std::optional<std::string> ColumnReader::text(const Chunk& chunk, idx_t column_index,
                                              idx_t row) const {
  if (type == DUCKDB_TYPE_SQLNULL || chunk.is_null(column_index, row)) return std::nullopt;
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN: return chunk.value<bool>(column_index, row) ? "true" : "false";
    case DUCKDB_TYPE_VARCHAR: return std::string(chunk.text(column_index, row));
    case DUCKDB_TYPE_DATE: return date_text(chunk.value<std::int32_t>(column_index, row));
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return base::to_rfc3339(instant_of(chunk.value<std::int64_t>(column_index, row)));
    case DUCKDB_TYPE_DOUBLE: return inexact_text(chunk.value<Inexact>(column_index, row));
    case DUCKDB_TYPE_FLOAT: return inexact_text(chunk.value<InexactSmall>(column_index, row));
    default:
      return decimal_text(integer_of(stored_type, chunk, column_index, row), fraction_digits);
  }
}

Result<ColumnReader> reader_of(Answer& answer, idx_t column) {
  const LogicalType logical = answer.column_type(column);
  const duckdb_type type = duckdb_get_type_id(logical.get());
  ColumnReader reader{{answer.column_name(column), "", ColumnKind::text}, type, type, 0};
  for (const NamedType& known : types) {
    if (known.type != type) continue;
    reader.column.type = known.name;
    reader.column.kind = known.kind;
    if (type == DUCKDB_TYPE_DECIMAL) {
      const int width = duckdb_decimal_width(logical.get());
      reader.fraction_digits = duckdb_decimal_scale(logical.get());
      reader.stored_type = duckdb_decimal_internal_type(logical.get());
      reader.column.type +=
          '(' + std::to_string(width) + ',' + std::to_string(reader.fraction_digits) + ')';
    }
    return reader;
  }
  return failure(ErrorCode::query_is_refused,
                 "column " + reader.column.name +
                     " has a type that has no text of its own: cast it to VARCHAR");
}

}  // namespace steelyard::charges::duckdb
