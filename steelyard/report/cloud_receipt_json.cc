#include "steelyard/report/cloud_receipt_json.h"

#include "steelyard/pricebook/products/words.h"
#include "steelyard/report/ndjson.h"
#include "steelyard/report/trace_words.h"

namespace steelyard::report {
namespace {

using Json = nlohmann::ordered_json;
using money::Rational;
using rating::cloud::Trace;

/// "7.5", "1/3": exact.
std::string exact(const Rational& number) {
  const auto down = number.to_decimal(money::Rounding::toward_zero);
  const auto up = number.to_decimal(money::Rounding::away_from_zero);
  const bool is_decimal = down.has_value() && up.has_value() && *down == *up;
  return is_decimal ? down->to_text() : number.to_text();
}

class TraceJson {
 public:
  explicit TraceJson(const rating::cloud::Catalog& catalog)
      : zone_(catalog.time_zone()), calendar_(catalog.calendar()) {}

  Json change(const Trace::Change& change) {
    Json json = {{"what", change.is_of_plans     ? "plans"
                          : change.is_taken_back ? "taken_back"
                                                 : "counted"}};
    if (!change.is_of_plans) {
      json["resource"] = change.resource;
      json["start"] = base::to_rfc3339(change.start);
      json["end"] = base::to_rfc3339(change.end);
    }
    json["items"] = Json::array();
    json["not_read"] = Json::array();
    for (const Trace::Item& each : change.items) {
      if (each.why_not.empty()) {
        json["items"].push_back(item(each));
      } else {
        json["not_read"].push_back({{"item", each.item->rule->name}, {"why", each.why_not}});
      }
    }
    return json;
  }

 private:
  Json item(const Trace::Item& item) {
    Json json = {{"item", item.item->rule->name}, {"unit", item.item->rule->unit}};
    if (item.is_failed) json["is_failed"] = true;
    for (const char* part : {"reads", "windows", "plans", "fees"}) json[part] = Json::array();
    for (const auto& each : item.readings) json["reads"].push_back(reading(each));
    for (const auto& each : item.stages) json["windows"].push_back(stage(each));
    for (const auto& each : item.covers) json["plans"].push_back(cover(each));
    for (const auto& each : item.fees) json["fees"].push_back(fee(each));
    return json;
  }

  static Json reading(const Trace::Reading& reading) {
    Json json = {{"meter", reading.dim->meter},
                 {"is_allowance", reading.is_allowance},
                 {"value", exact(reading.value)},
                 {"each", Json::array()},
                 {"pieces", reading.pieces}};
    for (const auto& each : reading.each) {
      json["each"].push_back({{"step", pricebook::products::to_text(*each.step)},
                              {"before", exact(each.before)},
                              {"after", exact(each.after)}});
    }
    return json;
  }

  static Json state(const Trace::Stage& stage, const Trace::Stage::State& state) {
    Json json = {{"measured", Json::array()}, {"steps", Json::array()}};
    for (std::size_t dim = 0; dim < state.log.measured.size(); ++dim) {
      json["measured"].push_back(
          {{"what", measured_text(stage, dim)}, {"quantity", exact(state.log.measured[dim])}});
    }
    for (const auto& step : state.log.steps) {
      Json each = {
          {"step", step_text(step)}, {"before", exact(step.before)}, {"after", exact(step.after)}};
      if (step.dim) each["dim"] = *step.dim;
      json["steps"].push_back(std::move(each));
    }
    json["quantity"] = exact(total_of(state.out));
    return json;
  }

  Json stage(const Trace::Stage& stage) {
    const auto& rule = stage.item->pipelines[stage.pipeline].stages[stage.stage];
    Json json = {{"window", metering::name_of(rule.window)}};
    add_times(rule.window, stage.window, json);
    json["scope"] = stage.scope;
    json["is_factor"] = stage.pipeline > 0;
    json["before"] = state(stage, stage.before);
    json["after"] = state(stage, stage.after);
    return json;
  }

