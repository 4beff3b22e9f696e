#include "steelyard/server/fair_turns.h"

#include <algorithm>
#include <atomic>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "steelyard/base/check.h"

namespace steelyard::server {

struct FairTurns::Place {
  std::string tenant;
  std::size_t bytes = 0;
  std::function<void()> come;
  std::list<std::shared_ptr<Place>>::iterator in_line;
  std::atomic<bool> has_come = false;
};

struct FairTurns::Lines {
  struct Tenant {
    std::list<std::shared_ptr<Place>> line;
    std::size_t under_way = 0;    ///< Bytes.
    std::uint64_t last_turn = 0;  ///< Its number among all turns.
    std::size_t begun = 0;        ///< Bytes, in the present `while_behind`.
    std::uint64_t while_number = 0;
    std::uint64_t ended = 0;  ///< Turns, since `second_began`.
    std::uint64_t ended_before = 0;
    Time second_began{0};
  };
  /// Those who wait and may have a turn: least under way first.
  using Next = std::tuple<std::size_t, std::uint64_t, std::string>;
  using Called = std::vector<std::function<void()>>;

  Lines(Limits is, std::function<bool()> behind) : limits(is), is_behind(std::move(behind)) {}

  Next key_of(const std::string& name, const Tenant& tenant) const {
    return {tenant.under_way, tenant.last_turn, name};
  }
  bool is_next(const Tenant& tenant) const {
    return !tenant.line.empty() && tenant.under_way < limits.of_tenant;
  }

  /// Changes a tenant, and its place among the next with it.
  template <class Change>
  void change(const std::string& name, Change how) {
    Tenant& tenant = tenants[name];
    if (is_next(tenant)) next.erase(key_of(name, tenant));
    how(tenant);
    if (is_next(tenant)) next.insert(key_of(name, tenant));
  }

  void give(Place& place) {
    change(place.tenant, [&](Tenant& tenant) {
      tenant.under_way += place.bytes;
      tenant.last_turn = ++turns;
      if (tenant.while_number != while_number) tenant.begun = 0;
      tenant.while_number = while_number;
      tenant.begun += place.bytes;
    });
    under_way += place.bytes;
    place.has_come = true;
  }

  bool is_behind_now() const { return is_behind && is_behind(); }

  bool has_begun_much(const Tenant& tenant) const {
    return tenant.while_number == while_number && tenant.begun >= limits.of_tenant_when_behind;
  }

  /// The next one; nobody, if there is no room.
  std::optional<std::string> next_tenant() const {
    if (next.empty() || under_way >= limits.of_all) return std::nullopt;
    const bool is_late = is_behind_now();
    for (const Next& each : next) {
      const auto& name = std::get<std::string>(each);
      if (!is_late || !has_begun_much(tenants.at(name))) return name;
    }
    return std::nullopt;
  }

  /// Gives turns while there is room. What is returned is called without the lock.
  Called give_turns() {
    Called called;
    while (const auto found = next_tenant()) {
      const std::string& name = *found;
      std::shared_ptr<Place> place;
      change(name, [&](Tenant& tenant) {
        place = std::move(tenant.line.front());
        tenant.line.pop_front();
      });
      --waiting;
      give(*place);
      called.push_back(std::exchange(place->come, nullptr));
    }
    return called;
  }

  Called end(Place& place) {
    const std::lock_guard lock(mutex);
    if (place.has_come) {
      change(place.tenant, [&](Tenant& tenant) {
        STEELYARD_CHECK(tenant.under_way >= place.bytes);
        tenant.under_way -= place.bytes;
        ++tenant.ended;
      });
      under_way -= place.bytes;
    } else {
      change(place.tenant, [&](Tenant& tenant) { tenant.line.erase(place.in_line); });
      --waiting;
    }
    forget(place.tenant);
    return give_turns();
  }

  /// A tenant of which nothing is left, when there are many.
  void forget(const std::string& name) {
    constexpr std::size_t tenants_kept = 1'000;
    const auto found = tenants.find(name);
    const bool is_quiet = found->second.line.empty() && found->second.under_way == 0;
    if (is_quiet && tenants.size() > tenants_kept) tenants.erase(found);
  }

