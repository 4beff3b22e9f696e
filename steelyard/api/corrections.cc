#include <algorithm>

#include "steelyard/api/answers.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/sealed_data.h"
#include "steelyard/api/services.h"
#include "steelyard/report/ndjson.h"

namespace steelyard::api {
namespace {

using batch::Record;
using batch::Status;
using charges::ChargeRow;
using server::Problem;
using server::Reply;
using server::Request;
using server::Response;
using server::Route;

/// A member of the body. Requires: the schema says that it is there.
std::string_view text_of(const Request& request, std::string_view name) {
  const json::Object object(*request.json, request.json->root());
  return request.json->text(*object.find(json::word(name)));
}

constexpr std::size_t lines_max = 1'000;

/// The event that is to be corrected, as it was charged: its lines, or one row without.
using CorrectedEvent = std::vector<ChargeRow>;

std::expected<CorrectedEvent, Problem> corrected_event(const Services& services,
                                                       const Request& request) {
  charges::ChargeFilter filter;
  filter.tenant = request.principal.tenant;
  filter.source = std::string(text_of(request, "source"));
  filter.id = std::string(text_of(request, "id"));
  auto page = services.charges->charges(filter, "", lines_max);
  if (!page.has_value()) return std::unexpected(problem_of(page.error()));
  if (page->rows.empty() || !request.principal.may_see_account(page->rows.front().account)) {
    return std::unexpected(Problem("not_found", "there is no charged event of source '" +
                                                    *filter.source + "' and id '" + *filter.id +
                                                    "'"));
  }
  if (page->rows.front().type == "ai.model.void") {
    return std::unexpected(Problem("not_correctable", "'" + *filter.id + "' takes a call back"));
  }
  if (!page->next.empty()) {
    return std::unexpected(Problem("not_correctable", "'" + *filter.id + "' has more than " +
                                                          std::to_string(lines_max) + " lines"));
  }
  // What was rated late stands there twice.
  const std::uint64_t last = page->rows.back().fact;
  std::erase_if(page->rows, [last](const ChargeRow& row) { return row.fact != last; });
  return std::move(page->rows);
}

bool is_call(const ChargeRow& row) { return row.type == "ai.model.call"; }

std::string named(const ChargeRow& row) {
  return JsonObject().text("source", row.source).text("id", row.id).finish();
}

std::string line_json(const ChargeRow& row) {
  JsonObject line;
  line.text("item", row.item)
      .text("tier", row.tier)
      .text("unit", row.unit)
      .amount("price", row.price)
      .amount("per", row.per)
      .amount("quantity", row.quantity)
      .amount("amount", row.amount);
  if (row.list_price.has_value()) line.amount("list_price", *row.list_price);
  return line.finish();
}

/// "ID=0.5,ID=0.25" as a list of objects.
std::string credit_json(std::string_view credit) {
  std::string list;
  while (!credit.empty()) {
    const std::string_view part = credit.substr(0, credit.find(','));
    const std::size_t equals = part.find('=');
    list += (list.empty() ? "" : ",") + JsonObject()
                                            .text("grant", part.substr(0, equals))
                                            .text("amount", part.substr(equals + 1))
                                            .finish();
    credit.remove_prefix(std::min(credit.size(), part.size() + 1));
  }
  return '[' + list + ']';
}

/// That of the event behind the prefix, as far as there is room.
std::string id_of(std::string_view prefix, const ChargeRow& row) {
  constexpr std::size_t bytes_max = 120;
  const std::string id = std::string(prefix) + row.id;
  if (id.size() <= bytes_max) return id;
  return std::string(prefix) + ledger::to_text(ledger::id_of({row.source, row.id}));
}

/// An event can be taken back once, so its name decides that of the correction: sending again is
/// a duplicate. It has the time of what it corrects, whose bill it changes.
JsonObject event_of(const ChargeRow& row, std::string_view type, const std::string& id) {
  JsonObject event;
  event.text("specversion", "1.0")
      .text("source", row.source)
      .text("id", id)
      .text("type", type)
      .text("subject", row.account)
      .time("time", row.time);
  return event;
}

/// Of a call, all that it changed.
std::string void_event(const CorrectedEvent& corrected, std::string_view reason) {
  const ChargeRow& row = corrected.front();
  JsonObject data;
  data.raw("voids", named(row)).text("reason", reason);
  if (is_call(row)) {
    std::string lines;
    for (const ChargeRow& each : corrected) {
      if (each.line > 0) lines += (lines.empty() ? "" : ",") + line_json(each);
    }
    data.whole("sequence", row.sequence)
        .flag("unrated", row.status == charges::FactStatus::unrated)
        .text("model", row.model);
    if (!row.api_key.empty()) data.text("api_key", row.api_key);
    if (!row.project.empty()) data.text("project", row.project);
    if (!row.hold_budget.empty()) data.text("hold_budget", row.hold_budget);
    data.raw("lines", '[' + lines + ']').raw("credit", credit_json(row.credit));
  }
  return event_of(row, is_call(row) ? "ai.model.void" : "cloud.resource.void", id_of("void/", row))
      .raw("data", data.finish())
      .finish();
}

std::expected<std::string, Problem> voiding_event(const Request& request,
                                                  const CorrectedEvent& corrected) {
  return void_event(corrected, text_of(request, "reason"));
}

std::string on_one_line(std::string json) {
  std::ranges::replace_if(json, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return json;
}

/// The event of the body, with what it leaves out. A usage names what it replaces; before a call,
/// an event takes the other one back.
std::expected<std::string, Problem> replacing_event(const Request& request,
                                                    const CorrectedEvent& corrected) {
  const ChargeRow& row = corrected.front();
  const json::Document& document = *request.json;
  const json::Object body(document, document.root());
  const json::Object given(document, *body.find(json::word("event")));
  const json::Node* const data = given.find(json::word("data"));
  if (data == nullptr || data->type != json::Type::object) {
    return std::unexpected(Problem("missing_field", "/event/data"));
  }
  const std::string id = id_of("replace/", row);
  const std::string_view type = is_call(row) ? "ai.model.call" : "cloud.resource.usage";
  const auto must_be = [&](std::string_view name,
                           std::string_view value) -> std::optional<Problem> {
    const json::Node* const node = given.find(json::word(name));
    if (node == nullptr || document.text(*node) == value) return std::nullopt;
    return Problem("invalid_field", "/event/" + std::string(name) + ": is '" + std::string(value) +
                                        "' of what replaces this event, or left out");
  };
  if (auto wrong = must_be("type", type); wrong.has_value()) return std::unexpected(*wrong);
  if (auto wrong = must_be("subject", row.account); wrong.has_value()) {
    return std::unexpected(*wrong);
  }
  if (is_call(row)) {  // So that it is done once.
    for (const auto& [name, value] : {std::pair{"source", row.source}, {"id", id}}) {
      if (auto wrong = must_be(name, value); wrong.has_value()) return std::unexpected(*wrong);
    }
  }
  JsonObject event;
  given.each([&](const json::Node& member) {
    if (&member == data) return;
    const std::string_view text = document.text(member);
    event.raw(document.name(member),
              member.type == json::Type::string ? json_string(text) : std::string(text));
  });
  const std::pair<std::string_view, std::string> otherwise[] = {
      {"specversion", "1.0"},      {"source", row.source},   {"id", id},
      {"type", std::string(type)}, {"subject", row.account}, {"time", base::to_rfc3339(row.time)}};
  for (const auto& [name, text] : otherwise) {
    if (given.find(json::word(name)) == nullptr) event.text(name, text);
  }
  if (is_call(row)) {
    const json::Object call(document, *data);
    std::string text(document.text(*data));
    if (!row.hold_budget.empty() && call.find(json::word("hold_budget")) == nullptr) {
      text = with_members_of(JsonObject().text("hold_budget", row.hold_budget).finish(), text);
    }
    return void_event(corrected, "replaced by " + id) + '\n' +
           on_one_line(event.raw("data", text).finish());
  }
  JsonObject replaces;
  replaces.raw("replaces", named(row));
  return on_one_line(
      event.raw("data", with_members_of(replaces.finish(), document.text(*data))).finish());
}

/// What became of the correction. Of two events, the first takes back, and may be known.
Response outcome_of(node::EventBatch& batch, const report::NdjsonWriter& writer) {
  const Record& record = batch.records().back();
  switch (record.status) {
    case Status::conflict:
      return Problem("conflict", "it was corrected before, in another way: " + record.detail);
    case Status::unrated:
    case Status::rejected: return Problem(name_of(record.reason), record.detail);
    case Status::rated:
    case Status::duplicate: break;
  }
  std::string line;
  writer.append(record, line);
  return Response::json(std::move(line));
}

/// One event, or two, each on a line.
using MakeEvent =
    std::function<std::expected<std::string, Problem>(const Request&, const CorrectedEvent&)>;

/// Why the correction was refused when it came before: an event counts once, so sending it again is
/// a duplicate and no success. Of one that was not refused, nothing.
std::optional<Problem> refused_before(const Services& services, const Request& request,
                                      std::string_view events) {
  json::Document document;
  if (!document.parse_copy(std::string(events.substr(events.rfind('\n') + 1)))) {
    return std::nullopt;
  }
  const json::Object event(document, document.root());
  const auto text = [&](std::string_view name) {
    const json::Node* const node = event.find(json::word(name));
    return node == nullptr ? std::string() : std::string(document.text(*node));
  };
  charges::ChargeFilter filter;
  filter.tenant = request.principal.tenant;
  filter.source = text("source");
  filter.id = text("id");
  const auto page = services.charges->charges(filter, "", lines_max);
  if (!page.has_value() || page->rows.empty()) return std::nullopt;
  const ChargeRow& row = page->rows.back();
  if (row.status != charges::FactStatus::unrated) return std::nullopt;
  return Problem(row.reason, "'" + *filter.id + "' came before and was refused");
}

/// For the audit: who corrects what.
std::string command_of(const Request& request, std::string_view how) {
  JsonObject command;
  command.text("command", "correct")
      .text("how", how)
      .text("by", request.principal.key_id)
      .text("source", text_of(request, "source"))
      .text("id", text_of(request, "id"));
  const json::Object body(*request.json, request.json->root());
  if (body.find(json::word("reason")) != nullptr)
    command.text("reason", text_of(request, "reason"));
  return command.finish();
}

void correct(Services& services, Reply reply, std::string_view how, const MakeEvent& make) {
  const Request& request = reply.request();
  const auto corrected = corrected_event(services, request);
  if (!corrected.has_value()) return reply.send(corrected.error());
  const auto made = make(request, *corrected);
  if (!made.has_value()) return reply.send(made.error());
  if (const auto why = refused_before(services, request, *made); why.has_value()) {
    return reply.send(*why);
  }
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return reply.send(problem_of(tenant.error()));
  const auto events = services.sealed->events(request.principal.tenant, *made);
  if (!events.has_value()) return reply.send(problem_of(events.error()));
  const auto noted = services.carry_out(*tenant, command_of(request, how));
  if (!noted.has_value()) return reply.send(problem_of(noted.error()));
  const auto shared = std::make_shared<Reply>(std::move(reply));
  services.node->take_events(
      *tenant, *events,
      [shared, &services](Result<node::EventBatch*> batch) {
        if (!batch.has_value()) return shared->send(problem_of(batch.error()));
        shared->send(outcome_of(**batch, *services.writer_for((*batch)->rater())));
      },
      {.may_take_back_calls = true, .is_all_or_nothing = true});
}

Route correction_route(Services& services, std::string how, MakeEvent make) {
  Route route;
  route.method = server::Method::post;
  route.path = "/v1/corrections/" + how;
  route.operation_id = how + "_event";
  route.tag = "Usage";
  route.scope = server::Scope::correct;
  route.responses.push_back(json_answer(
      "On disk and applied: `amount` is what it changes. `duplicate`: it was done before.",
      R"({"source":"collector","id":"void/u-1","status":"rated","amount":"-4.5"})"));
  route.problems = {"not_found", "not_correctable", "conflict", "unknown_event"};
  route.lane = server::Lane::ingest;
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services, how = std::move(how), make = std::move(make)](Reply reply) {
    correct(services, std::move(reply), how, make);
  };
  return route;
}

}  // namespace

void add_corrections(server::RouteTable& table, Services& services) {
  Route take_back = correction_route(services, "void", voiding_event);
  take_back.summary = "Take an event back";
  take_back.description =
      "It is as if the event had never come: the difference is charged, at the event's own time. "
      "Becomes the event `void/ID` of the same source (a long ID is hashed: `id` of the answer), "
      "so it is done once, however often it is sent. Of a call, what quotas covered and what "
      "credit paid goes back to them, if they are "
      "still known. What came less than a second ago may not be found yet.";
  take_back.contents.push_back(json_content(
      R"({"type":"object","required":["source","id","reason"],"properties":{"source":{"type":"string","minLength":1,"maxLength":128},"id":{"type":"string","minLength":1,"maxLength":128},"reason":{"type":"string","minLength":1,"maxLength":1000}}})",
      R"({"source":"collector","id":"u-1","reason":"counted twice"})"));
  table.add(std::move(take_back));

  Route replace = correction_route(services, "replace", replacing_event);
  replace.summary = "Count another event in place of one";
  replace.description =
      "Takes the named usage or call back and counts `event` instead, both or neither. `event` is "
      "a CloudEvent; of what it leaves out, `id` is `replace/ID`, the rest is as in the event that "
      "it replaces. Its type and account stay, and of a call its source and that `id`. Sending "
      "again is a duplicate. To correct it once more, name the `id` of the answer. What came less "
      "than a second ago may not be found yet.";
  replace.contents.push_back(json_content(
      R"({"type":"object","required":["source","id","event"],"properties":{"source":{"type":"string","minLength":1,"maxLength":128},"id":{"type":"string","minLength":1,"maxLength":128},"event":{"type":"object","properties":{},"additionalProperties":true}}})",
      R"({"source":"collector","id":"u-1","event":{"data":{"product":"clb","resource":"lb-1","meters":{"instances":1},"start":"2026-11-02T01:30:00Z","end":"2026-11-02T03:30:00Z","attributes":{"region":"cn-hangzhou","address":"public"}}}})"));
  table.add(std::move(replace));
}

}  // namespace steelyard::api
