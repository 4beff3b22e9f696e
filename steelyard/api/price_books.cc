#include <algorithm>

#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"
#include "steelyard/pricebook/content_hash.h"
#include "steelyard/pricebook/diff.h"
#include "steelyard/report/bill_change.h"

namespace steelyard::api {
namespace {

using core::PublishedPrices;
using server::ParameterType;
using server::Problem;
using server::Request;
using server::Response;
using server::Route;

using Published = std::shared_ptr<const PublishedPrices>;

constexpr std::string_view example =
    R"({"hash":"9f2c5d0e7b31","sequence":1,"published_at":"2026-11-22T08:00:00Z","origin":"start","in_force":true})";
constexpr std::string_view body_schema =
    R"({"type":"object","required":["files"],"properties":{"files":{"type":"object","properties":{},"additionalProperties":true},"note":{"type":"string","minLength":1,"maxLength":128}}})";
constexpr std::string_view body_example =
    R"({"files":{"book.yaml":"name: my-models\nversion: \"2\"\n","models.csv":"model,tier,type,price\n"},"note":"prices of December"})";

std::string json_of(const PublishedPrices& prices, bool is_in_force) {
  JsonObject to;
  to.text("hash", prices.what.hash)
      .whole("sequence", prices.sequence)
      .time("published_at", prices.published_at)
      .text("origin", prices.what.origin);
  if (!prices.what.note.empty()) to.text("note", prices.what.note);
  to.flag("in_force", is_in_force);
  return to.finish();
}

pricebook::Files files_of(const Request& request) {
  const json::Object body(*request.json, request.json->root());
  const json::Object files(*request.json, *body.find(json::word("files")));
  pricebook::Files all;
  files.each([&](const json::Node& each) {
    all.emplace(request.json->name(each), request.json->text(each));
  });
  return all;
}

/// The one whose hash begins so; the latest.
Published find(const core::Core::Published& all, std::string_view hash) {
  constexpr std::size_t characters_min = 8;
  if (hash.size() < characters_min) return nullptr;
  const auto found = std::ranges::find_if(all.rbegin(), all.rend(), [&](const auto& each) {
    return each->what.hash.starts_with(hash);
  });
  return found == all.rend() ? nullptr : *found;
}

/// A book holds the contract prices of all customers.
bool may_read_files(const Request& request) {
  return request.principal.may(server::Scope::propose_prices) ||
         request.principal.may(server::Scope::approve_prices);
}

Problem not_allowed() {
  return Problem("forbidden",
                 "a price book holds the prices of all customers: it needs the scope "
                 "propose_prices or approve_prices");
}

Problem no_such(std::string_view hash) {
  return Problem("not_found",
                 "no price book with the hash '" + std::string(hash) + "' was published");
}

Response changes(const pricebook::PriceBookSeries& before,
                 const pricebook::PriceBookSeries& after) {
  const pricebook::PriceBook& old_book = before.versions.back();
  const pricebook::PriceBook& new_book = after.versions.back();
  return Response::json(
      report::to_json(pricebook::diff(old_book, new_book), nullptr, old_book, new_book));
}

void add_list(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/price-books";
  route.operation_id = "list_price_books";
  route.summary = "The price books that were published";
  route.description =
      "The last one is in force: it prices what is taken behind its `sequence`. What was charged "
      "before stays as it was.";
  route.tag = "Prices";
  route.scope = server::Scope::read_prices;
  route.responses.push_back(
      json_answer("Oldest first.", R"({"price_books":[)" + std::string(example) + "]}"));
  route.handler = [&services](const Request&) {
    const auto published = services.node->prices().published();
    std::string list;
    for (const Published& each : published) {
      list += (list.empty() ? "" : ",") + json_of(*each, each == published.back());
    }
    return Response::json(JsonObject().raw("price_books", '[' + list + ']').finish());
  };
  table.add(std::move(route));
}

void add_get(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/price-books/{hash}";
  route.operation_id = "get_price_book";
  route.summary = "The files of a price book";
  route.description =
      "As they were published. The first 8 digits of the hash are enough. Contract prices are in "
      "them, so it needs the scope propose_prices or approve_prices.";
  route.tag = "Prices";
  route.scope = server::Scope::read_prices;
  route.parameters.push_back(path_parameter("hash", "Of its content.", "9f2c5d0e7b31"));
  route.responses.push_back(json_answer("`files`: each text by its path."));
  route.problems = {"not_found"};
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) -> Response {
    if (!may_read_files(request)) return not_allowed();
    const auto published = services.node->prices().published();
    const auto found = find(published, request.path_parameter("hash"));
    if (found == nullptr) return no_such(request.path_parameter("hash"));
    JsonObject files;
    for (const auto& [path, text] : found->what.files) files.text(path, text);
    std::string body = json_of(*found, found == published.back());
    body.back() = ',';
    return Response::json(body + "\"files\":" + files.finish() + '}');
  };
  table.add(std::move(route));
}

