#include "steelyard/server/idempotency.h"

#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>

#include "steelyard/base/check.h"

namespace steelyard::server {
namespace {

class InMemory : public Idempotency {
 public:
  InMemory(std::size_t keys_max, std::size_t bytes_max)
      : keys_max_(keys_max), bytes_max_(bytes_max) {}

  IdempotencyState begin(const IdempotencyKey& key, std::string_view request_hash) override {
    using Kind = IdempotencyState::Kind;
    const std::lock_guard lock(mutex_);
    const auto found = commands_.find(place_of(key));
    if (found != commands_.end()) {
      if (found->second.request_hash != request_hash) return {.kind = Kind::other, .response = {}};
      if (!found->second.response.has_value()) return {.kind = Kind::running, .response = {}};
      return {.kind = Kind::answered, .response = *found->second.response};
    }
    while (commands_.size() >= keys_max_ && !answered_.empty()) forget_oldest();
    if (commands_.size() >= keys_max_) return {.kind = Kind::full, .response = {}};
    commands_[place_of(key)].request_hash = request_hash;
    return {};
  }

  void complete(const IdempotencyKey& key, const Response& response) override {
    const std::lock_guard lock(mutex_);
    const auto found = commands_.find(place_of(key));
    STEELYARD_CHECK(found != commands_.end() && !found->second.response.has_value());
    found->second.response = response;
    bytes_ += size_of(found->second);
    answered_.push_back(found->first);
    // The newest answer stays, whatever its size.
    while (bytes_ > bytes_max_ && answered_.size() > 1) forget_oldest();
  }

  void abandon(const IdempotencyKey& key) override {
    const std::lock_guard lock(mutex_);
    const auto found = commands_.find(place_of(key));
    STEELYARD_CHECK(found != commands_.end() && !found->second.response.has_value());
    commands_.erase(found);
  }

 private:
  using Place = std::pair<std::string, std::string>;
  struct Command {
    std::string request_hash;
    std::optional<Response> response;  ///< None: it is running.
  };

  static Place place_of(const IdempotencyKey& key) { return {key.tenant, key.key}; }

  static std::size_t size_of(const Command& command) {
    std::size_t size = 512 + command.response->body.size();
    for (const auto& [name, value] : command.response->fields) size += name.size() + value.size();
    return size;
  }

  void forget_oldest() {
    const auto found = commands_.find(answered_.front());
    STEELYARD_CHECK(found != commands_.end());
    bytes_ -= size_of(found->second);
    commands_.erase(found);
    answered_.pop_front();
  }

  const std::size_t keys_max_;
  const std::size_t bytes_max_;
  std::mutex mutex_;
  std::map<Place, Command> commands_;
  std::list<Place> answered_;  ///< In the order of their answers.
  std::size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Idempotency> idempotency_in_memory(std::size_t keys_max, std::size_t bytes_max) {
  return std::make_unique<InMemory>(keys_max, bytes_max);
}

}  // namespace steelyard::server
