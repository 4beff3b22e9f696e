#include "steelyard/rating/cloud/catalog.h"

#include <algorithm>

#include "steelyard/base/text.h"
#include "steelyard/rating/cloud/item_maker.h"
#include "steelyard/usage/quantity.h"

namespace steelyard::rating::cloud {
namespace {

using pricebook::AttributeName;
using pricebook::MeterName;

std::string_view or_nothing(const std::optional<std::string>& text) {
  return text.has_value() ? std::string_view(*text) : std::string_view();
}

template <class Named>
std::string unknown_name(const char* kind, std::string_view name, const std::string& code,
                         const std::vector<Named>& known) {
  std::vector<std::string_view> names;
  for (const Named& each : known) names.push_back(each.name);
  const std::string close = base::nearest(name, names);
  return std::string(kind) + " '" + std::string(name) + "' is none of " + code + ": " +
         base::joined(names) + (close.empty() ? "" : "; did you mean '" + close + "'?");
}

Result<void> read_meter(const json::Document& document, const json::Node& node,
                        const Catalog::Code& code, Fact& fact) {
  const std::string_view name = document.name(node);
  const std::uint32_t number = code.meter_numbers.find(node.word, name);
  if (number == NameTable::none || code.readers[number].empty()) {
    return failure(ErrorCode::unknown_meter,
                   "/data/meters: " + unknown_name("meter", name, code.name, code.meters));
  }
  STEELYARD_TRY(value, usage::read_quantity(document, node, "/data/meters/", name));
  if (code.meters[number].kind == metering::MeterKind::presence && !value.is_zero() &&
      value != money::Decimal::whole(1)) {
    return failure(ErrorCode::invalid_quantity,
                   "/data/meters/" + std::string(name) + ": " + value.to_text() +
                       " is not 0 or 1: each instance is a resource of its own");
  }
  fact.meters.push_back({static_cast<std::uint16_t>(number), value});
  return {};
}

/// The text of an attribute; numbers in their shortest form, so that 4 and "4.0" are one.
Result<std::string_view> attribute_text(const json::Document& document, const json::Node& node,
                                        const AttributeName& attribute,
                                        std::deque<std::string>& kept) {
  constexpr const char* place = "/data/attributes/";
  if (attribute.type == AttributeName::Type::number) {
    if (node.is_whole) return document.text(node);  // Has no zeros in front.
    STEELYARD_TRY(value, usage::read_quantity(document, node, place, attribute.name));
    return std::string_view(kept.emplace_back(value.to_text()));
  }
  if (node.type == json::Type::boolean) {
    return std::string_view(document.text(node) == "true" ? "true" : "false");
  }
  const std::string_view text = document.text(node);
  if (attribute.type == AttributeName::Type::time) {
    base::Instant instant;
    if (!base::parse_rfc3339(text, instant)) {
      return failure(ErrorCode::invalid_time, place + attribute.name + ": '" + std::string(text) +
                                                  "' is not an RFC 3339 time");
    }
  }
  if (!attribute.values.empty() &&
      std::ranges::find(attribute.values, text) == attribute.values.end()) {
    std::vector<std::string_view> words(attribute.values.begin(), attribute.values.end());
    return failure(
        ErrorCode::unknown_attribute,
        place + attribute.name + ": '" + std::string(text) + "' is none of " + base::joined(words));
  }
  if (node.is_unescaped) return std::string_view(kept.emplace_back(text));
  return text;
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
    : book_(&book), time_zone_(book.versions.front().time_zone) {
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

Result<void> Catalog::read(const usage::UsageEvent& event, Fact& fact,
                           std::deque<std::string>& kept) const {
  const usage::ResourceUsage& resource = event.resource;
  const std::uint32_t number = code_numbers_.find(resource.product);
  if (number == NameTable::none) {
    return failure(ErrorCode::unknown_product, "/data/product: '" + std::string(resource.product) +
                                                   "' is no product of the price book");
  }
  const Code& code = codes_[number];
  fact.code = static_cast<std::uint16_t>(number);
  fact.account = event.account;
  fact.resource = resource.resource;
  fact.start = resource.start;
  fact.end = resource.end;
  fact.hint = {};
  fact.meters.clear();
  fact.attributes = code.absent_attributes;
  if (code.items.empty()) {
    return failure(ErrorCode::no_price_at_that_time, "product '" + code.name + "' has no items");
  }
  Result<void> result;
  const json::Document& document = resource.meters.document();
  resource.meters.each([&](const json::Node& node) {
    if (result.has_value()) result = read_meter(document, node, code, fact);
  });
  if (!result.has_value() || resource.attributes.is_missing()) return result;
  resource.attributes.each([&](const json::Node& node) {
    if (!result.has_value() || node.type == json::Type::null) return;
    const std::uint32_t attribute = code.attribute_numbers.find(node.word, document.name(node));
    if (attribute == NameTable::none) {
      result = failure(ErrorCode::unknown_attribute,
                       "/data/attributes: " + unknown_name("attribute", document.name(node),
                                                           code.name, code.attributes));
      return;
    }
    auto text = attribute_text(document, node, code.attributes[attribute], kept);
    if (text.has_value()) {
      fact.attributes[attribute] = *text;
    } else {
      result = std::unexpected(std::move(text).error());
    }
  });
  return result;
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
