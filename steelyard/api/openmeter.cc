#include "steelyard/api/answers.h"
#include "steelyard/api/event_lines.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/sealed_data.h"
#include "steelyard/api/services.h"

/// The interface of OpenMeter, so that its senders need a new address and nothing else.
/// Source: openmeterio/openmeter, api/openapi.yaml (7e57a394a, 2026-08-18).
namespace steelyard::api {
namespace {

using batch::Record;
using batch::Status;
using server::Reply;
using server::Response;
using server::Route;

EventForm form_of(std::string_view content_type) {
  if (content_type == "application/cloudevents+json") return EventForm::one;
  if (content_type == "application/cloudevents-batch+json") return EventForm::array;
  return EventForm::any;
}

/// 204, or 400 with the events that were rejected; the others are on disk either way.
Response ingested(node::EventBatch& batch) {
  server::Problem problem("invalid_event");
  for (const Record& record : batch.records()) {
    if (record.status != Status::rejected && record.status != Status::conflict) continue;
    problem.items.push_back({"event " + std::to_string(record.line), record.detail});
  }
  if (problem.items.empty()) return Response::no_content();
  return problem;
}

}  // namespace

void add_openmeter(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::post;
  route.path = "/api/v1/events";
  route.operation_id = "openmeter_ingest_events";
  route.summary = "Send usage events, as to OpenMeter";
  route.description =
      "204 says that every event is on disk, or was before. Where one is no valid event the answer "
      "is 400 and names it; the others are kept all the same.";
  route.tag = "OpenMeter";
  route.scope = server::Scope::ingest;
  for (const char* const type :
       {"application/cloudevents+json", "application/cloudevents-batch+json", "application/json"}) {
    route.contents.push_back(
        {.media_type = type, .description = "", .schema = "", .example = "", .is_checked = false});
  }
  route.responses.push_back(no_content("On disk."));
  route.problems = {"invalid_event", "malformed_json", "too_large"};
  route.lane = server::Lane::ingest;
  route.handler = [&services](Reply reply) {
    const server::Request& request = reply.request();
    auto lines = event_lines(request.body, form_of(request.content_type));
    if (!lines.has_value()) return reply.send(problem_of(lines.error()));
    const auto tenant = services.tenant_number(request.principal.tenant);
    if (!tenant.has_value()) return reply.send(problem_of(tenant.error()));
    lines = services.sealed->events(request.principal.tenant, *std::move(lines));
    if (!lines.has_value()) return reply.send(problem_of(lines.error()));
    const auto shared = std::make_shared<Reply>(std::move(reply));
    services.node->take_events(*tenant, *lines, [shared](Result<node::EventBatch*> batch) {
      if (!batch.has_value()) return shared->send(problem_of(batch.error()));
      shared->send(ingested(**batch));
    });
  };
  table.add(std::move(route));
}

}  // namespace steelyard::api
