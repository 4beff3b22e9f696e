#include "steelyard/api/answers.h"

#include "steelyard/report/json_text.h"

namespace steelyard::api {

using ledger::Refusal;
using server::Problem;

Problem problem_of(const Error& error) { return Problem::of(error); }

Problem problem_of(const core::Answer& refused) {
  const ledger::Refused& reason = *refused.refused;
  Problem problem(ledger::name_of(reason.why));
  switch (reason.why) {
    case Refusal::insufficient_balance:
    case Refusal::budget_exceeded:
    case Refusal::refund_exceeds_original:
      problem.detail =
          "asked for " + reason.asked.to_text() + ", available are " + reason.available.to_text();
      problem.members.emplace_back("asked", '"' + reason.asked.to_text() + '"');
      problem.members.emplace_back("available", '"' + reason.available.to_text() + '"');
      break;
    case Refusal::hold_not_open:
      problem.detail = "the hold is " + std::string(ledger::name_of(reason.state));
      problem.members.emplace_back("state", '"' + std::string(ledger::name_of(reason.state)) + '"');
      break;
    case Refusal::proposal_not_open:
      if (!refused.proposal_state.has_value()) break;
      problem.detail = "the proposal is " + std::string(core::name_of(*refused.proposal_state));
      problem.members.emplace_back("state", json_string(core::name_of(*refused.proposal_state)));
      break;
    case Refusal::own_proposal:
      problem.detail = "this key proposed it, or one of the two keys made the other";
      break;
    default: break;
  }
  if (!refused.refused_budget.empty()) {
    problem.detail += " in budget " + refused.refused_budget;
    problem.members.emplace_back("budget", json_string(refused.refused_budget));
  }
  return problem;
}

std::string json_string(std::string_view text) {
  std::string json;
  report::append_json_string(text, json);
  return json;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  return raw(name, json_string(value));
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  if (text_.size() > 1) text_ += ',';
  report::append_json_string(name, text_);
  text_ += ':';
  text_ += json;
  return *this;
}

std::string with_members_of(std::string object, std::string_view body) {
  const std::size_t first = body.find('{');
  const std::size_t last = body.rfind('}');
  if (first == std::string_view::npos || last <= first) return object;
  const std::string_view members = body.substr(first + 1, last - first - 1);
  if (members.find_first_not_of(" \t\r\n") == std::string_view::npos) return object;
  object.back() = ',';
  object += members;
  object += '}';
  return object;
}

std::string buyer_json(const billing::Buyer& buyer) {
  return JsonObject()
      .text("name", buyer.name)
      .text("address", buyer.address)
      .text("tax_id", buyer.tax_id)
      .text("tax_name", buyer.tax_name)
      .amount("tax_percent", buyer.tax_percent)
      .text("time_zone", buyer.time_zone)
      .finish();
}

std::string page_json(std::string_view name, const std::string& list, std::string_view next) {
  JsonObject to;
  to.raw(name, '[' + list + ']');
  if (next.empty()) {
    to.raw("next", "null");
  } else {
    to.text("next", next);
  }
  return to.finish();
}

std::string limited_json(const ledger::Balance& balance, money::Decimal amount) {
  return balance.terms.is_unlimited ? "null" : json_string(amount.to_text());
}

std::string balance_json(std::string_view account, const ledger::Balance& balance,
                         const core::Core& core) {
  JsonObject to;
  to.text("account", account)
      .text("currency", core.currency().code())
      .raw("available", limited_json(balance, balance.available))
      .amount("prepaid", balance.prepaid)
      .amount("credit", balance.promo_usable)
      .amount("owed", balance.receivable)
      .amount("held", balance.reserved)
      .raw("postpaid_limit", limited_json(balance, balance.terms.postpaid_limit));
  return to.finish();
}

}  // namespace steelyard::api
