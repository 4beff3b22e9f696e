#include "steelyard/api/invoice_desk.h"

#include <chrono>
#include <thread>
#include <utility>

#include "steelyard/api/answers.h"
#include "steelyard/api/invoice_document.h"
#include "steelyard/api/months.h"
#include "steelyard/core/log_record.h"

namespace steelyard::api {

using billing::InvoiceKind;
using ledger::Refusal;
using server::Problem;

namespace {

Problem problem_of_refusal(const ledger::Refused& refused, const core::InvoiceOf& of) {
  core::Answer answer;
  answer.refused = refused;
  Problem problem = problem_of(answer);
  if (of.kind != InvoiceKind::invoice) return problem;
  if (refused.why == Refusal::period_not_over) {
    problem.detail = of.period + " ends at " + base::to_rfc3339(of.to);
  } else if (refused.why == Refusal::nothing_to_invoice) {
    problem.detail = of.account + ", before " + base::to_rfc3339(of.to);
  } else if (refused.why == Refusal::period_is_closed) {
    problem.detail = of.account + ", " + of.period;
  }
  return problem;
}

std::string command_of(const core::InvoiceDraft& draft, const std::string& document,
                       std::string_view by) {
  return JsonObject()
      .text("command", "freeze_invoice")
      .text("account", draft.of.account)
      .text("kind", billing::name_of(draft.of.kind))
      .text("period", draft.of.period)
      .time("from", draft.of.from)
      .time("to", draft.of.to)
      .text("series", draft.series)
      .whole("number", draft.number)
      .whole("changed_at", draft.changed_at)
      .amount("tax_percent", draft.tax_percent)
      .amount("lines_total", draft.totals.lines)
      .amount("rounding", draft.totals.rounding)
      .amount("tax", draft.totals.tax)
      .text("document", document)
      .text("by", by)
      .finish();
}

}  // namespace

std::optional<core::FrozenInvoice> InvoiceDesk::find(
    const std::function<const core::FrozenInvoice*(const core::InvoiceBook&)>& find) const {
  std::optional<core::FrozenInvoice> invoice;
  services_->node->ask([&](const core::Core& core) {
    const core::FrozenInvoice* const found = find(core.invoices());
    if (found != nullptr) invoice = *found;
  });
  return invoice;
}

std::optional<InvoiceDesk::Frozen> InvoiceDesk::frozen_before(const core::InvoiceOf& of) const {
  if (of.kind != InvoiceKind::invoice) return std::nullopt;
  auto known = find([&](const core::InvoiceBook& book) {
    return book.invoice_of(of.tenant, of.account, of.period);
  });
  if (!known.has_value()) return std::nullopt;
  return Frozen{*std::move(known), {}, true};
}

std::expected<InvoiceDesk::Frozen, Problem> InvoiceDesk::freeze_invoice(std::uint32_t tenant,
                                                                        const std::string& account,
                                                                        std::string_view month,
                                                                        std::string_view by) {
  const auto slot = month_of(*services_, month);
  if (!slot.has_value()) return std::unexpected(problem_of(slot.error()));
  const core::InvoiceOf of{.tenant = tenant,
                           .account = account,
                           .kind = InvoiceKind::invoice,
                           .period = std::string(month),
                           .from = {slot->from, 0},
                           .to = {slot->to, 0}};
  // Without a turn, which those that are to be frozen need.
  if (auto known = frozen_before(of); known.has_value()) return *std::move(known);
  return freeze(of, by);
}

std::expected<InvoiceDesk::Frozen, Problem> InvoiceDesk::freeze_credit_note(
    std::uint32_t tenant, const std::string& account, std::string_view by) {
  core::InvoiceOf of;
  of.tenant = tenant;
  of.account = account;
  of.kind = InvoiceKind::credit_note;
  return freeze(of, by);
}

std::expected<core::InvoiceDraft, Problem> InvoiceDesk::draw_up(const core::InvoiceOf& of,
                                                                log::ChainPoint& head) const {
  ledger::Answer<core::InvoiceDraft> draft;
  const auto asked =
      services_->node->ask_at_head([&](const log::ChainPoint& at, const core::Core& core) {
        head = at;
        draft = of.kind == InvoiceKind::invoice ? core.draw_up(of, services_->node->now())
                                                : core.draw_up_credit_note(of.tenant, of.account);
      });
  if (!asked.has_value()) return std::unexpected(problem_of(asked.error()));
  if (!draft.has_value()) return std::unexpected(problem_of_refusal(draft.error(), of));
  return *std::move(draft);
}

/// What came between the draft and its record may have changed it: then it is drawn up again, a
/// little later each time.
std::expected<InvoiceDesk::Frozen, Problem> InvoiceDesk::freeze(const core::InvoiceOf& of,
                                                                std::string_view by) {
  constexpr int tries_max = 8;
  const std::lock_guard lock(mutex_);
  if (auto known = frozen_before(of); known.has_value()) return *std::move(known);
  for (int i = 0; i < tries_max; ++i) {
    if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1 << i));
    log::ChainPoint head;
    const auto draft = draw_up(of, head);
    if (!draft.has_value()) return std::unexpected(draft.error());
    std::string document =
        document_of(*draft, {.at = services_->node->now(),
                             .time_zone = time_zone(*services_),
                             .calendar = calendar_of(*services_),
                             .currency = std::string(services_->rater().currency()),
                             .head = head});
    if (document.size() > core::FreezeInvoice::document_bytes_max) {
      return std::unexpected(Problem("too_large", "the document has " +
                                                      std::to_string(draft->lines.size()) +
                                                      " lines, more than its 8 MiB hold"));
    }
    const auto answer = services_->carry_out(of.tenant, command_of(*draft, document, by));
    if (!answer.has_value()) return std::unexpected(problem_of(answer.error()));
    if (!answer->refused.has_value()) {
      auto frozen = find([&](const core::InvoiceBook& book) { return book.at(answer->invoice); });
      if (answer->is_repeat) document.clear();
      return Frozen{std::move(frozen).value(), std::move(document), answer->is_repeat};
    }
    if (answer->refused->why != Refusal::invoice_out_of_date) {
      return std::unexpected(problem_of_refusal(*answer->refused, of));
    }
  }
  return std::unexpected(Problem("invoice_out_of_date", "usage of it came while it was drawn up, " +
                                                            std::to_string(tries_max) + " times"));
}

