#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "steelyard/rating/cloud/catalog.h"
#include "steelyard/rating/cloud/cover_book.h"

/// Random usage of one item, made from its declaration: any fact and any plan is a pure function
/// of a number, so that a failing case can be shrunk and replayed.
namespace steelyard::rating::cloud {

/// Small random choices from a number.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed * 0x9E3779B97F4A7C15U + 1) {}

  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
  }
  bool one_in(std::int64_t n) { return below(n) == 0; }
  template <class List>
  const auto& pick(const List& list) {
    return list[static_cast<std::size_t>(below(static_cast<std::int64_t>(list.size())))];
  }
  std::mt19937_64& bits() { return random_; }

 private:
  std::mt19937_64 random_;
};

/// Texts that live as long as the tests: facts hold views.
inline std::string_view kept_text(const std::string& text) {
  static std::set<std::string> texts;
  return *texts.insert(text).first;
}

class RandomUsage {
 public:
  /// `seed` decides when all happens, and the two settings of attributes that most facts have.
  RandomUsage(const Catalog& catalog, const PreparedItem& item, std::uint64_t seed)
      : catalog_(catalog), item_(item), code_(*catalog.find_code(item.rule->code)) {
    Dice dice(seed);
    choose_times(dice);
    collect_words();
    for (int i = 0; i < 2; ++i) settings_.push_back(setting(dice));
  }

  Fact fact(std::uint64_t seed, std::uint64_t sequence) const {
    Dice dice(seed);
    Fact fact;
    fact.code = static_cast<std::uint16_t>(&code_ - catalog_.codes().data());
    fact.account = dice.one_in(6) ? "big" : "acme";
    fact.resource = dice.pick(std::vector<std::string_view>{"r-1", "r-1", "r-1", "r-2", "r-3"});
    fact.sequence = sequence;
    fact.attributes = settings_[dice.one_in(4) ? 1 : 0];
    if (dice.one_in(8)) fact.attributes = setting(dice);
    if (dice.one_in(24) && !fact.attributes.empty()) {
      fact.attributes[static_cast<std::size_t>(
          dice.below(static_cast<std::int64_t>(fact.attributes.size())))] = {};
    }
    choose_interval(dice, fact);
    choose_meters(dice, fact);
    return fact;
  }

  /// Plans that cover the item.
  std::vector<const pricebook::CloudPlan*> plans() const {
    std::vector<const pricebook::CloudPlan*> result;
    for (const pricebook::PriceBook& version : catalog_.book().versions) {
      for (const pricebook::Product& product : version.products) {
        for (const pricebook::CloudPlan& plan : product.plans) {
          if (std::ranges::any_of(plan.covers, [&](const pricebook::CloudPlan::Cover& each) {
                return each.item == item_.rule->name;
              })) {
            result.push_back(&plan);
          }
        }
      }
    }
    return result;
  }

  BoughtPlan plan(std::uint64_t seed) const {
    Dice dice(seed);
    BoughtPlan plan;
    plan.rule = dice.pick(plans());
    plan.id = "plan-" + std::to_string(seed);
    plan.account = dice.one_in(6) ? "big" : "acme";
    plan.from = anchor_ + unit_ * (dice.below(3) - 2) + (dice.one_in(3) ? dice.below(unit_) : 0);
    plan.to = plan.from + dice.pick(std::vector<std::int64_t>{unit_, 86'400, 31 * 86'400});
    plan.ordered = plan.from - dice.below(3);
    plan.quota = money::Rational::of(value(dice));
    return plan;
  }

  /// Whether enough facts of one window are needed before anything is charged.
  bool wants_many() const {
    return std::ranges::any_of(item_.rule->measure, [](const metering::Dim& dim) {
      return dim.aggregate == metering::Dim::Aggregate::rank;
    });
  }

