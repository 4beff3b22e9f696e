#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "steelyard/base/place.h"
#include "steelyard/base/validity.h"
#include "steelyard/charge_model/price.h"
#include "steelyard/metering/rule.h"
#include "steelyard/money/decimal.h"

/// A cloud product as its file says it: docs/reference/product-files.md.
namespace steelyard::pricebook {

/// A name of `data.meters`.
struct MeterName {
  std::string name;
  metering::MeterKind kind = metering::MeterKind::counter;
  std::string unit;
  std::string title;
  base::Place place{};
};

/// A name of `data.attributes`.
struct AttributeName {
  enum class Type : std::uint8_t { word, number, time };
  std::string name;
  Type type = Type::word;
  std::vector<std::string> values;            ///< Empty: any.
  std::optional<std::string> absent_means{};  ///< The default.
  std::string title;
  base::Place place{};
};

/// Minutes of the day, [from, to), in the book's zone. to = 1440 is 24:00.
struct HoursBand {
  int from = 0;
  int to = 1440;
};

/// One row of a price table, in the book's currency.
struct CloudPriceRow {
  metering::Conditions where;  ///< On the table's keys.
  std::optional<HoursBand> hours;
  base::Validity validity;
  std::optional<charge_model::Price> price;  ///< None: a placeholder.
  bool is_free = false;
  std::string source;
  base::Place place;
};

struct CloudPriceTable {
  charge_model::Kernel kernel = charge_model::Kernel::per_unit;
  money::Decimal per = money::Decimal::whole(1);  ///< Units that a price is for.
  std::vector<std::string> keys;
  std::vector<CloudPriceRow> rows;  ///< The first that fits; of equal conditions the latest `from`.
  std::int64_t protect_seconds = 0;  ///< Market prices: how long the price of creation holds.
  std::string bid_attribute;         ///< Market prices: above it the resource is not billed.
};

/// Rounding of money. None by default: amounts keep twelve decimals.
struct MoneyRules {
  struct To {
    int digits = 12;
    money::Rounding rounding = money::Rounding::half_away;
  };
  std::optional<To> line;                 ///< Each line of a window's fee.
  std::optional<To> fee;                  ///< Their sum.
  std::optional<money::Decimal> minimum;  ///< A fee above 0 is at least this.
};

/// One thing that is charged for by usage.
struct CloudItem {
  std::string name;  ///< "nlb/lcu"
  std::string code;  ///< "nlb"
  std::string title;
  std::string unit;  ///< Of the priced quantity.
  base::Validity validity;
  metering::Conditions where;
  metering::WindowKind window = metering::WindowKind::hour;
  std::vector<std::string> by;  ///< Attributes of the scope, beside account and resource.
  std::vector<metering::Dim> measure;
  std::vector<metering::Step> shape;
  std::vector<metering::Dim> times;
  CloudPriceTable price;

  enum class OnChange : std::uint8_t { split, dearest };
  OnChange on_change = OnChange::split;  ///< The reader puts the default in.
  MoneyRules money;
  bool covered_fills_tiers = false;  ///< tiers_count: all.
  std::string settle;
  base::Place place;
};

/// A multiplier on the unit price.
struct CloudDiscount {
  std::string item;
  std::string account;  ///< Empty: everyone.
  metering::Conditions where;
  money::Decimal multiplier;
  bool is_stacked = false;
  base::Validity validity;
  base::Place place;
};

/// When what was bought begins and ends.
struct PeriodRule {
  enum class Start : std::uint8_t { purchase, top_of_hour, next_midnight };
  enum class End : std::uint8_t { end_of_day, same_clock_time };
  Start start = Start::purchase;
  End end = End::end_of_day;
  int extra_days = 0;
  int month_days = 0;  ///< So many days are a month; 0: calendar months.
};

/// How a refund is counted: cloud rules, section 5.
struct RefundRule {
  int full_within_days = 5;
  int short_use_days = 0;  ///< Used for fewer days: consumed × short_use_factor.
  money::Decimal short_use_factor = money::Decimal::whole(1);
  money::Decimal fee;  ///< Share of the remaining value that is kept: 0.15.
  std::optional<money::Decimal> conversion_fee{};  ///< Of a conversion; none: `fee`.
};

/// One thing that a subscription is made of.
struct OrderItem {
  std::string name;  ///< "mse/registry_subscription"
  std::string code;
  std::string title;
  std::string unit;
  base::Validity validity;
  metering::Conditions where;                    ///< On the order's config.
  std::vector<std::string> quantity;             ///< Numbers of the config; none: 1.
  CloudPriceTable price;                         ///< For one month.
  std::map<int, money::Decimal> months_charged;  ///< By months bought; else as bought.
  PeriodRule period;
  RefundRule refund;
  base::Place place;
};

/// What can cover usage: a prepaid plan, a free quota, a reserved instance, a savings plan.
struct CloudPlan {
  struct Cover {
    std::string item;
    metering::Conditions where;  ///< On the attributes of the item's scope.
    enum class Factor : std::uint8_t { number, list_price, multiplier };
    Factor kind = Factor::number;
    metering::Lookup factor;  ///< Plan units per unit; or the multiplier on the list price.
  };
  std::string name;  ///< "polardb/storage_plan"
  std::string code;
  std::string title;
  std::string unit;                                         ///< "money": the quota is money.
  metering::WindowKind reset = metering::WindowKind::life;  ///< life: an aggregate.
  std::vector<Cover> covers;
  int priority = 100;  ///< Smaller first.
  bool serves_deepest_discount_first = false;
  bool is_stackable = true;  ///< Several at a time cover together; else the one ordered first.
  bool is_free = false;
  std::optional<money::Decimal> free_quota;
  std::vector<std::string> unless;  ///< A free one is lost while the account has one of these.
  base::Validity validity;
  PeriodRule period;
  std::optional<CloudPriceTable> price;  ///< Of one plan, by quota and months.
  std::vector<std::string> quantity;     ///< Numbers of the purchase that are priced; none: 1.
  base::Place place;
};

/// One value of a product file, under the names that lead to it: canonical content, which
/// hashes and differences are made from.
struct ContentLine {
  std::vector<std::string> path;
  std::string value;

  bool operator==(const ContentLine&) const = default;
};

/// A cloud product of the list.
struct Product {
  std::string id;                              ///< "nat-gateway": the file's name.
  std::string name;                            ///< As the price list prints it: "NAT Gateway".
  std::vector<std::string> codes;              ///< What `data.product` may say: nat, eip, cdt, ….
  std::map<std::string, std::string> aliases;  ///< Further words, each for one code.
  std::map<std::string, std::vector<std::string>> groups;  ///< Named sets of values.
  bool is_priced = false;  ///< Whether it has items, orders or plans.
  std::vector<MeterName> meters;
  std::vector<AttributeName> attributes;
  std::vector<CloudItem> items;
  std::vector<CloudDiscount> discounts;
  std::vector<OrderItem> orders;
  std::vector<CloudPlan> plans;
  std::vector<ContentLine> content;
  base::Place place;

  /// Null if the product declares no such name.
  const MeterName* meter(const std::string& word) const;
  const AttributeName* attribute(const std::string& word) const;
};

}  // namespace steelyard::pricebook
