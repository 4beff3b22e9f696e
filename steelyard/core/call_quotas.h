#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "steelyard/batch/record.h"
#include "steelyard/core/line_rows.h"
#include "steelyard/ledger/quota_book.h"

namespace steelyard::core {

/// What covers tokens of calls before they cost money, and how a charge says so: covered tokens
/// are taken out of their line and stand in a line of their own, at price 0, whose tier names the
/// quota: "free quota q-1", "package p-7".
class CallQuotas {
 public:
  explicit CallQuotas(LineRows& rows) : rows_(&rows) {}

  /// Draws for a call. Requires: it is rated, and came first.
  void draw(batch::Record& record, const batch::EventDetail& detail, std::uint32_t tenant);

  /// Takes out of a charge what quotas would cover of the call now; draws nothing.
  void leave_out_covered(rating::Charge& charge, const ledger::QuotaCall& call);

  /// Gives back what the line of a call says that a quota covered; other lines nothing. What the
  /// quota no longer knows of is given back in vain.
  void give_back(std::uint32_t tenant, std::string_view tier, std::uint64_t tokens);

  ledger::QuotaBook& book() { return book_; }
  const ledger::QuotaBook& book() const { return book_; }

 private:
  void add_line(batch::Record& record, pricebook::TokenClass of, std::uint64_t tokens);

  ledger::QuotaBook book_;
  LineRows* rows_;
  std::string tier_;  // Kept so that nothing is allocated.
};

/// Whether a line's tier says that a quota covers it.
bool is_covered(std::string_view tier);

/// The ledger's id of a quota.
ledger::Id quota_id(std::string_view quota);

}  // namespace steelyard::core
