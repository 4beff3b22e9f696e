#include <vector>

#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"
#include "steelyard/core/log_record.h"

namespace steelyard::api {
namespace {

using batch::Record;
using charges::ChargeRow;
using server::ParameterType;
using server::Problem;
using server::Reply;
using server::Request;
using server::Response;
using server::Route;

constexpr std::int64_t page_events_max = 10'000;

struct WaitingPage {
  std::vector<ChargeRow> rows;
  std::string next;
};

/// What came without a price and still has none. A page may be empty and not the last.
std::expected<WaitingPage, Problem> waiting_page(const Services& services, const Request& request) {
  charges::ChargeFilter filter;
  filter.tenant = request.principal.tenant;
  filter.account = request.principal.customer;
  filter.status = charges::FactStatus::unrated;
  auto page = services.charges->charges(filter, request.parameter("cursor").value_or(""),
                                        static_cast<std::size_t>(*request.whole("limit")));
  if (!page.has_value()) return std::unexpected(problem_of(page.error()));
  services.node->ask([&](const core::Core& core) {
    std::erase_if(page->rows,
                  [&](const ChargeRow& row) { return !core.waiting().contains(row.sequence); });
  });
  return WaitingPage{std::move(page->rows), std::move(page->next)};
}

std::string row_json(const ChargeRow& row) {
  return JsonObject()
      .whole("sequence", row.sequence)
      .text("account", row.account)
      .text("source", row.source)
      .text("id", row.id)
      .text("type", row.type)
      .time("time", row.time)
      .text("model", row.model)
      .text("reason", row.reason)
      .finish();
}

void add_next(JsonObject& to, const std::string& next) {
  if (next.empty()) {
    to.raw("next", "null");
  } else {
    to.text("next", next);
  }
}

Response list(const Services& services, const Request& request) {
  const auto page = waiting_page(services, request);
  if (!page.has_value()) return page.error();
  std::string rows;
  for (const ChargeRow& row : page->rows) rows += (rows.empty() ? "" : ",") + row_json(row);
  JsonObject to;
  to.raw("unrated", '[' + rows + ']');
  add_next(to, page->next);
  return Response::json(to.finish());
}

/// The events as they came, each on a line. Far ones are not read up to.
Result<std::string> texts_of(const log::LocalLog& log, const std::vector<ChargeRow>& rows) {
  constexpr std::uint64_t far = 10'000;
  std::string lines;
  std::size_t next = 0;
  while (next < rows.size()) {
    const auto read =
        log.read(rows[next].sequence, [&](std::uint64_t sequence, std::string_view bytes) {
          if (sequence < rows[next].sequence) return rows[next].sequence - sequence < far;
          const auto record = core::read_log_record(bytes);
          if (record.has_value()) lines.append(record->text) += '\n';
          return ++next < rows.size();
        });
    if (!read.has_value()) return std::unexpected(read.error());
  }
  return lines;
}

/// Sends them again: what has a price now is late, and rated.
void rate(Services& services, Reply reply) {
  auto page = waiting_page(services, reply.request());
  if (!page.has_value()) return reply.send(page.error());
  const auto lines = texts_of(services.node->log(), page->rows);
  if (!lines.has_value()) return reply.send(problem_of(lines.error()));
  const auto tenant = services.tenant_number(reply.request().principal.tenant);
  if (!tenant.has_value()) return reply.send(problem_of(tenant.error()));
  const std::string command = JsonObject()
                                  .text("command", "correct")
                                  .text("how", "rate")
                                  .text("by", reply.request().principal.key_id)
                                  .finish();
  const auto noted = services.carry_out(*tenant, command);
  if (!noted.has_value()) return reply.send(problem_of(noted.error()));
  const auto shared = std::make_shared<Reply>(std::move(reply));
  services.node->take_events(
      *tenant, *lines, [shared, next = std::move(page->next)](Result<node::EventBatch*> batch) {
        if (!batch.has_value()) return shared->send(problem_of(batch.error()));
        const auto records = (*batch)->records();
        const auto rated =
            static_cast<std::uint64_t>(std::ranges::count_if(records, &Record::is_late));
        JsonObject to;
        to.whole("tried", records.size()).whole("rated", rated);
        add_next(to, next);
        shared->send(Response::json(to.finish()));
      });
}

Route unrated_route(server::Method method, std::string path, std::string operation,
                    server::Scope scope) {
  Route route;
  route.method = method;
  route.path = std::move(path);
  route.operation_id = std::move(operation);
  route.tag = "Usage";
  route.scope = scope;
  server::Parameter limit =
      query_parameter("limit", ParameterType::whole, "Events of a page.", "1000");
  limit.max = page_events_max;
  limit.default_value = "1000";
  route.parameters.push_back(std::move(limit));
  server::Parameter cursor =
      query_parameter("cursor", ParameterType::text, "`next` of the page before.", "");
  cursor.max = 1'024;
  route.parameters.push_back(std::move(cursor));
  route.problems = {"invalid_field"};
  route.runs_on = server::RunsOn::worker;
  return route;
}

}  // namespace

void add_unrated(server::RouteTable& table, Services& services) {
  Route get =
      unrated_route(server::Method::get, "/v1/unrated", "list_unrated", server::Scope::read_usage);
  get.summary = "Which events wait for a price";
  get.description =
      "They came, are kept, and cost nothing yet; `reason` says why. Oldest first. A page may be "
      "empty and have a `next`: what was rated since is left out.";
  get.responses.push_back(json_answer(
      "Events; `next` is null at the end.",
      R"({"unrated":[{"sequence":17,"account":"acme","source":"gateway/hz-1","id":"call-9","type":"ai.model.call","time":"2026-11-22T08:00:03Z","model":"qwen-next","reason":"unknown_model"}],"next":null})"));
  get.handler = [&services](const Request& request) { return list(services, request); };
  table.add(std::move(get));

  Route post = unrated_route(server::Method::post, "/v1/unrated/rate", "rate_unrated",
                             server::Scope::correct);
  post.summary = "Rate what waits for a price";
  post.description =
      "Tries a page of /v1/unrated again, with the prices in force now; an event's own time "
      "chooses "
      "among them, so give a new model a price from the day of its first call on. What has a price "
      "is charged in the month of the event, once. The same happens where a sender sends such an "
      "event again.";
  post.responses.push_back(json_answer("How many were tried and rated; go on with `next`.",
                                       R"({"tried":1000,"rated":1000,"next":null})"));
  post.lane = server::Lane::ingest;
  post.handler = [&services](Reply reply) { rate(services, std::move(reply)); };
  table.add(std::move(post));
}

}  // namespace steelyard::api
