#include "steelyard/server/problem.h"

#include <algorithm>

#include "steelyard/base/check.h"
#include "steelyard/server/json_text.h"

namespace steelyard::server {
namespace {

constexpr std::string_view correct_and_send = "Correct the value and send the request again.";
constexpr std::string_view fix_the_fact = "Correct the event and send it again under the same id.";
constexpr std::string_view fix_the_book =
    "Publish a version of the price book that has it; the event is charged by itself then.";

constexpr ProblemRow rows[] = {
    // The request cannot be read.
    {"malformed_request", 400, "The request is not valid HTTP",
     "Send HTTP/1.1 as RFC 9112 has it; the connection is closed."},
    {"invalid_event", 400, "An event is not valid",
     "Correct what `errors` lists and send it again; the other events are kept."},
    {"malformed_json", 400, "The body is not valid JSON",
     "Send one JSON value in UTF-8, every name once in its object."},
    {"key_in_url", 400, "An API key stands in the URL",
     "Revoke that key, it may be in logs now, and send keys as `Authorization: Bearer KEY` only."},
    {"invalid_cursor", 400, "The cursor does not belong to this list",
     "Begin again without `cursor`; pass cursors on unchanged, with the same parameters."},
    {"idempotency_key_missing", 400, "A command needs an Idempotency-Key",
     "Send `Idempotency-Key` with a value of your own, new for each command, the same for its "
     "retries: 1 to 128 printable characters."},
    {"archive_is_damaged", 400, "The body cannot be unpacked",
     "Send what Content-Encoding says: one gzip or zstd stream, complete."},

    // Who asks.
    {"unauthenticated", 401, "No valid API key",
     "Send `Authorization: Bearer KEY` with a key that is neither expired nor revoked."},
    {"insufficient_balance", 402, "The balance does not cover the amount",
     "Top up the account, release open holds, or ask for less."},
    {"budget_exceeded", 402, "A budget is used up",
     "Raise the budget, or wait for its next period."},
    {"forbidden", 403, "The key does not allow this",
     "Use a key whose role has the scope that is named, or ask the owner of the tenant for one."},

    {"own_proposal", 403, "Who proposes does not approve",
     "Let another person approve it, with a key that neither made the key behind the proposal nor "
     "was made by it."},

    // What is asked for.
    {"route_not_found", 404, "There is no such path", "See /docs for the paths there are."},
    {"not_found", 404, "There is no such thing",
     "Check the name; it must belong to the tenant of your key."},
    {"unknown_account", 404, "There is no such account",
     "An account opens with its first usage, or by PUT /v1/accounts/{account}."},
    {"unknown_budget", 404, "There is no such budget", "Create it by PUT /v1/budgets/{name}."},
    {"unknown_hold", 404, "There is no such hold",
     "It was never opened, or ended more than a day ago."},
    {"unknown_proposal", 404, "There is no such proposal",
     "It was never made, or a thousand others were decided since; GET /v1/audit has it."},
    {"unknown_invoice", 404, "There is no such invoice",
     "Check its number; GET /v1/invoices lists those of your tenant."},
    {"unknown_original", 404, "There is nothing that could be given back",
     "Name the Idempotency-Key of a top-up of this account as `original`."},
    {"method_not_allowed", 405, "The path does not take this method",
     "Use one of the methods in the Allow field."},
    {"not_acceptable", 406, "No answer of the accepted types",
     "Send an Accept field with one of the types that /docs lists for this path, or none."},
    {"request_timeout", 408, "The request took too long to arrive",
     "Send it faster, or in smaller parts; the connection is closed."},
    {"conflict", 409, "It contradicts what is there", "Read the present state and decide again."},
    {"idempotency_key_running", 409, "The first command with this key is not answered yet",
     "Wait for Retry-After and send the same request again."},
    {"hold_not_open", 409, "The hold has ended",
     "It was settled, released, or it expired, as `state` says. Send usage without it."},
    {"hold_conflict", 409, "The hold's id belongs to another hold",
     "Use an id of its own for each hold; the same id only with the same content."},
    {"origin_conflict", 409, "The id belongs to a command with other content",
     "Use a new id for a new command."},
    {"budget_conflict", 409, "The budget can not be changed in that way",
     "Parent and currency stay; the tree is at most 8 deep."},
    {"account_closed", 409, "The account is closed", "Use another account."},
    {"account_has_open_holds", 409, "The account has open holds",
     "Settle or release them, or close with `drains`."},
    {"proposal_not_open", 409, "The proposal is not open any more",
     "It was approved or rejected, or it expired, as `state` says. Propose it again, if need be."},
    {"too_many_proposals", 409, "Too many proposals are open",
     "Have some of them approved or rejected; each ends by itself after 7 days."},
    {"period_not_over", 409, "The period is not over",
     "It can be invoiced or closed one hour after its end at the earliest."},
    {"period_is_closed", 409, "A later period has been invoiced",
     "What came late for it is on the next invoice, or on a credit note."},
    {"nothing_to_invoice", 409, "There is nothing to invoice",
     "Nothing was used that no invoice has. Set `invoices_no_usage` of the seller for invoices "
     "over "
     "0."},
    {"invoice_out_of_date", 409, "The books changed meanwhile", "Send the request again."},
    {"books_do_not_agree", 409, "Charges and ledger differ: nothing is frozen on top of that",
     "Report it to the operator; GET /v1/reconciliation says what differs."},
    {"body_too_large", 413, "The body is too large", "Split it: send fewer events in one request."},
    {"too_large", 413, "A value is too large", "Keep to the limits that /docs lists."},
    {"request_line_too_long", 414, "The request line is too long",
     "Use fewer or shorter parameters."},
    {"unsupported_media_type", 415, "The path does not take this type of body",
     "Send one of the types that the detail names as Content-Type."},
    {"unsupported_encoding", 415, "The body's encoding is not known",
     "Send the body plain, or packed once with gzip or zstd."},
    {"expectation_failed", 417, "The expectation is not known",
     "Send `Expect: 100-continue` or none."},

    // Its values.
    {"invalid_parameter", 422, "A parameter is wrong", "Correct what `errors` lists."},
    {"invalid_body", 422, "The body does not fit its schema", "Correct what `errors` lists."},
    {"idempotency_key_reused", 422, "The Idempotency-Key belongs to another command",
     "Use a new key for a new command; the same key only with the same method, path and body."},
    {"missing_field", 422, "A field is missing", correct_and_send},
    {"invalid_field", 422, "A field is wrong", correct_and_send},
    {"unknown_type", 422, "The type of event is not known", fix_the_fact},
    {"invalid_time", 422, "A time is wrong", correct_and_send},
    {"unknown_protocol", 422, "The protocol is not known", fix_the_fact},
    {"usage_missing", 422, "The event has no usage", fix_the_fact},
    {"invalid_quantity", 422, "A quantity is wrong", fix_the_fact},
    {"inconsistent_usage", 422, "The counts of the usage contradict each other", fix_the_fact},
    {"too_many_names", 422, "The tenant has as many distinct names as it may have", fix_the_fact},
    {"unknown_model", 422, "The price book does not know the model", fix_the_book},
    {"above_top_tier", 422, "The input is above the last tier", fix_the_book},
    {"no_price_for_item", 422, "The item has no price", fix_the_book},
    {"no_batch_price", 422, "The model has no batch price", fix_the_book},
    {"unknown_product", 422, "The price book does not know the product", fix_the_book},
    {"unknown_meter", 422, "The product does not know the meter", fix_the_book},
    {"missing_attribute", 422, "The price depends on an attribute that is missing", fix_the_fact},
    {"no_price_at_that_time", 422, "There was no price at that time", fix_the_book},
    {"unknown_attribute", 422, "The product does not know the attribute", fix_the_fact},
    {"unknown_event", 422, "There is no such event", "Check `source` and `id`."},
    {"not_correctable", 422, "The event can not be corrected",
     "Only events of cloud resources can be voided or replaced; give credit for a model call: POST "
     "/v1/accounts/{account}/grants."},
    {"unknown_plan", 422, "There is no such plan", "Check its name in the price book."},
    {"window_is_settled", 422, "The usage lies in a window whose fee is final",
     "Its month was closed: send it as usage of a month that is open, or leave it uncharged."},
    {"decimal_is_malformed", 422, "A number cannot be read",
     "Write decimals as text: \"12.50\", with at most 12 decimals."},
    {"decimal_exceeds_limit", 422, "A number is too large", correct_and_send},
    {"file_is_malformed", 422, "A file cannot be read", "Correct it at the place that is named."},
    {"price_book_is_invalid", 422, "The price book has mistakes",
     "Run `steelyard pricebook lint` on it and correct what it lists."},
    {"unknown_time_zone", 422, "The time zone is not known",
     "Use a name of the IANA database: \"Asia/Shanghai\"."},
    {"currency_mismatch", 422, "The currencies differ", correct_and_send},
    {"name_is_invalid", 422, "A name is empty or too long", correct_and_send},
    {"amount_out_of_range", 422, "The amount is out of range",
     "Send an amount above 0 and of at most 10^15."},
    {"time_out_of_range", 422, "The time is out of range", correct_and_send},
    {"refund_exceeds_original", 422, "More is given back than there was",
     "Send at most what `available` says."},
    {"entry_not_balanced", 422, "Debits and credits differ", correct_and_send},
    {"account_not_adjustable", 422, "That account of the ledger changes by itself",
     "Holds change `reserved`, grants change `promo`."},
    {"threshold_out_of_range", 422, "A threshold is out of range",
     "Send at most 8 rising percentages of 1 to 1,000, and a limit."},
    {"quota_is_empty", 422, "The quota covers nothing", correct_and_send},
    {"no_price", 422, "The call has no price",
     "Ask /v1/estimate why; hold an amount instead, if it may be made."},
    {"query_is_refused", 422, "The question is not answered",
     "Ask one SELECT over `charges`, `facts` or `hours`; correct what the detail names."},
    {"query_took_too_long", 422, "The question took too long",
     "Ask for less time, or for fewer groups."},
    {"usage_of_command", 422, "The request asks for what cannot be done", correct_and_send},

    // How much is asked for.
    {"rate_limited", 429, "Too many requests with this key",
     "Wait for Retry-After; send more events in one request rather than more requests."},
    {"too_many_open_requests", 429, "Too many requests of this key are open",
     "Wait for answers before sending more; keep at most as many open as the detail says."},
    {"head_too_large", 431, "The header fields are too large",
     "Send fewer or shorter fields; the connection is closed."},

    // It is our turn.
    {"internal_error", 500, "The server failed",
     "Send the request again, a command under the same Idempotency-Key; report the instance if "
     "it stays."},
    {"file_is_unreadable", 500, "The server cannot read a file of its own",
     "Report the instance to the operator."},
    {"log_is_damaged", 500, "The server's log is damaged",
     "Report the instance to the operator; `steelyard verify` names the place."},
    {"storage_failed", 500, "The server's disk failed",
     "Nothing is acknowledged any more. Report the instance to the operator."},
    {"directory_is_locked", 500, "Another server has the data", "Report it to the operator."},
    {"store_failed", 500, "The store of charges failed",
     "Send the request again; report the instance if it stays."},
    {"store_is_locked", 500, "Another process has the store of charges",
     "Report it to the operator."},
    {"other_store", 500, "A file belongs to other data", "Report it to the operator."},
    {"unknown_format", 500, "A file is of another version", "Report it to the operator."},
    {"not_implemented", 501, "The server does not know this part of HTTP",
     "Use GET, HEAD, POST, PUT, PATCH or DELETE, and no Transfer-Encoding but chunked."},
    {"server_is_unreachable", 500, "A server behind this one can not be reached",
     "Send the request again later."},
    {"overloaded", 503, "The server has too much to do",
     "Send the request again after Retry-After; nothing of it was kept."},
    {"not_ready", 503, "The server is starting", "Send the request again after Retry-After."},
    {"stopping", 503, "The server is stopping",
     "Send the request again, a command under the same Idempotency-Key."},
    {"version_not_supported", 505, "The version of HTTP is not known",
     "Send the request as HTTP/1.1."},
    {"disk_full", 507, "The server's disk is full",
     "Nothing was kept. Send the request again when the operator has made room."},
};

}  // namespace

std::span<const ProblemRow> problem_rows() { return rows; }

const ProblemRow* find_problem(std::string_view word) {
  const auto row = std::ranges::find(rows, word, &ProblemRow::word);
  return row == std::end(rows) ? nullptr : &*row;
}

Problem::Problem(std::string_view word, std::string what)
    : row(find_problem(word)), detail(std::move(what)) {
  STEELYARD_CHECK(row != nullptr);
}

Problem Problem::of(const Error& error) { return Problem(name_of(error.code), error.detail); }

std::string Problem::to_json(std::string_view request_id) const {
  std::string text = detail;
  if (!text.empty()) text += text.ends_with('.') ? " " : ". ";
  text += row->remedy;

  std::string json;
  json.reserve(512);
  json += R"({"type":"/docs#problem-)";
  json += row->word;
  json += R"(","title":)";
  append_json_text(row->title, json);
  json += R"(,"status":)";
  json += std::to_string(row->status);
  json += R"(,"code":)";
  append_json_text(row->word, json);
  json += R"(,"detail":)";
  append_json_text(text, json);
  json += R"(,"instance":)";
  append_json_text("urn:request:" + std::string(request_id), json);
  if (!items.empty()) {
    json += R"(,"errors":[)";
    for (const ProblemItem& item : items) {
      if (&item != items.data()) json += ',';
      json += R"({"place":)" + json_text(item.place) + R"(,"detail":)" + json_text(item.detail);
      json += '}';
    }
    json += ']';
  }
  for (const auto& [name, value] : members) json += ',' + json_text(name) + ':' + value;
  return json + "}\n";
}

}  // namespace steelyard::server
