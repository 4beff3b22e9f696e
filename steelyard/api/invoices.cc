#include <charconv>
#include <memory>

#include "steelyard/api/answers.h"
#include "steelyard/api/invoice_desk.h"
#include "steelyard/api/invoice_document.h"
#include "steelyard/api/months.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/sealed_data.h"
#include "steelyard/api/services.h"
#include "steelyard/server/target.h"

namespace steelyard::api {
namespace {

using core::FrozenInvoice;
using server::Method;
using server::ParameterType;
using server::Problem;
using server::Request;
using server::Response;
using server::Route;
using server::Scope;

constexpr std::int64_t page_max = 200;
constexpr std::int64_t run_page_max = 500;
/// Of one question: nothing is applied meanwhile.
constexpr std::size_t looked_at_max = 20'000;

constexpr std::string_view document_example =
    R"({"kind":"invoice","number":"INV-000001","account":"acme","period":"2026-10","from":"2026-09-30T16:00:00Z","to":"2026-10-31T16:00:00Z","local":[{"time_zone":"Asia/Shanghai","from":"2026-10-01T00:00","to":"2026-11-01T00:00"}],"issued_at":"2026-11-01T08:00:00Z","currency":"CNY","seller":{},"buyer":{},"lines":[{"period":"2026-10","item":"qwen-plus/input","tier":"0k-128k","quantity":"15000","unit":"token","price":"0.0008","per":"1000","amount":"0.012","events":2}],"lines_total":"0.012","rounding":"-0.002","net":"0.01","tax":{"percent":"6","amount":"0"},"total":"0.01","log":{"through":1203,"head":"9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab"}})";
constexpr std::string_view summary_example =
    R"({"kind":"invoice","number":"INV-000001","account":"acme","period":"2026-10","from":"2026-09-30T16:00:00Z","to":"2026-10-31T16:00:00Z","currency":"CNY","lines_total":"0.012","rounding":"-0.002","net":"0.01","tax":"0","total":"0.01","frozen_at":"2026-11-01T08:00:00Z","sequence":1204,"sha256":"2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"})";

Route invoice_route(Method method, std::string path, std::string operation, Scope scope) {
  Route route;
  route.method = method;
  route.path = std::move(path);
  route.operation_id = std::move(operation);
  route.tag = "Invoices";
  route.scope = scope;
  if (route.path.contains("{account}")) route.parameters.push_back(account_parameter());
  route.runs_on = server::RunsOn::worker;
  return route;
}

/// The bytes that were frozen, whoever asks for them, and when; but where the buyer in them is
/// sealed, it is opened, if not `as_frozen`.
Response document_response(const Services& services, const Request& request, std::string document,
                           const FrozenInvoice& invoice) {
  const bool is_as_frozen = request.parameter("form") == "frozen";
  if (!is_as_frozen) {
    document =
        services.sealed->invoice(request.principal.tenant, invoice.account, std::move(document));
  }
  const std::string hash = log::to_text(log::sha256(document));
  return Response::json(std::move(document)).with("ETag", "\"sha256-" + hash + '"');
}

Response stored_response(const Services& services, const Request& request, const InvoiceDesk& desk,
                         const FrozenInvoice& invoice) {
  auto document = desk.document(invoice);
  if (!document.has_value()) return problem_of(document.error());
  return document_response(services, request, *std::move(document), invoice);
}

Response frozen_response(const Services& services, const Request& request, const InvoiceDesk& desk,
                         std::expected<InvoiceDesk::Frozen, Problem> frozen) {
  if (!frozen.has_value()) return Response(std::move(frozen).error());
  const FrozenInvoice& invoice = frozen->invoice;
  if (frozen->is_repeat) {
    return stored_response(services, request, desk, invoice).with("Idempotent-Replayed", "true");
  }
  Response response = document_response(services, request, std::move(frozen->document), invoice);
  response.status = 201;
  return response.with("Location",
                       "/v1/invoices/" + server::percent_encoded(invoice.number_text()));
}

/// The document of what `find` finds for the tenant, as far as the key may see it.
Response found_response(
    Services& services, const InvoiceDesk& desk, const Request& request,
    const std::function<const FrozenInvoice*(const core::InvoiceBook&, std::uint32_t)>& find) {
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return problem_of(tenant.error());
  std::optional<FrozenInvoice> invoice;
  services.node->ask([&](const core::Core& core) {
    const FrozenInvoice* const found = find(core.invoices(), *tenant);
    if (found == nullptr || !request.principal.may_see_account(found->account)) return;
    invoice = *found;
  });
  if (!invoice.has_value()) return Problem("unknown_invoice");
  return stored_response(services, request, desk, *invoice);
}

/// What a document is asked for as.
server::Parameter form_parameter() {
  server::Parameter form = query_parameter(
      "form", ParameterType::word,
      "With `frozen`, the bytes that were frozen: where the buyer was sealed, so it stands there, "
      "and their SHA-256 is the one of the list.",
      "frozen");
  form.words = {"readable", "frozen"};
  form.default_value = "readable";
  return form;
}

server::Parameter month_parameter() {
  server::Parameter month = path_parameter("month", "Of the price book's time zone.", "2026-10");
  month.type = ParameterType::month;
  return month;
}

Problem no_such_account(std::string_view account) {
  return Problem("unknown_account", "there is no account " + std::string(account));
}

/// Has a document of the account of the path frozen.
template <class Freeze>
server::Handler freezing(Services& services, std::shared_ptr<InvoiceDesk> desk, Freeze freeze) {
  return [&services, desk = std::move(desk), freeze](const Request& request) -> Response {
    const std::string account(request.path_parameter("account"));
    if (!request.principal.may_see_account(account)) return no_such_account(account);
    const auto tenant = services.tenant_number(request.principal.tenant);
    if (!tenant.has_value()) return problem_of(tenant.error());
    return frozen_response(services, request, *desk, freeze(*desk, *tenant, request, account));
  };
}

server::ResponseContent document_content(int status, std::string description) {
  server::ResponseContent content = json_answer(std::move(description));
  content.status = status;
  content.example = document_example;
  return content;
}

void add_freeze(server::RouteTable& table, Services& services, std::shared_ptr<InvoiceDesk> desk) {
  Route route = invoice_route(Method::put, "/v1/accounts/{account}/invoices/{month}",
                              "freeze_invoice", Scope::freeze_invoices);
  route.summary = "Close a month with an invoice";
  route.description =
      "Everything of the days up to the end of the month that no invoice has yet, as one document "
      "with the next number. From then on it is the same bytes for ever: sending again answers "
      "with them. What comes late is on the next invoice, as \"late usage for\" its month; what is "
      "taken back, on a credit note. The sum of the lines is exact; `net` is rounded toward zero "
      "to what can be paid, `rounding` is the difference. GET /v1/accounts/{account}/bill is the "
      "draft.";
  route.parameters.push_back(month_parameter());
  route.responses.push_back(document_content(201, "The invoice, frozen now."));
  route.responses.push_back(document_content(200, "It was frozen before."));
  route.problems = {"unknown_account",     "period_not_over",    "period_is_closed",
                    "nothing_to_invoice",  "books_do_not_agree", "invoice_out_of_date",
                    "amount_out_of_range", "too_large",          "invalid_time"};
  route.handler =
      freezing(services, desk,
               [](InvoiceDesk& at, std::uint32_t tenant, const Request& request,
                  const std::string& account) {
                 return at.freeze_invoice(tenant, account, request.path_parameter("month"),
                                          request.principal.key_id);
               });
  table.add(std::move(route));
}

void add_get_of_month(server::RouteTable& table, Services& services,
                      std::shared_ptr<InvoiceDesk> desk) {
  Route route = invoice_route(Method::get, "/v1/accounts/{account}/invoices/{month}",
                              "get_invoice_of_month", Scope::read_money);
  route.summary = "The invoice of a month";
  route.description = "As GET /v1/invoices/{number}: the bytes that were frozen.";
  route.parameters.push_back(month_parameter());
  route.parameters.push_back(form_parameter());
  route.responses.push_back(document_content(200, "As it was frozen."));
  route.problems = {"unknown_invoice", "log_is_damaged"};
  route.handler = [&services, desk](const Request& request) -> Response {
    const std::string_view account = request.path_parameter("account");
    const std::string_view month = request.path_parameter("month");
    return found_response(services, *desk, request,
                          [&](const core::InvoiceBook& book, auto tenant) {
                            return book.invoice_of(tenant, account, month);
                          });
  };
  table.add(std::move(route));
}

void add_credit_note(server::RouteTable& table, Services& services,
                     std::shared_ptr<InvoiceDesk> desk) {
  Route route = invoice_route(Method::post, "/v1/accounts/{account}/credit-notes",
                              "freeze_credit_note", Scope::freeze_invoices);
  route.summary = "Write a credit note for what was taken back";
  route.description =
      "Of usage that was invoiced and then voided, replaced or lowered: what was taken back of the "
      "earliest such month, item by item, at the tax of its invoice, which `invoice_of_period` "
      "names. Amounts are what is given back; the account has it already, but for the tax. Send it "
      "again for the next month, until nothing is left that is worth a cent: nothing_to_invoice.";
  route.responses.push_back(document_content(201, "The credit note."));
  route.problems = {"unknown_account",     "nothing_to_invoice",  "books_do_not_agree",
                    "invoice_out_of_date", "amount_out_of_range", "too_large"};
  route.handler =
      freezing(services, desk,
               [](InvoiceDesk& at, std::uint32_t tenant, const Request& request,
                  const std::string& account) {
                 return at.freeze_credit_note(tenant, account, request.principal.key_id);
               });
  table.add(std::move(route));
}

void add_get(server::RouteTable& table, Services& services, std::shared_ptr<InvoiceDesk> desk) {
  Route route =
      invoice_route(Method::get, "/v1/invoices/{number}", "get_invoice", Scope::read_money);
  route.summary = "An invoice or a credit note";
  route.description =
      "The bytes that were frozen: their SHA-256 is checked before they are sent, and is the ETag. "
      "Only where the buyer was sealed (PUT /v1/personal-data) and not erased, it is opened in "
      "them. "
      "`log` names the record of the log up to which it counts, and the hash of everything before.";
  route.parameters.push_back(path_parameter("number", "Its number.", "INV-000001"));
  route.parameters.push_back(form_parameter());
  route.responses.push_back(document_content(200, "As it was frozen."));
  route.problems = {"unknown_invoice", "log_is_damaged"};
  route.handler = [&services, desk](const Request& request) -> Response {
    const std::string_view number = request.path_parameter("number");
    return found_response(
        services, *desk, request,
        [&](const core::InvoiceBook& book, auto tenant) { return book.find(tenant, number); });
  };
  table.add(std::move(route));
}

Response list(Services& services, const Request& request) {
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return problem_of(tenant.error());
  std::uint64_t below = UINT64_MAX;
  if (const auto cursor = request.parameter("cursor"); cursor.has_value()) {
    const char* const end = cursor->data() + cursor->size();
    const auto read = std::from_chars(cursor->data(), end, below);
    if (read.ec != std::errc() || read.ptr != end) {
      return Problem("invalid_cursor", "it is not one of ours");
    }
  }
  std::optional<std::string> account = request.principal.customer;
  if (const auto wanted = request.parameter("account"); wanted.has_value()) {
    if (!request.principal.may_see_account(*wanted)) return no_such_account(*wanted);
    account = std::string(*wanted);
  }
  const auto period = request.parameter("period");
  const auto limit = static_cast<std::size_t>(*request.whole("limit"));
  std::string page;
  std::string next;
  services.node->ask([&](const core::Core& core) {
    std::size_t count = 0;
    std::size_t looked_at = 0;
    std::uint64_t last = 0;
    core.invoices().each_below(*tenant, account, below, [&](const FrozenInvoice& each) {
      if (count == limit || looked_at == looked_at_max) {
        next = std::to_string(last);
        return false;
      }
      ++looked_at;
      last = each.sequence;
      if (period.has_value() && *period != each.period) return true;
      page += (page.empty() ? "" : ",") + summary_json(each, core.currency().code());
      ++count;
      return true;
    });
  });
  return Response::json(page_json("invoices", page, next));
}

void add_list(server::RouteTable& table, Services& services) {
  Route route = invoice_route(Method::get, "/v1/invoices", "list_invoices", Scope::read_money);
  route.summary = "Invoices and credit notes";
  route.description = "The newest first, without their lines. A page may have fewer than `limit`.";
  route.parameters = page_parameters("Documents of a page.", page_max);
  route.parameters.push_back(
      query_parameter("account", ParameterType::text, "Of whom only.", "acme"));
  route.parameters.push_back(
      query_parameter("period", ParameterType::month, "Of which month only.", "2026-10"));
  route.responses.push_back(
      json_answer("`next` is null at the end.",
                  R"({"invoices":[)" + std::string(summary_example) + R"(],"next":null})"));
  route.problems = {"invalid_cursor", "unknown_account"};
  route.handler = [&services](const Request& request) { return list(services, request); };
  table.add(std::move(route));
}

/// Accounts of a run, from a wallet on.
struct RunPage {
  std::vector<std::string> accounts;
  std::string next;  ///< Empty at the end.
};

RunPage accounts_of(Services& services, const Request& request, std::uint32_t tenant,
                    std::uint32_t from) {
  const auto limit = static_cast<std::size_t>(*request.whole("limit"));
  RunPage page;
  services.node->ask([&](const core::Core& core) {
    for (std::uint32_t i = from; i < core.ledger().wallet_count(); ++i) {
      const ledger::WalletView wallet = core.ledger().wallet(ledger::WalletId{i});
      if (wallet.tenant != tenant || !request.principal.may_see_account(wallet.customer)) continue;
      if (page.accounts.size() == limit) {
        page.next = std::to_string(i);
        return;
      }
      page.accounts.emplace_back(wallet.customer);
    }
  });
  return page;
}

/// What became of the accounts of a page, as JSON lists.
class RunReport {
 public:
  void add(const std::string& account, const std::expected<InvoiceDesk::Frozen, Problem>& frozen,
           std::string_view currency) {
    if (frozen.has_value()) {
      std::string& list = frozen->is_repeat ? known_ : frozen_;
      list += (list.empty() ? "" : ",") + summary_json(frozen->invoice, currency);
    } else if (frozen.error().row->word != "nothing_to_invoice") {
      JsonObject to;
      to.text("account", account).text("code", frozen.error().row->word);
      if (!frozen.error().detail.empty()) to.text("detail", frozen.error().detail);
      parked_ += (parked_.empty() ? "" : ",") + to.finish();
    }
  }

