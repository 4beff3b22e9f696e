#include "steelyard/rating/cloud/catalog.h"

#include <algorithm>

#include "steelyard/rating/cloud/item_maker.h"

namespace steelyard::rating::cloud {
namespace {

using pricebook::AttributeName;
using pricebook::MeterName;

std::string_view or_nothing(const std::optional<std::string>& text) {
  return text.has_value() ? std::string_view(*text) : std::string_view();
}

bool are_equal(const std::optional<pricebook::MoneyRules::To>& a,
               const std::optional<pricebook::MoneyRules::To>& b) {
  if (!a.has_value() || !b.has_value()) return a.has_value() == b.has_value();
  return a->digits == b->digits && a->rounding == b->rounding;
}

/// Whether what leaves the first stages of two versions may be added up: the stages behind agree.
bool have_equal_pools(const Pipeline& a, const Pipeline& b) {
  const auto equal = [](const Pipeline::Stage& x, const Pipeline::Stage& y) {
    return x.window == y.window && x.has_resource == y.has_resource && x.scope == y.scope &&
           x.pool->operation == y.pool->operation && x.pool->top == y.pool->top &&
           x.steps.size() == y.steps.size() &&
           std::ranges::equal(
               x.steps, y.steps, {}, [](const metering::Step* s) { return s->index(); },
               [](const metering::Step* s) { return s->index(); });
  };
  return std::ranges::equal(a.stages.begin() + 1, a.stages.end(), b.stages.begin() + 1,
                            b.stages.end(), equal);
}

/// Whether a version of an item goes on where another ended when the two meet within a month:
/// with the free quota and the brackets that are used up. Its prices may be others, and how it
/// meters; what is done with what was metered must be the same.
/// Requires: both are of one code.
bool goes_on_with(const PreparedItem& earlier, const PreparedItem& later) {
  const pricebook::CloudItem& a = *earlier.rule;
  const pricebook::CloudItem& b = *later.rule;
  return earlier.name_index == later.name_index && a.unit == b.unit &&
         later.gathering_stage != PreparedItem::no_stage &&
         earlier.cover_stage == later.cover_stage &&
         earlier.gathering_stage == later.gathering_stage &&
         (earlier.cover_stage < earlier.gathering_stage ||
          earlier.is_coverable == later.is_coverable) &&
         earlier.pipelines.size() == later.pipelines.size() &&
         std::ranges::equal(earlier.pipelines, later.pipelines, have_equal_pools) &&
         earlier.allowances.empty() && later.allowances.empty() &&
         earlier.has_cover == later.has_cover && a.price.kernel == b.price.kernel &&
         are_equal(a.money.line, b.money.line) && are_equal(a.money.fee, b.money.fee) &&
         a.money.minimum == b.money.minimum;
}

}  // namespace

Catalog::Catalog(const pricebook::PriceBookSeries& book)
    : book_(&book),
      time_zone_(book.versions.front().time_zone),
      zone_rules_(book.versions.front().rules_of_zone()) {
  for (const pricebook::PriceBook& version : book.versions) {
    for (const pricebook::Product& product : version.products) add_product(version, product);
  }
  for (const pricebook::PriceBook& version : book.versions) {
    for (const pricebook::Product& product : version.products) {
      for (const pricebook::OrderItem& order : product.orders) add_name(order.name);
      for (const pricebook::CloudPlan& plan : product.plans) add_name(plan.name);
    }
  }
  for (Code& code : codes_) {
    for (const AttributeName& each : code.attributes) {
      code.absent_attributes.push_back(or_nothing(each.absent_means));
    }
  }
}

std::uint32_t Catalog::add_name(const std::string& name) {
  const std::uint32_t known = item_numbers_.find(name);
  if (known != NameTable::none) return known;
  item_numbers_.add(name, static_cast<std::uint32_t>(item_names_.size()));
  item_names_.push_back(name);
  return static_cast<std::uint32_t>(item_names_.size() - 1);
}

std::uint32_t Catalog::name_index(std::string_view name) const {
  const std::uint32_t number = item_numbers_.find(name);
  STEELYARD_CHECK(number != NameTable::none);
  return number;
}

Catalog::Code& Catalog::code_of(const std::string& name) {
  const std::uint32_t known = code_numbers_.find(name);
  if (known != NameTable::none) return codes_[known];
  code_numbers_.add(name, static_cast<std::uint32_t>(codes_.size()));
  codes_.emplace_back().name = name;
  return codes_.back();
}

void Catalog::add_product(const pricebook::PriceBook& version, const pricebook::Product& product) {
  for (const std::string& name : product.codes) {
    Code& code = code_of(name);
    for (const MeterName& meter : product.meters) {
      if (code.meter_numbers.find(meter.name) != NameTable::none) continue;
      code.meter_numbers.add(meter.name, static_cast<std::uint32_t>(code.meters.size()));
      code.meters.push_back(meter);
      code.readers.emplace_back();
    }
    for (const AttributeName& attribute : product.attributes) {
      if (code.attribute_numbers.find(attribute.name) != NameTable::none) continue;
      code.attribute_numbers.add(attribute.name,
                                 static_cast<std::uint32_t>(code.attributes.size()));
      code.attributes.push_back(attribute);
    }
    for (const pricebook::CloudItem& item : product.items) {
      if (item.code == name) add_item(code, version, product, item);
    }
  }
  for (const auto& [alias, name] : product.aliases) {
    const std::uint32_t code = code_numbers_.find(name);
    if (code != NameTable::none && code_numbers_.find(alias) == NameTable::none) {
      code_numbers_.add(alias, code);
    }
  }
}

/// Items of one name are never in force at the same time: the reader of the book saw to it.
std::uint32_t Catalog::accumulator_of(const Code& code, const PreparedItem& item) const {
  const auto earlier = std::ranges::find_if(
      code.items, [&](const std::uint32_t index) { return goes_on_with(items_[index], item); });
  return earlier == code.items.end() ? item.index : *earlier;
}

void Catalog::add_item(Code& code, const pricebook::PriceBook& version,
                       const pricebook::Product& product, const pricebook::CloudItem& item) {
  PreparedItem prepared = make_item(code, version, product, item);
  prepared.name_index = add_name(item.name);
  prepared.index = static_cast<std::uint32_t>(items_.size());
  prepared.accumulator = accumulator_of(code, prepared);
  const auto note_reader = [&](std::uint16_t meter) {
    std::vector<std::uint32_t>& readers = code.readers[meter];
    if (readers.empty() || readers.back() != prepared.index) readers.push_back(prepared.index);
  };
  const auto note_meters = [&](const std::vector<PreparedDim>& dims) {
    for (const PreparedDim& dim : dims) {
      if (dim.rule->aggregate != metering::Dim::Aggregate::attribute) note_reader(dim.source);
      for (const std::uint16_t meter : dim.each_meters) note_reader(meter);
    }
  };
  for (const Pipeline& pipeline : prepared.pipelines) note_meters(pipeline.dims);
  note_meters(prepared.allowances);
  code.items.push_back(prepared.index);
  items_.push_back(std::move(prepared));
}

const Catalog::Code* Catalog::find_code(std::string_view word) const {
  const std::uint32_t number = code_numbers_.find(word);
  return number == NameTable::none ? nullptr : &codes_[number];
}

std::uint16_t Catalog::attribute_number(const Code& code, const std::string& name) {
  const std::uint32_t number = code.attribute_numbers.find(name);
  STEELYARD_CHECK(number != NameTable::none);  // The reader of the product saw to it.
  return static_cast<std::uint16_t>(number);
}

std::unexpected<Error> missing_attribute(const std::string& name, const std::string& needed_by) {
  return failure(ErrorCode::missing_attribute,
                 "/data/attributes/" + name + " is missing: " + needed_by + " needs it");
}

std::unexpected<Error> missing_condition(const std::vector<PreparedCondition>& conditions,
                                         const Fact& fact, const Catalog::Code& code) {
  const auto lacking = std::ranges::find_if(conditions, [&](const PreparedCondition& each) {
    return fact.attributes[each.attribute].empty();
  });
  STEELYARD_CHECK(lacking != conditions.end());
  return missing_attribute(code.attributes[lacking->attribute].name, "a condition of its price");
}

}  // namespace steelyard::rating::cloud
