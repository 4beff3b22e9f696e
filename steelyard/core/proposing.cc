// Two pairs of eyes: what one person proposes is carried out when another one approves it.

#include "steelyard/core/core.h"

namespace steelyard::core {

using ledger::Refusal;
using ledger::Refused;

namespace {

/// An amount that no approval could book.
bool is_never_bookable(const Command& command) {
  const auto is_out_of_range = [](money::Decimal amount) {
    return amount.is_zero() || !ledger::is_bookable(amount);
  };
  if (const auto* const top_up = std::get_if<TopUp>(&command)) {
    return is_out_of_range(top_up->amount);
  }
  if (const auto* const grant = std::get_if<Grant>(&command)) {
    return is_out_of_range(grant->amount);
  }
  if (const auto* const refund = std::get_if<Refund>(&command)) {
    return is_out_of_range(refund->amount);
  }
  return false;
}

}  // namespace

bool Core::made(std::string_view maker, std::string_view key) const {
  // No longer than there are keys, so that it ends whatever the log says.
  for (std::size_t i = 0; i < key_makers_.size(); ++i) {
    const auto found = key_makers_.find(key);
    if (found == key_makers_.end()) return false;
    key = found->second;
    if (key == maker) return true;
  }
  return false;
}

bool Core::may_be_one_person(std::string_view key, std::string_view other) const {
  return key.empty() || other.empty() || key == other || made(key, other) || made(other, key);
}

/// Terms have no key of their own to be known by.
const Proposal* Core::same_terms_proposed(const SetAccount& command, std::uint32_t tenant) const {
  const Proposal* same = nullptr;
  proposals_.each_below(tenant, UINT64_MAX, [&](const Proposal& each) {
    if (each.state != ProposalState::open || each.account != command.account) return true;
    const Command proposed = read_proposed(each.what);
    const auto* const account = std::get_if<SetAccount>(&proposed);
    if (account != nullptr && account->terms == command.terms) same = &each;
    return same == nullptr;
  });
  return same;
}

ledger::Answer<Answer> Core::carry_out(const Propose& command, const Place& place,
                                       std::string_view by) {
  proposals_.expire(place.received);
  const Command proposed = read_proposed(command.what);
  if (is_never_bookable(proposed)) {
    return std::unexpected(Refused{.why = Refusal::amount_out_of_range});
  }
  Answer answer;
  if (const auto* const account = std::get_if<SetAccount>(&proposed)) {
    if (const Proposal* const same = same_terms_proposed(*account, place.tenant)) {
      answer.is_repeat = true;
      answer.proposal = same->number;
      return answer;
    }
  }
  if (proposals_.open_count(place.tenant) >= Proposals::open_max) {
    return std::unexpected(Refused{.why = Refusal::too_many_proposals});
  }
  Proposal proposal;
  proposal.number = answer.proposal = place.sequence;
  proposal.tenant = place.tenant;
  proposal.what = command.what;
  proposal.account = account_of_money(proposed);
  proposal.proposed_by = by;
  proposal.proposed_at = place.received;
  proposal.expires_at = {place.received.seconds + Proposals::open_seconds,
                         place.received.nanoseconds};
  proposals_.add(std::move(proposal));
  return answer;
}

ledger::Answer<const Proposal*> Core::open_proposal(std::uint64_t number,
                                                    std::string_view proposed_by,
                                                    const Place& place) const {
  const Proposal* const proposal = proposals_.find(place.tenant, number);
  if (proposal == nullptr || proposal->proposed_by != proposed_by) {
    return std::unexpected(Refused{.why = Refusal::unknown_proposal});
  }
  if (proposal->state != ProposalState::open) {
    return std::unexpected(Refused{.why = Refusal::proposal_not_open});
  }
  return proposal;
}

/// Of the proposal that a command decides.
std::optional<ProposalState> Core::state_of_decided(const Command& command,
                                                    std::uint32_t tenant) const {
  const auto* const approve = std::get_if<Approve>(&command);
  const auto* const reject = std::get_if<Reject>(&command);
  const std::uint64_t number = approve != nullptr  ? approve->proposal
                               : reject != nullptr ? reject->proposal
                                                   : 0;
  const Proposal* const proposal = proposals_.find(tenant, number);
  if (proposal == nullptr) return std::nullopt;
  return proposal->state;
}

/// What the ledger refuses leaves the proposal open: it may be possible later.
ledger::Answer<Answer> Core::carry_out(const Approve& command, const Place& place,
                                       std::string_view by) {
  proposals_.expire(place.received);
  const auto proposal = open_proposal(command.proposal, command.proposed_by, place);
  if (!proposal.has_value()) return std::unexpected(proposal.error());
  if (may_be_one_person(by, command.proposed_by)) {
    return std::unexpected(Refused{.why = Refusal::own_proposal});
  }
  // Its key was answered when it was proposed. The ledger books it once, whatever is forgotten.
  auto done = std::visit(
      [&](const auto& each) -> ledger::Answer<Answer> {
        if constexpr (requires { this->carry_out(each, place); }) return carry_out(each, place);
        return std::unexpected(Refused{.why = Refusal::unknown_proposal});
      },
      read_proposed((*proposal)->what));
  if (!done.has_value()) return done;
  proposals_.decide(place.tenant, command.proposal, ProposalState::approved, by, place.received);
  done->is_repeat = false;  // This approval is none, even where the money was booked before.
  done->proposal = command.proposal;
  return done;
}

/// Anybody may, also who proposed it: nothing is moved.
ledger::Answer<Answer> Core::carry_out(const Reject& command, const Place& place,
                                       std::string_view by) {
  proposals_.expire(place.received);
  const auto proposal = open_proposal(command.proposal, command.proposed_by, place);
  if (!proposal.has_value()) return std::unexpected(proposal.error());
  proposals_.decide(place.tenant, command.proposal, ProposalState::rejected, by, place.received);
  Answer answer;
  answer.proposal = command.proposal;
  return answer;
}

}  // namespace steelyard::core
