// S20: nobody gives money to himself. What one person proposes, another one approves.

#include <gtest/gtest.h>

#include "steelyard/core/machine_for_tests.h"

namespace steelyard::core {
namespace {

using ledger::Refusal;

constexpr std::int64_t day = 86'400;

std::string top_up(const std::string& id, const std::string& amount) {
  return R"({"command":"top_up","account":"acme","id":")" + id + R"(","amount":")" + amount + "\"}";
}

std::string limit(const std::string& amount) {
  return R"({"command":"set_account","account":"acme","postpaid_limit":")" + amount + "\"}";
}

std::string quota(const std::string& id) {
  return R"({"command":"add_quota","account":"acme","id":")" + id +
         R"(","model":"qwen-plus","class":"free","tokens":600,)"
         R"("expires_at":"2027-02-01T00:00:00Z"})";
}

std::string proposed(const std::string& what, const std::string& by = "ann") {
  return R"({"command":"propose","what":)" + what + R"(,"by":")" + by + "\"}";
}

std::string decided(const std::string& how, std::uint64_t proposal, const std::string& by,
                    const std::string& id, const std::string& proposed_by) {
  return R"({"command":")" + how + R"(","proposal":)" + std::to_string(proposal) +
         R"(,"proposed_by":")" + proposed_by + R"(","id":")" + id + R"(","by":")" + by + "\"}";
}

std::string approved(std::uint64_t proposal, const std::string& by = "bob",
                     const std::string& id = "a-1", const std::string& proposed_by = "ann") {
  return decided("approve", proposal, by, id, proposed_by);
}

std::string rejected(std::uint64_t proposal, const std::string& by = "bob",
                     const std::string& id = "r-1") {
  return decided("reject", proposal, by, id, "ann");
}

std::string key_made(const std::string& key, const std::string& by) {
  return R"({"command":"set_key","key":")" + key + R"(","record":"x")" +
         (by.empty() ? "" : R"(,"by":")" + by + '"') + '}';
}

std::optional<Refusal> why_not(const Answer& answer) {
  if (!answer.refused.has_value()) return std::nullopt;
  return answer.refused->why;
}

ProposalState state_of(const Machine& machine, std::uint64_t proposal) {
  return machine.core.proposals().find(1, proposal)->state;
}

TEST(FourEyes, S20_what_is_proposed_is_carried_out_once_when_another_person_approves) {
  Machine machine;
  const std::uint64_t sequence = machine.place().sequence;
  const Answer answer = machine.ask(proposed(top_up("p-1", "100")));
  EXPECT_EQ(answer.proposal, sequence);
  EXPECT_FALSE(answer.balance.has_value());
  EXPECT_FALSE(machine.core.find_account(1, "acme").has_value()) << "nothing was moved";
  const Proposal& proposal = *machine.core.proposals().find(1, answer.proposal);
  EXPECT_EQ(proposal.state, ProposalState::open);
  EXPECT_EQ(proposal.what, top_up("p-1", "100"));
  EXPECT_EQ(proposal.account, "acme");
  EXPECT_EQ(proposal.proposed_by, "ann");
  EXPECT_EQ(proposal.proposed_at, noon);
  EXPECT_EQ(proposal.expires_at.seconds, noon.seconds + 7 * day);

  machine.tick(60);
  const Answer done = machine.ask(approved(answer.proposal));
  EXPECT_EQ(done.balance->prepaid.to_text(), "100");
  EXPECT_EQ(done.proposal, answer.proposal);
  EXPECT_EQ(proposal.state, ProposalState::approved);
  EXPECT_EQ(proposal.decided_by, "bob");
  EXPECT_EQ(proposal.decided_at.seconds, noon.seconds + 60);

  const Answer again = machine.ask(approved(answer.proposal));
  EXPECT_TRUE(again.is_repeat);
  EXPECT_EQ(again.balance->prepaid.to_text(), "100");
  for (const std::string& command :
       {approved(answer.proposal, "bob", "a-2"), approved(answer.proposal, "eve", "a-3"),
        rejected(answer.proposal)}) {
    const Answer refused = machine.ask(command);
    EXPECT_EQ(why_not(refused), Refusal::proposal_not_open) << command;
    EXPECT_EQ(refused.proposal_state, ProposalState::approved);
  }
  EXPECT_EQ(machine.balance().prepaid.to_text(), "100");
  EXPECT_EQ(machine.core.imbalance(), std::nullopt);
}

