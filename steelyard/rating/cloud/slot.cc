#include "steelyard/rating/cloud/slot.h"

#include <algorithm>
#include <limits>

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

/// A number whose texts sort as the numbers do.
std::string sortable(std::uint64_t value) {
  std::string text = std::to_string(value);
  return std::string(20 - text.size(), '0') + text;
}

/// By dim, as Slot::each is.
std::vector<metering::ValueLimit> limits_of(const PreparedItem& item, const Slot& slot) {
  std::vector<metering::ValueLimit> limits;
  const auto add = [&](const PreparedDim& dim, metering::WindowKind window) {
    limits.push_back(metering::value_limit(*dim.rule, window, slot.each[limits.size()]));
  };
  for (const Pipeline& pipeline : item.pipelines) {
    for (const PreparedDim& dim : pipeline.dims) add(dim, pipeline.window);
  }
  for (std::size_t i = 0; i < item.allowances.size(); ++i) {
    add(item.allowances[i], item.pipelines.front().stages[item.allowance_stages[i]].window);
  }
  return limits;
}

}  // namespace

SlotTable::SlotTable(const Catalog& catalog) : catalog_(&catalog), calendar_(catalog.calendar()) {}

std::uint64_t SlotTable::hash_of(const Setting& setting, const Fact& fact) {
  std::uint64_t hash = base::hash_pair((std::uint64_t{setting.item->index} << 32) | setting.epoch,
                                       (std::uint64_t{setting.price_epoch} << 32) | setting.band);
  for (const std::uint16_t attribute : setting.item->slot_attributes) {
    hash = base::hash(fact.attributes[attribute], hash);
  }
  return setting.item->has_account_discount ? base::hash(fact.account, hash) : hash;
}

/// Whether a setting is the one that is asked for; its texts stand one behind the other.
bool SlotTable::is_of(const Setting& setting, const Setting& asked, const Fact& fact) {
  if (setting.item != asked.item || setting.epoch != asked.epoch ||
      setting.price_epoch != asked.price_epoch || setting.band != asked.band) {
    return false;
  }
  std::string_view rest = setting.texts;
  for (const std::uint16_t attribute : asked.item->slot_attributes) {
    const std::string_view text = fact.attributes[attribute];
    if (!rest.starts_with(text)) return false;
    rest.remove_prefix(text.size());
    if (!rest.starts_with('\0')) return false;
    rest.remove_prefix(1);
  }
  return rest == (asked.item->has_account_discount ? fact.account : std::string_view());
}

/// A guess is good for the stretch between two breaks where nothing but that and the attributes
/// decides the slot.
const Slot& SlotTable::find_anew(const PreparedItem& item, const Fact& fact, Moment moment,
                                 Guess& guess) {
  const Slot& slot = find_or_make(item, fact, moment);
  if (moment.price_second != moment.second || !item.bands.empty() || item.has_account_discount) {
    return slot;
  }
  const auto next = std::upper_bound(item.breaks.begin(), item.breaks.end(), moment.second);
  guess.slot = &slot;
  guess.from = next == item.breaks.begin() ? std::numeric_limits<std::int64_t>::min() : next[-1];
  guess.to = next == item.breaks.end() ? std::numeric_limits<std::int64_t>::max() : *next;
  return slot;
}

const Slot& SlotTable::find_or_make(const PreparedItem& item, const Fact& fact, Moment moment) {
  const std::uint32_t epoch = stretch_of(item.breaks, moment.second);
  const std::uint32_t price_epoch =
      moment.price_second == moment.second ? epoch : stretch_of(item.breaks, moment.price_second);
  const int minute = item.bands.empty() ? 0 : calendar_.minute_of_day(moment.second);
  Setting setting{&item, epoch, price_epoch,
                  static_cast<std::uint32_t>(item.bands.empty() ? 0 : band_of(item.bands, minute))};
  std::uint64_t hash = hash_of(setting, fact);
  for (auto found = numbers_.find(hash); found != numbers_.end(); found = numbers_.find(++hash)) {
    const Setting& known = settings_[found->second];
    if (is_of(known, setting, fact)) return *by_number_[known.slot];
  }
  for (const std::uint16_t attribute : item.slot_attributes) {
    setting.texts += fact.attributes[attribute];
    setting.texts += '\0';
  }
  if (item.has_account_discount) setting.texts += fact.account;
  Slot& slot = make(item, fact, moment, minute);
  slot.epoch = epoch;
  const std::int64_t since = item.validity.from.has_value() ? item.validity.from->seconds : 0;
  slot.order = sortable(static_cast<std::uint64_t>(std::max<std::int64_t>(since, 0))) +
               sortable(epoch) + sortable(price_epoch) + slot.order + sortable(setting.band) +
               setting.texts;
  for (const std::uint32_t cover : slot.cover_slots) {
    slots_[cover].epoch = epoch;
    slots_[cover].order = slot.order + slots_[cover].order;
  }
  setting.slot = slot.index;
  numbers_.emplace(hash, static_cast<std::uint32_t>(settings_.size()));
  settings_.push_back(std::move(setting));
  return slot;
}

Slot& SlotTable::add(Slot added) {
  Slot& slot = slots_.emplace_back(std::move(added));
  slot.index = static_cast<std::uint32_t>(slots_.size() - 1);
  by_number_.push_back(&slot);
  return slot;
}

Slot& SlotTable::make(const PreparedItem& item, const Fact& fact, Moment moment, int minute) {
  Slot& slot = add({});
  slot.item = &item;
  const Catalog::Code& code = catalog_->code(fact.code);
  for (const std::uint16_t attribute : item.slot_attributes) {
    if (fact.attributes[attribute].empty()) continue;
    slot.attributes.emplace_back(code.attributes[attribute].name, fact.attributes[attribute]);
  }
  Resolver resolver(item, slot, fact, moment, minute);
  resolver.resolve_steps();
  slot.limits = limits_of(item, slot);
  const metering::CoverTable* const cover = resolver.cover_table();
  if (cover == nullptr || slot.problem.has_value()) {
    if (!slot.problem.has_value()) resolver.resolve_price();
    return slot;
  }
  for (std::size_t i = 0; i < cover->rows.size(); ++i) {
    Slot& covered = add(slot);
    covered.cover_slots.clear();
    covered.order = sortable(static_cast<std::uint32_t>(i));
    covered.attributes.emplace_back(cover->attribute, cover->rows[i].word);
    Resolver(item, covered, fact, moment, minute).resolve_price();
    slot.cover_slots.push_back(covered.index);
  }
  return slot;
}

}  // namespace steelyard::rating::cloud
