#include "steelyard/node/charge_rows.h"

namespace steelyard::node {

using batch::Record;
using batch::Status;
using charges::ChargedFact;
using charges::ChargedLine;
using charges::FactFlag;
using money::Decimal;

namespace {

/// Of an event in its charge rows, which wait in memory by their number: those above are in the
/// log.
constexpr std::size_t tags_bytes_max = 1'024;

std::string_view type_name(usage::EventType type) {
  switch (type) {
    case usage::EventType::model_call: return "ai.model.call";
    case usage::EventType::model_void: return "ai.model.void";
    case usage::EventType::resource_usage: return "cloud.resource.usage";
    case usage::EventType::resource_order: return "cloud.resource.order";
    case usage::EventType::plan_purchase: return "cloud.plan.purchase";
    case usage::EventType::resource_void: return "cloud.resource.void";
  }
  return "";
}

std::uint32_t flags_of(const Record& record, const batch::EventDetail& detail) {
  std::uint32_t flags = 0;
  const auto set = [&](bool is_set, FactFlag flag) {
    if (is_set) flags |= static_cast<std::uint32_t>(flag);
  };
  set(record.charge.has(rating::Note::thinking_price_absent), FactFlag::thinking_price_absent);
  set(record.charge.has(rating::Note::cache_price_absent), FactFlag::cache_price_absent);
  set(record.cloud.has(rating::cloud::Note::overlapping_gauge), FactFlag::overlapping_gauge);
  set(record.cloud.has(rating::cloud::Note::straddles_window), FactFlag::straddles_window);
  set(record.cloud.has(rating::cloud::Note::above_bid), FactFlag::above_bid);
  set(detail.type == usage::EventType::resource_void || detail.type == usage::EventType::model_void,
      FactFlag::correction);
  return flags;
}

/// A correction says no product, its lines do: "ecs/compute".
std::string_view product_of(std::span<const ChargedLine> lines) {
  if (lines.empty()) return {};
  const std::string_view item = lines.front().item;
  return item.substr(0, item.find('/'));
}

}  // namespace

void ChargeRows::add_lines(const Record& record) {
  lines_.clear();
  for (const rating::Line& line : record.charge.used_lines()) {
    ChargedLine row;
    row.item = line.row->item;
    row.tier = line.row->tier.label;
    row.unit = "token";
    row.price = line.row->price;
    row.per = Decimal::whole(static_cast<std::int64_t>(line.row->per));
    if (line.row->list_price != line.row->price) row.list_price = line.row->list_price;
    row.quantity = Decimal::whole(static_cast<std::int64_t>(line.quantity));
    row.amount = line.amount;
    lines_.push_back(row);
  }
  for (const rating::cloud::Line& line : record.cloud.lines) {
    ChargedLine row;
    row.item = line.row->item;
    row.tier = line.row->tier;
    row.unit = line.row->unit;
    row.price = line.row->price;
    row.per = line.row->per;
    row.list_price = line.row->list_price;
    row.quantity = line.quantity;
    row.amount = line.amount;
    lines_.push_back(row);
  }
}

charges::FactBatch ChargeRows::rows_of(batch::ChunkRater& events, const core::Place& place,
                                       const core::Core& core) {
  charges::FactBatch rows;
  rows.reserve(events.records().size());
  const auto records = events.records();
  const auto details = events.details();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Record& record = records[i];
    if (record.status != Status::rated && record.status != Status::unrated) continue;
    const batch::EventDetail& detail = details[i];
    ChargedFact fact;
    fact.sequence = detail.sequence;
    fact.tenant = core.tenants().at(place.tenant - 1);
    fact.account = record.account;
    fact.source = record.source;
    fact.id = record.id;
    fact.type = type_name(detail.type);
    fact.time = detail.time;
    if (detail.priced_at != detail.time) fact.started = detail.priced_at;
    fact.received_at = place.received;
    fact.model = detail.name;
    fact.resource = detail.resource;
    fact.region = detail.region;
    fact.api_key = detail.api_key;
    fact.project = detail.project;
    if (detail.tags.size() <= tags_bytes_max) fact.tags = detail.tags;
    fact.currency = core.rater().currency();
    fact.book = core.rater().book().versions[record.charge.version].name;
    fact.book_version = record.charge.version + 1;
    fact.status =
        record.status == Status::rated ? charges::FactStatus::rated : charges::FactStatus::unrated;
    if (record.status == Status::unrated) fact.reason = record.reason;
    fact.flags = flags_of(record, detail);
    fact.corrects = detail.corrects;
    fact.credit = detail.credit;
    fact.hold_budget = detail.hold_budget;
    if (record.status == Status::rated) {
      add_lines(record);
      fact.lines = lines_;
      if (fact.model.empty()) fact.model = product_of(lines_);
    }
    rows.add(fact);
  }
  return rows;
}

}  // namespace steelyard::node
