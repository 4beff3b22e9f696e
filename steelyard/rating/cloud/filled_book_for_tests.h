#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "steelyard/pricebook/reader.h"

namespace steelyard::rating::cloud {

/// Whether tables that have an end lose it. With an end, which fact is refused above the last
/// bracket depends on what came before it.
enum class TableEnds : std::uint8_t { kept, opened };

/// Gives a book a number wherever a page names none, so that every item can be rated.
class BookFiller {
 public:
  explicit BookFiller(TableEnds ends) : ends_(ends) {}

  void fill(pricebook::PriceBookSeries& book) const {
    for (pricebook::PriceBook& version : book.versions) {
      for (pricebook::Product& product : version.products) {
        for (pricebook::CloudItem& item : product.items) fill(item);
        for (pricebook::CloudPlan& plan : product.plans) {
          for (pricebook::CloudPlan::Cover& cover : plan.covers) fill(cover.factor);
        }
      }
    }
  }

 private:
  void fill(metering::Lookup& lookup) const {
    for (metering::Lookup::Row& row : lookup.rows) {
      if (!row.value.has_value()) row.value = money::Rational::ratio(3, 2);
    }
  }

  void fill(metering::Step& step) const {
    if (auto* s = std::get_if<metering::Scale>(&step)) fill(s->factor);
    if (auto* s = std::get_if<metering::Round>(&step)) fill(s->step);
    if (auto* s = std::get_if<metering::AtLeast>(&step)) fill(s->least);
    if (auto* s = std::get_if<metering::AtMost>(&step)) fill(s->most);
    if (auto* s = std::get_if<metering::ShortOf>(&step)) fill(s->whole);
    if (auto* s = std::get_if<metering::Less>(&step)) {
      fill(s->amount);
      if (s->round.has_value()) fill(s->round->step);
      if (s->dim != nullptr) {
        auto dim = std::make_shared<metering::Dim>(*s->dim);
        fill(*dim);
        s->dim = std::move(dim);
      }
    }
    if (auto* s = std::get_if<metering::Combine>(&step)) {
      if (s->cover.rows.empty() || ends_ == TableEnds::kept) return;
      for (money::Rational& capacity : s->cover.rows.back().capacities) {
        capacity = money::Rational::whole(INT64_MAX);
      }
    }
  }

  void fill(metering::Dim& dim) const {
    for (metering::Step& step : dim.each) fill(step);
    for (metering::Step& step : dim.shape) fill(step);
  }

  void fill(pricebook::CloudItem& item) const {
    for (metering::Dim& dim : item.measure) fill(dim);
    for (metering::Step& step : item.shape) fill(step);
    for (metering::Dim& dim : item.times) fill(dim);
    std::int64_t cents = 7;
    for (pricebook::CloudPriceRow& row : item.price.rows) {
      cents += 4;  // Each row has a price of its own.
      if (!row.price.has_value() && !row.is_free) row.price = invented(item.price.kernel, cents);
      if (row.price.has_value() && ends_ == TableEnds::opened) {
        row.price->brackets.back().up_to.reset();
      }
    }
  }

  static charge_model::Price invented(charge_model::Kernel kernel, std::int64_t cents) {
    using money::Decimal;
    const Decimal unit = Decimal::from_scaled(money::int128{cents} * 10'000'000'000);
    if (kernel == charge_model::Kernel::per_unit) return {{{std::nullopt, unit, {}, {}}}};
    const Decimal flat =
        kernel == charge_model::Kernel::stairstep ? Decimal::whole(cents) : Decimal();
    return {{{Decimal::whole(5), unit + unit, flat, {}},
             {std::nullopt, unit, flat, Decimal::whole(5)}}};
  }

  TableEnds ends_;
};

/// A shipped book, filled. `name` is its folder.
inline pricebook::PriceBookSeries filled_book(const std::string& name, TableEnds ends) {
  auto book = pricebook::load(std::string(STEELYARD_ROOT) + "/pricebooks/" + name).value();
  BookFiller(ends).fill(book);
  return book;
}

}  // namespace steelyard::rating::cloud
