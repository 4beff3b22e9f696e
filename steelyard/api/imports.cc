#include "steelyard/api/answers.h"
#include "steelyard/api/invoice_document.h"
#include "steelyard/api/months.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"
#include "steelyard/server/target.h"

namespace steelyard::api {
namespace {

using core::FrozenInvoice;
using core::ImportInvoice;
using server::ParameterType;
using server::Problem;
using server::Reply;
using server::Request;
using server::Response;
using server::Route;

constexpr std::string_view schema =
    R"({"type":"object","required":["account","number","period","lines"],"properties":{"account":{"type":"string","minLength":1,"maxLength":128},"number":{"type":"string","minLength":1,"maxLength":64},"period":{"type":"string","minLength":7,"maxLength":7},"paid":{"type":"boolean"},"lines":{"type":"array","maxItems":10000,"items":{"type":"object","required":["item","unit","price","per","quantity","amount"],"properties":{"item":{"type":"string","minLength":1,"maxLength":128},"tier":{"type":"string","maxLength":128},"unit":{"type":"string","minLength":1,"maxLength":64},"price":{"type":"string","format":"decimal"},"per":{"type":"string","format":"decimal"},"quantity":{"type":"string","format":"decimal"},"amount":{"type":"string","format":"decimal"}}}}}})";
constexpr std::string_view example =
    R"({"account":"acme","number":"2025-77","period":"2025-12","paid":true,"lines":[{"item":"qwen-plus/input","tier":"0k-128k","unit":"token","price":"0.0008","per":"1000","quantity":"1500000","amount":"1.2"}]})";
constexpr std::string_view tried_example =
    R"({"number":"imported:2025-77","account":"acme","period":"2025-12","paid":true,"lines":1,"lines_total":"1.2","known":false,"imported":false})";

std::string text_in(const Request& request, std::string_view name) {
  const json::Object object(*request.json, request.json->root());
  return std::string(request.json->text(*object.find(json::word(name))));
}

/// What is wanted, as the log keeps it.
Result<std::string> command_of(const Services& services, const Request& request) {
  STEELYARD_TRY(month, month_of(services, text_in(request, "period")));
  const json::Object object(*request.json, request.json->root());
  const json::Node* const paid = object.find(json::word("paid"));
  return JsonObject()
      .text("command", "import_invoice")
      .text("account", text_in(request, "account"))
      .text("number", text_in(request, "number"))
      .text("period", text_in(request, "period"))
      .time("from", {month.from, 0})
      .time("to", {month.to, 0})
      .flag("paid", paid != nullptr && paid->whole == 1)
      .text("document", request.body)
      .finish();
}

std::string json_of(const ImportInvoice& import, bool is_known, bool is_imported) {
  money::Decimal total;
  for (const ImportInvoice::Line& line : import.lines) total += line.amount;
  return JsonObject()
      .text("number", FrozenInvoice::imported_number(import.number))
      .text("account", import.account)
      .text("period", import.period)
      .flag("paid", import.is_paid)
      .whole("lines", import.lines.size())
      .amount("lines_total", total)
      .flag("known", is_known)
      .flag("imported", is_imported)
      .finish();
}

/// What would come of it, by the same checks; nothing is written.
Response try_it(Services& services, const Request& request, const ImportInvoice& import) {
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return problem_of(tenant.error());
  bool is_known = false;
  core::Answer refused;
  services.node->ask([&](const core::Core& core) {
    const auto known = core.may_import(import, {0, *tenant, services.node->now()});
    if (known.has_value()) {
      is_known = *known != nullptr;
    } else {
      refused.refused = known.error();
    }
  });
  if (refused.refused.has_value()) return Response(problem_of(refused));
  return Response::json(json_of(import, is_known, false));
}

void take_over(Services& services, Reply reply) {
  const Request& request = reply.request();
  if (!request.principal.may_see_account(text_in(request, "account"))) {
    return reply.send(Problem("not_found"));
  }
  auto command = command_of(services, request);
  if (!command.has_value()) return reply.send(problem_of(command.error()));
  const auto read = core::read_command(*command);
  if (!read.has_value()) return reply.send(problem_of(read.error()));
  const auto& import = std::get<ImportInvoice>(read->what);
  if (request.boolean("dry_run").value_or(false)) {
    return reply.send(try_it(services, request, import));
  }
  send_command(services, std::move(reply), *std::move(command),
               [import](const core::Answer& answer, const core::Core&) {
                 Response response = Response::json(json_of(import, answer.is_repeat, true));
                 if (answer.is_repeat) return response.with("Idempotent-Replayed", "true");
                 response.status = 201;
                 return response.with(
                     "Location",
                     "/v1/invoices/" +
                         server::percent_encoded(FrozenInvoice::imported_number(import.number)));
               });
}

}  // namespace

void add_imports(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::post;
  route.path = "/v1/imports/invoices";
  route.operation_id = "import_invoice";
  route.summary = "Take over an invoice of another system";
  route.description =
      "The history of an account: its lines are on the month's bill, its sum is invoiced revenue, "
      "paid or owed by the account, and the document as it was sent is among the invoices. On each "
      "line quantity × price ÷ per is the amount. `number` is that of the other system: sent "
      "again, it counts once. No invoice of ours is written for that month and those before; usage "
      "of them that we took is late usage of the next one. With `dry_run` everything is checked "
      "and "
      "nothing is written. Only months before the first invoice of ours; without tax.";
  route.tag = "Invoices";
  route.scope = server::Scope::freeze_invoices;
  route.parameters.push_back(query_parameter("dry_run", ParameterType::boolean,
                                             "Only say what would come of it.", "true"));
  route.contents.push_back(json_content(std::string(schema), std::string(example)));
  route.responses.push_back(
      json_answer("Of a dry run; or it was imported before.", std::string(tried_example)));
  server::ResponseContent imported = json_answer("It is imported.");
  imported.status = 201;
  route.responses.push_back(std::move(imported));
  route.problems = {"invalid_time",     "origin_conflict",    "period_not_over",
                    "period_is_closed", "books_do_not_agree", "amount_out_of_range"};
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services](Reply reply) { take_over(services, std::move(reply)); };
  table.add(std::move(route));
}

}  // namespace steelyard::api