  std::string json(std::string_view period, std::size_t accounts, std::string_view next) const {
    return JsonObject()
        .text("period", period)
        .whole("accounts", accounts)
        .raw("frozen", '[' + frozen_ + ']')
        .raw("frozen_before", '[' + known_ + ']')
        .raw("parked", '[' + parked_ + ']')
        .raw("next", next.empty() ? "null" : json_string(next))
        .finish();
  }

 private:
  std::string frozen_;
  std::string known_;
  std::string parked_;
};

Response run(Services& services, InvoiceDesk& desk, const Request& request) {
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return problem_of(tenant.error());
  std::uint32_t from = 0;
  if (const auto cursor = request.parameter("cursor"); cursor.has_value()) {
    const char* const end = cursor->data() + cursor->size();
    const auto read = std::from_chars(cursor->data(), end, from);
    if (read.ec != std::errc() || read.ptr != end) {
      return Problem("invalid_cursor", "it is not one of ours");
    }
  }
  const std::string period(*request.parameter("period"));
  const auto month = month_of(services, period);
  if (!month.has_value()) return problem_of(month.error());
  if (services.node->now().seconds < month->to + core::Core::invoice_grace_seconds) {
    return Problem("period_not_over", period + " ends at " + base::to_rfc3339({month->to, 0}));
  }
  const std::string& by = request.principal.key_id;
  const std::string_view currency = services.rater().currency();
  const RunPage page = accounts_of(services, request, *tenant, from);
  RunReport report;
  for (const std::string& account : page.accounts) {
    auto credit_note = desk.freeze_credit_note(*tenant, account, by);
    for (; credit_note.has_value(); credit_note = desk.freeze_credit_note(*tenant, account, by)) {
      report.add(account, credit_note, currency);  // One for each month that it corrects.
    }
    report.add(account, credit_note, currency);
    report.add(account, desk.freeze_invoice(*tenant, account, period, by), currency);
  }
  return Response::json(report.json(period, page.accounts.size(), page.next));
}

void add_run(server::RouteTable& table, Services& services, std::shared_ptr<InvoiceDesk> desk) {
  Route route =
      invoice_route(Method::post, "/v1/invoice-runs", "run_invoices", Scope::freeze_invoices);
  route.summary = "Close a month of all accounts";
  route.description =
      "For each account of a page a credit note, if something was taken back, and the invoice of "
      "the month. Go on with `next` until it is null. A run that was interrupted is sent again: "
      "what is frozen stays, and no number is left out. `parked` are accounts for which nothing "
      "could be frozen, and why; those without usage are in no list. `steelyard invoice run` does "
      "all pages.";
  route.parameters = page_parameters("Accounts of a page.", run_page_max);
  server::Parameter period =
      query_parameter("period", ParameterType::month, "The month.", "2026-10");
  period.is_required = true;
  route.parameters.push_back(std::move(period));
  route.responses.push_back(json_answer(
      "What became of the accounts of the page.",
      R"({"period":"2026-10","accounts":1,"frozen":[)" + std::string(summary_example) +
          R"(],"frozen_before":[],"parked":[{"account":"globex","code":"books_do_not_agree"}],"next":null})"));
  route.problems = {"invalid_cursor", "period_not_over"};
  route.lane = server::Lane::bulk;
  route.handler = [&services, desk](const Request& request) {
    return run(services, *desk, request);
  };
  table.add(std::move(route));
}

}  // namespace

void add_invoices(server::RouteTable& table, Services& services) {
  const auto desk = std::make_shared<InvoiceDesk>(services);
  add_list(table, services);
  add_get(table, services, desk);
  add_freeze(table, services, desk);
  add_get_of_month(table, services, desk);
  add_credit_note(table, services, desk);
  add_run(table, services, desk);
}

}  // namespace steelyard::api
