#include "steelyard/batch/chunk_rater.h"

#include <algorithm>
#include <cstring>

#include "steelyard/base/limits.h"
#include "steelyard/ledger/command.h"
#include "steelyard/usage/event.h"

namespace steelyard::batch {
namespace {

bool takes_identity(const Record& record) { return record.status != Status::rejected; }

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

std::string_view name_of(Status status) {
  switch (status) {
    case Status::rated: return "rated";
    case Status::duplicate: return "duplicate";
    case Status::conflict: return "conflict";
    case Status::unrated: return "unrated";
    case Status::rejected: return "rejected";
  }
  return "";
}

Record& ChunkRater::next_record() {
  if (record_count_ == records_.size()) records_.emplace_back();
  Record& record = records_[record_count_++];
  record.status = Status::rejected;
  record.is_late = false;
  record.source = record.id = record.account = {};
  record.detail.clear();
  if (!record.cloud.lines.empty()) record.cloud.lines.clear();
  record.cloud.notes = 0;
  record.charge.notes = 0;
  record.charge.line_count = 0;
  record.charge.version = 0;
  return record;
}

void ChunkRater::rate(std::string_view lines) {
  record_count_ = 0;
  line_count_ = 0;
  pending_count_ = 0;
  details_.clear();
  unescaped_.clear();
  facts_.forget();
  const char* at = lines.data();
  const char* const end = at + lines.size();
  for (; at < end; ++line_count_) {
    const auto* const line_end =
        static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    std::string_view line(at, static_cast<std::size_t>(line_end - at));
    at = line_end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (line.front() != '{' && is_blank(line))) continue;
    Record& record = next_record();
    record.line = line_count_;
    if (keeps_details_) details_.emplace_back().text = line;
    rate_line(line, record);
  }
}

void ChunkRater::refuse(Record& record, Error error) {
  record.status = Status::rejected;
  record.reason = error.code;
  record.detail = std::move(error.detail);
}

void ChunkRater::rate_line(std::string_view line, Record& record) {
  if (line.size() > limits::event_line_bytes_max) {
    return refuse(record, {ErrorCode::too_large, "the line has more than " +
                                                     std::to_string(limits::event_line_bytes_max) +
                                                     " bytes"});
  }
  if (!document_.parse(line)) {
    return refuse(record,
                  {ErrorCode::malformed_json, std::string(document_.error().what) + " at byte " +
                                                  std::to_string(document_.error().offset)});
  }
  usage::UsageEvent event;
  auto outcome = usage::read_event(document_, event);
  record.source = kept(event.source, line);
  record.id = kept(event.id, line);
  record.account = kept(event.account, line);
  if (!outcome.has_value()) return refuse(record, std::move(outcome).error());

  record.fingerprint = document_.fingerprint();
  record.key = keys_.key_of(event.source, event.id);
  if (keeps_details_) keep_detail(event, line);
  if (event.type == usage::EventType::model_void) return take_back(record);
  if (event.type != usage::EventType::model_call) return read_cloud_event(event, line, record);
  record.charge = rater_->rate(event);
  if (record.charge.is_rated) {
    if (!ledger::is_bookable(record.charge.amount)) {
      return refuse(record, {ErrorCode::invalid_quantity,
                             "/data/usage: costs " + record.charge.amount.to_text() +
                                 "; the limit is " + ledger::amount_max.to_text()});
    }
    record.status = Status::rated;
    return;
  }
  record.status = Status::unrated;
  record.reason = record.charge.reason;
  record.detail = rater_->explain_reason(event, record.reason);
}

/// What it changes is said by who charged the call.
void ChunkRater::take_back(Record& record) {
  if (!keeps_details_) {
    return refuse(record, {ErrorCode::unknown_type,
                           "/type: ai.model.void is of the server that charged the call"});
  }
  record.charge = rating::Charge{};
  record.charge.is_rated = true;
  record.status = Status::rated;
}

void ChunkRater::keep_detail(const usage::UsageEvent& event, std::string_view line) {
  EventDetail& detail = details_.back();
  detail.type = event.type;
  detail.time = event.time;
  detail.priced_at = event.priced_at;
  detail.tags = event.tags;
  switch (event.type) {
    case usage::EventType::model_call:
      detail.may_wait = true;
      detail.name = kept(event.call.model, line);
      detail.api_key = kept(event.call.api_key, line);
      detail.project = kept(event.call.project, line);
      detail.hold = kept(event.call.hold, line);
      detail.hold_budget = kept(event.call.hold_budget, line);
      detail.tokens = event.call.tokens;
      detail.is_batch = event.call.is_batch;
      break;
    case usage::EventType::resource_usage:
      detail.may_wait = !event.resource.replaces.has_value();
      detail.name = kept(event.resource.product, line);
      detail.resource = kept(event.resource.resource, line);
      if (const json::Node* const region = event.resource.attributes.find(json::word("region"));
          region != nullptr && region->type == json::Type::string) {
        detail.region = kept(document_.text(*region), line);
      }
      break;
    case usage::EventType::resource_order:
      detail.may_wait = true;
      detail.name = kept(event.order.product, line);
      detail.resource = kept(event.order.resource, line);
      break;
    case usage::EventType::plan_purchase:
      detail.may_wait = true;
      detail.name = kept(event.plan.plan, line);
      detail.resource = kept(event.plan.id, line);
      break;
    case usage::EventType::model_void:
      detail.name = kept(event.call.model, line);
      detail.api_key = kept(event.call.api_key, line);
      detail.project = kept(event.call.project, line);
      detail.corrects = event.corrects;
      detail.hold_budget = kept(event.call.hold_budget, line);
      detail.voids_unrated = event.voids_unrated;
      break;
    case usage::EventType::resource_void: detail.resource = kept(event.voids.id, line); break;
  }
}

/// Cloud events depend on what came before: they are made ready here, and applied in order.
void ChunkRater::read_cloud_event(const usage::UsageEvent& event, std::string_view line,
                                  Record& record) {
  if (pending_count_ == pending_.size()) pending_.emplace_back();
  Pending& pending = pending_[pending_count_];
  CloudRequest& request = pending.request;
  request.type = event.type;
  request.corrects.reset();
  Result<void> result;
  const usage::NamedEvent* corrected = nullptr;
  if (event.type == usage::EventType::resource_void) corrected = &event.voids;
  if (event.resource.replaces.has_value()) corrected = &*event.resource.replaces;
  if (corrected != nullptr) {
    request.corrects_source = kept(corrected->source, line);
    request.corrects_id = kept(corrected->id, line);
    request.corrects = keys_.key_of(corrected->source, corrected->id);
  }
  if (event.type == usage::EventType::resource_usage) {
    result = facts_.read(event, request.fact);
    if (result.has_value()) request.fact.resource = kept(request.fact.resource, line);
  }
  if (event.type == usage::EventType::resource_order) {
    auto order = billing::read_order(event, rater_->catalog());
    if (order.has_value()) request.order = std::move(*order);
    if (!order.has_value()) result = std::unexpected(std::move(order).error());
  }
  if (event.type == usage::EventType::plan_purchase) {
    auto purchase = billing::read_purchase(event, rater_->catalog());
    if (purchase.has_value()) request.purchase = std::move(*purchase);
    if (!purchase.has_value()) result = std::unexpected(std::move(purchase).error());
  }
  request.fact.account = record.account;
  if (result.has_value()) {
    record.status = Status::rated;
    pending.record = record_count_ - 1;
    ++pending_count_;
    return;
  }
  if (result.error().code < ErrorCode::unknown_model) {
    return refuse(record, std::move(result).error());
  }
  record.status = Status::unrated;
  record.reason = result.error().code;
  record.detail = std::move(result.error().detail);
}

void ChunkRater::decide_identities(identity::Identities& identities, CloudRun& cloud,
                                   const Deciding& how) {
  constexpr std::size_t ahead = 16;
  const std::span<Record> all = records();
  std::size_t pending = 0;
  for (std::size_t i = 0; i < all.size() + ahead; ++i) {
    if (i < all.size() && takes_identity(all[i])) {
      identities.prefetch(identity::of_tenant(all[i].key, how.tenant));
    }
    if (i < ahead) continue;
    const std::size_t index = i - ahead;
    const bool is_pending = pending < pending_count_ && pending_[pending].record == index;
    CloudRequest* const request = is_pending ? &pending_[pending++].request : nullptr;
    if (!takes_identity(all[index])) continue;
    if (request != nullptr) look_ahead(pending, cloud);
    decide(index, request, identities, cloud, how);
  }
}

void ChunkRater::decide(std::size_t index, CloudRequest* request, identity::Identities& identities,
                        CloudRun& cloud, const Deciding& how) {
  Record& record = records_[index];
  if (is_replacement(index)) return;  // It was decided with what stands before it.
  if (is_replacement(index + 1)) return decide_with_replacement(index, identities, how);
  const identity::IdentityKey key = identity::of_tenant(record.key, how.tenant);
  if (!is_first(index, key, identities, how)) return;
  if (is_stale_void(index, how)) {
    identities.forget(key, sequence_of(index));
    return refuse(record, stale_void());
  }
  if (request != nullptr) {
    if (how.trace_of) cloud.engine().watch(how.trace_of(record));
    apply(*request, cloud, record);
  }
  if (record.is_late) {
    settle_late(record, how.waiting);
  } else if (!takes_identity(record)) {
    identities.forget(key, sequence_of(index));
  } else if (keeps_details_ && record.status == Status::unrated) {
    set_aside(index, request, how);
  }
}

/// What has no price waits for one; orders and plans are kept where they belong meanwhile.
void ChunkRater::set_aside(std::size_t index, const CloudRequest* request, const Deciding& how) {
  EventDetail& detail = details_[index];
  if (detail.may_wait && how.waiting != nullptr) how.waiting->add(detail.sequence);
  detail.is_remembered = request != nullptr && (detail.type == usage::EventType::resource_order ||
                                                detail.type == usage::EventType::plan_purchase);
}

/// Whether it is to be applied: it came first, or before without a price.
bool ChunkRater::is_first(std::size_t index, identity::IdentityKey key,
                          identity::Identities& identities, const Deciding& how) {
  Record& record = records_[index];
  const identity::Known known = identities.insert(key, record.fingerprint, sequence_of(index));
  record.first_sequence = known.first_sequence;
  if (known.seen == identity::Seen::first) return true;
  if (known.seen == identity::Seen::other) {
    record.status = Status::conflict;
    record.detail = "this source and id came before with other content";
    return false;
  }
  if (record.status == Status::rated && how.waiting != nullptr) {
    record.is_late = how.waiting->contains(record.first_sequence);
  }
  if (record.is_late) return true;
  record.status = Status::duplicate;
  record.detail.clear();
  return false;
}

/// A call right behind the event that takes another one back is there in its place.
bool ChunkRater::is_replacement(std::size_t index) const {
  return keeps_details_ && index > 0 && index < record_count_ &&
         details_[index].type == usage::EventType::model_call &&
         details_[index - 1].type == usage::EventType::model_void &&
         takes_identity(records_[index - 1]) && takes_identity(records_[index]);
}

/// Both count, or neither does.
void ChunkRater::decide_with_replacement(std::size_t index, identity::Identities& identities,
                                         const Deciding& how) {
  static const Error taken_back_before{ErrorCode{}, "the call was taken back before"};
  static const Error known_already{ErrorCode{}, "another event is in its place already"};
  Record& voiding = records_[index];
  Record& call = records_[index + 1];
  const auto neither = [&](Status status, const Error& why) {
    for (Record* const each : {&voiding, &call}) {
      each->status = status;
      each->reason = why.code;
      each->detail = why.detail;
    }
  };
  const Deciding without_late{.tenant = how.tenant};
  const identity::IdentityKey key = identity::of_tenant(voiding.key, how.tenant);
  const identity::IdentityKey key_of_call = identity::of_tenant(call.key, how.tenant);
  const bool is_new = is_first(index, key, identities, without_late);
  if (is_new && is_stale_void(index, how)) {
    identities.forget(key, sequence_of(index));
    return neither(Status::rejected, stale_void());
  }
  if (voiding.status == Status::conflict) return neither(Status::conflict, taken_back_before);
  const bool is_call_new = is_first(index + 1, key_of_call, identities, without_late);
  if (is_new == is_call_new && call.status != Status::conflict) return;
  if (is_new) identities.forget(key, sequence_of(index));
  if (is_call_new) identities.forget(key_of_call, sequence_of(index + 1));
  neither(Status::conflict, is_call_new ? taken_back_before : known_already);
}

/// It says that the call has no price, and the call has one meanwhile.
bool ChunkRater::is_stale_void(std::size_t index, const Deciding& how) const {
  if (!keeps_details_ || how.waiting == nullptr) return false;
  const EventDetail& detail = details_[index];
  return detail.type == usage::EventType::model_void && detail.voids_unrated &&
         !how.waiting->contains(detail.corrects);
}

Error ChunkRater::stale_void() {
  return {ErrorCode::unknown_event,
          "the call is not unrated any more: if it was charged meanwhile, correct it again"};
}

std::uint64_t ChunkRater::sequence_of(std::size_t index) const {
  return keeps_details_ ? details_[index].sequence : 0;
}

/// What still has no price stays what it is: a duplicate.
void ChunkRater::settle_late(Record& record, WaitingFacts* waiting) {
  record.is_late = record.status == Status::rated;
  if (record.is_late) {
    waiting->remove(record.first_sequence);
  } else {
    record.status = Status::duplicate;
    record.detail.clear();
  }
}

void ChunkRater::apply_cloud_events(CloudRun& cloud, const WasUnrated& was_unrated) {
  for (std::size_t pending = 0; pending < pending_count_; ++pending) {
    look_ahead(pending + 1, cloud);
    CloudRequest& request = pending_[pending].request;
    Record& record = records_[pending_[pending].record];
    apply(request, cloud, record);
    if (record.status == Status::rated && was_unrated && was_unrated(record.line)) {
      cloud.forget_price(request);
    }
  }
}

/// Usage that comes next is on its way into the cache while this one is being rated.
void ChunkRater::look_ahead(std::size_t pending, CloudRun& cloud) {
  constexpr std::size_t most = rating::cloud::Engine::look_ahead_facts;
  const auto coming =
      std::span(pending_).first(pending_count_).subspan(std::min(pending, pending_count_));
  if (coming.empty()) return;
  for (std::size_t before = std::min(most, coming.size()); before > 0; --before) {
    cloud.look_ahead(coming[before - 1].request, before);
  }
  cloud.look_ahead_at_next(coming.front().request, records_[coming.front().record].key);
}

void ChunkRater::apply(CloudRequest& request, CloudRun& cloud, Record& record) {
  record.cloud = cloud.apply(request, record.key);
  record.charge = rating::Charge{};
  record.charge.is_rated = record.cloud.is_rated;
  record.charge.amount = record.cloud.amount;
  if (record.cloud.is_rated) return;
  record.status =
      record.cloud.reason < ErrorCode::unknown_model ? Status::rejected : Status::unrated;
  record.reason = record.cloud.reason;
  record.detail = std::move(record.cloud.detail);
}

}  // namespace steelyard::batch
