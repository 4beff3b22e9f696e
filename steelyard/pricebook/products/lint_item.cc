#include <algorithm>

#include "steelyard/pricebook/products/conditions.h"
#include "steelyard/pricebook/products/lint_parts.h"

namespace steelyard::pricebook::products {
namespace {

using metering::Conditions;
using metering::Dim;
using metering::Lookup;
using metering::Step;
using metering::WindowKind;

class ItemLint {
 public:
  ItemLint(const CloudItem& item, const Product& product, Findings& findings)
      : item_(item), product_(product), findings_(findings) {}

  void run() {
    check_conditions(item_.where);
    check_combine();
    check_windows();
    for (const Dim& dim : item_.measure) check(dim);
    for (const Dim& dim : item_.times) check(dim);
    for (const Step& step : item_.shape) check(step, item_.where);
    lint_price_table(item_.price, item_.where, item_.validity, product_, findings_);
  }

 private:
  void error(const char* word, const std::string& message) {
    findings_.error(word, item_.place, item_.name + ": " + message);
  }

  void check_conditions(const Conditions& where) {
    for (const metering::Condition& each : where) {
      if (!are_disjoint({each}, {each}, product_)) continue;
      error("never_applies", "no value of '" + each.attribute + "' fits its 'where'");
    }
  }

  void check_combine() {
    const auto combines = std::ranges::count_if(item_.shape, [](const Step& step) {
      return std::holds_alternative<metering::Combine>(step);
    });
    if (item_.measure.size() > 1 && combines == 0) {
      error("missing_combine", "it measures several quantities: 'shape' needs a step 'combine'");
    }
    if (combines > 1) error("without_effect", "only one 'combine' has something to combine");
    if (item_.measure.size() != 1 || combines == 0) return;
    for (const Step& step : item_.shape) {
      const auto* const combine = std::get_if<metering::Combine>(&step);
      if (combine == nullptr || combine->operation == metering::Combine::Operation::cover) continue;
      error("without_effect", "there is only one quantity: 'combine' has no effect");
    }
  }

  void check_windows() {
    WindowKind window = item_.window;
    for (const Step& step : item_.shape) {
      const auto* const pool = std::get_if<metering::Pool>(&step);
      if (pool == nullptr || !pool->window) continue;
      if (*pool->window < window) {
        error("wrong_window", "a pool of window " + std::string(name_of(*pool->window)) +
                                  " can not follow window " + std::string(name_of(window)));
      }
      window = *pool->window;
    }
    for (const Dim& dim : item_.times) {
      if (!dim.window || *dim.window <= window) continue;
      error("wrong_window", "a factor of window " + std::string(name_of(*dim.window)) +
                                " is longer than the item's, " + std::string(name_of(window)));
    }
  }

  void check(const Dim& dim) {
    if (dim.aggregate == Dim::Aggregate::attribute && item_.window != WindowKind::fact) {
      error("wrong_window", "{attribute: " + dim.meter + "} needs 'window: fact'");
    }
    check_conditions(dim.where);
    if (are_disjoint(dim.where, item_.where, product_)) {
      error("never_applies", "what '" + dim.meter + "' is measured for, 'where' leaves out");
    }
    Conditions where = item_.where;
    where.insert(where.end(), dim.where.begin(), dim.where.end());
    for (const Step& step : dim.each) check(step, where);
    for (const Step& step : dim.shape) check(step, where);
  }

  void check(const Step& step, const Conditions& where) {
    if (const auto* each = std::get_if<metering::Scale>(&step)) check(each->factor, where);
    if (const auto* each = std::get_if<metering::Round>(&step)) check(each->step, where);
    if (const auto* each = std::get_if<metering::AtLeast>(&step)) check(each->least, where);
    if (const auto* each = std::get_if<metering::AtMost>(&step)) check(each->most, where);
    if (const auto* each = std::get_if<metering::ShortOf>(&step)) check(each->whole, where);
    if (const auto* each = std::get_if<metering::States>(&step)) check(*each, where);
    if (const auto* each = std::get_if<metering::Combine>(&step)) check(each->cover);
    if (const auto* each = std::get_if<metering::Less>(&step)) {
      check(each->amount, where);
      if (each->dim != nullptr) check(*each->dim);
    }
  }

  /// A lookup by one attribute that leaves out a value which facts may have.
  void check(const Lookup& lookup, const Conditions& where) {
    check_rows(lookup);
    if (lookup.rows.empty() || lookup.rows.front().where.size() != 1) return;
    const std::string& attribute = lookup.rows.front().where.front().attribute;
    const AttributeName* const declared = product_.attribute(attribute);
    if (declared == nullptr) return;
    for (const std::string& value : declared->values) {
      if (!can_be(where, attribute, value)) continue;
      const bool has_row = std::ranges::any_of(
          lookup.rows, [&](const Lookup::Row& row) { return can_be(row.where, attribute, value); });
      if (has_row) continue;
      findings_.warning("missing_value", item_.place,
                        item_.name + ": there is no number for '" + value + "' of '" + attribute +
                            "': such usage is unrated");
    }
  }

  void check_rows(const Lookup& lookup) {
    for (std::size_t i = 1; i < lookup.rows.size(); ++i) {
      const Lookup::Row& row = lookup.rows[i];
      for (std::size_t j = 0; j < i; ++j) {
        const Lookup::Row& before = lookup.rows[j];
        const bool is_covered =
            (!before.validity.from && !before.validity.to) || before.validity == row.validity;
        if (!is_covered || !fits_all_of(before.where, row.where, product_)) continue;
        error("never_applies", "the number for " + to_text(row.where) +
                                   " never applies: one before it, for " + to_text(before.where) +
                                   ", fits everything that it fits");
        break;
      }
    }
  }

  void check(const metering::States& states, const Conditions& where) {
    const AttributeName* const attribute = product_.attribute(states.attribute);
    if (attribute == nullptr) return;
    if (attribute->values.empty()) {
      error("missing_value", "the values of '" + states.attribute + "' are not declared");
    }
    for (const std::string& value : attribute->values) {
      if (!can_be(where, states.attribute, value)) continue;
      if (std::ranges::find(states.states, value, &metering::States::State::word) !=
          states.states.end()) {
        continue;
      }
      error("missing_value", "'states' does not say what '" + value + "' is worth");
    }
  }

  void check(const metering::CoverTable& cover) {
    for (std::size_t i = 1; i < cover.rows.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const auto& smaller = cover.rows[i].capacities;
        const auto& larger = cover.rows[j].capacities;
        bool is_smaller = smaller.size() == larger.size();
        for (std::size_t k = 0; k < smaller.size() && is_smaller; ++k) {
          is_smaller = smaller[k] <= larger[k];
        }
        if (!is_smaller) continue;
        error("never_applies", "'" + cover.rows[i].word + "' never covers what '" +
                                   cover.rows[j].word + "' before it does not");
        break;
      }
    }
  }

  const CloudItem& item_;
  const Product& product_;
  Findings& findings_;
};

}  // namespace

void lint_item(const CloudItem& item, const Product& product, Findings& findings) {
  ItemLint(item, product, findings).run();
}

}  // namespace steelyard::pricebook::products