Result<std::string> InvoiceDesk::document(const core::FrozenInvoice& invoice) const {
  Result<std::string> document = failure(
      ErrorCode::log_is_damaged, "sequence " + std::to_string(invoice.sequence) +
                                     " is not the record that froze " + invoice.number_text());
  const auto read = [&](std::uint64_t sequence, std::string_view bytes) {
    const auto record = core::read_log_record(bytes);
    if (sequence != invoice.sequence || !record.has_value() ||
        record->kind != core::RecordKind::command) {
      return false;
    }
    auto command = core::read_command(record->text);
    if (!command.has_value()) return false;
    if (auto* const freeze = std::get_if<core::FreezeInvoice>(&command->what)) {
      document = std::move(freeze->document);
    } else if (auto* const imported = std::get_if<core::ImportInvoice>(&command->what)) {
      document = std::move(imported->document);
    }
    return false;
  };
  STEELYARD_PASS(services_->node->log().read(invoice.sequence, read));
  if (!document.has_value()) return document;
  if (const log::Hash hash = log::sha256(*document); hash != invoice.hash) {
    return failure(ErrorCode::log_is_damaged,
                   "the document of " + invoice.number_text() + " has the SHA-256 " +
                       log::to_text(hash) + ", was frozen with " + log::to_text(invoice.hash));
  }
  return document;
}

}  // namespace steelyard::api