  std::size_t line_max(Tenant& tenant, Time now) const {
    constexpr auto second = std::chrono::seconds(1);
    constexpr std::uint64_t waits_in_a_second = 4;
    if (now - tenant.second_began >= second) {
      const bool is_next_second = now - tenant.second_began < 2 * second;
      tenant.ended_before = is_next_second ? tenant.ended : 0;
      tenant.ended = 0;
      tenant.second_began = now;
    }
    const std::uint64_t a_second = std::max(tenant.ended_before, tenant.ended);
    return std::max<std::size_t>(limits.line_always, a_second / waits_in_a_second);
  }

  bool has_room(const Tenant& tenant) const {
    return tenant.line.empty() && tenant.under_way < limits.of_tenant &&
           under_way < limits.of_all && (!has_begun_much(tenant) || !is_behind_now());
  }

  const Limits limits;
  const std::function<bool()> is_behind;
  mutable std::mutex mutex;
  std::map<std::string, Tenant> tenants;
  std::set<Next> next;
  std::size_t under_way = 0;
  std::size_t waiting = 0;
  std::uint64_t turns = 0;
  std::uint64_t while_number = 0;
};

FairTurns::FairTurns(Limits limits, std::function<bool()> is_behind)
    : lines_(std::make_shared<Lines>(limits, std::move(is_behind))) {
  STEELYARD_CHECK(limits.of_tenant > 0 && limits.of_all > 0 && limits.of_turn_min > 0);
}
FairTurns::~FairTurns() = default;

FairTurns::Turn FairTurns::enter(const std::string& tenant, std::size_t bytes, Time now,
                                 std::function<void()> come, bool may_be_refused) {
  Turn turn;
  const auto place = std::make_shared<Place>();
  place->tenant = tenant;
  // Bytes that were only announced leave room for other tenants.
  place->bytes = std::max(std::min(bytes, lines_->limits.of_tenant), lines_->limits.of_turn_min);
  const std::lock_guard lock(lines_->mutex);
  Lines::Tenant& own = lines_->tenants[tenant];
  const bool has_room = lines_->has_room(own);
  if (!has_room && may_be_refused && own.line.size() >= lines_->line_max(own, now)) return turn;
  if (has_room) {
    lines_->give(*place);
  } else {
    place->come = std::move(come);
    lines_->change(tenant, [&](Lines::Tenant& changed) {
      place->in_line = changed.line.insert(changed.line.end(), place);
    });
    ++lines_->waiting;
  }
  turn.of_ = lines_;
  turn.place_ = place;
  return turn;
}

bool FairTurns::is_line_full(const std::string& tenant, Time now) {
  const std::lock_guard lock(lines_->mutex);
  const auto found = lines_->tenants.find(tenant);
  if (found == lines_->tenants.end() || lines_->has_room(found->second)) return false;
  return found->second.line.size() >= lines_->line_max(found->second, now);
}

void FairTurns::look(Time now) {
  Lines::Called called;
  {
    const std::lock_guard lock(lines_->mutex);
    lines_->while_number = static_cast<std::uint64_t>(now / while_behind);
    called = lines_->give_turns();
  }
  for (const auto& come : called) come();
}

std::size_t FairTurns::waiting() const {
  const std::lock_guard lock(lines_->mutex);
  return lines_->waiting;
}

FairTurns::Turn& FairTurns::Turn::operator=(Turn&& other) noexcept {
  if (this != &other) {
    end();
    of_ = std::move(other.of_);
    place_ = std::move(other.place_);
  }
  return *this;
}

bool FairTurns::Turn::has_come() const { return place_ != nullptr && place_->has_come; }

void FairTurns::Turn::end() {
  if (place_ == nullptr) return;
  const auto place = std::exchange(place_, nullptr);
  for (const auto& come : of_->end(*place)) come();
  of_ = nullptr;
}

}  // namespace steelyard::server
