#include "steelyard/api/sealed_data.h"

#include "steelyard/api/answers.h"
#include "steelyard/json/document.h"

namespace steelyard::api {

using personal::owner_of;
using personal::Subject;

Result<void> SealedData::set(std::string_view tenant, const core::PersonalBook::Sealed& sealed) {
  STEELYARD_TRY(members, personal::Members::known(sealed.members));
  auto policy = std::make_shared<const Policy>(std::move(members), sealed.buyers);
  const std::unique_lock lock(mutex_);
  policies_.insert_or_assign(std::string(tenant), std::move(policy));
  return {};
}

std::shared_ptr<const SealedData::Policy> SealedData::policy_of(std::string_view tenant) const {
  static const auto nothing = std::make_shared<const Policy>();
  const std::shared_lock lock(mutex_);
  const auto found = policies_.find(tenant);
  return found == policies_.end() ? nothing : found->second;
}

Result<std::string> SealedData::events(std::string_view tenant, std::string lines) {
  const auto policy = policy_of(tenant);
  if (policy->members.empty()) return lines;
  return personal::sealed_events(lines, policy->members, tenant, keys_);
}

Result<std::string> SealedData::buyer(std::string_view tenant, std::string_view account,
                                      std::string_view json) {
  json::Document document;
  if (!policy_of(tenant)->seals_buyers || !document.parse_copy(json)) return std::string(json);
  const personal::Owner owner = owner_of(tenant, account, Subject::invoices);
  JsonObject to;
  Result<void> outcome;
  json::Object(document, document.root()).each([&](const json::Node& member) {
    const std::string_view name = document.name(member);
    const bool is_personal = name == "name" || name == "address" || name == "tax_id";
    if (!is_personal || member.type != json::Type::string) {
      std::string value;
      personal::append_json(document, member, nullptr, value);
      to.raw(name, value);
      return;
    }
    auto sealed = personal::sealed_text(document.text(member), owner, keys_);
    if (!sealed.has_value()) {
      outcome = std::unexpected(sealed.error());
      return;
    }
    to.text(name, *sealed);
  });
  STEELYARD_PASS(outcome);
  return to.finish();
}

personal::OpenedJson SealedData::event(std::string_view tenant, std::string_view account,
                                       std::string_view json) const {
  return personal::opened_json(json, owner_of(tenant, account, Subject::usage), keys_);
}

std::string SealedData::tags(std::string_view tenant, std::string_view account,
                             std::string_view json) const {
  if (!json.contains(personal::KeyRing::prefix)) return std::string(json);
  return personal::opened_json(json, owner_of(tenant, account, Subject::usage), keys_,
                               personal::Pointers::unwanted)
      .text;
}

std::string SealedData::invoice(std::string_view tenant, std::string_view account,
                                std::string document) const {
  if (!document.contains(personal::KeyRing::prefix)) return document;
  return personal::opened_json(document, owner_of(tenant, account, Subject::invoices), keys_).text;
}

billing::Buyer SealedData::buyer(std::string_view tenant, std::string_view account,
                                 billing::Buyer buyer) const {
  const personal::Owner owner = owner_of(tenant, account, Subject::invoices);
  for (std::string* const text : {&buyer.name, &buyer.address, &buyer.tax_id}) {
    *text = personal::opened_text(*text, owner, keys_);
  }
  return buyer;
}

base::Instant SealedData::erasure_time() {
  const std::int64_t micros = keys_.erasure_micros();
  return {micros / 1'000'000, static_cast<std::uint32_t>(micros % 1'000'000 * 1'000)};
}

Result<std::size_t> SealedData::destroy(std::string_view tenant, std::string_view account,
                                        Subject of, base::Instant until) {
  return keys_.destroy(owner_of(tenant, account, of),
                       until.seconds * 1'000'000 + until.nanoseconds / 1'000);
}

}  // namespace steelyard::api
