#include "steelyard/rating/cloud/reading_table.h"

#include <algorithm>

#include "steelyard/base/hash.h"

namespace steelyard::rating::cloud {
namespace {

using metering::Dim;

/// What is kept of how facts are read: mostly a kilobyte of each.
constexpr std::size_t readings_bytes_max = std::size_t{16} << 20;

std::size_t bytes_of(const FactReadings& readings) {
  std::size_t bytes = sizeof readings + readings.packed_attributes.size() +
                      readings.meters.size() * sizeof(std::uint16_t) +
                      readings.items.size() * sizeof(ItemReadings);
  for (const ItemReadings& each : readings.items) bytes += each.readings.size() * sizeof(Reading);
  return bytes;
}

/// Finds out what one item reads of a fact.
class ItemReader {
 public:
  ItemReader(const Catalog& catalog, const Fact& fact, const PreparedItem& item)
      : catalog_(catalog), fact_(fact), item_(item) {}

  ItemReadings read() {
    ItemReadings result;
    result.item = &item_;
    const Result<void> done = read_all(result.readings);
    if (!done.has_value()) result.problem = done.error();
    return result;
  }

 private:
  Result<void> read_all(std::vector<Reading>& to) const {
    std::size_t slot_dim = 0;
    for (std::size_t p = 0; p < item_.pipelines.size(); ++p) {
      STEELYARD_PASS(read_meters(item_.pipelines[p].dims, p, slot_dim, to));
      slot_dim += item_.pipelines[p].dims.size();
    }
    const bool reads_meters = !to.empty();
    STEELYARD_PASS(read_meters(item_.allowances, Reading::allowance_pipeline, slot_dim, to));
    if (!reads_meters || !item_.has_attribute_dims) return {};
    slot_dim = 0;
    for (std::size_t p = 0; p < item_.pipelines.size(); ++p) {
      STEELYARD_PASS(read_attributes(item_.pipelines[p].dims, p, slot_dim, to));
      slot_dim += item_.pipelines[p].dims.size();
    }
    return {};
  }

  Result<void> read_meters(const std::vector<PreparedDim>& dims, std::size_t pipeline,
                           std::size_t first_dim, std::vector<Reading>& to) const {
    for (std::size_t i = 0; i < dims.size(); ++i) {
      if (dims[i].rule->aggregate == Dim::Aggregate::attribute) continue;
      const auto meter = std::ranges::find(fact_.meters, dims[i].source, &Fact::Meter::meter);
      if (meter == fact_.meters.end()) continue;
      STEELYARD_TRY(fits, fits_conditions(dims[i]));
      if (!fits) continue;
      Reading& reading = add(dims[i], pipeline, i, first_dim, to);
      reading.meter = static_cast<std::uint32_t>(meter - fact_.meters.begin());
    }
    return {};
  }

  Result<void> read_attributes(const std::vector<PreparedDim>& dims, std::size_t pipeline,
                               std::size_t first_dim, std::vector<Reading>& to) const {
    for (std::size_t i = 0; i < dims.size(); ++i) {
      if (dims[i].rule->aggregate != Dim::Aggregate::attribute) continue;
      const std::string_view text = fact_.attributes[dims[i].source];
      if (text.empty()) {
        const Catalog::Code& code = catalog_.code(fact_.code);
        return missing_attribute(code.attributes[dims[i].source].name, item_.rule->name);
      }
      STEELYARD_TRY(fits, fits_conditions(dims[i]));
      if (!fits) continue;
      Reading& reading = add(dims[i], pipeline, i, first_dim, to);
      reading.is_attribute = true;
      reading.value = number_of(text);
    }
    return {};
  }

  Result<bool> fits_conditions(const PreparedDim& dim) const {
    const Fit fit = fit_of(dim.where, fact_);
    if (fit == Fit::unknown) {
      return missing_condition(dim.where, fact_, catalog_.code(fact_.code));
    }
    return fit == Fit::yes;
  }

  static Reading& add(const PreparedDim& dim, std::size_t pipeline, std::size_t number,
                      std::size_t first_dim, std::vector<Reading>& to) {
    Reading& reading = to.emplace_back();
    reading.pipeline = static_cast<std::uint16_t>(pipeline);
    reading.dim = static_cast<std::uint16_t>(number);
    reading.slot_dim = static_cast<std::uint16_t>(first_dim + number);
    reading.rule = &dim;
    return reading;
  }

  const Catalog& catalog_;
  const Fact& fact_;
  const PreparedItem& item_;
};

/// The items that read one of the fact's meters, rising.
std::vector<std::uint32_t> items_of(const Catalog& catalog, const Fact& fact) {
  std::vector<std::uint32_t> items;
  const Catalog::Code& code = catalog.code(fact.code);
  for (const Fact::Meter& each : fact.meters) {
    const std::vector<std::uint32_t>& readers = code.readers[each.meter];
    items.insert(items.end(), readers.begin(), readers.end());
  }
  std::ranges::sort(items);
  items.erase(std::ranges::unique(items).begin(), items.end());
  return items;
}

}  // namespace

money::Rational number_of(std::string_view text) {
  const auto value = money::Rational::parse(text);
  return value.has_value() ? *value : money::Rational();
}

FactReadings& ReadingTable::find(const Fact& fact) {
  const AttributeSet* set = fact.set;
  if (set == nullptr) {
    own_.pack(fact.code, fact.attributes);
    set = &own_;
  }
  std::uint64_t hash = set->hash;
  for (const Fact::Meter& each : fact.meters) hash = base::hash_pair(hash, each.meter);
  const auto is_it = [&](std::uint32_t index) {
    const FactReadings& known = readings_[index];
    return known.packed_attributes == set->packed &&
           std::ranges::equal(known.meters, fact.meters, {}, {}, &Fact::Meter::meter);
  };
  const std::uint32_t known = readings_at_.find(hash, is_it);
  if (known != base::NumberTable::none) return readings_[known];
  if (bytes_ > readings_bytes_max) {
    bytes_ = 0;
    readings_.clear();
    readings_at_ = {};
    attributes_at_ = {};
  }
  FactReadings made = make(fact, *set);
  readings_at_.add(hash, static_cast<std::uint32_t>(readings_.size()));
  bytes_ += bytes_of(made);
  readings_.push_back(std::move(made));
  return readings_.back();
}

FactReadings ReadingTable::make(const Fact& fact, const AttributeSet& set) {
  FactReadings made;
  made.attributes = number_of(set);
  made.packed_attributes = set.packed;
  for (const Fact::Meter& each : fact.meters) made.meters.push_back(each.meter);
  for (const std::uint32_t index : items_of(*catalog_, fact)) {
    made.items.push_back(ItemReader(*catalog_, fact, catalog_->items()[index]).read());
  }
  return made;
}

/// To be called before readings with these attributes are added.
std::uint64_t ReadingTable::number_of(const AttributeSet& set) {
  const std::uint32_t known = attributes_at_.find(set.hash, [&](std::uint32_t index) {
    return readings_[index].packed_attributes == set.packed;
  });
  if (known != base::NumberTable::none) return readings_[known].attributes;
  attributes_at_.add(set.hash, static_cast<std::uint32_t>(readings_.size()));
  return next_attributes_++;
}

}  // namespace steelyard::rating::cloud
