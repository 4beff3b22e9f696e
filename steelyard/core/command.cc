#include "steelyard/core/command.h"

#include <algorithm>
#include <array>
#include <functional>
#include <initializer_list>

#include "steelyard/base/check.h"
#include "steelyard/base/limits.h"
#include "steelyard/json/document.h"
#include "steelyard/json/number.h"
#include "steelyard/ledger/name_index.h"

namespace steelyard::core {
namespace {

using json::Node;
using json::Type;
using money::Decimal;

/// Takes the members of one object, one after the other, and keeps the first error.
class Reader {
 public:
  Reader(const json::Document& document, const json::Object& object)
      : document_(&document), object_(object) {}

  void text(std::string_view name, std::string& to, bool is_needed = true) {
    const Node* const node = take(name, is_needed);
    if (node == nullptr) return;
    const std::string_view value =
        node->type == Type::string ? document_->text(*node) : std::string_view();
    if (value.empty() || value.size() > ledger::NameIndex::bytes_max) {
      return refuse(name, *node,
                    "a text of 1 to " + std::to_string(ledger::NameIndex::bytes_max) + " bytes");
    }
    to = value;
  }

  void long_text(std::string_view name, std::string& to) {
    const Node* const node = take(name, true);
    if (node == nullptr) return;
    if (node->type != Type::string) return refuse(name, *node, "a text");
    to = document_->text(*node);
  }

  /// A JSON number or a decimal string, read exactly.
  void amount(std::string_view name, Decimal& to, bool is_needed = true) {
    const Node* const node = take(name, is_needed);
    if (node == nullptr) return;
    if (node->type == Type::string || node->type == Type::number) {
      const auto value = Decimal::parse(document_->text(*node));
      if (value.has_value() && !value->is_negative()) {
        to = *value;
        return;
      }
    }
    refuse(name, *node, "a decimal number of at most 12 digits after the point, not negative");
  }

  void signed_amount(std::string_view name, Decimal& to) {
    const Node* const node = take(name, true);
    if (node == nullptr) return;
    const auto value = node->type == Type::string ? Decimal::parse(document_->text(*node))
                                                  : Result<Decimal>(Decimal());
    if (node->type != Type::string || !value.has_value()) {
      return refuse(name, *node, "a decimal number of at most 12 digits after the point");
    }
    to = *value;
  }

  void amount(std::string_view name, std::optional<Decimal>& to) {
    if (!has(name)) return;
    amount(name, to.emplace());
  }

