#include "steelyard/api/answers.h"
#include "steelyard/api/event_lines.h"
#include "steelyard/api/parameters.h"
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

/// The event that is to be corrected, as it was charged.
std::expected<ChargeRow, Problem> corrected_event(const Services& services,
                                                  const Request& request) {
  charges::ChargeFilter filter;
  filter.tenant = request.principal.tenant;
  filter.source = std::string(text_of(request, "source"));
  filter.id = std::string(text_of(request, "id"));
  auto page = services.charges->charges(filter, "", 1);
  if (!page.has_value()) return std::unexpected(problem_of(page.error()));
  if (page->rows.empty() || !request.principal.may_see_account(page->rows.front().account)) {
    return std::unexpected(Problem("not_found", "there is no charged event of source '" +
                                                    *filter.source + "' and id '" + *filter.id +
                                                    "'"));
  }
  ChargeRow row = std::move(page->rows.front());
  if (row.type == "ai.model.call") {
    return std::unexpected(Problem("not_correctable", "'" + row.id + "' is a model call"));
  }
  return row;
}

std::string named(const ChargeRow& row) {
  return JsonObject().text("source", row.source).text("id", row.id).finish();
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

std::string void_event(const Request& request, const ChargeRow& row) {
  JsonObject data;
  data.raw("voids", named(row)).text("reason", text_of(request, "reason"));
  return event_of(row, "cloud.resource.void", "void/" + row.id).raw("data", data.finish()).finish();
}

/// The event of the body, with what it leaves out and the name of what it replaces.
std::expected<std::string, Problem> replacing_event(const Request& request, const ChargeRow& row) {
  const json::Document& document = *request.json;
  const json::Object body(document, document.root());
  const json::Object given(document, *body.find(json::word("event")));
  const json::Node* const data = given.find(json::word("data"));
  if (data == nullptr || data->type != json::Type::object) {
    return std::unexpected(Problem("missing_field", "/event/data"));
  }
  JsonObject event;
  given.each([&](const json::Node& member) {
    if (&member == data) return;
    const std::string_view text = document.text(member);
    event.raw(document.name(member),
              member.type == json::Type::string ? json_string(text) : std::string(text));
  });
  const std::pair<std::string_view, std::string> otherwise[] = {
      {"specversion", "1.0"},      {"source", row.source},
      {"id", "replace/" + row.id}, {"type", "cloud.resource.usage"},
      {"subject", row.account},    {"time", base::to_rfc3339(row.time)}};
  for (const auto& [name, text] : otherwise) {
    if (given.find(json::word(name)) == nullptr) event.text(name, text);
  }
  JsonObject replaces;
  replaces.raw("replaces", named(row));
  return event.raw("data", with_members_of(replaces.finish(), document.text(*data))).finish();
}

/// What became of the correction.
Response outcome_of(node::EventBatch& batch, const report::NdjsonWriter& writer) {
  const Record& record = batch.records().front();
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

using MakeEvent =
    std::function<std::expected<std::string, Problem>(const Request&, const ChargeRow&)>;

void correct(Services& services, Reply reply, const MakeEvent& make) {
  const Request& request = reply.request();
  const auto row = corrected_event(services, request);
  if (!row.has_value()) return reply.send(row.error());
  const auto event = make(request, *row);
  if (!event.has_value()) return reply.send(event.error());
  const auto line = event_lines(*event, EventForm::one);
  if (!line.has_value()) return reply.send(problem_of(line.error()));
  const auto tenant = services.tenant_number(request.principal.tenant);
  if (!tenant.has_value()) return reply.send(problem_of(tenant.error()));
  const auto shared = std::make_shared<Reply>(std::move(reply));
  services.node->take_events(*tenant, *line, [shared, &services](Result<node::EventBatch*> batch) {
    if (!batch.has_value()) return shared->send(problem_of(batch.error()));
    shared->send(outcome_of(**batch, *services.writer_for((*batch)->rater())));
  });
}

Route correction_route(Services& services, std::string path, std::string operation,
                       MakeEvent make) {
  Route route;
  route.method = server::Method::post;
  route.path = std::move(path);
  route.operation_id = std::move(operation);
  route.tag = "Usage";
  route.scope = server::Scope::correct;
  route.responses.push_back(json_answer(
      "On disk and applied: `amount` is what it changes. `duplicate`: it was done before.",
      R"({"source":"collector","id":"void/u-1","status":"rated","amount":"-4.5"})"));
  route.problems = {"not_found", "not_correctable", "conflict", "unknown_event"};
  route.lane = server::Lane::ingest;
  route.runs_on = server::RunsOn::worker;
  route.handler = [&services, make = std::move(make)](Reply reply) {
    correct(services, std::move(reply), make);
  };
  return route;
}

}  // namespace

void add_corrections(server::RouteTable& table, Services& services) {
  Route take_back = correction_route(services, "/v1/corrections/void", "void_event", void_event);
  take_back.summary = "Take an event of a cloud resource back";
  take_back.description =
      "It is as if the event had never come: the difference is charged, at the event's own time. "
      "Becomes the event `void/ID` of the same source, so it is done once, however often it is "
      "sent. Usage, orders and purchases can be taken back, model calls can not. What came less "
      "than a second ago may not be found yet.";
  take_back.contents.push_back(json_content(
      R"({"type":"object","required":["source","id","reason"],"properties":{"source":{"type":"string","minLength":1,"maxLength":128},"id":{"type":"string","minLength":1,"maxLength":128},"reason":{"type":"string","minLength":1,"maxLength":1000}}})",
      R"({"source":"collector","id":"u-1","reason":"counted twice"})"));
  table.add(std::move(take_back));

  Route replace =
      correction_route(services, "/v1/corrections/replace", "replace_event", replacing_event);
  replace.summary = "Count another event in place of one of a cloud resource";
  replace.description =
      "Takes the named usage back and counts `event` instead, both or neither. `event` is a "
      "CloudEvent; of what it leaves out, `id` is `replace/ID`, the rest is as in the event that "
      "it replaces. Sending again is a duplicate. Model calls can not be replaced. What came less "
      "than a second ago may not be found yet.";
  replace.contents.push_back(json_content(
      R"({"type":"object","required":["source","id","event"],"properties":{"source":{"type":"string","minLength":1,"maxLength":128},"id":{"type":"string","minLength":1,"maxLength":128},"event":{"type":"object","properties":{},"additionalProperties":true}}})",
      R"({"source":"collector","id":"u-1","event":{"data":{"product":"clb","resource":"lb-1","meters":{"instances":1},"start":"2026-11-02T01:30:00Z","end":"2026-11-02T03:30:00Z","attributes":{"region":"cn-hangzhou","address":"public"}}}})"));
  table.add(std::move(replace));
}

}  // namespace steelyard::api
