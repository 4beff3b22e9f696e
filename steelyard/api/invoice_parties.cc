#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/sealed_data.h"
#include "steelyard/api/services.h"

namespace steelyard::api {
namespace {

using billing::Buyer;
using billing::Seller;
using server::Method;
using server::Reply;
using server::Request;
using server::Response;
using server::Route;
using server::Scope;

constexpr std::string_view seller_example =
    R"({"name":"Example AI Ltd","address":"1 Cloud Road, Hangzhou","tax_id":"91330100XXXX","invoice_series":"INV-","credit_note_series":"CN-","invoices_no_usage":false})";
constexpr std::string_view buyer_example =
    R"({"name":"Acme GmbH","address":"Unter den Linden 1, Berlin","tax_id":"DE123456789","tax_name":"VAT","tax_percent":"6","time_zone":"Europe/Berlin"})";

std::string json_of(const Seller& seller) {
  return JsonObject()
      .text("name", seller.name)
      .text("address", seller.address)
      .text("tax_id", seller.tax_id)
      .text("invoice_series", seller.invoice_series)
      .text("credit_note_series", seller.credit_note_series)
      .flag("invoices_no_usage", seller.invoices_no_usage)
      .finish();
}

/// Of the body; empty: there is none.
std::string zone_in(const Request& request) {
  const json::Object object(*request.json, request.json->root());
  const json::Node* const zone = object.find(json::word("time_zone"));
  const bool is_said = zone != nullptr && zone->type == json::Type::string;
  return is_said ? std::string(request.json->text(*zone)) : std::string();
}

Route party_route(Method method, const std::string& path, std::string operation, Scope scope) {
  Route route;
  route.method = method;
  route.path = path;
  route.operation_id = std::move(operation);
  route.tag = "Invoices";
  route.scope = scope;
  if (path.contains("{account}")) route.parameters.push_back(account_parameter());
  route.runs_on = server::RunsOn::worker;
  return route;
}

/// Answers with what the core now has. `body`: the members of the command.
void set(Services& services, Reply reply, JsonObject command, std::string_view body,
         std::function<std::string(const core::InvoiceBook&, std::uint32_t)> render) {
  const auto tenant = services.tenant_number(reply.request().principal.tenant);
  if (!tenant.has_value()) return reply.send(problem_of(tenant.error()));
  std::string text = with_members_of(command.finish(), body);
  send_command(
      services, std::move(reply), std::move(text),
      [tenant = *tenant, render = std::move(render)](const core::Answer&, const core::Core& core) {
        return Response::json(render(core.invoices(), tenant));
      });
}

Response get(Services& services, const Request& request,
             const std::function<std::string(const core::InvoiceBook&, std::uint32_t)>& render) {
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return problem_of(tenant.error());
  std::string json;
  services.node->ask([&](const core::Core& core) { json = render(core.invoices(), *tenant); });
  return Response::json(std::move(json));
}

void add_seller(server::RouteTable& table, Services& services) {
  const auto render = [](const core::InvoiceBook& book, std::uint32_t tenant) {
    return json_of(book.seller(tenant));
  };
  Route put = party_route(Method::put, "/v1/seller", "set_seller", Scope::freeze_invoices);
  put.summary = "Who sells, as invoices say it";
  put.description =
      "For invoices that are frozen from now on. What is left out is empty. A series is what the "
      "numbers of its documents begin with, letters, digits and - _ . /, no digit at the end; each "
      "counts from 1 without a gap. With "
      "`invoices_no_usage`, an account without usage gets an invoice over 0, else none.";
  put.contents.push_back(json_content(
      R"({"type":"object","properties":{"name":{"type":"string","maxLength":250},"address":{"type":"string","maxLength":250},"tax_id":{"type":"string","maxLength":128},"invoice_series":{"type":"string","minLength":1,"maxLength":16},"credit_note_series":{"type":"string","minLength":1,"maxLength":16},"invoices_no_usage":{"type":"boolean"}}})",
      std::string(seller_example)));
  put.responses.push_back(json_answer("What is set now.", std::string(seller_example)));
  put.handler = [&services, render](Reply reply) {
    if (reply.request().principal.customer.has_value()) {
      return reply.send(server::Problem("forbidden", "a key of one account does not sell"));
    }
    const std::string body(reply.request().body);
    set(services, std::move(reply), JsonObject().text("command", "set_seller"), body, render);
  };
  table.add(std::move(put));

  Route get_it = party_route(Method::get, "/v1/seller", "get_seller", Scope::read_money);
  get_it.summary = "Who sells, as the next invoice says it";
  get_it.description = "Of an invoice that is frozen, the document itself says it.";
  get_it.responses.push_back(json_answer("What is set.", std::string(seller_example)));
  get_it.handler = [&services, render](const Request& request) {
    return get(services, request, render);
  };
  table.add(std::move(get_it));
}

void add_buyer(server::RouteTable& table, Services& services) {
  const std::string path = "/v1/accounts/{account}/buyer";
  const auto render_of = [&services](const Request& request) {
    return [&services, name = request.principal.tenant,
            account = std::string(request.path_parameter("account"))](const core::InvoiceBook& book,
                                                                      std::uint32_t tenant) {
      return buyer_json(services.sealed->buyer(name, account, book.buyer(tenant, account)));
    };
  };
  Route put = party_route(Method::put, path, "set_buyer", Scope::freeze_invoices);
  put.summary = "Who an account's invoices are for, and the tax on them";
  put.description =
      "For invoices that are frozen from now on. What is left out is empty, without a tax. "
      "`tax_percent` comes on top of the net sum. With `time_zone`, invoices say also there when "
      "their period begins; months are those of the price book's zone.";
  put.contents.push_back(json_content(
      R"({"type":"object","properties":{"name":{"type":"string","maxLength":250},"address":{"type":"string","maxLength":250},"tax_id":{"type":"string","maxLength":128},"tax_name":{"type":"string","maxLength":128},"tax_percent":{"type":"string","format":"decimal"},"time_zone":{"type":"string","minLength":1,"maxLength":64}}})",
      std::string(buyer_example)));
  put.responses.push_back(json_answer("What is set now.", std::string(buyer_example)));
  put.problems = {"unknown_time_zone"};
  put.handler = [&services, render_of](Reply reply) {
    const Request& request = reply.request();
    const std::string_view account = request.path_parameter("account");
    if (!request.principal.may_see_account(account)) {
      return reply.send(server::Problem("not_found"));
    }
    if (const auto zone = zone_in(request); !zone.empty() && !base::is_time_zone(zone)) {
      return reply.send(server::Problem("unknown_time_zone", "'" + zone + "'"));
    }
    JsonObject command = JsonObject().text("command", "set_buyer").text("account", account);
    const auto render = render_of(request);
    const auto body = services.sealed->buyer(request.principal.tenant, account, request.body);
    if (!body.has_value()) return reply.send(problem_of(body.error()));
    set(services, std::move(reply), std::move(command), *body, render);
  };
  table.add(std::move(put));

  Route get_it = party_route(Method::get, path, "get_buyer", Scope::read_money);
  get_it.summary = "Who an account's invoices are for";
  get_it.description = "Of an invoice that is frozen, the document itself says it.";
  get_it.responses.push_back(json_answer("What is set.", std::string(buyer_example)));
  get_it.problems = {"unknown_account"};
  get_it.handler = [&services, render_of](const Request& request) -> Response {
    const std::string_view account = request.path_parameter("account");
    if (!request.principal.may_see_account(account)) {
      return server::Problem("unknown_account", "there is no account " + std::string(account));
    }
    return get(services, request, render_of(request));
  };
  table.add(std::move(get_it));
}

}  // namespace

void add_invoice_parties(server::RouteTable& table, Services& services) {
  add_seller(table, services);
  add_buyer(table, services);
}

}  // namespace steelyard::api
