#include "steelyard/core/personal_book.h"

#include "steelyard/core/core.h"
#include "steelyard/ledger/bytes.h"

namespace steelyard::core {

using ledger::ByteReader;
using ledger::ByteWriter;

namespace {

constexpr char sealed_kind = 'a';  // Tenant.
constexpr char erased_kind = 'b';  // Tenant, account, of what.

}  // namespace

const PersonalBook::Sealed& PersonalBook::sealed(std::uint32_t tenant) const {
  static const Sealed nothing;
  const auto found = sealed_.find(tenant);
  return found == sealed_.end() ? nothing : found->second;
}

void PersonalBook::set_sealed(std::uint32_t tenant, Sealed sealed) {
  sealed_[tenant] = std::move(sealed);
  changed_sealed_.insert(tenant);
}

std::vector<PersonalBook::Erasure> PersonalBook::erasures() const {
  std::vector<Erasure> all;
  for (const auto& [erased, until] : erased_) {
    all.push_back({erased.first.first, erased.first.second, erased.second, until});
  }
  return all;
}

void PersonalBook::erase(const Erasure& erasure) {
  const Erased erased{{erasure.tenant, erasure.account}, erasure.of};
  erased_[erased] = erasure.until;
  changed_erased_.insert(erased);
}

void PersonalBook::for_each_changed(const EntityVisitor& visit) {
  for (const std::uint32_t tenant : changed_sealed_) {
    std::string key(1, sealed_kind);
    ByteWriter(key).sorting(tenant);
    const Sealed& sealed = sealed_.at(tenant);
    std::string value;
    ByteWriter to(value);
    to.u8(sealed.buyers ? 1 : 0);
    for (const std::string& each : sealed.members) to.text(each);
    visit(key, value);
  }
  changed_sealed_.clear();
  for (const Erased& each : changed_erased_) {
    std::string key(1, erased_kind);
    ByteWriter name(key);
    name.sorting(each.first.first);
    name.text(each.first.second);
    name.text(each.second);
    std::string value;
    ByteWriter(value).instant(erased_.at(each));
    visit(key, value);
  }
  changed_erased_.clear();
}

bool PersonalBook::restore(std::string_view key, std::string_view value) {
  if (key.empty()) return false;
  ByteReader name(key.substr(1));
  ByteReader from(value);
  const auto tenant = name.sorting<std::uint32_t>();
  if (key[0] == sealed_kind) {
    Sealed& sealed = sealed_[tenant];
    sealed.buyers = from.boolean();
    while (from.is_good() && !from.is_done()) sealed.members.emplace_back(from.text());
    return name.is_done() && from.is_done();
  }
  std::string account(name.text());
  std::string of(name.text());
  if (key[0] != erased_kind || !name.is_done()) return false;
  erased_[{{tenant, std::move(account)}, std::move(of)}] = from.instant();
  return from.is_done();
}

ledger::Answer<Answer> Core::carry_out(const SetPersonalData& command, const Place& place) {
  Answer answer;
  answer.is_repeat = personal_.sealed(place.tenant) == command.sealed;
  if (!answer.is_repeat) personal_.set_sealed(place.tenant, command.sealed);
  return answer;
}

ledger::Answer<Answer> Core::carry_out(const ErasePersonalData& command, const Place& place) {
  personal_.erase({place.tenant, command.account, command.of, command.until});
  return Answer{};
}

}  // namespace steelyard::core
