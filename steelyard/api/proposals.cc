#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"

namespace steelyard::api {
namespace {

using core::Proposal;
using core::ProposalState;
using server::ParameterType;
using server::Problem;
using server::Reply;
using server::Request;
using server::Response;
using server::Route;

constexpr std::int64_t page_max = 200;

constexpr std::string_view open_example =
    R"({"id":1204,"state":"open","account":"acme","command":{"command":"top_up","account":"acme","id":"pay-1","amount":"100"},"proposed_by":"4fGh71kPq0","proposed_at":"2026-11-22T08:00:00Z","expires_at":"2026-11-29T08:00:00Z"})";
constexpr std::string_view approved_example =
    R"({"id":1204,"state":"approved","account":"acme","command":{"command":"top_up","account":"acme","id":"pay-1","amount":"100"},"proposed_by":"4fGh71kPq0","proposed_at":"2026-11-22T08:00:00Z","expires_at":"2026-11-29T08:00:00Z","decided_by":"9aBc20dEf3","decided_at":"2026-11-22T09:30:00Z","balance":{"account":"acme","currency":"CNY","available":"100","prepaid":"100","credit":"0","owed":"0","held":"0","postpaid_limit":"0"}})";
constexpr std::string_view rejected_example =
    R"({"id":1204,"state":"rejected","account":"acme","command":{"command":"top_up","account":"acme","id":"pay-1","amount":"100"},"proposed_by":"4fGh71kPq0","proposed_at":"2026-11-22T08:00:00Z","expires_at":"2026-11-29T08:00:00Z","decided_by":"9aBc20dEf3","decided_at":"2026-11-22T09:30:00Z"})";

/// `state`: as it is now, or as it was.
JsonObject json_of(const Proposal& proposal, ProposalState state) {
  JsonObject to;
  to.whole("id", proposal.number)
      .text("state", core::name_of(state))
      .text("account", proposal.account)
      .raw("command", proposal.what)
      .text("proposed_by", proposal.proposed_by)
      .time("proposed_at", proposal.proposed_at)
      .time("expires_at", proposal.expires_at);
  if (state == ProposalState::open) return to;
  if (!proposal.decided_by.empty()) to.text("decided_by", proposal.decided_by);
  to.time("decided_at", proposal.decided_at);
  return to;
}

Problem no_such(std::uint64_t number) {
  return Problem("unknown_proposal", "there is no proposal " + std::to_string(number));
}

/// A repeat has the answer of the first: nothing was decided then.
Response proposed(const core::Answer& answer, const core::Core& core, std::uint32_t tenant) {
  const Proposal* const proposal = core.proposals().find(tenant, answer.proposal);
  if (proposal == nullptr) return no_such(answer.proposal);
  Response response = Response::json(json_of(*proposal, ProposalState::open).finish(), 202);
  response.with("Location", "/v1/proposals/" + std::to_string(answer.proposal));
  if (answer.is_repeat) response.with("Idempotent-Replayed", "true");
  return response;
}

Response decided(const core::Answer& answer, const core::Core& core, std::uint32_t tenant) {
  const Proposal* const proposal = core.proposals().find(tenant, answer.proposal);
  if (proposal == nullptr) return no_such(answer.proposal);
  JsonObject to = json_of(*proposal, proposal->state);
  if (answer.balance.has_value()) {
    to.raw("balance", balance_json(proposal->account, *answer.balance, core));
  }
  Response response = Response::json(to.finish());
  if (answer.is_repeat) response.with("Idempotent-Replayed", "true");
  return response;
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::uint64_t number_of(const Request& request) {
  return number_in(request.path_parameter("proposal")).value_or(0);
}

/// What the tenant's own of that number is, as far as the key may see it.
std::optional<Proposal> find(Services& services, const Request& request, std::uint32_t tenant) {
  std::optional<Proposal> found;
  services.node->ask([&](const core::Core& core) {
    const Proposal* const proposal = core.proposals().find(tenant, number_of(request));
    if (proposal == nullptr || !request.principal.may_see_account(proposal->account)) return;
    found = *proposal;
  });
  return found;
}

void decide(Services& services, Reply reply, std::string_view command) {
  const Request& request = reply.request();
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return reply.send(problem_of(tenant.error()));
  const auto proposal = find(services, request, *tenant);
  if (!proposal.has_value()) return reply.send(no_such(number_of(request)));
  JsonObject text;
  text.text("command", command)
      .whole("proposal", proposal->number)
      .text("proposed_by", proposal->proposed_by)
      .text("id", request.idempotency_key);
  send_command(services, std::move(reply), text.finish(),
               [tenant = *tenant](const core::Answer& answer, const core::Core& core) {
                 return decided(answer, core, tenant);
               });
}

server::Parameter number_parameter() {
  auto parameter = path_parameter("proposal", "Its id.", "1204");
  parameter.type = ParameterType::whole;
  parameter.min = 1;
  parameter.max = INT64_MAX;
  return parameter;
}

Route proposal_route(server::Method method, const std::string& behind, std::string operation,
                     server::Scope scope) {
  Route route;
  route.method = method;
  route.path = "/v1/proposals" + behind;
  route.operation_id = std::move(operation);
  route.tag = "Proposals";
  route.scope = scope;
  if (!behind.empty()) route.parameters.push_back(number_parameter());
  route.runs_on = server::RunsOn::worker;
  return route;
}

Response list(Services& services, const Request& request) {
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return problem_of(tenant.error());
  const auto cursor = request.parameter("cursor");
  const auto below = cursor.has_value() ? number_in(*cursor) : UINT64_MAX;
  if (!below.has_value()) return Problem("invalid_cursor", "it is not one of ours");
  const auto state = request.parameter("state");
  const auto limit = static_cast<std::size_t>(*request.whole("limit"));
  std::string page;
  std::string next;
  services.node->ask([&](const core::Core& core) {
    std::size_t count = 0;
    std::uint64_t last = 0;
    core.proposals().each_below(*tenant, *below, [&](const Proposal& each) {
      if (!request.principal.may_see_account(each.account)) return true;
      if (state.has_value() && *state != core::name_of(each.state)) return true;
      if (count == limit) {
        next = std::to_string(last);
        return false;
      }
      page += (page.empty() ? "" : ",") + json_of(each, each.state).finish();
      last = each.number;
      ++count;
      return true;
    });
  });
  return Response::json(page_json("proposals", page, next));
}

void add_list(server::RouteTable& table, Services& services) {
  Route route =
      proposal_route(server::Method::get, "", "list_proposals", server::Scope::read_money);
  route.summary = "What was proposed with money";
  route.description =
      "The newest first: all that are open, and the latest 1,000 that were decided or expired. "
      "`command` is what will be carried out; of what it leaves out, \"from now on\" begins with "
      "the approval. An open one may have expired a moment ago. /v1/audit has those of the past.";
  route.parameters = page_parameters("Proposals of a page.", page_max);
  auto state = query_parameter("state", ParameterType::word, "Only those.", "open");
  state.words = {"open", "approved", "rejected", "expired"};
  route.parameters.push_back(std::move(state));
  route.responses.push_back(
      json_answer("`proposed_by`, `decided_by`: ids of keys. `next` is null at the end.",
                  R"({"proposals":[)" + std::string(open_example) + R"(],"next":null})"));
  route.problems = {"invalid_cursor"};
  route.handler = [&services](const Request& request) { return list(services, request); };
  table.add(std::move(route));
}

void add_get(server::RouteTable& table, Services& services) {
  Route route =
      proposal_route(server::Method::get, "/{proposal}", "get_proposal", server::Scope::read_money);
  route.summary = "One proposal";
  route.description = "`id` is also the `sequence` of its line in /v1/audit.";
  route.responses.push_back(json_answer("As it is now.", std::string(open_example)));
  route.problems = {"unknown_proposal"};
  route.handler = [&services](const Request& request) -> Response {
    const auto tenant = services.tenant_number(request.principal.tenant);
    if (!tenant.has_value()) return problem_of(tenant.error());
    const auto proposal = find(services, request, *tenant);
    if (!proposal.has_value()) return no_such(number_of(request));
    return Response::json(json_of(*proposal, proposal->state).finish());
  };
  table.add(std::move(route));
}

void add_decision(server::RouteTable& table, Services& services, Route route,
                  std::string_view command) {
  route.needs_idempotency_key = true;
  route.handler = [&services, command](Reply reply) {
    decide(services, std::move(reply), command);
  };
  table.add(std::move(route));
}

void add_approve(server::RouteTable& table, Services& services) {
  Route route = proposal_route(server::Method::post, "/{proposal}/approve", "approve_proposal",
                               server::Scope::approve_money);
  route.summary = "Carry out what another person proposed";
  route.description =
      "Once, and with both names in one record of the log. Not with the key that proposed it, nor "
      "with one that made that key or was made by it, directly or through others: `own_proposal`. "
      "What the ledger refuses, as a refund of more than there was, is answered with that problem; "
      "the proposal stays open.";
  route.responses.push_back(
      json_answer("`balance`: of the account, behind it; of quotas there is none.",
                  std::string(approved_example)));
  route.problems = {"unknown_proposal",  "proposal_not_open",       "own_proposal",
                    "unknown_account",   "unknown_original",        "origin_conflict",
                    "time_out_of_range", "refund_exceeds_original", "insufficient_balance"};
  add_decision(table, services, std::move(route), "approve");
}

void add_reject(server::RouteTable& table, Services& services) {
  Route route = proposal_route(server::Method::post, "/{proposal}/reject", "reject_proposal",
                               server::Scope::approve_money);
  route.summary = "Close a proposal";
  route.description = "Nothing is moved, so it may be one's own.";
  route.responses.push_back(json_answer("It is closed.", std::string(rejected_example)));
  route.problems = {"unknown_proposal", "proposal_not_open"};
  add_decision(table, services, std::move(route), "reject");
}

}  // namespace

void describe_money_command(Route& route) {
  route.description += " With `--four-eyes` it is proposed only: 202.";
  route.responses.push_back(
      {.status = 202,
       .description = "With `--four-eyes`: nothing is moved before another person approves it.",
       .media_type = "application/json",
       .schema = "",
       .example = std::string(open_example)});
  for (const char* word : {"too_many_proposals", "too_large"}) route.problems.emplace_back(word);
}

void send_money_command(Services& services, Reply reply, std::string command, RenderAnswer render) {
  const auto tenant = services.tenant_number(reply.request().principal.tenant);
  if (!tenant.has_value()) return reply.send(problem_of(tenant.error()));
  if (services.needs_four_eyes) {
    // As it is said of the command by itself.
    const auto given = core::read_command(command);
    if (!given.has_value()) return reply.send(problem_of(given.error()));
    if (command.size() > core::Propose::bytes_max) {
      return reply.send(Problem(
          "too_large",
          "the command has more than " + std::to_string(core::Propose::bytes_max) + " bytes"));
    }
    command = JsonObject().text("command", "propose").raw("what", command).finish();
  }
  send_command(services, std::move(reply), std::move(command),
               [render = std::move(render), tenant = *tenant](const core::Answer& answer,
                                                              const core::Core& core) {
                 if (answer.proposal != 0) return proposed(answer, core, tenant);
                 return render(answer, core);
               });
}

void add_proposals(server::RouteTable& table, Services& services) {
  add_list(table, services);
  add_get(table, services);
  add_approve(table, services);
  add_reject(table, services);
}

}  // namespace steelyard::api
