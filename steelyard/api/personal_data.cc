#include <mutex>
#include <utility>
#include <vector>

#include "steelyard/api/answers.h"
#include "steelyard/api/charge_filter.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/sealed_data.h"
#include "steelyard/api/services.h"

/// What is kept of people: what of it is sealed, how it is read, and how it is erased.
namespace steelyard::api {
namespace {

using core::PersonalBook;
using personal::Subject;
using server::Method;
using server::ParameterType;
using server::Problem;
using server::Reply;
using server::Request;
using server::Response;
using server::Route;
using server::Scope;

constexpr std::string_view example =
    R"({"members":["/data/tags/user","/data/end_user"],"seals_buyers":true})";

Route personal_route(Method method, std::string path, std::string operation, Scope scope) {
  Route route;
  route.method = method;
  route.path = std::move(path);
  route.operation_id = std::move(operation);
  route.tag = "Personal data";
  route.scope = scope;
  route.runs_on = server::RunsOn::worker;
  return route;
}

std::string json_of(const PersonalBook::Sealed& sealed) {
  std::string members;
  for (const std::string& each : sealed.members) {
    members += (members.empty() ? "" : ",") + json_string(each);
  }
  return JsonObject()
      .raw("members", '[' + members + ']')
      .flag("seals_buyers", sealed.buyers)
      .finish();
}

PersonalBook::Sealed wanted_of(const Request& request) {
  PersonalBook::Sealed wanted;
  const json::Object body(*request.json, request.json->root());
  json::Object(*request.json, *body.find(json::word("members"))).each([&](const json::Node& each) {
    wanted.members.emplace_back(request.json->text(each));
  });
  const json::Node* const buyers = body.find(json::word("seals_buyers"));
  wanted.buyers = buyers != nullptr && buyers->whole == 1;
  return wanted;
}

/// Those that were set before are set again, sealed: what is frozen from now on has them so.
Result<void> seal_known_buyers(Services& services, const Request& request, std::uint32_t tenant) {
  std::vector<std::pair<std::string, billing::Buyer>> buyers;
  services.node->ask([&](const core::Core& core) {
    core.invoices().each_buyer(tenant, [&](const std::string& account, const billing::Buyer& each) {
      buyers.emplace_back(account, each);
    });
  });
  for (const auto& [account, buyer] : buyers) {
    const std::string text = buyer_json(buyer);
    STEELYARD_TRY(sealed, services.sealed->buyer(request.principal.tenant, account, text));
    if (sealed == text) continue;
    const std::string command = JsonObject()
                                    .text("command", "set_buyer")
                                    .text("account", account)
                                    .text("by", request.principal.key_id)
                                    .finish();
    STEELYARD_PASS(services.carry_out(tenant, with_members_of(command, sealed)));
  }
  return {};
}

Response set(Services& services, const Request& request) {
  if (request.principal.customer.has_value()) {
    return Problem("forbidden", "a key of one account sets nothing for all");
  }
  const PersonalBook::Sealed wanted = wanted_of(request);
  if (auto read = personal::Members::read(wanted.members); !read.has_value()) {
    return problem_of(Error{read.error().code, "/members: " + read.error().detail});
  }
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return problem_of(tenant.error());
  const std::lock_guard changing(services.sealed->changing());
  const auto answer =
      services.carry_out(*tenant, with_members_of(JsonObject()
                                                      .text("command", "set_personal_data")
                                                      .text("by", request.principal.key_id)
                                                      .finish(),
                                                  json_of(wanted)));
  if (!answer.has_value()) return problem_of(answer.error());
  if (auto taken = services.sealed->set(request.principal.tenant, wanted); !taken.has_value()) {
    return problem_of(taken.error());
  }
  if (auto sealed = seal_known_buyers(services, request, *tenant); !sealed.has_value()) {
    return problem_of(sealed.error());
  }
  return Response::json(json_of(wanted));
}

void add_set(server::RouteTable& table, Services& services) {
  Route route =
      personal_route(Method::put, "/v1/personal-data", "set_personal_data", Scope::manage_accounts);
  route.summary = "Say what is sealed";
  route.description =
      "From now on, these members of the tenant's events come into the log encrypted, each "
      "account's with a key of its own, so that they can be erased: DELETE "
      "/v1/accounts/{account}/personal-data. `members` are JSON pointers; of an object, it is all "
      "that it holds. No member can be one of them that a charge, an account or an event's "
      "identity follows from. Elements of a list have numbers: \"/data/users/0\". With "
      "`seals_buyers`, so is whom invoices are for: name, address and "
      "tax id. What came before stays as it is.";
  route.contents.push_back(json_content(
      R"({"type":"object","required":["members"],"properties":{"members":{"type":"array","maxItems":32,"items":{"type":"string","minLength":2,"maxLength":250}},"seals_buyers":{"type":"boolean"}}})",
      std::string(example)));
  route.responses.push_back(json_answer("What is sealed now.", std::string(example)));
  route.problems = {"invalid_field"};
  route.handler = [&services](const Request& request) { return set(services, request); };
  table.add(std::move(route));
}

void add_get(server::RouteTable& table, Services& services) {
  Route route =
      personal_route(Method::get, "/v1/personal-data", "get_personal_data", Scope::read_usage);
  route.summary = "What is sealed";
  route.description = "Of the tenant's events and invoices, from when it was set.";
  route.responses.push_back(json_answer("What is set.", std::string(example)));
  route.handler = [&services](const Request& request) -> Response {
    const auto tenant = services.tenant_number(request.principal.tenant);
    if (!tenant.has_value()) return problem_of(tenant.error());
    std::string json;
    services.node->ask(
        [&](const core::Core& core) { json = json_of(core.personal().sealed(*tenant)); });
    return Response::json(std::move(json));
  };
  table.add(std::move(route));
}

/// That it is erased comes to the log first: what a crash leaves undone, the next start does.
Response erase(Services& services, const Request& request) {
  const std::string_view account = request.path_parameter("account");
  if (!request.principal.may_see_account(account)) return Problem("not_found");
  const Subject of = personal::subject_named(*request.parameter("of"));
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return problem_of(tenant.error());
  const base::Instant until = services.sealed->erasure_time();
  const auto answer = services.carry_out(*tenant, JsonObject()
                                                      .text("command", "erase_personal_data")
                                                      .text("account", account)
                                                      .text("of", name_of(of))
                                                      .time("until", until)
                                                      .text("by", request.principal.key_id)
                                                      .finish());
  if (!answer.has_value()) return problem_of(answer.error());
  const auto destroyed = services.sealed->destroy(request.principal.tenant, account, of, until);
  if (!destroyed.has_value()) return problem_of(destroyed.error());
  return Response::json(JsonObject()
                            .text("account", account)
                            .text("of", name_of(of))
                            .whole("keys_destroyed", *destroyed)
                            .finish());
}

void add_erase(server::RouteTable& table, Services& services) {
  Route route = personal_route(Method::remove, "/v1/accounts/{account}/personal-data",
                               "erase_personal_data", Scope::manage_accounts);
  route.summary = "Erase what an account has of people";
  route.description =
      "Destroys the account's key, and with it everything that was sealed until now, in the log, "
      "in "
      "all that follows from it and in its copies. There is no way back. Charges, balances and "
      "the chain of hashes stay as they are: nothing of them follows from it. `of=usage`: of its "
      "events. `of=invoices`: whom its invoices are for, which law may ask you to keep for years. "
      "What was never sealed is not erased: `keys_destroyed` is 0 where there was nothing. "
      "Backups have keys of their own: see the operator's guide.";
  route.parameters.push_back(account_parameter());
  server::Parameter of = query_parameter("of", ParameterType::word, "What of it.", "usage");
  of.is_required = true;
  of.words = {"usage", "invoices"};
  route.parameters.push_back(std::move(of));
  route.responses.push_back(json_answer("It can not be read any more.",
                                        R"({"account":"acme","of":"usage","keys_destroyed":1})"));
  route.problems = {"not_found"};
  route.handler = [&services](const Request& request) { return erase(services, request); };
  table.add(std::move(route));
}

Response sent_event(const Services& services, const Request& request) {
  const auto page = services.charges->charges(filter_of(request), "", 1);
  if (!page.has_value()) return problem_of(page.error());
  if (page->rows.empty()) return Problem("not_found");
  const charges::ChargeRow& row = page->rows.front();
  const auto logged = services.logged(row.sequence);
  if (!logged.has_value()) return problem_of(logged.error());
  const personal::OpenedJson event =
      services.sealed->event(request.principal.tenant, row.account, logged->json);
  std::string erased;
  for (const std::string& each : event.erased) {
    erased += (erased.empty() ? "" : ",") + json_string(each);
  }
  return Response::json(JsonObject()
                            .whole("sequence", row.sequence)
                            .time("received_at", logged->received)
                            .raw("event", event.text)
                            .raw("erased", '[' + erased + ']')
                            .finish());
}

void add_sent_event(server::RouteTable& table, Services& services) {
  Route route = personal_route(Method::get, "/v1/events", "get_event", Scope::read_usage);
  route.tag = "Usage";
  route.summary = "An event as it was sent";
  route.description =
      "From the log, with all its members; what was sealed is opened, what was erased is null and "
      "named by `erased`. What came less than a second ago may not be there yet; what was rejected "
      "is not kept.";
  route.parameters = event_parameters();
  route.responses.push_back(json_answer(
      "The event.",
      R"({"sequence":17,"received_at":"2026-11-22T08:00:04Z","event":{"specversion":"1.0","id":"call-1","source":"gateway/hz-1","type":"ai.model.call","subject":"acme","time":"2026-11-22T08:00:03Z","data":{"model":"qwen-plus","protocol":"openai.chat","usage":{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15},"tags":{"user":null}}},"erased":["/data/tags/user"]})"));
  route.problems = {"not_found"};
  route.lane = server::Lane::bulk;
  route.handler = [&services](const Request& request) { return sent_event(services, request); };
  table.add(std::move(route));
}

}  // namespace

void add_personal_data(server::RouteTable& table, Services& services) {
  add_set(table, services);
  add_get(table, services);
  add_erase(table, services);
  add_sent_event(table, services);
}

}  // namespace steelyard::api
