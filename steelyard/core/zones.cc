#include <algorithm>
#include <set>

#include "steelyard/core/core.h"

/// The rules of time zones that a core computes with.
namespace steelyard::core {

bool Core::is_zone_of_rater(const std::string& zone) const {
  return std::ranges::any_of(rater_->book().versions, [&](const pricebook::PriceBook& version) {
    return version.time_zone == zone;
  });
}

bool Core::is_made_anew_by(const Command& command) const {
  const auto* const zone = std::get_if<SetZoneRules>(&command);
  return std::holds_alternative<PublishPrices>(command) ||
         (zone != nullptr && is_zone_of_rater(zone->rules->zone));
}

base::ZoneBook Core::zones_behind(const Command& command) const {
  base::ZoneBook zones = zones_;
  if (const auto* const prices = std::get_if<PublishPrices>(&command)) {
    for (const base::SharedZoneRules& each : prices->zone_rules) {
      if (zones.lacks(each->zone)) zones.set(each);
    }
  }
  if (const auto* const zone = std::get_if<SetZoneRules>(&command)) zones.set(zone->rules);
  return zones;
}

std::set<std::string> Core::zones_in_use() const {
  std::set<std::string> all;
  for (const pricebook::PriceBook& version : rater_->book().versions) {
    all.insert(version.time_zone);
  }
  for (const std::string& zone : ledger_.zones()) all.insert(zone);
  std::erase_if(all, [](const std::string& zone) { return base::is_fixed_zone(zone); });
  return all;
}

void Core::take_zone_rules(base::SharedZoneRules rules) {
  new_zones_.insert(rules->zone);
  ledger_.set_zone_rules(rules);
  zones_.set(std::move(rules));
}

/// Of the rater's zone, the core was made with them.
ledger::Answer<Answer> Core::carry_out(const SetZoneRules& command, const Place&) {
  const base::SharedZoneRules known = zones_.known(command.rules->zone);
  if (known == nullptr || *known != *command.rules) take_zone_rules(command.rules);
  return Answer{};
}

}  // namespace steelyard::core
