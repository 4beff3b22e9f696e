#include <algorithm>

#include "steelyard/pricebook/products/conditions.h"
#include "steelyard/pricebook/products/lint_parts.h"

namespace steelyard::pricebook::products {
namespace {

bool is_within(const Validity& outer, const Validity& inner) {
  return (!outer.from || (inner.from && *outer.from <= *inner.from)) &&
         (!outer.to || (inner.to && *inner.to <= *outer.to));
}

bool is_within(const std::optional<HoursBand>& outer, const std::optional<HoursBand>& inner) {
  if (!outer) return true;
  return inner && outer->from <= inner->from && inner->to <= outer->to;
}

bool overlap(const std::optional<HoursBand>& a, const std::optional<HoursBand>& b) {
  return !a || !b || (a->from < b->to && b->from < a->to);
}

/// The first price of a row: what a slip of the point is looked for in.
std::optional<money::Decimal> first_price(const CloudPriceRow& row) {
  if (!row.price || row.price->brackets.empty()) return std::nullopt;
  const charge_model::Bracket& first = row.price->brackets.front();
  const money::Decimal price = first.unit.is_zero() ? first.flat : first.unit;
  return price.is_zero() ? std::nullopt : std::optional(price);
}

bool is_tenfold(money::Decimal a, money::Decimal b) {
  money::Decimal tenfold;
  for (int i = 0; i < 10; ++i) tenfold += std::min(a, b);
  return std::max(a, b) >= tenfold;
}

class TableLint {
 public:
  TableLint(const CloudPriceTable& table, const Product& product, Findings& findings)
      : table_(table), product_(product), findings_(findings) {}

  void check_row(std::size_t index, const metering::Conditions& where, const Validity& validity) {
    const CloudPriceRow& row = table_.rows[index];
    if (are_disjoint(row.where, where, product_)) {
      never(row, "no usage of it has " + to_text(row.where) + ": 'where' says otherwise");
    } else if (!row.validity.overlaps(validity)) {
      never(row, "it is in force only when what it prices is not");
    }
    for (std::size_t i = 0; i < index; ++i) {
      if (check_pair(table_.rows[i], row)) break;
    }
  }

 private:
  /// Whether something was found.
  bool check_pair(const CloudPriceRow& before, const CloudPriceRow& row) {
    if (are_equal(before.where, row.where)) return check_same_keys(before, row);
    if (fits_all_of(before.where, row.where, product_) &&
        is_within(before.validity, row.validity) && is_within(before.hours, row.hours)) {
      never(row, "the row for " + to_text(before.where) + " at line " +
                     std::to_string(before.place.line) + " fits everything that it fits");
      return true;
    }
    return false;
  }

  bool check_same_keys(const CloudPriceRow& before, const CloudPriceRow& row) {
    if (before.validity.from == row.validity.from && overlap(before.hours, row.hours)) {
      findings_.error(
          "duplicate_price", row.place,
          to_text(row.where) + " has a price already at line " + std::to_string(before.place.line));
      return true;
    }
    const bool are_neighbours =
        before.validity.to == row.validity.from || (!before.validity.to && row.validity.from);
    if (are_neighbours) doubt_jump(before, row);
    return false;
  }

  void doubt_jump(const CloudPriceRow& before, const CloudPriceRow& row) {
    const auto old_price = first_price(before);
    const auto new_price = first_price(row);
    if (!old_price || !new_price || !is_tenfold(*old_price, *new_price)) return;
    findings_.warning("tenfold_jump", row.place,
                      to_text(row.where) + " costs " + new_price->to_text() + " here and " +
                          old_price->to_text() + " at line " + std::to_string(before.place.line) +
                          ": a slip of the point?");
  }

  void never(const CloudPriceRow& row, const std::string& why) {
    findings_.error("never_applies", row.place, "this row never applies: " + why);
  }

  const CloudPriceTable& table_;
  const Product& product_;
  Findings& findings_;
};

}  // namespace

void lint_price_table(const CloudPriceTable& table, const metering::Conditions& where,
                      const Validity& validity, const Product& product, Findings& findings) {
  TableLint lint(table, product, findings);
  for (std::size_t i = 0; i < table.rows.size(); ++i) lint.check_row(i, where, validity);
}

}  // namespace steelyard::pricebook::products