TEST(FourEyes, S20_nobody_approves_what_may_be_ones_own) {
  Machine machine;
  machine.ask(key_made("root", ""));
  machine.ask(key_made("ann", "root"));
  machine.ask(key_made("bob", "root"));
  machine.ask(key_made("ann-2", "ann"));
  machine.ask(key_made("ann-3", "ann-2"));
  machine.ask(key_made("ann-3", "bob"));  // Revoked by another one: who made it stays.
  const std::uint64_t proposal = machine.ask(proposed(top_up("p-1", "100"))).proposal;
  for (const std::string who : {"ann", "ann-2", "ann-3", "root"}) {
    EXPECT_EQ(why_not(machine.ask(approved(proposal, who))), Refusal::own_proposal) << who;
  }
  auto unnamed = approved(proposal);
  unnamed.replace(unnamed.find(R"(,"by":"bob")"), 11, "");
  EXPECT_EQ(why_not(machine.ask(unnamed)), Refusal::own_proposal);
  EXPECT_EQ(why_not(machine.ask(approved(proposal, "bob", "a-1", "eve"))),
            Refusal::unknown_proposal)
      << "the record would say what is not so";
  EXPECT_EQ(state_of(machine, proposal), ProposalState::open);
  EXPECT_EQ(why_not(machine.ask(approved(proposal, "bob"))), std::nullopt);
  EXPECT_EQ(machine.balance().prepaid.to_text(), "100");
}

TEST(FourEyes, S20_keys_that_made_each_other_in_a_circle_end_nothing) {
  Machine machine;
  machine.ask(key_made("a", "b"));
  machine.ask(key_made("b", "a"));
  EXPECT_TRUE(machine.core.may_be_one_person("a", "b"));
  EXPECT_FALSE(machine.core.may_be_one_person("a", "c"));
}

