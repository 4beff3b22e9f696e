#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/calendar.h"
#include "steelyard/base/result.h"
#include "steelyard/base/validity.h"
#include "steelyard/pricebook/price_book.h"
#include "steelyard/rating/cloud/fact.h"
#include "steelyard/rating/name_table.h"

/// Usage of cloud products, rated by the windows of their items. The law: a window's fee is a
/// function of its facts; what a fact is charged is the fee after it minus the fee before it.
namespace steelyard::rating::cloud {

/// Conditions whose attribute is a number of the code.
struct PreparedCondition {
  std::uint16_t attribute = 0;
  const metering::Condition* condition = nullptr;
};

/// A dim with its names as numbers.
struct PreparedDim {
  const metering::Dim* rule = nullptr;
  std::uint16_t source = 0;              ///< Meter, or attribute for Dim::Aggregate::attribute.
  std::vector<PreparedCondition> where;  ///< The item's and its own.
  struct Each {
    const metering::Step* step = nullptr;
    std::uint16_t source = 0;  ///< Of TimesOf, MaxWith, States: the meter or attribute.
  };
  std::vector<Each> each;
  std::vector<std::uint16_t> each_meters;  ///< The meters among them.
};

/// What leads from facts to one quantity: dims, then stages that are parted by pools.
struct Pipeline {
  std::vector<PreparedDim> dims;
  metering::WindowKind window = metering::WindowKind::hour;

  struct Stage {
    const metering::Pool* pool = nullptr;  ///< How it begins; null for the first.
    metering::WindowKind window = metering::WindowKind::hour;
    bool has_resource = true;
    std::vector<std::uint16_t> scope;          ///< Attributes, rising.
    std::vector<const metering::Step*> steps;  ///< Without pools.
  };
  std::vector<Stage> stages;
};

/// A version of an item, ready to be metered.
struct PreparedItem {
  const pricebook::CloudItem* rule = nullptr;
  base::Validity validity;          ///< The item's, within its book version's.
  std::uint32_t name_index = 0;     ///< Dense over the names of cloud items.
  std::uint32_t index = 0;          ///< Dense over all versions of all items.
  std::uint32_t accumulator = 0;    ///< Index of the version whose longer windows it goes on with.
  std::vector<Pipeline> pipelines;  ///< The measured quantity, then its factors.
  std::vector<PreparedDim> allowances;                 ///< Other meters that `less` reads.
  std::vector<std::size_t> allowance_stages;           ///< In which stage they are read.
  std::vector<const metering::Less*> allowance_steps;  ///< Whose they are.
  std::size_t cover_stage = 0;  ///< Of pipeline 0: plans cover what leaves this stage.
  bool is_coverable = false;    ///< Some plan names it.

  /// The first stage behind a pool with windows of a month or longer: from there on it goes on
  /// with what earlier versions have gathered.
  std::size_t gathering_stage = no_stage;

  std::vector<std::uint16_t> slot_attributes;  ///< What prices and lookups depend on, rising.
  std::vector<std::int64_t> breaks;            ///< Seconds at which something about it changes.
  std::vector<int> bands;                      ///< Minutes of the day at which prices change.
  std::vector<const pricebook::CloudDiscount*> discounts;
  bool has_account_discount = false;
  bool has_attribute_dims = false;  ///< Some dim of a pipeline reads an attribute.
  bool is_dearest = false;
  bool has_cover = false;                ///< A `combine: cover` decides the slot behind the meter.
  std::uint16_t created = no_attribute;  ///< Market prices: the attributes.
  std::uint16_t bid = no_attribute;

  static constexpr std::uint16_t no_attribute = UINT16_MAX;
  static constexpr std::size_t no_stage = SIZE_MAX;

  /// Whether a stage is shared with other versions; those of factors are if the fee is.
  bool gathers_at(std::size_t pipeline, std::size_t stage) const {
    return gathering_stage != no_stage && stage > 0 && (pipeline > 0 || stage >= gathering_stage);
  }
};

/// The products of all versions of a price book, with names as numbers. Made once.
class Catalog {
 public:
  explicit Catalog(const pricebook::PriceBookSeries& book);

  struct Code {
    std::string name;
    std::vector<pricebook::MeterName> meters;
    std::vector<pricebook::AttributeName> attributes;
    NameTable meter_numbers;
    NameTable attribute_numbers;
    std::vector<std::string_view> absent_attributes;  ///< What each means if it is not said.
    std::vector<std::uint32_t> items;                 ///< In the order of the file.
    std::vector<std::vector<std::uint32_t>> readers;  ///< By meter: the items, rising.
  };

  const std::vector<Code>& codes() const { return codes_; }
  const Code& code(std::uint16_t number) const { return codes_[number]; }
  const std::vector<PreparedItem>& items() const { return items_; }

  /// The names of charge lines: those of items, then of orders and plans.
  const std::vector<std::string>& item_names() const { return item_names_; }

  /// The place of one of them. Requires: an item, order or plan of the book has it.
  std::uint32_t name_index(std::string_view name) const;

  /// The number of a code or an alias of one; NameTable::none.
  std::uint32_t code_number(std::string_view word) const { return code_numbers_.find(word); }
  const Code* find_code(std::string_view word) const;
  const std::string& time_zone() const { return time_zone_; }
  /// Of that zone: where days, months and windows begin.
  base::Calendar calendar() const { return base::Calendar(zone_rules_); }
  const pricebook::PriceBookSeries& book() const { return *book_; }

  /// Number of a name that conditions and keys of an item say. Requires: it is declared.
  static std::uint16_t attribute_number(const Code& code, const std::string& name);

 private:
  void add_product(const pricebook::PriceBook& version, const pricebook::Product& product);
  void add_item(Code& code, const pricebook::PriceBook& version, const pricebook::Product& product,
                const pricebook::CloudItem& item);
  std::uint32_t accumulator_of(const Code& code, const PreparedItem& item) const;
  Code& code_of(const std::string& name);
  std::uint32_t add_name(const std::string& name);

  const pricebook::PriceBookSeries* book_;
  std::string time_zone_;
  base::SharedZoneRules zone_rules_;
  std::vector<Code> codes_;
  NameTable code_numbers_;  // Codes and their aliases.
  std::vector<PreparedItem> items_;
  std::vector<std::string> item_names_;
  NameTable item_numbers_;
};

/// Whether a text has (or has not) one of the values.
inline bool holds(const metering::Condition& condition, std::string_view value) {
  for (const std::string& each : condition.values) {
    if (each == value) return !condition.is_negated;
  }
  return condition.is_negated;
}

/// Whether conditions hold; unknown where the first that does not needs what the fact lacks.
enum class Fit : std::uint8_t { no, yes, unknown };

inline Fit fit_of(const std::vector<PreparedCondition>& conditions, const Fact& fact) {
  for (const PreparedCondition& each : conditions) {
    const std::string_view value = fact.attributes[each.attribute];
    if (value.empty()) return Fit::unknown;
    if (!holds(*each.condition, value)) return Fit::no;
  }
  return Fit::yes;
}

/// The error of conditions that are unknown: missing_attribute.
[[nodiscard]] std::unexpected<Error> missing_condition(
    const std::vector<PreparedCondition>& conditions, const Fact& fact, const Catalog::Code& code);

[[nodiscard]] std::unexpected<Error> missing_attribute(const std::string& name,
                                                       const std::string& needed_by);

}  // namespace steelyard::rating::cloud
