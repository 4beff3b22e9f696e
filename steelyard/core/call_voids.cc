#include "steelyard/base/check.h"
#include "steelyard/core/core.h"
#include "steelyard/usage/model_void.h"

/// Calls that are taken back.
namespace steelyard::core {

using money::Decimal;

namespace {

constexpr Decimal one = Decimal::whole(1);

usage::ModelVoid read_void(json::Document& document, std::string_view text) {
  STEELYARD_CHECK(document.parse_copy(text));
  const json::Object event(document, document.root());
  auto read = usage::read_model_void(json::Object(document, *event.find(json::word("data"))));
  STEELYARD_CHECK(read.has_value());  // Its reader has checked it.
  return *std::move(read);
}

/// How the call was drawn: credit first, as it is drawn; the rest goes back to what is owed.
std::vector<ledger::Drawn> drawn_of(const usage::ModelVoid& voided, Decimal amount) {
  std::vector<ledger::Drawn> drawn;
  for (const usage::VoidedCredit& part : voided.credit) {
    const auto grant = ledger::id_from_text(part.grant);
    if (!grant.has_value()) continue;
    drawn.push_back({ledger::Account::promo, *grant, part.amount});
    amount += -part.amount;
  }
  if (!amount.is_zero()) drawn.push_back({ledger::Account::receivable, {}, amount});
  return drawn;
}

}  // namespace

/// Lines of the call, below zero; its quotas get their tokens back, its money goes the way back.
bool Core::take_back(batch::Record& record, const batch::EventDetail& detail, const Place& place) {
  json::Document document;
  const usage::ModelVoid voided = read_void(document, detail.text);
  if (voided.is_unrated) waiting_.remove(voided.sequence);
  for (const usage::VoidedLine& line : voided.lines) {
    const auto& row =
        line_rows_.row({line.item, line.tier, line.unit, line.price, line.per, line.list_price});
    record.cloud.lines.push_back({&row, -line.quantity, -line.amount});
    record.charge.amount += -line.amount;
    quotas_.give_back(place.tenant, line.tier,
                      static_cast<std::uint64_t>(line.quantity.scaled() / one.scaled()));
  }
  if (record.charge.amount.is_zero()) return true;
  const std::vector<ledger::Drawn> drawn = drawn_of(voided, -record.charge.amount);
  ledger::Charge charge = charge_of(record, detail, place);
  charge.original = ledger::id_of({"event", voided.voids.source, voided.voids.id});
  charge.original_drawn = drawn;
  return ledger_.charge(charge).has_value();
}

}  // namespace steelyard::core
