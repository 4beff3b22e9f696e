#include <string>
#include <utility>
#include <vector>

#include "steelyard/core/command_reader.h"

/// How the commands about invoices are read.
namespace steelyard::core {

using json::Node;
using json::Type;
using money::Decimal;

namespace {

void read(CommandReader& from, ImportInvoice::Line& to) {
  from.text("item", to.item);
  from.note("tier", to.tier);
  from.text("unit", to.unit);
  from.amount("price", to.price);
  from.amount("per", to.per);
  from.amount("quantity", to.quantity);
  from.amount("amount", to.amount);
  if (!from.is_good()) return;
  if (to.per.is_zero()) return from.fail("/per: '0' is not above 0");
  for (const auto& [name, value] : {std::pair{"quantity", to.quantity}, {"amount", to.amount}}) {
    if (value <= ledger::amount_max) continue;
    return from.fail("/" + std::string(name) + ": '" + value.to_text() + "' is above " +
                     ledger::amount_max.to_text());
  }
  const auto amount = Decimal::mul_div(to.quantity, to.price, to.per, money::Rounding::half_away);
  if (amount.has_value() && *amount == to.amount) return;
  from.fail("/amount: '" + to.amount.to_text() + "' is not quantity × price ÷ per" +
            (amount.has_value() ? " = " + amount->to_text() : ", which is too large"));
}

/// The lines of a document, which stands in the command as a text.
Result<void> read_lines(const std::string& text, std::vector<ImportInvoice::Line>& to) {
  json::Document document;
  if (!document.parse_copy(text) || document.root().type != Type::object) {
    return failure(ErrorCode::invalid_field, ": is not a JSON object");
  }
  const Node* const lines = json::Object(document, document.root()).find(json::word("lines"));
  if (lines == nullptr || lines->type != Type::array) {
    return failure(ErrorCode::missing_field, "/lines is missing, a list");
  }
  Result<void> outcome;
  Decimal total;
  json::Object(document, *lines).each([&](const Node& each) {
    if (!outcome.has_value()) return;
    const std::string pointer = "/lines/" + std::to_string(to.size());
    if (to.size() == ImportInvoice::lines_max || each.type != Type::object) {
      outcome = failure(
          ErrorCode::invalid_field,
          pointer + (each.type == Type::object ? ": is one line more than an import may have"
                                               : ": is not an object"));
      return;
    }
    CommandReader reader(document, json::Object(document, each));
    read(reader, to.emplace_back());
    if (auto read_it = reader.finish(); !read_it.has_value()) {
      outcome = failure(read_it.error().code, pointer + read_it.error().detail);
      return;
    }
    total += to.back().amount;
    if (total > ledger::amount_max) {
      outcome = failure(ErrorCode::invalid_field,
                        pointer + ": the sum up to it is above " + ledger::amount_max.to_text());
    }
  });
  return outcome;
}

}  // namespace

void read(CommandReader& from, SetSeller& to) {
  billing::Seller& seller = to.seller;
  from.note("name", seller.name);
  from.note("address", seller.address);
  from.note("tax_id", seller.tax_id);
  from.plain_text("invoice_series", seller.invoice_series, false);
  from.plain_text("credit_note_series", seller.credit_note_series, false);
  from.flag("invoices_no_usage", seller.invoices_no_usage);
  for (const std::string& series : {seller.invoice_series, seller.credit_note_series}) {
    const bool ends_in_a_digit = series.back() >= '0' && series.back() <= '9';
    if (ends_in_a_digit) from.fail("'" + series + "' ends in a digit: a number follows it");
  }
}

void read(CommandReader& from, SetBuyer& to) {
  from.text("account", to.account);
  constexpr std::size_t sealed_bytes_max = 2'100;  // 250 characters, sealed.
  from.note("name", to.buyer.name, sealed_bytes_max);
  from.note("address", to.buyer.address, sealed_bytes_max);
  from.note("tax_id", to.buyer.tax_id, sealed_bytes_max);
  from.note("tax_name", to.buyer.tax_name);
  from.percent("tax_percent", to.buyer.tax_percent);
  from.note("time_zone", to.buyer.time_zone);
}

void read(CommandReader& from, FreezeInvoice& to) {
  using enum billing::InvoiceKind;
  from.text("account", to.account);
  from.choice("kind", to.kind, {invoice, credit_note}, "invoice or credit_note", true);
  from.text("period", to.period);
  from.time("from", to.from);
  from.time("to", to.to);
  from.text("series", to.series);
  from.whole("number", to.number, 1, INT64_MAX, true);
  from.whole("changed_at", to.changed_at, 0, INT64_MAX, true);
  from.percent("tax_percent", to.tax_percent);
  from.signed_amount("lines_total", to.lines_total);
  from.signed_amount("rounding", to.rounding);
  from.signed_amount("tax", to.tax);
  from.document("document", to.document, FreezeInvoice::document_bytes_max);
}

void read(CommandReader& from, ImportInvoice& to) {
  from.text("account", to.account);
  from.plain_text("number", to.number, true);
  from.text("period", to.period);
  from.time("from", to.from);
  from.time("to", to.to);
  from.flag("paid", to.is_paid);
  from.document("document", to.document, FreezeInvoice::document_bytes_max);
  if (!from.is_good()) return;
  if (const auto lines = read_lines(to.document, to.lines); !lines.has_value()) {
    from.fail_in("document", lines.error());
  }
}

}  // namespace steelyard::core
