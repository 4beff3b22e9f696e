#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace steelyard::server {

/// Who may make work now: of what is being read, rated and written, one tenant has only its share,
/// and what is beyond that waits in the tenant's own line, unread. So a tenant that sends more than
/// can be done waits for itself, and others do not wait for it (C6). Where there is room for one
/// more, it goes to the tenant that has least under way; of those, to the one that had its last
/// turn the longest ago.
///
/// While the server is behind with what follows an answer, a tenant begins little more: what it
/// begins beyond `of_tenant_when_behind` in a while waits until the server is not behind any more.
///
/// A line has at most `line_always` requests, or what its tenant gets done in a quarter of a second
/// if that is more: who came behind that would only wait for longer and longer (C1).
///
/// Thread-safe; its times are given.
class FairTurns {
 public:
  using Time = std::chrono::nanoseconds;  ///< Of a steady clock.

  struct Limits {
    /// Bytes; a turn begins below it, and counts at most as much.
    std::size_t of_tenant = std::size_t{512} * 1024;
    std::size_t of_all = std::size_t{2} * 1024 * 1024;  ///< The same, of all tenants.
    std::size_t of_turn_min = std::size_t{16} * 1024;   ///< What a turn counts at least.
    std::size_t line_always = 32;                       ///< So many may wait in any case.
    std::size_t of_tenant_when_behind =
        std::size_t{256} * 1024;  ///< Bytes, in each `while_behind`.
  };
  static constexpr std::chrono::milliseconds while_behind{100};

  /// `is_behind` is asked under a lock; empty: never.
  explicit FairTurns(Limits limits, std::function<bool()> is_behind = {});
  ~FairTurns();

 private:
  struct Lines;
  struct Place;

 public:
  /// A place in a line, and then the turn itself; it ends with this.
  class Turn {
   public:
    Turn() = default;
    ~Turn() { end(); }
    Turn(Turn&&) noexcept = default;
    Turn& operator=(Turn&& other) noexcept;

    /// Whether it has come.
    bool has_come() const;
    /// Whether it waits or has come, and is not over.
    bool is_alive() const { return place_ != nullptr; }
    void end();

   private:
    friend class FairTurns;
    std::shared_ptr<Lines> of_;
    std::shared_ptr<Place> place_;
  };

  /// Stands in line. `come` is called once if the turn is not there at once: from any thread.
  /// `may_be_refused`: not alive if the line is too long.
  [[nodiscard]] Turn enter(const std::string& tenant, std::size_t bytes, Time now,
                           std::function<void()> come, bool may_be_refused = true);

  /// Whether `enter` would refuse the tenant's next request now.
  [[nodiscard]] bool is_line_full(const std::string& tenant, Time now);

  /// Gives the turns that may come now because time has passed. Now and then.
  void look(Time now);

  /// How many wait, of all tenants.
  std::size_t waiting() const;

 private:
  std::shared_ptr<Lines> lines_;
};

}  // namespace steelyard::server
