#include "steelyard/pricebook/products/uses.h"

namespace steelyard::pricebook::products {
namespace {

/// What each kind of step names.
struct StepUses {
  Uses& uses;

  void operator()(const metering::Scale& step) { uses.add(step.factor); }
  void operator()(const metering::Round& step) { uses.add(step.step); }
  void operator()(const metering::AtLeast& step) { uses.add(step.least); }
  void operator()(const metering::AtMost& step) { uses.add(step.most); }
  void operator()(const metering::ShortOf& step) { uses.add(step.whole); }
  void operator()(const metering::Combine&) {}
  void operator()(const metering::MaxWith& step) { uses.meters.insert(step.meter); }
  void operator()(const metering::States& step) { uses.attributes.insert(step.attribute); }
  void operator()(const metering::TimesOf& step) {
    (step.is_attribute ? uses.attributes : uses.meters).insert(step.name);
  }
  void operator()(const metering::Pool& step) {
    if (step.by) uses.attributes.insert(step.by->begin(), step.by->end());
  }
  void operator()(const metering::Less& step) {
    uses.add(step.amount);
    if (step.dim != nullptr) uses.add(*step.dim);
    if (step.round) uses.add(step.round->step);
  }
};

}  // namespace

void Uses::add(const metering::Conditions& conditions) {
  for (const metering::Condition& each : conditions) attributes.insert(each.attribute);
}

void Uses::add(const metering::Lookup& lookup) {
  lookups.push_back(&lookup);
  if (!lookup.attribute.empty()) attributes.insert(lookup.attribute);
  for (const metering::Lookup::Row& row : lookup.rows) add(row.where);
}

void Uses::add(const metering::Step& step) { std::visit(StepUses{*this}, step); }

void Uses::add(const metering::Dim& dim) {
  (dim.aggregate == metering::Dim::Aggregate::attribute ? attributes : meters).insert(dim.meter);
  add(dim.where);
  for (const metering::Step& step : dim.each) add(step);
  for (const metering::Step& step : dim.shape) add(step);
}

void Uses::add(const CloudPriceTable& table) {
  attributes.insert(table.keys.begin(), table.keys.end());
  if (!table.bid_attribute.empty()) attributes.insert(table.bid_attribute);
  if (table.protect_seconds > 0) attributes.insert("created");
}

void Uses::add(const CloudItem& item) {
  add(item.where);
  attributes.insert(item.by.begin(), item.by.end());
  for (const metering::Dim& dim : item.measure) add(dim);
  for (const metering::Dim& dim : item.times) add(dim);
  for (const metering::Step& step : item.shape) add(step);
  add(item.price);
}

void Uses::add(const OrderItem& order) {
  add(order.where);
  attributes.insert(order.quantity.begin(), order.quantity.end());
  add(order.price);
}

}  // namespace steelyard::pricebook::products
