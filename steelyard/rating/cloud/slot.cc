#include "steelyard/rating/cloud/slot.h"

#include <algorithm>

#include "steelyard/rating/cloud/resolver.h"

namespace steelyard::rating::cloud {
namespace {

using metering::PlainStep;

std::uint32_t stretch_of(const std::vector<std::int64_t>& breaks, std::int64_t second) {
  return static_cast<std::uint32_t>(std::upper_bound(breaks.begin(), breaks.end(), second) -
                                    breaks.begin());
}

int band_of(const std::vector<int>& bands, int minute) {
  return static_cast<int>(std::upper_bound(bands.begin(), bands.end(), minute) - bands.begin());
}

void append_raw(std::uint32_t value, std::string& to) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// A number whose texts sort as the numbers do.
std::string sortable(std::uint32_t value) {
  std::string text = std::to_string(value);
  return std::string(10 - text.size(), '0') + text;
}

}  // namespace

SlotTable::SlotTable(const Catalog& catalog) : catalog_(&catalog), calendar_(catalog.time_zone()) {}

const Slot& SlotTable::find(const PreparedItem& item, const Fact& fact, Moment moment) {
  const std::uint32_t epoch = stretch_of(item.breaks, moment.second);
  const std::uint32_t price_epoch =
      moment.price_second == moment.second ? epoch : stretch_of(item.breaks, moment.price_second);
  const int minute = item.bands.empty() ? 0 : calendar_.minute_of_day(moment.second);
  key_.clear();
  append_raw(item.index, key_);
  append_raw(epoch, key_);
  append_raw(price_epoch, key_);
  append_raw(static_cast<std::uint32_t>(item.bands.empty() ? 0 : band_of(item.bands, minute)),
             key_);
  for (const std::uint16_t attribute : item.slot_attributes) {
    key_ += fact.attributes[attribute];
    key_ += '\0';
  }
  if (item.has_account_discount) key_ += fact.account;
  const auto found = numbers_.find(std::string_view(key_));
  if (found != numbers_.end()) return slots_[found->second];
  const std::string key = key_;
  Slot& slot = make(item, fact, moment, minute);
  slot.epoch = epoch;
  slot.order = sortable(epoch) + sortable(price_epoch) + slot.order + key.substr(12);
  for (const std::uint32_t cover : slot.cover_slots) {
    slots_[cover].epoch = epoch;
    slots_[cover].order = slot.order + slots_[cover].order;
  }
  numbers_.emplace(key, slot.index);
  return slot;
}

Slot& SlotTable::make(const PreparedItem& item, const Fact& fact, Moment moment, int minute) {
  Slot& slot = slots_.emplace_back();
  slot.item = &item;
  slot.index = static_cast<std::uint32_t>(slots_.size() - 1);
  const Catalog::Code& code = catalog_->code(fact.code);
  for (const std::uint16_t attribute : item.slot_attributes) {
    if (fact.attributes[attribute].empty()) continue;
    slot.attributes.emplace_back(code.attributes[attribute].name, fact.attributes[attribute]);
  }
  Resolver resolver(item, slot, fact, moment, minute);
  resolver.resolve_steps();
  const metering::CoverTable* const cover = resolver.cover_table();
  if (cover == nullptr || slot.problem.has_value()) {
    if (!slot.problem.has_value()) resolver.resolve_price();
    return slot;
  }
  for (std::size_t i = 0; i < cover->rows.size(); ++i) {
    Slot& covered = slots_.emplace_back(slot);
    covered.index = static_cast<std::uint32_t>(slots_.size() - 1);
    covered.cover_slots.clear();
    covered.order = sortable(static_cast<std::uint32_t>(i));
    covered.attributes.emplace_back(cover->attribute, cover->rows[i].word);
    Resolver(item, covered, fact, moment, minute).resolve_price();
    slot.cover_slots.push_back(covered.index);
  }
  return slot;
}

}  // namespace steelyard::rating::cloud
