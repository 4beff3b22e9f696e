#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "steelyard/base/validity.h"
#include "steelyard/money/decimal.h"
#include "steelyard/money/rational.h"

/// How facts become quantities, as data: meters, shaping steps, windows and scopes.
/// A price book holds these; `metering` evaluates them. Nothing here knows a price.
namespace steelyard::metering {

/// What a meter's number says. A counter counts what happened in [start, end); a gauge
/// holds over [start, end); a presence is a gauge that may only be 0 or 1.
enum class MeterKind : std::uint8_t { counter, gauge, presence };

/// A slot of wall-clock time in the book's zone, half-open; `fact` is the fact alone,
/// `life` the whole existence of the object.
enum class WindowKind : std::uint8_t { fact, minute, hour, day, month, life };

enum class TimeUnit : std::uint8_t { second, minute, hour, day };

/// Which facts something is for: the attribute has one of the values (or none of them).
struct Condition {
  std::string attribute;
  std::vector<std::string> values;  ///< Groups are replaced by their members.
  bool is_negated = false;
};
using Conditions = std::vector<Condition>;  ///< All must hold.

/// A number of a rule: a constant, a number attribute of the fact, or the first row whose
/// conditions hold and that is in force.
struct Lookup {
  struct Row {
    Conditions where;
    base::Validity validity;
    std::optional<money::Rational> value;  ///< None: a declared placeholder.
  };
  std::optional<money::Rational> constant;
  std::string attribute;  ///< If not empty: the number that this attribute says.
  std::vector<Row> rows;
};

struct Dim;

/// q ← k·q.
struct Scale {
  Lookup factor;
};

/// To a multiple of a step: up, down, or half up.
struct Round {
  enum class Direction : std::uint8_t { up, down, half_up };
  Direction direction = Direction::up;
  Lookup step;
};

/// q ← max(q, m) if q > 0; with `even_zero` always.
struct AtLeast {
  Lookup least;
  bool even_zero = false;
};

struct AtMost {
  Lookup most;
};

/// q ← max(0, q − a); a is a number, or `factor` × another meter of the same window and
/// scope, shaped on its own.
struct Less {
  Lookup amount;                   ///< The factor, where there is a meter.
  std::shared_ptr<const Dim> dim;  ///< Null: `amount` itself.
  std::optional<Round> round;      ///< Of factor × meter.
};

/// q ← max(0, m − q).
struct ShortOf {
  Lookup whole;
};

/// The smallest row of a table whose every capacity is at least its dimension.
struct CoverTable {
  struct Row {
    std::string word;                         ///< The value that the row gives its attribute.
    std::vector<money::Rational> capacities;  ///< One for each dim, in the order of the dims.
  };
  std::string attribute;  ///< A key of the price table: "spec".
  std::vector<Row> rows;
};

/// Several quantities become one.
struct Combine {
  enum class Operation : std::uint8_t { max, sum, product, cover };
  Operation operation = Operation::max;
  CoverTable cover;
};

/// Re-aggregates to a coarser scope, a longer window or both.
struct Pool {
  enum class Operation : std::uint8_t { sum, max, mean_top };
  Operation operation = Operation::sum;
  std::uint32_t top = 0;             ///< Of mean_top.
  std::optional<WindowKind> window;  ///< None: as before.

  /// "account", "resource" and attributes; none: as before. The account always stays.
  std::optional<std::vector<std::string>> by;
};

/// On one fact: × another meter or number attribute of it.
struct TimesOf {
  std::string name;
  bool is_attribute = false;
};

/// On one fact: the larger of its value and another meter of it.
struct MaxWith {
  std::string meter;
};

/// On one fact: what it is worth in each state.
struct States {
  struct State {
    std::string word;
    std::optional<money::Rational> value;  ///< None: the meter's own value.
  };
  std::string attribute;
  std::vector<State> states;
};

using Step = std::variant<Scale, Round, AtLeast, AtMost, Less, ShortOf, Combine, Pool, TimesOf,
                          MaxWith, States>;

/// One measured dimension of an item.
struct Dim {
  enum class Aggregate : std::uint8_t { sum, integral, up, max, last, rank, attribute };
  Aggregate aggregate = Aggregate::sum;
  std::string meter;               ///< Or the attribute, for `attribute`.
  TimeUnit unit = TimeUnit::hour;  ///< Of integral and up.

  std::uint32_t rank_k = 0;                  ///< Of rank: the k-th largest sample;
  std::optional<money::Rational> rank_drop;  ///< or k = ⌊drop·N⌋ + 1.
  bool is_waived_inside_window = false;      ///< 0 if the presence began and ended inside.
  std::optional<WindowKind> window;          ///< Of a factor (`times`): what it is measured in.
  Conditions where;                          ///< In addition to the item's.
  std::vector<Step> each;                    ///< On a fact, before the meter.
  std::vector<Step> shape;                   ///< On this dim alone, after it.
};

/// The words of files and messages.
std::string_view name_of(MeterKind kind);
std::string_view name_of(WindowKind kind);
std::string_view name_of(TimeUnit unit);
std::string_view name_of(Dim::Aggregate aggregate);

}  // namespace steelyard::metering