 private:
  /// A moment at which windows, prices or rules change, while the item is in force.
  void choose_times(Dice& dice) {
    using metering::WindowKind;
    std::vector<std::int64_t> moments = item_.breaks;
    for (const auto& bound : {item_.validity.from, item_.validity.to}) {
      if (bound.has_value()) moments.push_back(bound->seconds);
    }
    for (int i = 0; i < 3; ++i) {
      moments.push_back(1'793'462'400);  // 2026-11-01T00:00 in Shanghai.
      moments.push_back(1'793'548'800);  // A day later: no month ends.
      moments.push_back(1'835'366'400);  // 2028-02-29T00:00, a leap day.
    }
    std::erase_if(moments, [&](std::int64_t each) {
      return !item_.validity.contains({each, 0}) && !item_.validity.contains({each - 1, 0});
    });
    anchor_ = dice.pick(moments);
    switch (item_.rule->window) {
      case WindowKind::minute: unit_ = 60; break;
      case WindowKind::fact:
      case WindowKind::hour: unit_ = 3'600; break;
      case WindowKind::day:
      case WindowKind::month:
      case WindowKind::life: unit_ = 86'400; break;
    }
  }

  void choose_interval(Dice& dice, Fact& fact) const {
    std::int64_t from = anchor_ + unit_ * (dice.below(3) - 1);
    if (wants_many()) from = anchor_;
    switch (dice.below(5)) {
      case 0: from += 1; break;
      case 1: from += unit_ - 1; break;
      case 2:
      case 3: from += dice.below(unit_); break;
      default: break;
    }
    std::int64_t length = 0;
    switch (dice.below(8)) {
      case 0: break;
      case 1:
      case 2: length = unit_; break;
      case 3: length = 2 * unit_ + dice.below(unit_); break;
      case 4: length = 1; break;
      case 5: length = unit_ - (from - anchor_) % unit_; break;  // To the end of a window.
      default: length = dice.below(unit_); break;
    }
    if (wants_many()) length = std::min<std::int64_t>(length, 300);
    fact.start = {from, dice.one_in(8) ? static_cast<std::uint32_t>(dice.below(1'000'000'000)) : 0};
    fact.end = {from + length, fact.start.nanoseconds};
    if (length > 0 && dice.one_in(8)) fact.end.nanoseconds = 999'999'999;
  }

  static money::Decimal value(Dice& dice) {
    if (dice.one_in(16)) return digits(dice, 1 + dice.below(21));
    if (dice.one_in(48)) return digits(dice, 30);
    constexpr money::int128 billionth = 1'000;
    money::int128 scaled = billionth * (1 + dice.below(999));
    for (std::int64_t zeros = 3 + dice.below(12); zeros > 0; --zeros) scaled *= 10;
    return money::Decimal::from_scaled(scaled);
  }

  /// Of twelve decimals: with 21 digits below 10^9, with 30 more than one value may be.
  static money::Decimal digits(Dice& dice, std::int64_t count) {
    money::int128 scaled = 1 + dice.below(9);
    for (std::int64_t i = 1; i < count; ++i) scaled = scaled * 10 + dice.below(10);
    return money::Decimal::from_scaled(scaled);
  }

  void choose_meters(Dice& dice, Fact& fact) const {
    std::set<std::uint16_t> meters;
    std::vector<const PreparedDim*> dims;
    for (const Pipeline& pipeline : item_.pipelines) {
      for (const PreparedDim& dim : pipeline.dims) dims.push_back(&dim);
    }
    for (const PreparedDim& dim : item_.allowances) dims.push_back(&dim);
    const bool takes_all = dice.one_in(2);
    const PreparedDim* const one = dice.pick(dims);
    for (const PreparedDim* dim : dims) {
      if (dim != one && !takes_all && dice.one_in(2)) continue;
      if (dim->rule->aggregate != metering::Dim::Aggregate::attribute) meters.insert(dim->source);
      for (const std::uint16_t each : dim->each_meters) {
        if (!dice.one_in(24)) meters.insert(each);
      }
    }
    for (const std::uint16_t meter : meters) {
      money::Decimal amount = dice.one_in(16) ? money::Decimal() : value(dice);
      if (code_.meters[meter].kind == metering::MeterKind::presence) {
        amount = money::Decimal::whole(dice.one_in(8) ? 0 : 1);
      }
      // Else hardly anything is above an allowance, as the largest of all is.
      const bool is_allowance = std::ranges::any_of(
          item_.allowances, [&](const PreparedDim& dim) { return dim.source == meter; });
      const bool is_small = wants_many() ? !dice.one_in(24) : dice.one_in(2);
      if (is_allowance && is_small) amount = money::Decimal::whole(1 + dice.below(3));
      fact.meters.push_back({meter, amount});
    }
  }

  void collect_words(const metering::Conditions& conditions) {
    for (const metering::Condition& each : conditions) {
      const std::uint32_t number = code_.attribute_numbers.find(each.attribute);
      if (number == NameTable::none) continue;
      words_[number].insert(words_[number].end(), each.values.begin(), each.values.end());
    }
  }

  /// What each attribute may say: what is declared, and what the item's prices ask for.
  void collect_words() {
    words_.resize(code_.attributes.size());
    for (const pricebook::CloudPriceRow& row : item_.rule->price.rows) collect_words(row.where);
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const pricebook::AttributeName& attribute = code_.attributes[i];
      std::vector<std::string>& words = words_[i];
      switch (attribute.type) {
        case pricebook::AttributeName::Type::number:
          for (const char* const each : {"1", "2", "4", "0.5", "12", "31", "800"})
            words.emplace_back(each);
          break;
        case pricebook::AttributeName::Type::time:
          words = {base::to_rfc3339({anchor_ - 600, 0}), base::to_rfc3339({anchor_ - 86'400, 0})};
          break;
        case pricebook::AttributeName::Type::word:
          words.insert(words.end(), attribute.values.begin(), attribute.values.end());
          if (attribute.values.empty()) words.emplace_back("other");
          break;
      }
    }
  }

  void make_hold(Dice& dice, const metering::Conditions& conditions,
                 std::vector<std::string_view>& attributes) const {
    for (const metering::Condition& each : conditions) {
      const std::uint32_t number = code_.attribute_numbers.find(each.attribute);
      if (number == NameTable::none) continue;
      std::vector<std::string> fitting = each.values;
      if (each.is_negated) {
        fitting = words_[number];
        std::erase_if(fitting, [&](const std::string& word) { return !holds(each, word); });
      }
      if (!fitting.empty()) attributes[number] = kept_text(dice.pick(fitting));
    }
  }

  /// Attributes with which the item reads a fact and, mostly, has a price for it.
  std::vector<std::string_view> setting(Dice& dice) const {
    std::vector<std::string_view> attributes;
    for (const std::vector<std::string>& words : words_) {
      attributes.push_back(kept_text(dice.pick(words)));
    }
    make_hold(dice, dice.pick(item_.rule->price.rows).where, attributes);
    if (!item_.rule->times.empty()) {
      make_hold(dice, dice.pick(item_.rule->times).where, attributes);
    }
    make_hold(dice, dice.pick(item_.rule->measure).where, attributes);
    make_hold(dice, item_.rule->where, attributes);
    return attributes;
  }

  const Catalog& catalog_;
  const PreparedItem& item_;
  const Catalog::Code& code_;
  std::int64_t anchor_ = 0;  // Where edges meet.
  std::int64_t unit_ = 0;    // The length of the item's window, at most a day.
  std::vector<std::vector<std::string>> words_;
  std::vector<std::vector<std::string_view>> settings_;
};

}  // namespace steelyard::rating::cloud