  template <class Number>
  void whole(std::string_view name, Number& to, std::uint64_t min, std::uint64_t max,
             bool is_needed = false) {
    const Node* const node = take(name, is_needed);
    if (node == nullptr) return;
    if (node->type != Type::number || !node->is_whole || node->whole < min || node->whole > max) {
      return refuse(name, *node,
                    "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    }
    to = static_cast<Number>(node->whole);
  }

  void flag(std::string_view name, bool& to) {
    const Node* const node = take(name, false);
    if (node == nullptr) return;
    if (node->type != Type::boolean) return refuse(name, *node, "true or false");
    to = node->whole == 1;
  }

  void time(std::string_view name, base::Instant& to, bool is_needed = true) {
    const Node* const node = take(name, is_needed);
    if (node == nullptr) return;
    if (node->type != Type::string || !base::parse_rfc3339(document_->text(*node), to)) {
      refuse(name, *node, "a time like 2026-11-22T08:00:03Z");
    }
  }

  void time(std::string_view name, std::optional<base::Instant>& to) {
    if (!has(name)) return;
    time(name, to.emplace());
  }

  void call(std::string_view name, std::optional<PlannedCall>& to) {
    if (!has(name)) return;
    const Node* const node = take(name, true);
    if (node->type != Type::object) return refuse(name, *node, "an object");
    Reader inner(*document_, json::Object(*document_, *node));
    PlannedCall& call = to.emplace();
    inner.text("model", call.model);
    inner.whole("input", call.tokens.input, 0, limits::count_max);
    inner.whole("cached_input", call.tokens.cached_input, 0, limits::count_max);
    inner.whole("output", call.tokens.output, 0, limits::count_max);
    inner.flag("thinking", call.thinking);
    if (const auto read = inner.finish(); !read.has_value()) fail_in(name, read.error());
  }

  /// One of several words: the names of `choices`.
  template <class Choice>
  void choice(std::string_view name, Choice& to, std::initializer_list<Choice> choices,
              const std::string& expected, bool is_needed) {
    const Node* const node = take(name, is_needed);
    if (node == nullptr) return;
    for (const Choice each : choices) {
      if (node->type == Type::string && document_->text(*node) == name_of(each)) {
        to = each;
        return;
      }
    }
    refuse(name, *node, expected);
  }

  /// A text that may be left out, and may be empty.
  void note(std::string_view name, std::string& to) {
    if (!has(name)) return;
    constexpr std::size_t bytes_max = 1'000;
    long_text(name, to);
    if (to.size() <= bytes_max || error_.has_value()) return;
    refuse(name, *object_.find(json::word(name)),
           "a text of at most " + std::to_string(bytes_max) + " bytes");
  }

  void percent(std::string_view name, Decimal& to) {
    amount(name, to, false);
    if (to <= Decimal::whole(100) || error_.has_value()) return;
    refuse(name, *object_.find(json::word(name)), "a percentage of 0 to 100");
  }

  /// Letters, digits and - _ . / : what stands in numbers of documents and in paths.
  void plain_text(std::string_view name, std::string& to, bool is_needed) {
    text(name, to, is_needed);
    const bool is_plain = std::ranges::all_of(to, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view("-_./").contains(c);
    });
    if (!is_plain) fail("/" + std::string(name) + ": has more than letters, digits and - _ . /");
  }

  void document(std::string_view name, std::string& to, std::size_t bytes_max) {
    long_text(name, to);
    if (to.size() <= bytes_max || error_.has_value()) return;
    refuse(name, *object_.find(json::word(name)),
           "a text of at most " + std::to_string(bytes_max) + " bytes");
  }

  void period(std::string_view name, ledger::Period& to) {
    using enum ledger::Period;
    choice(name, to, {day, month, total}, "day, month or total", false);
  }

  void quota_class(std::string_view name, ledger::QuotaClass& to) {
    using enum ledger::QuotaClass;
    choice(name, to, {free, package}, "free or package", true);
  }

  void kinds(std::string_view name, ledger::TokenKinds& to) {
    const Node* const node = take(name, false);
    if (node == nullptr) return;
    to = {.input = false, .cached_input = false, .output = false};
    bool is_good = node->type == Type::array;
    if (is_good) {
      json::Object(*document_, *node).each([&](const Node& each) {
        const std::string_view kind =
            each.type == Type::string ? document_->text(each) : std::string_view();
        if (kind == "input") return void(to.input = true);
        if (kind == "cached_input") return void(to.cached_input = true);
        if (kind == "output") return void(to.output = true);
        is_good = false;
      });
    }
    if (!is_good) refuse(name, *node, "a list of input, cached_input and output");
  }

  void percents(std::string_view name, std::vector<std::uint16_t>& to) {
    const Node* const node = take(name, false);
    if (node == nullptr) return;
    bool is_good = node->type == Type::array;
    if (is_good) {
      json::Object(*document_, *node).each([&](const Node& each) {
        is_good = is_good && each.type == Type::number && each.is_whole && each.whole > 0 &&
                  each.whole <= ledger::threshold_percent_max &&
                  to.size() < static_cast<std::size_t>(ledger::thresholds_max);
        if (is_good) to.push_back(static_cast<std::uint16_t>(each.whole));
      });
    }
    if (!is_good) {
      refuse(name, *node,
             "a list of at most " + std::to_string(ledger::thresholds_max) +
                 " whole numbers of percent, 1 to " +
                 std::to_string(ledger::threshold_percent_max));
    }
  }

  void files(std::string_view name, pricebook::Files& to) {
    const Node* const node = take(name, true);
    if (node == nullptr) return;
    bool is_good = node->type == Type::object;
    if (is_good) {
      json::Object(*document_, *node).each([&](const Node& each) {
        is_good = is_good && each.type == Type::string;
        if (is_good) to.emplace(document_->name(each), document_->text(each));
      });
    }
    if (!is_good || to.empty()) refuse(name, *node, "an object of texts by path");
  }

  /// An object as it stands there.
  void object(std::string_view name, std::string& to, std::size_t bytes_max) {
    const Node* const node = take(name, true);
    if (node == nullptr) return;
    if (node->type != Type::object) return refuse(name, *node, "an object");
    to = document_->text(*node);
    if (to.size() <= bytes_max) return;
    refuse(name, *node, "an object of at most " + std::to_string(bytes_max) + " bytes");
  }

  bool has(std::string_view name) {
    const Node* const node = object_.find(json::word(name));
    return node != nullptr && node->type != Type::null;
  }

  /// Of what stands in a member.
  void fail_in(std::string_view name, const Error& error) {
    if (!error_.has_value()) error_ = Error{error.code, '/' + std::string(name) + error.detail};
  }

  void fail(std::string detail) {
    if (!error_.has_value()) error_ = Error{ErrorCode::invalid_field, std::move(detail)};
  }

  bool is_good() const { return !error_.has_value(); }

  /// One of them excludes the other.
  void none_of(std::string_view name, std::string_view other) {
    if (!has(name) || error_.has_value()) return;
    error_ = Error{ErrorCode::invalid_field,
                   "/" + std::string(name) + ": stands beside /" + std::string(other)};
  }

  Result<void> finish() {
    if (!error_.has_value()) {
      object_.each([&](const Node& member) {
        if (error_.has_value() || std::ranges::find(known_, member.word) != known_.end()) return;
        error_ = Error{ErrorCode::invalid_field, "/" + std::string(document_->name(member)) +
                                                     ": is no member of this command"};
      });
    }
    if (error_.has_value()) return std::unexpected(std::move(*error_));
    return {};
  }

 private:
  const Node* take(std::string_view name, bool is_needed) {
    known_.push_back(json::word(name));
    const Node* const node = object_.find(json::word(name));
    if (node != nullptr && node->type != Type::null) return node;
    if (is_needed && !error_.has_value()) {
      error_ = Error{ErrorCode::missing_field, "/" + std::string(name) + " is missing"};
    }
    return nullptr;
  }

  void refuse(std::string_view name, const Node& node, const std::string& expected) {
    if (error_.has_value()) return;
    constexpr std::size_t shown_bytes = 64;
    std::string shown(document_->text(node).substr(0, shown_bytes));
    error_ = Error{ErrorCode::invalid_field,
                   "/" + std::string(name) + ": '" + shown + "' is not " + expected};
  }

  const json::Document* document_;
  json::Object object_;
  std::vector<std::uint64_t> known_{json::word("command")};
  std::optional<Error> error_;
};

void read(Reader& from, SetTenant& to) { from.text("name", to.name); }

void read(Reader& from, SetAccount& to) {
  from.text("account", to.account);
  to.terms.is_unlimited = !from.has("postpaid_limit");
  from.amount("postpaid_limit", to.terms.postpaid_limit, false);
}

void read(Reader& from, CloseAccount& to) {
  from.text("account", to.account);
  from.flag("drains", to.drains);
}

void read(Reader& from, TopUp& to) {
  from.text("account", to.account);
  from.text("id", to.id);
  from.amount("amount", to.amount);
}

void read(Reader& from, Grant& to) {
  from.text("account", to.account);
  from.text("id", to.id);
  from.amount("amount", to.amount);
  from.whole("priority", to.priority, 0, UINT16_MAX);
  from.time("effective_at", to.effective_at);
  from.time("expires_at", to.expires_at);
  from.text("scope", to.scope, false);
}

void read(Reader& from, Refund& to) {
  from.text("account", to.account);
  from.text("id", to.id);
  from.text("original", to.original);
  from.amount("amount", to.amount);
}

void read(Reader& from, AddQuota& to) {
  from.text("account", to.account);
  from.text("id", to.id);
  from.text("model", to.model);
  from.quota_class("class", to.quota_class);
  from.kinds("kinds", to.kinds);
  from.whole("tokens", to.tokens, 1, limits::count_max);
  from.time("effective_at", to.effective_at);
  from.time("expires_at", to.expires_at);
  from.whole("priority", to.priority, 0, UINT16_MAX);
}

void read(Reader& from, OpenHold& to) {
  from.text("hold", to.hold);
  from.text("account", to.account);
  from.amount("amount", to.amount, !from.has("call"));
  from.call("call", to.call);
  if (to.call.has_value()) from.none_of("amount", "call");
  from.whole("ttl_ms", to.ttl_ms, 1, ledger::hold_ttl_micros_max / 1'000);
  from.text("budget", to.budget, false);
  from.text("item", to.item, false);
}

void read(Reader& from, SettleHold& to) {
  from.text("hold", to.hold);
  from.text("account", to.account);
  from.text("id", to.id);
  from.amount("amount", to.amount);
  from.flag("ends", to.ends);
  from.text("item", to.item, false);
}

void read(Reader& from, ReleaseHold& to) {
  from.text("hold", to.hold);
  from.text("id", to.id);
}

void read(Reader& from, SetBudget& to) {
  from.text("name", to.name);
  from.text("parent", to.parent, false);
  from.amount("limit", to.limit);
  from.flag("hard", to.is_hard);
  from.period("period", to.period);
  from.text("zone", to.zone, false);
  from.percents("thresholds", to.thresholds);
}

void read(Reader& from, PublishPrices& to) {
  from.files("files", to.files);
  from.text("hash", to.hash);
  from.text("origin", to.origin);
  from.text("note", to.note, false);
}

void read(Reader& from, Correct& to) {
  from.text("how", to.how);
  from.text("source", to.source);
  from.text("id", to.id);
  if (from.has("reason")) from.long_text("reason", to.reason);
}

void read(Reader& from, SetKey& to) {
  from.text("key", to.key);
  from.long_text("record", to.record);
}

void read(Reader& from, Propose& to) {
  from.object("what", to.what, Propose::bytes_max);
  if (!from.is_good()) return;
  const auto given = read_command(to.what);
  if (!given.has_value()) return from.fail_in("what", given.error());
  if (account_of_money(given->what).empty()) {
    from.fail_in("what", {ErrorCode::invalid_field, "/command: is not about money"});
  }
  if (!given->by.empty()) {
    from.fail_in("what", {ErrorCode::invalid_field, "/by: is no member of this command"});
  }
}

template <class Decision>
void read_decision(Reader& from, Decision& to) {
  from.whole("proposal", to.proposal, 1, INT64_MAX, true);
  from.text("proposed_by", to.proposed_by);
  from.text("id", to.id);
}

void read(Reader& from, SetSeller& to) {
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

void read(Reader& from, SetBuyer& to) {
  from.text("account", to.account);
  from.note("name", to.buyer.name);
  from.note("address", to.buyer.address);
  from.note("tax_id", to.buyer.tax_id);
  from.note("tax_name", to.buyer.tax_name);
  from.percent("tax_percent", to.buyer.tax_percent);
  from.note("time_zone", to.buyer.time_zone);
}

void read(Reader& from, FreezeInvoice& to) {
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

void read(Reader& from, ImportInvoice::Line& to) {
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
    Reader reader(document, json::Object(document, each));
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

void read(Reader& from, ImportInvoice& to) {
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

void read(Reader& from, Approve& to) { read_decision(from, to); }
void read(Reader& from, Reject& to) { read_decision(from, to); }

template <class Kind>
Result<GivenCommand> read_as(Reader& reader) {
  Kind command;
  std::string by;
  read(reader, command);
  reader.text("by", by, false);
  STEELYARD_PASS(reader.finish());
  return GivenCommand{Command(std::move(command)), std::move(by)};
}

struct Named {
  std::string_view name;
  Result<GivenCommand> (*read)(Reader&);
};

constexpr std::array<Named, std::variant_size_v<Command>> all_commands{{
    {"set_tenant", read_as<SetTenant>},
    {"set_account", read_as<SetAccount>},
    {"close_account", read_as<CloseAccount>},
    {"top_up", read_as<TopUp>},
    {"grant", read_as<Grant>},
    {"refund", read_as<Refund>},
    {"add_quota", read_as<AddQuota>},
    {"open_hold", read_as<OpenHold>},
    {"settle_hold", read_as<SettleHold>},
    {"release_hold", read_as<ReleaseHold>},
    {"set_budget", read_as<SetBudget>},
    {"set_key", read_as<SetKey>},
    {"correct", read_as<Correct>},
    {"publish_prices", read_as<PublishPrices>},
    {"propose", read_as<Propose>},
    {"approve", read_as<Approve>},
    {"reject", read_as<Reject>},
    {"set_seller", read_as<SetSeller>},
    {"set_buyer", read_as<SetBuyer>},
    {"freeze_invoice", read_as<FreezeInvoice>},
    {"import_invoice", read_as<ImportInvoice>},
}};

}  // namespace

Result<GivenCommand> read_command(std::string_view text) {
  json::Document document;
  if (!document.parse_copy(text)) {
    return failure(ErrorCode::malformed_json, std::string(document.error().what) + " at byte " +
                                                  std::to_string(document.error().offset));
  }
  if (document.root().type != Type::object) {
    return failure(ErrorCode::invalid_field, "a command is a JSON object");
  }
  const json::Object object(document, document.root());
  const Node* const name = object.find(json::word("command"));
  if (name == nullptr || name->type != Type::string) {
    return failure(ErrorCode::missing_field, "/command is missing");
  }
  Reader reader(document, object);
  for (const Named& each : all_commands) {
    if (document.text(*name) == each.name) return each.read(reader);
  }
  return failure(ErrorCode::invalid_field,
                 "/command: '" + std::string(document.text(*name)) + "' is no command");
}

std::string_view name_of(const Command& command) { return all_commands[command.index()].name; }

Command read_proposed(std::string_view what) {
  auto given = read_command(what);
  STEELYARD_CHECK(given.has_value());
  return std::move(given->what);
}

std::string_view account_of_money(const Command& command) {
  if (const auto* const account = std::get_if<SetAccount>(&command)) return account->account;
  if (const auto* const top_up = std::get_if<TopUp>(&command)) return top_up->account;
  if (const auto* const grant = std::get_if<Grant>(&command)) return grant->account;
  if (const auto* const refund = std::get_if<Refund>(&command)) return refund->account;
  if (const auto* const quota = std::get_if<AddQuota>(&command)) return quota->account;
  return {};
}

}  // namespace steelyard::core
