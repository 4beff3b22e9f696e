#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/time.h"
#include "steelyard/charges/charged_fact.h"
#include "steelyard/money/decimal.h"

namespace steelyard::charges {

/// Which charges. Texts that are not given do not restrict. [from, to) is about a fact's time,
/// to the microsecond.
struct ChargeFilter {
  std::string tenant;  ///< Always given: a tenant sees only its own. Operators use `sql`.
  std::optional<std::string> account = {};
  std::optional<std::string> model = {};
  std::optional<std::string> item = {};
  std::optional<std::string> api_key = {};
  std::optional<std::string> project = {};
  std::optional<std::string> region = {};
  std::optional<std::string> resource = {};
  std::optional<std::string> source = {};
  std::optional<std::string> id = {};
  std::optional<FactStatus> status = {};
  std::optional<base::Instant> from = {};
  std::optional<base::Instant> to = {};
};

/// A charge line with its fact, all names written out.
struct ChargeRow {
  std::uint64_t fact = 0;  ///< Number of the fact in the store,
  std::uint32_t line = 0;  ///< and of the line in it, from 1. 0: the fact has no lines.
  Position sequence = 0;
  std::string account;
  std::string source;
  std::string id;
  std::string type;
  base::Instant time;
  std::optional<base::Instant> started;
  base::Instant received_at;
  std::string model;
  std::string resource;
  std::string region;
  std::string api_key;
  std::string project;
  std::string tags;
  std::string currency;
  std::string book;
  std::uint32_t book_version = 0;
  FactStatus status = FactStatus::rated;
  std::string reason;  ///< "above_top_tier"; empty if it is rated.
  std::uint32_t flags = 0;
  Position corrects = 0;
  std::string credit;
  std::string hold_budget;  ///< The budget it counts on because its hold does.
  std::string item;
  std::string tier;
  std::string unit;
  money::Decimal price;
  money::Decimal per;
  std::optional<money::Decimal> list_price;
  money::Decimal quantity;
  money::Decimal amount;
};

/// In the order of the log. `next` continues behind the last row; empty at the end.
struct ChargePage {
  std::vector<ChargeRow> rows;
  std::string next;
};

/// One line of a bill: everything of one price together.
struct BillLine {
  std::string model;
  std::string item;
  std::string tier;
  std::string unit;
  money::Decimal price;
  money::Decimal per;
  std::optional<money::Decimal> list_price;
  std::string currency;
  std::string book;
  std::uint32_t book_version = 0;
  money::Decimal quantity;
  money::Decimal amount;
  std::uint64_t count = 0;  ///< Lines that were added up.
};

enum class Step : std::uint8_t { hour, day, month };

/// What a cost can be grouped by beside its time and its currency.
enum class Dimension : std::uint8_t {
  account,
  model,
  item,
  tier,
  unit,
  api_key,
  project,
  region,
  resource,
  type,
  source,
};

std::string_view name_of(Dimension dimension);
std::optional<Dimension> dimension_of(std::string_view name);
std::optional<Step> step_of(std::string_view name);

struct CostQuery {
  ChargeFilter filter;  ///< With `from` and `to`.
  Step step = Step::day;
  std::string zone = "UTC";  ///< Of the IANA database: where days and months begin.
  std::vector<Dimension> group_by;
};

/// The cost of one group in one step of time. Steps without a charge are left out.
struct CostRow {
  base::Instant from;  ///< Of the step, cut off at the query's own [from, to).
  base::Instant to;
  std::vector<std::string> groups;  ///< In the order of `group_by`.
  std::string currency;
  money::Decimal amount;
  std::optional<money::Decimal> quantity;  ///< If grouped by unit: units are never mixed.
  std::uint64_t count = 0;                 ///< Lines.
};

/// What a meter adds up: quantities or amounts of lines, or how many facts there are.
enum class Measure : std::uint8_t { quantity, amount, facts };

enum class WindowSize : std::uint8_t { all, minute, hour, day, month };

/// Facts or lines whose dimension has one of the texts, or none of them.
struct DimensionFilter {
  Dimension dimension{};
  std::vector<std::string> texts;
  bool is_excluding = false;
};

/// What was used in stretches of time. A dimension of prices (item, tier, unit) is none of facts.
struct MeterQuery {
  std::string tenant;
  Measure measure = Measure::quantity;
  std::optional<base::Instant> from = {};  ///< Else from the first that matches,
  std::optional<base::Instant> to = {};    ///< and to the last.
  WindowSize window = WindowSize::all;
  std::string zone = "UTC";  ///< Where days and months begin.
  std::vector<DimensionFilter> filters = {};
  std::vector<Dimension> group_by = {};
};

/// The value of one group in one window; windows without any are left out.
struct MeterRow {
  base::Instant from;
  base::Instant to;
  std::vector<std::string> groups;  ///< In the order of `group_by`.
  money::Decimal value;
};

enum class ExportFormat : std::uint8_t { csv, parquet };

/// How the texts of a column are to be written.
enum class ColumnKind : std::uint8_t { text, number, boolean, time };

struct Column {
  std::string name;
  std::string type;  ///< "DECIMAL(38,12)", "VARCHAR": the type in SQL.
  ColumnKind kind = ColumnKind::text;
};

/// The answer to a question in SQL. Decimals are exact, in their shortest form; times are UTC,
/// RFC 3339.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;  ///< nullopt: NULL.
  bool is_cut_off = false;                                    ///< There were more rows.
};

struct SqlLimits {
  std::size_t rows_max = 10'000;
  std::uint32_t milliseconds_max = 30'000;
};

}  // namespace steelyard::charges
