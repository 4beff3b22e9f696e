#include "steelyard/core/call_quotas.h"

#include <algorithm>

namespace steelyard::core {

using ledger::QuotaClass;
using money::Decimal;
using pricebook::TokenClass;

namespace {

std::string_view prefix_of(QuotaClass quota_class) {
  return quota_class == QuotaClass::free ? "free quota " : "package ";
}

bool has_line(const rating::Charge& charge, TokenClass of) {
  return std::ranges::any_of(
      charge.used_lines(), [of](const rating::Line& line) { return line.row->token_class == of; });
}

}  // namespace

bool is_covered(std::string_view tier) {
  return tier.starts_with(prefix_of(QuotaClass::free)) ||
         tier.starts_with(prefix_of(QuotaClass::package));
}

ledger::Id quota_id(std::string_view quota) { return ledger::id_of({"quota", quota}); }

void CallQuotas::draw(batch::Record& record, const batch::EventDetail& detail,
                      std::uint32_t tenant) {
  if (book_.size() == 0 || record.charge.line_count == 0) return;
  const ledger::Covered covered = book_.draw({.tenant = tenant,
                                              .customer = record.account,
                                              .model = detail.name,
                                              .tokens = detail.tokens,
                                              .at = detail.time,
                                              .is_batch = detail.is_batch});
  if (covered.drawn.empty()) return;
  // Without a price of their own, cached tokens stand in the line of the input.
  const bool has_cached_line = has_line(record.charge, TokenClass::cached_input);
  const auto with_input = [&](const usage::TokenCounts& tokens) {
    return tokens.input + tokens.written_input + (has_cached_line ? 0 : tokens.cached_input);
  };
  const auto cached = [&](const usage::TokenCounts& tokens) {
    return has_cached_line ? tokens.cached_input : 0;
  };
  for (const ledger::QuotaDrawn& part : covered.drawn) {
    const auto quota = book_.find(tenant, part.quota);
    tier_.assign(prefix_of(quota->quota.quota_class)).append(quota->quota.name);
    add_line(record, TokenClass::input, with_input(part.tokens));
    add_line(record, TokenClass::cached_input, cached(part.tokens));
    add_line(record, TokenClass::output, part.tokens.output);
  }
  rating::leave_out(record.charge, TokenClass::input, with_input(covered.tokens));
  rating::leave_out(record.charge, TokenClass::cached_input, cached(covered.tokens));
  rating::leave_out(record.charge, TokenClass::output, covered.tokens.output);
}

/// Requires: the call's own lines are still whole.
void CallQuotas::add_line(batch::Record& record, TokenClass of, std::uint64_t tokens) {
  if (tokens == 0) return;
  const auto own = std::ranges::find(record.charge.used_lines(), of, [](const rating::Line& line) {
    return line.row->token_class;
  });
  const auto& row = rows_->row({.item = own->row->item,
                                .tier = tier_,
                                .unit = "token",
                                .price = {},
                                .per = Decimal::whole(static_cast<std::int64_t>(own->row->per))});
  record.cloud.lines.push_back({&row, Decimal::whole(static_cast<std::int64_t>(tokens)), {}});
}

void CallQuotas::give_back(std::uint32_t tenant, std::string_view tier, std::uint64_t tokens) {
  for (const QuotaClass each : {QuotaClass::free, QuotaClass::package}) {
    const std::string_view prefix = prefix_of(each);
    if (!tier.starts_with(prefix)) continue;
    usage::TokenCounts counts;
    counts.input = tokens;
    (void)book_.give_back(tenant, {quota_id(tier.substr(prefix.size())), counts});
  }
}

}  // namespace steelyard::core
