#include "steelyard/api/invoice_document.h"

#include "steelyard/api/answers.h"
#include "steelyard/base/calendar.h"

namespace steelyard::api {
namespace {

JsonObject& add_if_said(JsonObject& to, std::string_view name, const std::string& value) {
  return value.empty() ? to : to.text(name, value);
}

/// Of a billing::Seller or a billing::Buyer.
template <class Party>
std::string json_of_party(const Party& party) {
  JsonObject to;
  add_if_said(to, "name", party.name);
  add_if_said(to, "address", party.address);
  add_if_said(to, "tax_id", party.tax_id);
  return to.finish();
}

/// A period as the clocks of a zone show it.
std::string json_of(const core::InvoiceOf& of, const std::string& zone, base::Calendar calendar) {
  return JsonObject()
      .text("time_zone", zone)
      .text("from", calendar.to_text(of.from.seconds))
      .text("to", calendar.to_text(of.to.seconds))
      .finish();
}

std::string json_of(const core::InvoiceLine& line, billing::InvoiceKind kind) {
  JsonObject to;
  to.text("period", line.month);
  const bool is_late_usage = line.is_late && kind == billing::InvoiceKind::invoice;
  if (is_late_usage) to.text("note", "late usage for " + line.month);
  add_if_said(to, "invoice_of_period", line.invoice);
  return to.text("item", line.item)
      .text("tier", line.tier)
      .amount("quantity", line.quantity)
      .text("unit", line.unit)
      .amount("price", line.price)
      .amount("per", line.per)
      .amount("amount", line.amount)
      .whole("events", line.events)
      .finish();
}

}  // namespace

std::string document_of(const core::InvoiceDraft& draft, const DrawnUp& drawn_up) {
  const core::InvoiceOf& of = draft.of;
  std::string zones = json_of(of, drawn_up.time_zone, drawn_up.calendar);
  const std::string& zone_of_buyer = draft.buyer.time_zone;
  // Another machine may know fewer zones than the one that took the buyer's.
  if (zone_of_buyer != drawn_up.time_zone && base::is_time_zone(zone_of_buyer)) {
    zones += ',' + json_of(of, zone_of_buyer, base::Calendar(zone_of_buyer));
  }
  std::string lines;
  for (const core::InvoiceLine& line : draft.lines) {
    lines += (lines.empty() ? "" : ",") + json_of(line, of.kind);
  }
  JsonObject tax;
  add_if_said(tax, "name", draft.buyer.tax_name);
  tax.amount("percent", draft.tax_percent).amount("amount", draft.totals.tax);
  const JsonObject log = JsonObject()
                             .whole("through", drawn_up.head.sequence - 1)
                             .text("head", log::to_text(drawn_up.head.previous_hash));
  return JsonObject()
      .text("kind", billing::name_of(of.kind))
      .text("number", billing::invoice_number(draft.series, draft.number))
      .text("account", of.account)
      .text("period", of.period)
      .time("from", of.from)
      .time("to", of.to)
      .raw("local", '[' + zones + ']')
      .time("issued_at", drawn_up.at)
      .text("currency", drawn_up.currency)
      .raw("seller", json_of_party(draft.seller))
      .raw("buyer", json_of_party(draft.buyer))
      .raw("lines", '[' + lines + ']')
      .amount("lines_total", draft.totals.lines)
      .amount("rounding", draft.totals.rounding)
      .amount("net", draft.totals.net)
      .raw("tax", tax.finish())
      .amount("total", draft.totals.total)
      .raw("log", JsonObject(log).finish())
      .finish();
}

std::string summary_json(const core::FrozenInvoice& invoice, std::string_view currency) {
  return JsonObject()
      .text("kind", billing::name_of(invoice.kind))
      .text("number", invoice.number_text())
      .text("account", invoice.account)
      .text("period", invoice.period)
      .time("from", invoice.from)
      .time("to", invoice.to)
      .text("currency", currency)
      .amount("lines_total", invoice.totals.lines)
      .amount("rounding", invoice.totals.rounding)
      .amount("net", invoice.totals.net)
      .amount("tax", invoice.totals.tax)
      .amount("total", invoice.totals.total)
      .time("frozen_at", invoice.frozen_at)
      .whole("sequence", invoice.sequence)
      .text("sha256", log::to_text(invoice.hash))
      .finish();
}

}  // namespace steelyard::api
