#include "steelyard/api/answers.h"
#include "steelyard/api/months.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"

namespace steelyard::api {
namespace {

using core::Core;
using server::Method;
using server::Problem;
using server::Reply;
using server::Request;
using server::Response;
using server::Route;
using server::Scope;

constexpr std::string_view example =
    R"({"closed_before":"2026-10-31T16:00:00Z","open_windows":1240,"unrated":0})";

/// As the core has it; `closed_before` is null before the first one. For one account's key, without
/// what is of the whole tenant.
std::string json_of(const Core& core, std::uint32_t tenant, bool is_for_an_account) {
  const auto closings = core.closings(tenant);
  JsonObject json;
  if (closings.empty()) {
    json.raw("closed_before", "null");
  } else {
    json.time("closed_before", {closings.back().before, 0});
  }
  if (is_for_an_account) return json.finish();
  return json.whole("open_windows", core.open_windows(tenant))
      .whole("unrated", core.counts(tenant).of(batch::Status::unrated))
      .finish();
}

Route closing_route(Method method, std::string operation, Scope scope) {
  Route route;
  route.method = method;
  route.path = "/v1/usage-closings";
  route.operation_id = std::move(operation);
  route.tag = "Invoices";
  route.scope = scope;
  route.runs_on = server::RunsOn::worker;
  return route;
}

/// The end of "2026-10" or "2026-10-31". Errors: invalid_time.
Result<std::int64_t> end_of(const Services& services, const std::string& period) {
  constexpr std::size_t day_bytes = 10;
  if (period.size() == day_bytes) {
    STEELYARD_TRY(begin, begin_of_day(services, period));
    return calendar_of(services).day(begin).to;
  }
  STEELYARD_TRY(month, month_of(services, period));
  return month.to;
}

void close(Services& services, Reply reply) {
  const Request& request = reply.request();
  if (request.principal.customer.has_value()) {
    return reply.send(Problem("forbidden", "a key of one account closes nothing for all"));
  }
  const json::Object body(*request.json, request.json->root());
  const std::string period(request.json->text(*body.find(json::word("period"))));
  const auto end = end_of(services, period);
  if (!end.has_value()) return reply.send(problem_of(end.error()));
  if (services.node->now().seconds < *end + Core::invoice_grace_seconds) {
    return reply.send(
        Problem("period_not_over", period + " ends at " + base::to_rfc3339({*end, 0})));
  }
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return reply.send(problem_of(tenant.error()));
  send_command(services, std::move(reply),
               JsonObject()
                   .text("command", "close_usage")
                   .text("period", period)
                   .time("before", {*end, 0})
                   .finish(),
               [tenant = *tenant](const core::Answer& answer, const Core& core) {
                 Response response = Response::json(json_of(core, tenant, false));
                 if (answer.is_repeat) response.with("Idempotent-Replayed", "true");
                 return response;
               });
}

void add_close(server::RouteTable& table, Services& services) {
  Route route = closing_route(Method::post, "close_usage", Scope::freeze_invoices);
  route.summary = "Close the usage of cloud resources up to the end of a month or day";
  route.description =
      "The fees of windows that are over by then are final, for all accounts of the tenant. Usage "
      "of them that comes later is acknowledged, kept and set aside, `window_is_settled`, and what "
      "they have can not be voided or replaced. So the server needs memory for what is open only. "
      "There is no way back. Model calls have no windows: they go on to be charged, whenever they "
      "come. Earlier months are closed with it; one that is closed stays so. Close a month when "
      "what is late has come and has a price: what came in time but waits for one (`unrated`, GET "
      "/v1/unrated) can not be charged any more, either. Invoice it first.";
  route.contents.push_back(json_content(
      R"({"type":"object","required":["period"],"properties":{"period":{"type":"string","minLength":7,"maxLength":10}}})",
      R"({"period":"2026-10"})"));
  route.responses.push_back(
      json_answer("Usage of windows that ended by then is final.", std::string(example)));
  route.problems = {"period_not_over", "invalid_time"};
  route.handler = [&services](Reply reply) { close(services, std::move(reply)); };
  table.add(std::move(route));
}

void add_get(server::RouteTable& table, Services& services) {
  Route route = closing_route(Method::get, "get_usage_closing", Scope::read_usage);
  route.summary = "How far usage of cloud resources is closed";
  route.description =
      "And how many windows can still change, each of which takes about a kilobyte, and how many "
      "events of the tenant came and could not be charged.";
  route.responses.push_back(
      json_answer("`closed_before` is null where nothing was closed.", std::string(example)));
  route.handler = [&services](const Request& request) -> Response {
    const auto tenant = services.tenant_number(request.principal.tenant);
    if (!tenant.has_value()) return problem_of(tenant.error());
    std::string json;
    const bool is_for_an_account = request.principal.customer.has_value();
    services.node->ask([&](const Core& core) { json = json_of(core, *tenant, is_for_an_account); });
    return Response::json(std::move(json));
  };
  table.add(std::move(route));
}

}  // namespace

void add_usage_closings(server::RouteTable& table, Services& services) {
  add_close(table, services);
  add_get(table, services);
}

}  // namespace steelyard::api
