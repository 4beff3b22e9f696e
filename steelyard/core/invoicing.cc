#include <algorithm>
#include <vector>

#include "steelyard/core/core.h"

/// Invoices: drawn up from the usage book, then frozen by a command that has the document.
namespace steelyard::core {

using billing::InvoiceKind;
using ledger::Account;
using ledger::Refusal;
using ledger::Refused;
using ledger::Side;
using money::Decimal;

namespace {

std::unexpected<Refused> refuse(Refusal why) { return std::unexpected(Refused{.why = why}); }

/// Adds a posting whose amount may be below zero, or nothing.
void add(std::vector<ledger::Posting>& postings, Account account, Side side, Decimal amount) {
  if (amount.is_zero()) return;
  const Side other = side == Side::debit ? Side::credit : Side::debit;
  const bool is_negative = amount.is_negative();
  postings.push_back({.account = account,
                      .side = is_negative ? other : side,
                      .amount = is_negative ? -amount : amount});
}

/// What a document moves: its sum from accrued to invoiced, tax, the rest of rounding. What that
/// leaves to pay is drawn as usage is, but for grants; what is given back settles what is owed.
std::vector<ledger::Posting> postings_of(const FreezeInvoice& command,
                                         const ledger::Balance& balance) {
  const bool is_credit = command.kind == InvoiceKind::credit_note;
  const auto of_kind = [&](Decimal amount) { return is_credit ? -amount : amount; };
  std::vector<ledger::Posting> postings;
  add(postings, Account::revenue_accrued, Side::debit, of_kind(command.lines_total));
  add(postings, Account::revenue_invoiced, Side::credit, of_kind(command.lines_total));
  add(postings, Account::tax, Side::credit, of_kind(command.tax));
  add(postings, Account::rounding, Side::credit, of_kind(command.rounding));
  const Decimal due = of_kind(command.tax + command.rounding);
  const Decimal first = due.is_negative() ? std::clamp(balance.receivable, Decimal(), -due)
                                          : std::clamp(balance.prepaid, Decimal(), due);
  if (due.is_negative()) {
    add(postings, Account::receivable, Side::credit, first);
    add(postings, Account::prepaid, Side::credit, -due - first);
  } else {
    add(postings, Account::prepaid, Side::debit, first);
    add(postings, Account::receivable, Side::debit, due - first);
  }
  return postings;
}

}  // namespace

bool Core::books_agree(std::uint32_t tenant) const {
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return true;
  const Tenant& of = *found->second;
  if (of.counts.not_booked > 0) return false;
  if (!of.a_wallet.has_value()) return true;
  const Decimal invoiced = ledger_.totals(*of.a_wallet, Account::revenue_invoiced).credit_balance();
  return of.usage.amount() == revenue(*of.a_wallet) &&
         of.usage.amount() - of.usage.uninvoiced_amount() == invoiced;
}

Decimal Core::revenue(ledger::WalletId wallet) const {
  return ledger_.totals(wallet, Account::revenue_accrued).credit_balance() +
         ledger_.totals(wallet, Account::revenue_invoiced).credit_balance();
}

/// A draft of which it is known whose it is and at what tax, with its lines, sums and number.
ledger::Answer<InvoiceDraft> Core::filled(InvoiceDraft draft,
                                          std::vector<UninvoicedSum> sums) const {
  const InvoiceOf& of = draft.of;
  if (!books_agree(of.tenant)) return refuse(Refusal::books_do_not_agree);
  Decimal lines;
  for (UninvoicedSum& each : sums) {
    const FrozenInvoice* const before =
        each.is_late ? invoices_.invoice_behind(of.tenant, of.account, each.time.from) : nullptr;
    const UsageSum& sum = each.sum;
    lines += sum.amount;
    draft.lines.push_back({.month = std::move(each.month),
                           .is_late = each.is_late,
                           .invoice = before == nullptr ? "" : before->number_text(),
                           .item = std::string(sum.item),
                           .tier = std::string(sum.tier),
                           .unit = std::string(sum.unit),
                           .price = sum.price,
                           .per = sum.per,
                           .quantity = sum.quantity,
                           .amount = sum.amount,
                           .events = sum.events});
  }
  if (!ledger::is_bookable(lines)) return refuse(Refusal::amount_out_of_range);
  draft.totals = billing::totals_of(of.kind, lines, draft.tax_percent, currency_);
  draft.series = draft.seller.series_of(of.kind);
  draft.number = invoices_.next_number(of.tenant, draft.series);
  return draft;
}

ledger::Answer<InvoiceDraft> Core::draw_up(const InvoiceOf& of, base::Instant at) const {
  if (!find_account(of.tenant, of.account).has_value()) return refuse(Refusal::unknown_account);
  const UsageBook* const book = usage(of.tenant);
  InvoiceDraft draft;
  draft.of = of;
  draft.seller = invoices_.seller(of.tenant);
  draft.buyer = invoices_.buyer(of.tenant, of.account);
  draft.tax_percent = draft.buyer.tax_percent;
  std::vector<UninvoicedSum> sums;
  if (book != nullptr) {
    const auto invoiced_to = book->invoiced_to(of.account);
    if (invoiced_to.has_value() && *invoiced_to >= of.to.seconds) {
      return refuse(Refusal::period_is_closed);
    }
    sums = book->uninvoiced(of.account, of.to.seconds);
    draft.changed_at = book->changed_at(of.account, INT64_MIN, of.to.seconds);
  }
  if (at.seconds < of.to.seconds + invoice_grace_seconds) return refuse(Refusal::period_not_over);
  if (sums.empty() && !draft.seller.invoices_no_usage) return refuse(Refusal::nothing_to_invoice);
  return filled(std::move(draft), std::move(sums));
}

ledger::Answer<InvoiceDraft> Core::draw_up_credit_note(std::uint32_t tenant,
                                                       std::string_view account) const {
  if (!find_account(tenant, account).has_value()) return refuse(Refusal::unknown_account);
  const UsageBook* const book = usage(tenant);
  std::int64_t from = INT64_MIN;
  while (book != nullptr) {
    std::vector<UninvoicedSum> sums = book->taken_back(account, from);
    if (sums.empty()) break;
    const base::Slot month = sums.front().time;
    InvoiceDraft draft;
    draft.of = {.tenant = tenant,
                .account = std::string(account),
                .kind = InvoiceKind::credit_note,
                .period = sums.front().month,
                .from = {month.from, 0},
                .to = {month.to, 0}};
    draft.seller = invoices_.seller(tenant);
    draft.buyer = invoices_.buyer(tenant, account);
    draft.changed_at = book->changed_at(account, month.from, month.to);
    const FrozenInvoice* const invoice = invoices_.invoice_behind(tenant, account, month.from);
    if (invoice != nullptr) draft.tax_percent = invoice->tax_percent;
    auto drawn_up = filled(std::move(draft), std::move(sums));
    if (!drawn_up.has_value() || !drawn_up->totals.net.is_zero()) return drawn_up;
    from = month.to;  // Less than half a cent waits for more.
  }
  return refuse(Refusal::nothing_to_invoice);
}

/// Whether it says what the books say does not hang on how this program sums up and rounds, or
/// which rules its time zones have: a later one takes the same commands.
ledger::Answer<Answer> Core::carry_out(const FreezeInvoice& command, const Place& place) {
  const bool is_invoice = command.kind == InvoiceKind::invoice;
  const FrozenInvoice* const known =
      is_invoice ? invoices_.invoice_of(place.tenant, command.account, command.period) : nullptr;
  if (known != nullptr && known->kind == InvoiceKind::invoice) {
    Answer answer;
    answer.is_repeat = true;
    answer.invoice = known->sequence;
    return answer;
  }
  const auto found = find_account(place.tenant, command.account);
  if (!found.has_value()) return refuse(Refusal::unknown_account);
  if (!books_agree(place.tenant)) return refuse(Refusal::books_do_not_agree);
  UsageBook& usage = tenant(place.tenant).usage;
  const auto invoiced_to = usage.invoiced_to(command.account);
  if (is_invoice && invoiced_to.has_value() && *invoiced_to >= command.to.seconds) {
    return refuse(Refusal::period_is_closed);
  }
  if (is_invoice && place.received.seconds < command.to.seconds + invoice_grace_seconds) {
    return refuse(Refusal::period_not_over);
  }
  const std::uint64_t changed_at = usage.changed_at(
      command.account, is_invoice ? INT64_MIN : command.from.seconds, command.to.seconds);
  if (command.changed_at != changed_at ||
      command.number != invoices_.next_number(place.tenant, command.series)) {
    return refuse(Refusal::invoice_out_of_date);
  }
  FrozenInvoice frozen;
  frozen.sequence = place.sequence;
  frozen.tenant = place.tenant;
  frozen.account = command.account;
  frozen.kind = command.kind;
  frozen.series = command.series;
  frozen.number = command.number;
  frozen.period = command.period;
  frozen.from = command.from;
  frozen.to = command.to;
  frozen.tax_percent = command.tax_percent;
  frozen.totals.lines = command.lines_total;
  frozen.totals.rounding = command.rounding;
  frozen.totals.net = command.lines_total + command.rounding;
  frozen.totals.tax = command.tax;
  frozen.totals.total = frozen.totals.net + command.tax;
  frozen.frozen_at = place.received;
  frozen.hash = log::sha256(command.document);
  const auto postings = postings_of(command, ledger_.balance(*found, place.received));
  if (const auto posted = post_invoice(frozen, *found, postings, place); !posted.has_value()) {
    return std::unexpected(posted.error());
  }
  if (is_invoice) {
    usage.set_invoiced(command.account, command.to.seconds);
  } else {
    usage.set_credited(command.account, {command.from.seconds, command.to.seconds});
  }
  invoices_.add(std::move(frozen));
  Answer answer;
  answer.invoice = place.sequence;
  return with_balance(std::move(answer), *found, place);
}

ledger::Answer<void> Core::post_invoice(const FrozenInvoice& invoice, ledger::WalletId wallet,
                                        std::span<const ledger::Posting> postings,
                                        const Place& place) {
  if (postings.empty()) return {};
  const auto posted = ledger_.adjust({.kind = ledger::EntryKind::invoice,
                                      .wallet = wallet,
                                      .postings = postings,
                                      .at = place.received,
                                      .origin = command_id("invoice", invoice.number_text()),
                                      .cause = {place.sequence, 0}});
  if (!posted.has_value()) return std::unexpected(posted.error());
  // An adjustment of a gateway has no such origin, and a number is given once.
  if (posted->is_repeat) return refuse(Refusal::origin_conflict);
  return {};
}

ledger::Answer<const FrozenInvoice*> Core::may_import(const ImportInvoice& command,
                                                      const Place& place) const {
  const FrozenInvoice* const known =
      invoices_.find(place.tenant, FrozenInvoice::imported_number(command.number));
  if (known != nullptr) {
    const bool is_same = known->account == command.account && known->period == command.period &&
                         known->hash == log::sha256(command.document);
    if (!is_same) return refuse(Refusal::origin_conflict);
    return known;
  }
  if (command.to > place.received) return refuse(Refusal::period_not_over);
  const FrozenInvoice* const behind =
      invoices_.invoice_behind(place.tenant, command.account, command.from.seconds);
  if (behind != nullptr && behind->kind == InvoiceKind::invoice) {
    return refuse(Refusal::period_is_closed);
  }
  if (!books_agree(place.tenant)) return refuse(Refusal::books_do_not_agree);
  return nullptr;
}

ledger::Answer<Answer> Core::carry_out(const ImportInvoice& command, const Place& place) {
  const auto known = may_import(command, place);
  if (!known.has_value()) return std::unexpected(known.error());
  const ledger::WalletId wallet = wallet_of(place.tenant, command.account);
  if (*known != nullptr) {
    Answer answer;
    answer.is_repeat = true;
    answer.invoice = (*known)->sequence;
    return with_balance(std::move(answer), wallet, place);
  }
  FrozenInvoice frozen;
  for (const ImportInvoice::Line& line : command.lines) frozen.totals.lines += line.amount;
  frozen.totals.net = frozen.totals.total = frozen.totals.lines;
  frozen.sequence = place.sequence;
  frozen.tenant = place.tenant;
  frozen.account = command.account;
  frozen.kind = InvoiceKind::imported;
  frozen.series = command.number;
  frozen.period = command.period;
  frozen.from = command.from;
  frozen.to = command.to;
  frozen.frozen_at = place.received;
  frozen.hash = log::sha256(command.document);
  std::vector<ledger::Posting> postings;
  add(postings, command.is_paid ? Account::cash_clearing : Account::receivable, Side::debit,
      frozen.totals.lines);
  add(postings, Account::revenue_invoiced, Side::credit, frozen.totals.lines);
  if (const auto posted = post_invoice(frozen, wallet, postings, place); !posted.has_value()) {
    return std::unexpected(posted.error());
  }
  UsageBook& usage = tenant(place.tenant).usage;
  usage.set_invoiced_elsewhere(command.account, command.to.seconds, place.sequence);
  for (const ImportInvoice::Line& line : command.lines) {
    usage.add_invoiced(command.account, command.from.seconds, line, place.sequence);
  }
  invoices_.add(std::move(frozen));
  Answer answer;
  answer.invoice = place.sequence;
  return with_balance(std::move(answer), wallet, place);
}

ledger::Answer<Answer> Core::carry_out(const SetSeller& command, const Place& place) {
  invoices_.set_seller(place.tenant, command.seller);
  return Answer{};
}

ledger::Answer<Answer> Core::carry_out(const SetBuyer& command, const Place& place) {
  wallet_of(place.tenant, command.account);
  invoices_.set_buyer(place.tenant, command.account, command.buyer);
  return Answer{};
}

}  // namespace steelyard::core
