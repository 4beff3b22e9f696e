#include "steelyard/report/trace_words.h"

#include <algorithm>

#include "steelyard/pricebook/products/conditions.h"
#include "steelyard/pricebook/products/words.h"
#include "steelyard/report/product_page.h"
#include "steelyard/report/text_table.h"

namespace steelyard::report {
namespace {

using metering::WindowKind;
using money::Rational;
using rating::cloud::Trace;
namespace words = pricebook::products;

std::string less_measured(const rating::cloud::StepLog::Step& step) {
  std::string text = "less ";
  if (step.step.number != Rational::whole(1)) text += number_text(step.step.number) + " × ";
  text += number_text(step.allowance);
  if (!step.step.rounded.has_value()) return text;
  using enum metering::Round::Direction;
  const char* const how = step.step.direction == up     ? ", rounded up to "
                          : step.step.direction == down ? ", rounded down to "
                                                        : ", rounded half up to ";
  return text + how + number_text(*step.step.rounded);
}

}  // namespace

std::string number_text(const Rational& number) {
  if (number.is_too_large()) return "too large";
  const auto down = number.to_decimal(money::Rounding::toward_zero);
  const auto up = number.to_decimal(money::Rounding::away_from_zero);
  if (!down.has_value() || !up.has_value()) return number.to_text();
  if (*down == *up) return grouped(down->to_text());
  const auto near = number.to_decimal(money::Rounding::half_away);
  return number.to_text() + ", about " + grouped(near->to_text());
}

std::string step_text(const rating::cloud::StepLog::Step& step) {
  using enum metering::PlainStep::Kind;
  const std::string number = number_text(step.step.number);
  switch (step.step.kind) {
    case scale: return "× " + number;
    case round_up: return "rounded up to " + number;
    case round_down: return "rounded down to " + number;
    case round_half_up: return "rounded half up to " + number;
    case at_least: return "at least " + number;
    case at_least_even_zero: return "at least " + number + ", even for nothing";
    case at_most: return "at most " + number;
    case less: return "less " + number;
    case less_measured: return report::less_measured(step);
    case short_of: return "what is missing to " + number;
    case combine_max: return "the largest of them";
    case combine_sum: return "their sum";
    case combine_product: return "their product";
    case combine_cover: return "the smallest row that covers them";
  }
  return {};
}

std::string window_text(WindowKind kind, const base::Slot& window, base::Calendar& calendar) {
  const std::string from = calendar.to_text(window.from);
  switch (kind) {
    case WindowKind::fact: return "this fact";
    case WindowKind::life: return "whole life";
    case WindowKind::month: return "month " + from.substr(0, 7);
    case WindowKind::day: return "day " + from.substr(0, 10);
    default: return std::string(metering::name_of(kind)) + ' ' + from;
  }
}

std::string measured_text(const Trace::Stage& stage, std::size_t dim) {
  const rating::cloud::Pipeline& pipeline = stage.item->pipelines[stage.pipeline];
  const rating::cloud::Pipeline::Stage& rule = pipeline.stages[stage.stage];
  if (rule.pool != nullptr) return words::to_text(metering::Step(*rule.pool));
  metering::Dim measured = *pipeline.dims[dim].rule;
  measured.each.clear();  // Readings and steps have lines of their own.
  measured.shape.clear();
  measured.where.clear();
  return words::to_text(measured);
}

Rational fee_of(const rating::cloud::FeeLines& lines) {
  Rational fee;
  for (const rating::cloud::FeeLine& line : lines) {
    fee += line.is_rounded
               ? Rational::of(line.amount)
               : line.quantity * Rational::of(line.row->price) / Rational::of(line.row->per);
  }
  return fee;
}

std::string price_text(const rating::cloud::Slot& slot, const std::string& time_zone) {
  const pricebook::CloudPriceTable& table = slot.item->rule->price;
  pricebook::CloudPriceRow row = *slot.row;
  std::string text = words::to_text(row);
  const auto is_same = [](const charge_model::Bracket& a, const charge_model::Bracket& b) {
    return a.unit == b.unit && a.flat == b.flat;
  };
  if (row.price && !std::ranges::equal(row.price->brackets, slot.price.brackets, is_same)) {
    row.price = slot.price;
    text += ", with discounts " + words::to_text(row);
  }
  text += ' ' + words::kernel_in_words(table, slot.item->rule->unit);
  if (!row.where.empty()) text += ": " + words::to_text(row.where);
  if (row.hours) text += ", " + words::to_text(*row.hours);
  const std::string when = in_force_text(row.validity, time_zone);
  return text + (when.empty() ? "" : ';' + when) + "; " + row.place.to_text();
}

Rational total_of(const rating::cloud::Parts& parts) {
  Rational total;
  for (const rating::cloud::Part& part : parts) total += part.quantity;
  return total;
}

}  // namespace steelyard::report
