#include <map>
#include <tuple>

#include "steelyard/api/answers.h"
#include "steelyard/api/months.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"

namespace steelyard::api {
namespace {

using core::UsageSum;
using server::Parameter;
using server::ParameterType;
using server::Request;
using server::Response;
using server::Route;

std::string line_json(const UsageSum& sum) {
  return JsonObject()
      .text("item", sum.item)
      .text("tier", sum.tier)
      .amount("quantity", sum.quantity)
      .text("unit", sum.unit)
      .amount("price", sum.price)
      .amount("per", sum.per)
      .amount("amount", sum.amount)
      .whole("events", sum.events)
      .finish();
}

std::string list_of(const std::vector<std::string>& elements) {
  std::string list;
  for (const std::string& each : elements) list += (list.empty() ? "" : ",") + each;
  return '[' + list + ']';
}

/// Without what stands apart by day only.
std::vector<UsageSum> joined(const std::vector<UsageSum>& sums) {
  std::map<std::tuple<std::string_view, std::string_view, money::Decimal, money::Decimal>, UsageSum>
      by_price;
  for (const UsageSum& each : sums) {
    const auto [at, is_new] =
        by_price.try_emplace({each.item, each.tier, each.price, each.per}, each);
    if (is_new) continue;
    at->second.quantity += each.quantity;
    at->second.amount += each.amount;
    at->second.events += each.events;
  }
  std::vector<UsageSum> all;
  for (const auto& [price, sum] : by_price) all.push_back(sum);
  return all;
}

money::Decimal total_of(const std::vector<UsageSum>& sums) {
  money::Decimal total;
  for (const UsageSum& each : sums) total += each.amount;
  return total;
}

/// From the day of a parameter up to that of another.
Result<base::Slot> days_of(const Services& services, const Request& request) {
  STEELYARD_TRY(from, begin_of_day(services, *request.parameter("from")));
  STEELYARD_TRY(to, begin_of_day(services, *request.parameter("to")));
  return base::Slot{from, to};
}

/// The sums of an account in some time, or the problem. `render` runs on the core's thread: the
/// texts live there.
Response with_sums(Services& services, const Request& request, const Result<base::Slot>& time,
                   const std::function<std::string(const std::vector<UsageSum>&)>& render) {
  const std::string_view account = request.path_parameter("account");
  if (!time.has_value()) return problem_of(time.error());
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return problem_of(tenant.error());
  Response response =
      server::Problem("unknown_account", "there is no account " + std::string(account));
  if (!request.principal.may_see_account(account)) return response;
  services.node->ask([&](const core::Core& core) {
    if (!core.find_account(*tenant, account).has_value()) return;
    const core::UsageBook* const usage = core.usage(*tenant);
    response = Response::json(render(
        usage == nullptr ? std::vector<UsageSum>() : usage->sums(account, time->from, time->to)));
  });
  return response;
}

Route account_route(const std::string& behind, std::string operation) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/accounts/{account}" + behind;
  route.operation_id = std::move(operation);
  route.tag = "Accounts";
  route.parameters.push_back(account_parameter());
  route.problems = {"unknown_account", "invalid_time"};
  route.runs_on = server::RunsOn::worker;
  return route;
}

void add_bill(server::RouteTable& table, Services& services) {
  Route route = account_route("/bill", "get_bill");
  route.summary = "What a month costs";
  route.description =
      "The charge lines of a month, summed by item, tier and price, exact to the last digit. A "
      "month "
      "is one of the price book's time zone, by the time of the events. Nothing is rounded.";
  route.scope = server::Scope::read_money;
  Parameter month = query_parameter("month", ParameterType::month, "The month.", "2026-11");
  month.is_required = true;
  route.parameters.push_back(std::move(month));
  route.responses.push_back(json_answer(
      "The bill so far.",
      R"({"account":"acme","month":"2026-11","currency":"CNY","total":"0.0012","lines":[{"item":"qwen-plus/input","tier":"0k-128k","quantity":"1500","unit":"token","price":"0.0008","per":"1000","amount":"0.0012","events":2}]})"));
  route.handler = [&services](const Request& request) {
    const std::string of(*request.parameter("month"));
    return with_sums(services, request, month_of(services, of), [&](const auto& sums) {
      std::vector<std::string> lines;
      for (const UsageSum& each : joined(sums)) lines.push_back(line_json(each));
      return JsonObject()
          .text("account", request.path_parameter("account"))
          .text("month", of)
          .text("currency", services.rater().currency())
          .amount("total", total_of(sums))
          .raw("lines", list_of(lines))
          .finish();
    });
  };
  table.add(std::move(route));
}

void add_usage_by_day(server::RouteTable& table, Services& services) {
  Route route = account_route("/usage", "get_usage");
  route.summary = "Usage and cost, day by day";
  route.description = "Days are those of the price book's time zone, by the time of the events.";
  route.scope = server::Scope::read_usage;
  Parameter from = query_parameter("from", ParameterType::date, "The first day.", "2026-11-01");
  Parameter to =
      query_parameter("to", ParameterType::date, "The day behind the last.", "2026-12-01");
  from.is_required = true;
  to.is_required = true;
  route.parameters.push_back(std::move(from));
  route.parameters.push_back(std::move(to));
  route.responses.push_back(json_answer("Each day that has usage."));
  route.handler = [&services](const Request& request) {
    return with_sums(services, request, days_of(services, request), [&](const auto& sums) {
      std::vector<std::string> days;
      for (std::size_t i = 0; i < sums.size();) {
        std::vector<UsageSum> day;
        const std::int64_t begin = sums[i].day;
        for (; i < sums.size() && sums[i].day == begin; ++i) day.push_back(sums[i]);
        std::vector<std::string> lines;
        for (const UsageSum& each : day) lines.push_back(line_json(each));
        days.push_back(JsonObject()
                           .time("begin", {begin, 0})
                           .amount("amount", total_of(day))
                           .raw("lines", list_of(lines))
                           .finish());
      }
      return JsonObject()
          .text("account", request.path_parameter("account"))
          .text("currency", services.rater().currency())
          .amount("total", total_of(sums))
          .raw("days", list_of(days))
          .finish();
    });
  };
  table.add(std::move(route));
}

void add_reconciliation(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/reconciliation";
  route.operation_id = "get_reconciliation";
  route.summary = "Whether all sums agree";
  route.description =
      "Computed anew: debits = credits, charge lines = revenue, invoices = invoiced revenue, holds "
      "= what is "
      "set aside, grants = credit. And how many events came, by what became of them.";
  route.tag = "Usage";
  route.scope = server::Scope::read_money;
  route.responses.push_back(json_answer(
      "`balanced`, or `difference` in words.",
      R"({"balanced":true,"applied":1204,"received":1000,"rated":998,"duplicate":1,"conflict":0,"unrated":1,"rejected":0})"));
  route.lane = server::Lane::bulk;
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](const Request& request) -> Response {
    const auto tenant = services.tenant_number(request.principal.tenant);
    if (!tenant.has_value()) return problem_of(tenant.error());
    JsonObject to;
    services.node->ask([&](const core::Core& core) {
      const auto difference = core.imbalance();
      to.flag("balanced", !difference.has_value());
      if (difference.has_value()) to.text("difference", *difference);
      to.whole("applied", services.node->applied());
      const core::Counts& counts = core.counts(*tenant);
      std::uint64_t received = counts.refused;
      for (const std::uint64_t each : counts.by_status) received += each;
      to.whole("received", received);
      for (const auto status :
           {batch::Status::rated, batch::Status::duplicate, batch::Status::conflict,
            batch::Status::unrated, batch::Status::rejected}) {
        const bool counts_refused = status == batch::Status::rejected;
        to.whole(name_of(status), counts.of(status) + (counts_refused ? counts.refused : 0));
      }
    });
    return Response::json(to.finish());
  };
  table.add(std::move(route));
}

}  // namespace

void add_usage(server::RouteTable& table, Services& services) {
  add_bill(table, services);
  add_usage_by_day(table, services);
  add_reconciliation(table, services);
}

}  // namespace steelyard::api