  static Json covered(const Trace::Cover::State& state) {
    Json json = {{"measured", exact(total_of(state.in))}, {"covered", Json::array()}};
    for (const auto& [name, part] : state.covers) {
      json["covered"].push_back({{"plan", *name}, {"quantity", exact(part.quantity)}});
    }
    json["to_be_paid"] = exact(total_of(state.out));
    return json;
  }

  Json cover(const Trace::Cover& cover) {
    const auto kind = cover.item->pipelines.front().stages[cover.item->cover_stage].window;
    Json json = {{"window", metering::name_of(kind)}};
    add_times(kind, cover.window, json);
    json["resource"] = cover.resource;
    json["before"] = covered(cover.before);
    json["after"] = covered(cover.after);
    return json;
  }

  static Json lines(const rating::cloud::FeeLines& lines) {
    Json json = Json::array();
    for (const auto& line : lines) {
      json.push_back(
          {{"tier", line.row->tier},
           {"quantity", line.is_rounded ? line.rounded_quantity().to_text() : exact(line.quantity)},
           {"unit", line.row->unit},
           {"price", line.row->price.to_text()},
           {"per", line.row->per.to_text()}});
    }
    return json;
  }

  Json price(const rating::cloud::Slot& slot) const {
    const auto& table = slot.item->rule->price;
    Json json = {{"price", pricebook::products::to_text(*slot.row)},
                 {"kernel", charge_model::name_of(table.kernel)},
                 {"per", table.per.to_text()},
                 {"attributes", Json::object()},
                 {"in_words", price_text(slot, zone_)},
                 {"place", slot.row->place.to_text()}};
    for (const auto& [name, value] : slot.attributes) json["attributes"][name] = value;
    return json;
  }

  Json fee(const Trace::Fee& fee) {
    const auto kind = fee.item->pipelines.front().stages.back().window;
    Json json = {{"window", metering::name_of(kind)}};
    add_times(kind, fee.window, json);
    json["prices"] = Json::array();
    for (const auto* slot : fee.slots) json["prices"].push_back(price(*slot));
    for (const auto* state : {&fee.before, &fee.after}) {
      Json each = {{"factors", Json::array()},
                   {"lines", lines(state->lines)},
                   {"fee", exact(fee_of(state->lines))}};
      for (std::size_t i = 1; i < state->quantities.size(); ++i) {
        each["factors"].push_back(exact(total_of(state->quantities[i])));
      }
      json[state == &fee.before ? "before" : "after"] = std::move(each);
    }
    return json;
  }

  void add_times(metering::WindowKind kind, const base::Slot& window, Json& json) {
    if (kind == metering::WindowKind::fact || kind == metering::WindowKind::life) return;
    json["from"] = calendar_.to_text(window.from);
    json["to"] = calendar_.to_text(window.to);
  }

  std::string zone_;
  base::Calendar calendar_;
};

}  // namespace

Json lines_json(const rating::cloud::Charge& charge) {
  Json json = Json::array();
  for (const rating::cloud::Line& line : charge.lines) {
    json.push_back({{"item", line.row->item},
                    {"tier", line.row->tier},
                    {"quantity", line.quantity.to_text()},
                    {"unit", line.row->unit},
                    {"price", line.row->price.to_text()},
                    {"per", line.row->per.to_text()},
                    {"amount", line.amount.to_text()}});
  }
  return json;
}

void add_cloud(const batch::FoundEvent& found, const rating::Rater& rater, Json& json) {
  if (found.trace != nullptr) {
    TraceJson writer(rater.catalog());
    json["time_zone"] = rater.catalog().time_zone();
    json["changes"] = Json::array();
    for (const auto& each : found.trace->changes()) json["changes"].push_back(writer.change(each));
  }
  if (found.record->status != batch::Status::rated) return;
  json["currency"] = rater.currency();
  json["amount"] = found.record->cloud.amount.to_text();
  json["lines"] = lines_json(found.record->cloud);
  json["notes"] = note_names(*found.record);
}

}  // namespace steelyard::report
