#include <gtest/gtest.h>

#include <random>

#include "steelyard/core/machine_for_tests.h"

namespace steelyard::core {
namespace {

std::string storage(const std::string& id, int hour, int gigabytes) {
  const std::string at = "2026-11-22T" + std::string(hour < 10 ? "0" : "") + std::to_string(hour);
  return R"({"specversion":"1.0","id":")" + id +
         R"(","source":"collector","type":"cloud.resource.usage","subject":"acme","time":")" + at +
         R"(:59:00Z","data":{"product":"oss","resource":"bucket","start":")" + at +
         R"(:00:00Z","end":")" + at + R"(:59:00Z","meters":{"storage_gb":)" +
         std::to_string(gigabytes) +
         R"(},"attributes":{"region":"cn-hangzhou","class":"standard_lrs"}}})"
         "\n";
}

std::string voided(const std::string& id, const std::string& what) {
  return R"({"specversion":"1.0","id":")" + id +
         R"(","source":"collector","type":"cloud.resource.void","subject":"acme",)"
         R"("time":"2026-11-22T20:00:00Z","data":{"voids":{"source":"collector","id":")" +
         what + "\"}}}\n";
}

/// Approves or rejects one of the proposals, open or not, by anybody.
void decide_some(Machine& machine, const std::string& id, std::mt19937_64& random) {
  std::vector<const Proposal*> all;
  machine.core.proposals().each_below(1, UINT64_MAX, [&](const Proposal& each) {
    all.push_back(&each);
    return true;
  });
  if (all.empty()) return;
  const Proposal& one = *all[random() % all.size()];
  const std::string how = random() % 3 == 0 ? "reject" : "approve";
  machine.ask(R"({"command":")" + how + R"(","proposal":)" + std::to_string(one.number) +
              R"(,"proposed_by":")" + one.proposed_by + R"(","id":"d-)" + id + R"(","by":"k)" +
              std::to_string(random() % 4) + "\"}");
}

/// One random thing that may happen; the same for the same machine and random numbers.
void happen(Machine& machine, int number, std::mt19937_64& random) {
  const std::string id = std::to_string(number);
  const std::string any = std::to_string(random() % 40);
  const auto some = [&](int max) { return static_cast<int>(random() % max); };
  switch (random() % 16) {
    case 0: machine.ask(R"({"command":"set_tenant","name":"t)" + any + "\"}"); break;
    case 1:
      machine.ask(R"({"command":"set_key","key":"k)" + any + R"(","record":")" +
                  (some(3) == 0 ? "" : id) + R"(","by":"k)" + std::to_string(40 + some(3)) + "\"}");
      break;
    case 2:
      machine.ask(R"({"command":"set_budget","name":"key/ak-)" + std::to_string(some(3)) +
                  R"(","limit":"0.0)" + std::to_string(1 + some(9)) +
                  R"(","hard":false,"thresholds":[10,50,100]})");
      break;
    case 3:
      machine.ask(R"({"command":"top_up","account":"acme","id":"p-)" + id + R"(","amount":"0.)" +
                  std::to_string(1 + some(9)) + "\"}");
      break;
    case 4:
      machine.ask(R"({"command":"open_hold","hold":"h-)" + any +
                  R"(","account":"acme","amount":"0.1","ttl_ms":5000})");
      break;
    case 5:
      machine.ask(R"({"command":"settle_hold","hold":"h-)" + any +
                  R"(","account":"acme","id":"s-)" + id + R"(","amount":"0.01"})");
      break;
    case 6: machine.tick(some(20) == 0 ? Proposals::open_seconds : some(4)); break;
    case 7: machine.take(storage("o-" + id, some(20), 500 + some(500))); break;
    case 12:
      machine.ask(R"({"command":"add_quota","account":"acme","id":"q-)" + any +
                  R"(","model":"qwen-plus","class":")" + (some(2) == 0 ? "free" : "package") +
                  R"(","tokens":300000,"expires_at":"2027-01-01T00:00:00Z"})");
      break;
    case 13:
      machine.ask(R"({"command":"propose","what":{"command":"top_up","account":"acme","id":"w-)" +
                  any + R"(","amount":"0.1"},"by":"k)" + std::to_string(some(4)) + "\"}");
      break;
    case 14: decide_some(machine, id, random); break;
    case 15:
      if (some(4) != 0) break;
      machine.ask(R"({"command":"close_usage","period":"2026-11","before":"2026-11-22T0)" +
                  std::to_string(some(8)) + R"(:00:00Z"})");
      break;
    case 8: machine.take(voided("v-" + any, "o-" + any)); break;
    default:
      machine.take(
          call("c-" + id, 1 + some(200'000),
               R"("api_key":"ak-)" + std::to_string(some(3)) + R"(","hold":"h-)" + any + R"(",)"));
  }
}

/// A core that is kept now and then, lost, and restored, is at every time the same, byte for byte,
/// as one that never was.
TEST(CoreKeeping, a_restored_core_goes_on_as_if_nothing_had_been) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    std::mt19937_64 chances(seed);
    auto steady = std::make_unique<Machine>();
    auto restarted = std::make_unique<Machine>();
    Machine::Entities kept_of_steady;
    Machine::Entities kept;
    for (int round = 0; round < 12; ++round) {
      const std::uint64_t random_of_round = chances();
      std::mt19937_64 first(random_of_round);
      std::mt19937_64 second(random_of_round);
      for (int i = 0; i < 25; ++i) happen(*steady, round * 25 + i, first);
      for (int i = 0; i < 25; ++i) happen(*restarted, round * 25 + i, second);
      steady->keep(kept_of_steady);
      restarted->keep(kept);
      ASSERT_EQ(kept, kept_of_steady) << "seed " << seed << ", round " << round;
      auto next = std::make_unique<Machine>(restarted->identities);
      next->restore(kept, restarted->place());
      EXPECT_EQ(next->core.imbalance(), std::nullopt);
      restarted = std::move(next);
      Machine::Entities nothing;
      restarted->keep(nothing);
      EXPECT_LE(nothing.size(), 1U);  // The time alone.
    }
    EXPECT_GT(steady->core.counts(1).of(batch::Status::rated), 50U);
    EXPECT_GT(steady->core.crossed_budgets().size(), 0U);
    std::set<ProposalState> states;
    steady->core.proposals().each_below(1, UINT64_MAX, [&](const Proposal& each) {
      states.insert(each.state);
      return true;
    });
    EXPECT_GE(states.size(), 3U);
  }
}

TEST(CoreKeeping, what_is_no_entity_is_refused) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"A", "x"}, {"Z", ""}, {"C", ""}, {"F\1\1\1\1r", ""}, {"E", ""}}) {
    Machine machine;
    const auto restored = machine.core.restore(key, value);
    ASSERT_FALSE(restored.has_value()) << key;
    EXPECT_EQ(restored.error().code, ErrorCode::file_is_malformed);
  }
}

}  // namespace
}  // namespace steelyard::core
