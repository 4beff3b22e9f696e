#include "steelyard/core/proposals.h"

#include "steelyard/base/check.h"
#include "steelyard/ledger/bytes.h"

namespace steelyard::core {

using ledger::ByteReader;
using ledger::ByteWriter;

namespace {

std::string value_of(const Proposal& proposal) {
  std::string value;
  ByteWriter to(value);
  to.u32(proposal.tenant);
  to.text(proposal.what);
  to.text(proposal.account);
  to.text(proposal.proposed_by);
  to.instant(proposal.proposed_at);
  to.instant(proposal.expires_at);
  to.u8(static_cast<std::uint8_t>(proposal.state));
  to.text(proposal.decided_by);
  to.instant(proposal.decided_at);
  return value;
}

}  // namespace

std::string_view name_of(ProposalState state) {
  switch (state) {
    case ProposalState::open: return "open";
    case ProposalState::approved: return "approved";
    case ProposalState::rejected: return "rejected";
    case ProposalState::expired: return "expired";
  }
  base::check_failed("every state has a name", __FILE__, __LINE__);
}

const Proposal* Proposals::find(std::uint32_t tenant, std::uint64_t number) const {
  const auto own = of_tenants_.find(tenant);
  if (own == of_tenants_.end()) return nullptr;
  const auto found = own->second.all.find(number);
  return found == own->second.all.end() ? nullptr : &found->second;
}

std::size_t Proposals::open_count(std::uint32_t tenant) const {
  const auto own = of_tenants_.find(tenant);
  return own == of_tenants_.end() ? 0 : own->second.all.size() - own->second.closed.size();
}

void Proposals::each_below(std::uint32_t tenant, std::uint64_t number,
                           const std::function<bool(const Proposal&)>& visit) const {
  const auto own = of_tenants_.find(tenant);
  if (own == of_tenants_.end()) return;
  auto each = own->second.all.lower_bound(number);
  while (each != own->second.all.begin()) {
    if (!visit((--each)->second)) return;
  }
}

Proposal& Proposals::at(std::uint32_t tenant, std::uint64_t number) {
  const auto own = of_tenants_.find(tenant);
  STEELYARD_CHECK(own != of_tenants_.end());
  return own->second.all.at(number);
}

void Proposals::keep(Proposal proposal) {
  OfTenant& own = of_tenants_[proposal.tenant];
  if (proposal.state == ProposalState::open) {
    open_.emplace(proposal.number, proposal.tenant);
  } else {
    own.closed.emplace(proposal.decided_at, proposal.number);
  }
  const std::uint64_t number = proposal.number;
  own.all.emplace(number, std::move(proposal));
}

void Proposals::add(Proposal proposal) {
  STEELYARD_CHECK(proposal.state == ProposalState::open);
  STEELYARD_CHECK(open_.empty() || open_.rbegin()->first < proposal.number);
  STEELYARD_CHECK(open_count(proposal.tenant) < open_max);
  changed_.emplace(proposal.number, proposal.tenant);
  keep(std::move(proposal));
}

void Proposals::close(Proposal& proposal, ProposalState state, std::string_view by,
                      base::Instant at) {
  STEELYARD_CHECK(proposal.state == ProposalState::open && state != ProposalState::open);
  proposal.state = state;
  proposal.decided_by = by;
  proposal.decided_at = at;
  changed_.emplace(proposal.number, proposal.tenant);
  open_.erase(proposal.number);
  OfTenant& own = of_tenants_.at(proposal.tenant);
  own.closed.emplace(at, proposal.number);
  if (own.closed.size() <= closed_max) return;
  const std::uint64_t oldest = own.closed.begin()->second;
  own.closed.erase(own.closed.begin());
  changed_.emplace(oldest, proposal.tenant);
  own.all.erase(oldest);
}

void Proposals::decide(std::uint32_t tenant, std::uint64_t number, ProposalState state,
                       std::string_view by, base::Instant at) {
  close(this->at(tenant, number), state, by, at);
}

bool Proposals::is_due(base::Instant now) const {
  if (open_.empty()) return false;
  const auto& [number, tenant] = *open_.begin();
  return find(tenant, number)->expires_at <= now;
}

void Proposals::expire(base::Instant now) {
  while (is_due(now)) {
    Proposal& first = at(open_.begin()->second, open_.begin()->first);
    close(first, ProposalState::expired, {}, first.expires_at);
  }
}

void Proposals::for_each_changed(const Visitor& visit) {
  for (const auto& [number, tenant] : changed_) {
    const Proposal* const proposal = find(tenant, number);
    if (proposal == nullptr) {
      visit(number, std::nullopt);
    } else {
      visit(number, value_of(*proposal));
    }
  }
  changed_.clear();
}

bool Proposals::restore(std::uint64_t number, std::string_view value) {
  ByteReader from(value);
  Proposal proposal;
  proposal.number = number;
  proposal.tenant = from.u32();
  proposal.what = from.text();
  proposal.account = from.text();
  proposal.proposed_by = from.text();
  proposal.proposed_at = from.instant();
  proposal.expires_at = from.instant();
  proposal.state = from.enumerator(ProposalState::open, ProposalState::expired);
  proposal.decided_by = from.text();
  proposal.decided_at = from.instant();
  if (!from.is_done() || find(proposal.tenant, number) != nullptr) return false;
  keep(std::move(proposal));
  return true;
}

}  // namespace steelyard::core
