#include "steelyard/core/call_quotas.h"

#include <algorithm>
#include <utility>

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

/// Tokens by the line that they are billed in.
struct ByLine {
  std::uint64_t input = 0;
  std::uint64_t cached_input = 0;
  std::uint64_t output = 0;
};

/// Without a price of their own, cached tokens stand in the line of the input.
ByLine by_line(const usage::TokenCounts& tokens, const rating::Charge& charge) {
  ByLine lines{tokens.input + tokens.written_input, tokens.cached_input, tokens.output};
  if (!has_line(charge, TokenClass::cached_input)) {
    lines.input += std::exchange(lines.cached_input, 0);
  }
  return lines;
}

void leave_out(rating::Charge& charge, const usage::TokenCounts& covered) {
  const ByLine tokens = by_line(covered, charge);
  rating::leave_out(charge, TokenClass::input, tokens.input);
  rating::leave_out(charge, TokenClass::cached_input, tokens.cached_input);
  rating::leave_out(charge, TokenClass::output, tokens.output);
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
  for (const ledger::QuotaDrawn& part : covered.drawn) {
    const auto quota = book_.find(tenant, part.quota);
    tier_.assign(prefix_of(quota->quota.quota_class)).append(quota->quota.name);
    const ByLine tokens = by_line(part.tokens, record.charge);
    add_line(record, TokenClass::input, tokens.input);
    add_line(record, TokenClass::cached_input, tokens.cached_input);
    add_line(record, TokenClass::output, tokens.output);
  }
  leave_out(record.charge, covered.tokens);
}

void CallQuotas::leave_out_covered(rating::Charge& charge, const ledger::QuotaCall& call) {
  if (book_.size() > 0 && charge.line_count > 0) leave_out(charge, book_.cover(call).tokens);
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
