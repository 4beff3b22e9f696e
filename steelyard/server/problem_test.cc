#include "steelyard/server/problem.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "steelyard/server/answer.h"

namespace steelyard::server {
namespace {

// A status that changes is a change of the product: clients program against it.
constexpr std::string_view golden = R"(400 malformed_request
400 invalid_event
400 malformed_json
400 key_in_url
400 invalid_cursor
400 idempotency_key_missing
400 archive_is_damaged
401 unauthenticated
402 insufficient_balance
402 budget_exceeded
403 forbidden
403 own_proposal
404 route_not_found
404 not_found
404 unknown_account
404 unknown_budget
404 unknown_hold
404 unknown_proposal
404 unknown_invoice
404 unknown_original
405 method_not_allowed
406 not_acceptable
408 request_timeout
409 conflict
409 idempotency_key_running
409 hold_not_open
409 hold_conflict
409 origin_conflict
409 budget_conflict
409 account_closed
409 account_has_open_holds
409 proposal_not_open
409 too_many_proposals
409 period_not_over
409 period_is_closed
409 nothing_to_invoice
409 invoice_out_of_date
409 books_do_not_agree
413 body_too_large
413 too_large
414 request_line_too_long
415 unsupported_media_type
415 unsupported_encoding
417 expectation_failed
422 invalid_parameter
422 invalid_body
422 idempotency_key_reused
422 missing_field
422 invalid_field
422 unknown_type
422 invalid_time
422 unknown_protocol
422 usage_missing
422 invalid_quantity
422 inconsistent_usage
422 too_many_names
422 unknown_model
422 above_top_tier
422 no_price_for_item
422 no_batch_price
422 unknown_product
422 unknown_meter
422 missing_attribute
422 no_price_at_that_time
422 unknown_attribute
422 unknown_event
422 not_correctable
422 unknown_plan
422 window_is_settled
422 decimal_is_malformed
422 decimal_exceeds_limit
422 file_is_malformed
422 price_book_is_invalid
422 unknown_time_zone
422 currency_mismatch
422 name_is_invalid
422 amount_out_of_range
422 time_out_of_range
422 refund_exceeds_original
422 entry_not_balanced
422 account_not_adjustable
422 threshold_out_of_range
422 quota_is_empty
422 no_price
422 query_is_refused
422 query_took_too_long
422 usage_of_command
429 rate_limited
429 too_many_open_requests
431 head_too_large
500 internal_error
500 file_is_unreadable
500 log_is_damaged
500 storage_failed
500 directory_is_locked
500 store_failed
500 store_is_locked
500 other_store
500 unknown_format
501 not_implemented
500 server_is_unreachable
503 overloaded
503 not_ready
503 stopping
505 version_not_supported
507 disk_full
)";

TEST(Problem, the_table_is_golden) {
  std::string table;
  for (const ProblemRow& row : problem_rows()) {
    table += std::to_string(row.status) + " " + std::string(row.word) + "\n";
  }
  EXPECT_EQ(table, golden);
}

TEST(Problem, every_row_says_what_to_do) {
  std::set<std::string_view> words;
  for (const ProblemRow& row : problem_rows()) {
    EXPECT_TRUE(words.insert(row.word).second) << row.word << " stands twice";
    EXPECT_FALSE(row.title.empty()) << row.word;
    EXPECT_GE(row.remedy.size(), 20U) << row.word;
    EXPECT_EQ(row.remedy.back(), '.') << row.word;
    EXPECT_FALSE(reason_of(row.status).empty()) << row.status;
  }
}

TEST(Problem, every_error_of_the_domain_has_a_status) {
  // Codes are enumerators of one byte; name_of ends the process for what is none, so they
  // are taken from the list that stands in error_code.h.
  for (const ErrorCode code : {ErrorCode::malformed_json,        ErrorCode::too_large,
                               ErrorCode::missing_field,         ErrorCode::invalid_field,
                               ErrorCode::unknown_type,          ErrorCode::invalid_time,
                               ErrorCode::unknown_protocol,      ErrorCode::usage_missing,
                               ErrorCode::invalid_quantity,      ErrorCode::inconsistent_usage,
                               ErrorCode::too_many_names,        ErrorCode::unknown_model,
                               ErrorCode::above_top_tier,        ErrorCode::no_price_for_item,
                               ErrorCode::no_batch_price,        ErrorCode::unknown_product,
                               ErrorCode::unknown_meter,         ErrorCode::missing_attribute,
                               ErrorCode::no_price_at_that_time, ErrorCode::unknown_attribute,
                               ErrorCode::unknown_event,         ErrorCode::unknown_plan,
                               ErrorCode::decimal_is_malformed,  ErrorCode::decimal_exceeds_limit,
                               ErrorCode::file_is_unreadable,    ErrorCode::file_is_malformed,
                               ErrorCode::price_book_is_invalid, ErrorCode::archive_is_damaged,
                               ErrorCode::usage_of_command,      ErrorCode::window_is_settled}) {
    const Problem problem = Problem::of({code, "detail"});
    EXPECT_GE(problem.status(), 400) << name_of(code);
  }
}

TEST(Problem, is_a_document_of_rfc_9457) {
  Problem problem("insufficient_balance", "it is \"0\" CNY");
  problem.items = {{"#/amount", "12 is more"}};
  problem.members = {{"available", "\"0\""}};
  const auto json = nlohmann::json::parse(problem.to_json("r-1"));
  EXPECT_EQ(json["type"], "/docs#problem-insufficient_balance");
  EXPECT_EQ(json["title"], "The balance does not cover the amount");
  EXPECT_EQ(json["status"], 402);
  EXPECT_EQ(json["code"], "insufficient_balance");
  EXPECT_EQ(json["detail"],
            "it is \"0\" CNY. Top up the account, release open holds, or ask for less.");
  EXPECT_EQ(json["instance"], "urn:request:r-1");
  EXPECT_EQ(json["errors"][0]["place"], "#/amount");
  EXPECT_EQ(json["available"], "0");
}

TEST(ProblemDeathTest, an_unknown_word_is_our_mistake) {
  EXPECT_DEATH(Problem("no_such_word"), "check failed");
}

TEST(Answer, heads_cannot_be_split) {
  const Response response = Response::json("{}").with("Location", "/a\r\nSet-Cookie: x=1");
  const std::string head =
      head_text(response, {.request_id = "r-1", .now = {784'111'777, 0}, .fields = {}});
  EXPECT_EQ(head,
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\nX-Request-Id: r-1\r\n"
            "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
            "Location: /a  Set-Cookie: x=1\r\n\r\n");
  EXPECT_EQ(http_date({0, 0}), "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace steelyard::server