void add_diff(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/price-books/{hash}/diff";
  route.operation_id = "diff_price_books";
  route.summary = "What changes from one price book to another";
  route.tag = "Prices";
  route.description =
      "Compares their last versions, as `steelyard pricebook diff` does. It needs the scope "
      "propose_prices or approve_prices.";
  route.scope = server::Scope::read_prices;
  route.parameters = {path_parameter("hash", "Of the newer one.", "9f2c5d0e7b31"),
                      query_parameter("from", ParameterType::text,
                                      "The hash of the older one; the one published before, if "
                                      "absent.",
                                      "03ab77c1d2e4")};
  route.responses.push_back(json_answer("As `steelyard pricebook diff --output json` gives it."));
  route.problems = {"not_found"};
  route.runs_on = server::RunsOn::worker;
  route.lane = server::Lane::bulk;
  route.handler = [&services](const Request& request) -> Response {
    if (!may_read_files(request)) return not_allowed();
    const auto published = services.node->prices().published();
    const auto found = find(published, request.path_parameter("hash"));
    if (found == nullptr) return no_such(request.path_parameter("hash"));
    Published before;
    if (const auto from = request.parameter("from"); from.has_value()) {
      before = find(published, *from);
      if (before == nullptr) return no_such(*from);
    } else {
      const auto at = std::ranges::find(published, found);
      if (at == published.begin()) {
        return Problem("not_found", "no price book was published before this one: give `from`");
      }
      before = *std::prev(at);
    }
    const auto old_series = pricebook::load(before->what.files, before->what.hash);
    const auto new_series = pricebook::load(found->what.files, found->what.hash);
    if (!old_series.has_value()) return problem_of(old_series.error());
    if (!new_series.has_value()) return problem_of(new_series.error());
    return changes(*old_series, *new_series);
  };
  table.add(std::move(route));
}

void add_check(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::post;
  route.path = "/v1/price-books/check";
  route.operation_id = "check_price_book";
  route.summary = "Whether a price book could be published, and what it would change";
  route.description = "Nothing is kept. Mistakes are named with file and line.";
  route.tag = "Prices";
  route.scope = server::Scope::propose_prices;
  route.contents.push_back(json_content(std::string(body_schema), std::string(body_example)));
  route.responses.push_back(
      json_answer("What changes, as `steelyard pricebook diff --output json` gives it."));
  route.problems = {"price_book_is_invalid"};
  route.runs_on = server::RunsOn::worker;
  route.lane = server::Lane::bulk;
  route.handler = [&services](const Request& request) -> Response {
    const auto series = pricebook::load(files_of(request), "to be checked");
    if (!series.has_value()) return problem_of(series.error());
    return changes(services.rater().book(), *series);
  };
  table.add(std::move(route));
}

void add_publish(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::post;
  route.path = "/v1/price-books";
  route.operation_id = "publish_price_book";
  route.summary = "Put a price book into force";
  route.description =
      "It prices every fact that is taken from now on; nothing that was charged changes. Prices "
      "with an `effective_from` in it begin then. While it is put into force nothing is taken: "
      "about a second. The same content as that in force changes nothing. Idempotent by its "
      "content.";
  route.tag = "Prices";
  route.scope = server::Scope::approve_prices;
  route.contents.push_back(json_content(std::string(body_schema), std::string(body_example)));
  route.responses.push_back(json_answer("What is in force now.", std::string(example)));
  route.problems = {"price_book_is_invalid"};
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) -> Response {
    core::PublishPrices prices;
    prices.files = files_of(request);
    prices.origin = "api";
    const json::Object body(*request.json, request.json->root());
    if (const json::Node* const note = body.find(json::word("note")); note != nullptr) {
      prices.note = request.json->text(*note);
    }
    auto outcome = services.node->publish(std::move(prices), request.principal.key_id);
    if (!outcome.has_value()) return problem_of(outcome.error());
    return Response::json(json_of(*services.node->prices().published().back(), true));
  };
  table.add(std::move(route));
}

}  // namespace

void add_price_books(server::RouteTable& table, Services& services) {
  add_list(table, services);
  add_get(table, services);
  add_diff(table, services);
  add_check(table, services);
  add_publish(table, services);
}

}  // namespace steelyard::api