TEST(FourEyes, S20_a_rejected_proposal_moves_nothing) {
  Machine machine;
  const std::uint64_t first = machine.ask(proposed(top_up("p-1", "100"))).proposal;
  EXPECT_EQ(why_not(machine.ask(rejected(first))), std::nullopt);
  EXPECT_TRUE(machine.ask(rejected(first)).is_repeat);
  EXPECT_EQ(why_not(machine.ask(approved(first))), Refusal::proposal_not_open);
  EXPECT_EQ(state_of(machine, first), ProposalState::rejected);
  const std::uint64_t own = machine.ask(proposed(top_up("p-2", "100"))).proposal;
  EXPECT_EQ(why_not(machine.ask(rejected(own, "ann", "r-2"))), std::nullopt) << "taken back";
  EXPECT_FALSE(machine.core.find_account(1, "acme").has_value());
  EXPECT_EQ(why_not(machine.ask(approved(4'711))), Refusal::unknown_proposal);
}

TEST(FourEyes, S20_a_proposal_expires_by_the_time_of_the_log) {
  Machine machine;
  const std::uint64_t first = machine.ask(proposed(top_up("p-1", "1"))).proposal;
  machine.tick(day);
  const std::uint64_t second = machine.ask(proposed(top_up("p-2", "2"))).proposal;
  const base::Instant end{noon.seconds + 7 * day, 0};
  EXPECT_FALSE(machine.core.is_due({end.seconds - 1, 999'999'999}));
  EXPECT_TRUE(machine.core.is_due(end));
  machine.tick(6 * day - 1);
  EXPECT_EQ(state_of(machine, first), ProposalState::open);
  machine.tick(1);
  EXPECT_EQ(state_of(machine, first), ProposalState::expired);
  EXPECT_EQ(machine.core.proposals().find(1, first)->decided_at, end);
  EXPECT_EQ(machine.core.proposals().find(1, first)->decided_by, "");
  const Answer late = machine.ask(approved(first));
  EXPECT_EQ(why_not(late), Refusal::proposal_not_open);
  EXPECT_EQ(late.proposal_state, ProposalState::expired);
  EXPECT_EQ(state_of(machine, second), ProposalState::open);

  // No tick came, but the record that approves says what time it is.
  Place later = machine.place();
  later.received.seconds += day;
  const auto command = read_command(approved(second, "bob", "a-2"));
  EXPECT_EQ(why_not(machine.core.apply(command->what, later, command->by)),
            Refusal::proposal_not_open);
  EXPECT_EQ(state_of(machine, second), ProposalState::expired);
}

TEST(FourEyes, S20_what_the_ledger_refuses_stays_open) {
  Machine machine;
  const std::string refund =
      R"({"command":"refund","account":"acme","id":"b-1","original":"p-1","amount":"5"})";
  const std::uint64_t proposal = machine.ask(proposed(refund)).proposal;
  EXPECT_EQ(why_not(machine.ask(approved(proposal))), Refusal::unknown_account);
  machine.ask(top_up("p-1", "3"));
  EXPECT_EQ(why_not(machine.ask(approved(proposal))), Refusal::refund_exceeds_original);
  EXPECT_EQ(state_of(machine, proposal), ProposalState::open);
  machine.ask(rejected(proposal));
  const std::uint64_t grant =
      machine
          .ask(proposed(R"({"command":"grant","account":"acme","id":"g-1","amount":"1",)"
                        R"("expires_at":"2027-01-01T00:00:00Z"})"))
          .proposal;
  EXPECT_EQ(why_not(machine.ask(approved(grant, "bob", "a-2"))), std::nullopt);
  EXPECT_EQ(machine.balance().promo_usable.to_text(), "1");
  const std::string larger =
      R"({"command":"refund","account":"acme","id":"b-2","original":"p-1","amount":"2"})";
  const std::uint64_t possible = machine.ask(proposed(larger)).proposal;
  EXPECT_EQ(why_not(machine.ask(approved(possible, "bob", "a-3"))), std::nullopt);
  EXPECT_EQ(machine.balance().prepaid.to_text(), "1");
}

TEST(FourEyes, S20_limits_and_quotas_begin_with_the_approval) {
  Machine machine;
  const std::uint64_t terms = machine.ask(proposed(limit("50"))).proposal;
  const std::uint64_t tokens = machine.ask(proposed(quota("q-1"))).proposal;
  EXPECT_FALSE(machine.core.quotas().find(1, quota_id("q-1")).has_value());
  machine.tick(3'600);
  EXPECT_EQ(machine.ask(approved(terms, "bob", "a-1")).balance->terms.postpaid_limit.to_text(),
            "50");
  EXPECT_EQ(why_not(machine.ask(approved(tokens, "bob", "a-2"))), std::nullopt);
  const auto added = machine.core.quotas().find(1, quota_id("q-1"));
  ASSERT_TRUE(added.has_value());
  EXPECT_EQ(added->quota.effective_at.seconds, noon.seconds + 3'600);
}

TEST(FourEyes, S20_a_key_of_a_client_is_of_one_command_proposed_or_not) {
  Machine machine;
  const std::uint64_t proposal = machine.ask(proposed(top_up("p-1", "1"))).proposal;
  const Answer again = machine.ask(proposed(top_up("p-1", "1.00"), "cid"));
  EXPECT_TRUE(again.is_repeat);
  EXPECT_EQ(again.proposal, proposal);
  // Without four eyes, the same request has the answer that it had with them, and the reverse.
  const Answer direct = machine.ask(top_up("p-1", "1"));
  EXPECT_TRUE(direct.is_repeat);
  EXPECT_EQ(direct.proposal, proposal);
  EXPECT_FALSE(machine.core.find_account(1, "acme").has_value());
  machine.ask(top_up("p-2", "2"));
  const Answer late = machine.ask(proposed(top_up("p-2", "2")));
  EXPECT_TRUE(late.is_repeat);
  EXPECT_EQ(late.proposal, 0U);
  EXPECT_EQ(late.balance->prepaid.to_text(), "2");
  machine.ask(quota("q-1"));
  EXPECT_EQ(machine.ask(proposed(quota("q-1"))).quota_from->seconds, noon.seconds);

  EXPECT_EQ(why_not(machine.ask(proposed(top_up("p-1", "9")))), Refusal::idempotency_key_reused);
  EXPECT_EQ(why_not(machine.ask(proposed(quota("p-1")))), Refusal::idempotency_key_reused);
  EXPECT_EQ(why_not(machine.ask(approved(proposal, "bob", "p-2"))),
            Refusal::idempotency_key_reused);
  EXPECT_EQ(why_not(machine.ask(approved(proposal))), std::nullopt);
  EXPECT_EQ(why_not(machine.ask(rejected(proposal, "bob", "a-1"))),
            Refusal::idempotency_key_reused);
  EXPECT_EQ(machine.ask(proposed(top_up("p-1", "1"))).proposal, proposal) << "as it was answered";
  EXPECT_EQ(machine.balance().prepaid.to_text(), "3");
}

// Behind the week in which answers are known, the ledger still books a payment once.
TEST(FourEyes, S20_a_payment_that_is_proposed_twice_is_booked_once) {
  Machine machine;
  const std::uint64_t first = machine.ask(proposed(top_up("p-1", "1"))).proposal;
  EXPECT_EQ(why_not(machine.ask(approved(first))), std::nullopt);
  machine.tick(KeyedAnswers::memory_seconds + 1);
  const std::uint64_t second = machine.ask(proposed(top_up("p-1", "1"))).proposal;
  EXPECT_NE(second, first);
  EXPECT_EQ(machine.ask(approved(second, "bob", "a-2")).balance->prepaid.to_text(), "1");
  const std::uint64_t other = machine.ask(proposed(limit("1"))).proposal;
  EXPECT_EQ(machine.ask(proposed(limit("1.0"), "bob")).proposal, other) << "it is open";
  EXPECT_NE(machine.ask(proposed(limit("2"))).proposal, other);
}

TEST(FourEyes, S20_a_tenant_has_so_many_open_proposals_and_no_more) {
  Machine machine;
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < Proposals::open_max; ++i) {
    last = machine.ask(proposed(top_up("p-" + std::to_string(i), "1"))).proposal;
  }
  EXPECT_EQ(why_not(machine.ask(proposed(top_up("more", "1")))), Refusal::too_many_proposals);
  EXPECT_EQ(machine.ask(proposed(top_up("p-0", "1"))).is_repeat, true);
  const auto other = read_command(proposed(top_up("more", "1")));
  Place place = machine.place();
  place.tenant = 2;
  EXPECT_EQ(why_not(machine.core.apply(other->what, place, other->by)), std::nullopt);
  machine.tick(0);  // That place is taken.
  machine.ask(rejected(last));
  EXPECT_EQ(why_not(machine.ask(proposed(top_up("more", "1")))), std::nullopt);
}

TEST(FourEyes, S20_another_tenants_proposal_is_none) {
  Machine machine;
  const std::uint64_t proposal = machine.ask(proposed(top_up("p-1", "1"))).proposal;
  const auto command = read_command(approved(proposal));
  Place place = machine.place();
  place.tenant = 2;
  EXPECT_EQ(why_not(machine.core.apply(command->what, place, command->by)),
            Refusal::unknown_proposal);
  EXPECT_EQ(state_of(machine, proposal), ProposalState::open);
}

TEST(FourEyes, S20_the_log_is_enough_and_so_is_what_was_kept) {
  Machine before;
  before.ask(key_made("bob", "root"));
  const std::uint64_t open = before.ask(proposed(top_up("p-1", "1"))).proposal;
  const std::uint64_t closed = before.ask(proposed(top_up("p-2", "2"))).proposal;
  before.ask(approved(closed));
  Machine::Entities kept;
  before.keep(kept);
  Machine machine;
  machine.restore(kept, before.place());
  Machine::Entities nothing;
  machine.keep(nothing);
  EXPECT_EQ(nothing.size(), 1U) << "the time alone";
  EXPECT_EQ(why_not(machine.ask(approved(open, "root", "a-2"))), std::nullopt);
  EXPECT_TRUE(machine.ask(approved(closed)).is_repeat);
  EXPECT_EQ(machine.balance().prepaid.to_text(), "3");
  EXPECT_EQ(machine.ask(proposed(top_up("p-3", "3"), "root")).refused, std::nullopt);
  const std::uint64_t own = machine.place().sequence - 1;
  EXPECT_EQ(why_not(machine.ask(approved(own, "bob", "a-3", "root"))), Refusal::own_proposal)
      << "who made a key is kept";

  // The same records from the first one on.
  Machine steady;
  for (const std::string& command :
       {key_made("bob", "root"), proposed(top_up("p-1", "1")), proposed(top_up("p-2", "2")),
        approved(closed), approved(open, "root", "a-2"), approved(closed),
        proposed(top_up("p-3", "3"), "root"), approved(own, "bob", "a-3", "root")}) {
    steady.ask(command);
  }
  machine.keep(kept);
  Machine::Entities all;
  steady.keep(all);
  EXPECT_EQ(all, kept);
}

TEST(FourEyes, S20_the_acts_name_both) {
  Machine machine;
  machine.ask(proposed(top_up("p-1", "1")));
  machine.ask(approved(1));
  ASSERT_EQ(machine.core.acts().size(), 2U);
  EXPECT_EQ(machine.core.acts()[0].name, "propose");
  EXPECT_EQ(machine.core.acts()[0].by, "ann");
  EXPECT_EQ(machine.core.acts()[1].name, "approve");
  EXPECT_EQ(machine.core.acts()[1].by, "bob");
}

TEST(FourEyes, S20_an_amount_that_nobody_can_book_is_not_proposed) {
  Machine machine;
  for (const char* amount : {"0", "1000000000000001"}) {
    EXPECT_EQ(why_not(machine.ask(proposed(top_up("p-1", amount)))), Refusal::amount_out_of_range);
  }
  EXPECT_EQ(machine.core.proposals().open_count(1), 0U);
}

struct Bad {
  std::string command;
  ErrorCode code;
  std::string detail;
};

TEST(FourEyes, S20_what_can_not_be_proposed_is_said) {
  const std::string hold = R"({"command":"open_hold","hold":"h","account":"acme","amount":"1"})";
  std::string named = top_up("p-1", "1");
  named.insert(1, R"("by":"ann",)");
  std::string large = top_up("p-1", "1");
  large.insert(1, std::string(4'100, ' '));
  const auto missing = ErrorCode::missing_field;
  const auto invalid = ErrorCode::invalid_field;
  for (const auto& [command, code, detail] : std::vector<Bad>{
           {R"({"command":"propose"})", missing, "/what is missing"},
           {R"({"command":"propose","what":7})", invalid, "/what: '7' is not an object"},
           {proposed("{}"), missing, "/what/command is missing"},
           {proposed(hold), invalid, "/what/command: is not about money"},
           {proposed(proposed(top_up("p", "1"))), invalid, "/what/command: is not about money"},
           {proposed(top_up("p", "x")), invalid, "/what/amount: 'x' is not a decimal number"},
           {proposed(named), invalid, "/what/by: is no member of this command"},
           {proposed(large), invalid, "is not an object of at most 4096 bytes"},
           {R"({"command":"approve","proposed_by":"a","id":"i"})", missing, "/proposal is missing"},
           {R"({"command":"approve","proposal":0,"proposed_by":"a","id":"i"})", invalid,
            "/proposal: '0' is not a whole number from 1"},
           {R"({"command":"reject","proposal":1,"id":"i"})", missing, "/proposed_by is missing"},
           {R"({"command":"reject","proposal":1,"proposed_by":"a"})", missing, "/id is missing"}}) {
    const auto read = read_command(command);
    ASSERT_FALSE(read.has_value()) << command;
    EXPECT_EQ(read.error().code, code) << command;
    EXPECT_TRUE(read.error().detail.contains(detail)) << read.error().detail;
  }
}

Proposal numbered(std::uint64_t number, std::uint32_t tenant = 1) {
  Proposal proposal;
  proposal.number = number;
  proposal.tenant = tenant;
  proposal.expires_at = {noon.seconds + static_cast<std::int64_t>(number), 0};
  return proposal;
}

TEST(Proposals, S20_the_first_that_were_decided_are_forgotten_when_there_are_too_many) {
  Proposals proposals;
  const std::uint64_t count = Proposals::closed_max + 1;
  proposals.add(numbered(1));
  proposals.add(numbered(2, 2));
  for (std::uint64_t number = 3; number <= count + 2; ++number) {
    proposals.add(numbered(number));
    proposals.decide(1, number, ProposalState::rejected, "bob",
                     {noon.seconds, static_cast<std::uint32_t>(number)});
  }
  EXPECT_EQ(proposals.find(1, 3), nullptr);
  EXPECT_NE(proposals.find(1, 4), nullptr);
  // The oldest number, decided last.
  proposals.decide(1, 1, ProposalState::approved, "bob", {noon.seconds + 1, 0});
  EXPECT_NE(proposals.find(1, 1), nullptr);
  EXPECT_EQ(proposals.find(1, 4), nullptr);
  EXPECT_EQ(proposals.find(2, 2)->state, ProposalState::open);
  std::map<std::uint64_t, std::string> kept;
  proposals.for_each_changed([&](std::uint64_t number, auto value) {
    if (value.has_value()) kept.emplace(number, *value);
  });
  EXPECT_EQ(kept.size(), Proposals::closed_max + 1);

  Proposals restored;
  for (const auto& [number, value] : kept) ASSERT_TRUE(restored.restore(number, value));
  EXPECT_EQ(restored.find(1, 1)->decided_by, "bob");
  EXPECT_EQ(restored.open_count(2), 1U);
  restored.add(numbered(5'000));
  restored.decide(1, 5'000, ProposalState::rejected, "bob", {noon.seconds + 2, 0});
  EXPECT_EQ(restored.find(1, 5), nullptr) << "the first of those that are left";
  EXPECT_NE(restored.find(1, 1), nullptr);
  EXPECT_FALSE(restored.restore(1, kept.at(1))) << "twice";
}

TEST(Proposals, what_is_none_is_not_restored) {
  Proposals proposals;
  EXPECT_FALSE(proposals.restore(1, ""));
  EXPECT_FALSE(proposals.restore(1, "damaged"));
}

TEST(Proposals, are_shown_from_the_newest) {
  Proposals proposals;
  for (std::uint64_t number = 1; number <= 5; ++number) {
    proposals.add(numbered(number, number == 3 ? 2 : 1));
  }
  const auto below = [&](std::uint64_t number, std::size_t most) {
    std::vector<std::uint64_t> seen;
    proposals.each_below(1, number, [&](const Proposal& each) {
      seen.push_back(each.number);
      return seen.size() < most;
    });
    return seen;
  };
  EXPECT_EQ(below(UINT64_MAX, 9), (std::vector<std::uint64_t>{5, 4, 2, 1}));
  EXPECT_EQ(below(5, 2), (std::vector<std::uint64_t>{4, 2}));
  EXPECT_EQ(below(1, 9), std::vector<std::uint64_t>());
}

}  // namespace
}  // namespace steelyard::core
