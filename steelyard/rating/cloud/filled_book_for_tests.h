#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <variant>

#include "steelyard/pricebook/reader.h"

namespace steelyard::rating::cloud {

/// Gives a book a number wherever a page names none, and no table an end, so that every item
/// can be rated with whatever quantity: which fact is refused above a last bracket depends on
/// what came before it.
class BookFiller {
 public:
  static void fill(pricebook::PriceBookSeries& book) {
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
  static void fill(metering::Lookup& lookup) {
    for (metering::Lookup::Row& row : lookup.rows) {
      if (!row.value.has_value()) row.value = money::Rational::ratio(3, 2);
    }
  }

  static void fill(metering::Step& step) {
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
      if (s->cover.rows.empty()) return;
      for (money::Rational& capacity : s->cover.rows.back().capacities) {
        capacity = money::Rational::whole(INT64_MAX);
      }
    }
  }

  static void fill(metering::Dim& dim) {
    for (metering::Step& step : dim.each) fill(step);
    for (metering::Step& step : dim.shape) fill(step);
  }

  static void fill(pricebook::CloudItem& item) {
    for (metering::Dim& dim : item.measure) fill(dim);
    for (metering::Step& step : item.shape) fill(step);
    for (metering::Dim& dim : item.times) fill(dim);
    std::int64_t cents = 7;
    for (pricebook::CloudPriceRow& row : item.price.rows) {
      cents += 4;  // Each row has a price of its own.
      if (!row.price.has_value() && !row.is_free) row.price = invented(item.price.kernel, cents);
      if (row.price.has_value()) row.price->brackets.back().up_to.reset();
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
};

/// A shipped book, filled. `name` is its folder.
inline pricebook::PriceBookSeries filled_book(const std::string& name) {
  auto book = pricebook::load(std::string(STEELYARD_ROOT) + "/pricebooks/" + name).value();
  BookFiller::fill(book);
  return book;
}

}  // namespace steelyard::rating::cloud
