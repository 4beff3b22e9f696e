#include <array>

#include "steelyard/api/answers.h"
#include "steelyard/api/event_lines.h"
#include "steelyard/api/parameters.h"
#include "steelyard/api/sealed_data.h"
#include "steelyard/api/services.h"
#include "steelyard/report/ndjson.h"

namespace steelyard::api {
namespace {

using batch::Record;
using batch::Status;
using server::Reply;
using server::Response;

constexpr std::string_view example =
    R"({"specversion":"1.0","id":"call-1","source":"gateway/hz-1","type":"ai.model.call","subject":"acme","time":"2026-11-22T08:00:03Z","data":{"model":"qwen-plus","protocol":"openai.chat","usage":{"prompt_tokens":3019,"completion_tokens":104,"total_tokens":3123,"prompt_tokens_details":{"cached_tokens":2048}}}})";

constexpr std::array<Status, batch::status_count> all_statuses = {
    Status::rated, Status::duplicate, Status::conflict, Status::unrated, Status::rejected};

EventForm form_of(std::string_view content_type) {
  if (content_type == "application/cloudevents+json") return EventForm::one;
  if (content_type == "application/cloudevents-batch+json") return EventForm::array;
  if (content_type == "application/x-ndjson") return EventForm::lines;
  return EventForm::any;
}

std::string set_aside_json(const Record& record) {
  JsonObject to;
  to.whole("event", record.line);
  if (!record.source.empty()) to.text("source", record.source);
  if (!record.id.empty()) to.text("id", record.id);
  to.text("status", name_of(record.status));
  if (record.status != Status::conflict) to.text("reason", name_of(record.reason));
  if (record.status == Status::conflict) to.whole("first_sequence", record.first_sequence);
  if (!record.detail.empty()) to.text("detail", record.detail);
  return to.finish();
}

/// How many came, by status, and what is wrong with those that are set aside.
Response counts_of(node::EventBatch& batch) {
  std::array<std::uint64_t, batch::status_count> counts{};
  std::string set_aside;
  for (const Record& record : batch.records()) {
    ++counts[static_cast<std::size_t>(record.status)];
    if (record.status == Status::rated || record.status == Status::duplicate) continue;
    set_aside += (set_aside.empty() ? "" : ",") + set_aside_json(record);
  }
  JsonObject to;
  to.whole("received", batch.records().size());
  for (const Status status : all_statuses) {
    to.whole(name_of(status), counts[static_cast<std::size_t>(status)]);
  }
  to.raw("set_aside", '[' + set_aside + ']');
  return Response::json(to.finish());
}

Response representation_of(node::EventBatch& batch, const report::NdjsonWriter& writer) {
  std::string lines;
  for (const Record& record : batch.records()) writer.append(record, lines);
  return Response::ndjson(std::move(lines)).with("Preference-Applied", "return=representation");
}

}  // namespace

void add_events(server::RouteTable& table, Services& services) {
  server::Route route;
  route.method = server::Method::post;
  route.path = "/v1/events";
  route.operation_id = "send_events";
  route.summary = "Send usage events";
  route.description =
      "Takes CloudEvents: one, an array, or a line for each. The answer comes when they are on "
      "disk, so an event that was answered is never lost. An event counts once, for ever: sending "
      "again is safe. Each event has an outcome of its own: rated, duplicate, conflict, unrated or "
      "rejected; one bad event does not stop the others. With `Prefer: return=representation` the "
      "answer has a line for each event with its charge, as `steelyard rate --output ndjson` "
      "writes it.";
  route.tag = "Usage";
  route.scope = server::Scope::ingest;
  const auto takes = [&](std::string media_type, std::string description, std::string body) {
    route.contents.push_back({.media_type = std::move(media_type),
                              .description = std::move(description),
                              .schema = "",
                              .example = std::move(body),
                              .is_checked = false});
  };
  takes("application/cloudevents+json", "One event.", std::string(example));
  takes("application/cloudevents-batch+json", "An array of at most 10,000 events.",
        '[' + std::string(example) + ']');
  takes("application/x-ndjson", "An event a line, at most 10,000.", std::string(example) + '\n');
  takes("application/json", "One event or an array.", std::string(example));
  route.responses.push_back(json_answer(
      "On disk and applied: how many, by outcome; those set aside with the reason.",
      R"({"received":1,"rated":1,"duplicate":0,"conflict":0,"unrated":0,"rejected":0,"set_aside":[]})"));
  route.problems = {"malformed_json", "too_large"};
  route.lane = server::Lane::ingest;
  route.handler = [&services](Reply reply) {
    const server::Request& request = reply.request();
    auto lines = event_lines(request.body, form_of(request.content_type));
    if (!lines.has_value()) return reply.send(problem_of(lines.error()));
    const auto tenant = services.tenant_number(request.principal.tenant);
    if (!tenant.has_value()) return reply.send(problem_of(tenant.error()));
    lines = services.sealed->events(request.principal.tenant, *std::move(lines));
    if (!lines.has_value()) return reply.send(problem_of(lines.error()));
    const bool wants_lines = request.prefers("return=representation");
    const auto shared = std::make_shared<Reply>(std::move(reply));
    services.node->take_events(*tenant, *lines, [=, &services](Result<node::EventBatch*> batch) {
      if (!batch.has_value()) return shared->send(problem_of(batch.error()));
      shared->send(wants_lines ? representation_of(**batch, *services.writer_for((*batch)->rater()))
                               : counts_of(**batch));
    });
  };
  table.add(std::move(route));
}

}  // namespace steelyard::api
