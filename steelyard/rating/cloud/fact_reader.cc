#include "steelyard/rating/cloud/fact_reader.h"

#include <algorithm>

#include "steelyard/base/hash.h"
#include "steelyard/base/text.h"
#include "steelyard/base/time.h"
#include "steelyard/json/document.h"
#include "steelyard/rating/cloud/packing.h"
#include "steelyard/usage/quantity.h"

namespace steelyard::rating::cloud {
namespace {

using pricebook::AttributeName;

/// What is kept of attributes: some thousands of different ones.
constexpr std::size_t written_bytes_max = std::size_t{2} << 20;

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
Result<std::string> attribute_text(const json::Document& document, const json::Node& node,
                                   const AttributeName& attribute) {
  constexpr const char* place = "/data/attributes/";
  if (attribute.type == AttributeName::Type::number) {
    STEELYARD_TRY(value, usage::read_quantity(document, node, place, attribute.name));
    return value.to_text();
  }
  if (node.type == json::Type::boolean) {
    return std::string(document.text(node));
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
  return std::string(text);
}

}  // namespace

Result<void> FactReader::read(const usage::UsageEvent& event, Fact& fact) {
  const usage::ResourceUsage& resource = event.resource;
  const std::uint32_t number = catalog_->code_number(resource.product);
  if (number == NameTable::none) {
    return failure(ErrorCode::unknown_product, "/data/product: '" + std::string(resource.product) +
                                                   "' is no product of the price book");
  }
  fact.code = static_cast<std::uint16_t>(number);
  const Catalog::Code& code = catalog_->code(fact.code);
  fact.account = event.account;
  fact.resource = resource.resource;
  fact.start = resource.start;
  fact.end = resource.end;
  fact.hint = {};
  fact.meters.clear();
  if (code.items.empty()) {
    return failure(ErrorCode::no_price_at_that_time, "product '" + code.name + "' has no items");
  }
  Result<void> result;
  const json::Document& document = resource.meters.document();
  resource.meters.each([&](const json::Node& node) {
    if (result.has_value()) result = read_meter(document, node, code, fact);
  });
  if (!result.has_value()) return result;
  STEELYARD_TRY(written, attributes(fact.code, resource.attributes));
  fact.set = &written->set;
  fact.attributes = written->texts;
  return {};
}

Result<const FactReader::Written*> FactReader::attributes(std::uint16_t code,
                                                          const json::Object& object) {
  const std::string_view json = object.is_missing() ? std::string_view() : object.text();
  const std::uint64_t hash = base::hash_pair(base::hash(json), code);
  const std::uint32_t known = written_at_.find(hash, [&](std::uint32_t index) {
    return written_[index].code == code && written_[index].json == json;
  });
  if (known != base::NumberTable::none) return &written_[known];
  Written written;
  written.code = code;
  written.json = json;
  written.texts = catalog_->code(code).absent_attributes;
  STEELYARD_PASS(read_attributes(object, written));
  bytes_ += sizeof written + json.size() + written.set.packed.size() +
            written.texts.size() * sizeof(std::string_view);
  written_at_.add(hash, static_cast<std::uint32_t>(written_.size()));
  Written& kept = written_.emplace_back(std::move(written));
  Unpacker from(kept.set.packed.data());
  from.take<std::uint16_t>();
  for (std::string_view& each : kept.texts) each = from.take_text();
  return &kept;
}

Result<void> FactReader::read_attributes(const json::Object& object, Written& to) {
  const Catalog::Code& code = catalog_->code(to.code);
  std::deque<std::string> texts;
  Result<void> result;
  object.each([&](const json::Node& node) {
    if (!result.has_value() || node.type == json::Type::null) return;
    const json::Document& document = object.document();
    const std::uint32_t attribute = code.attribute_numbers.find(node.word, document.name(node));
    if (attribute == NameTable::none) {
      result = failure(ErrorCode::unknown_attribute,
                       "/data/attributes: " + unknown_name("attribute", document.name(node),
                                                           code.name, code.attributes));
      return;
    }
    auto text = attribute_text(document, node, code.attributes[attribute]);
    if (text.has_value()) {
      to.texts[attribute] = texts.emplace_back(std::move(*text));
    } else {
      result = std::unexpected(std::move(text).error());
    }
  });
  if (result.has_value()) to.set.pack(to.code, to.texts);
  return result;
}

void FactReader::forget() {
  if (bytes_ < written_bytes_max) return;
  written_.clear();
  written_at_ = {};
  bytes_ = 0;
}

}  // namespace steelyard::rating::cloud
