#include "steelyard/pricebook/products/words.h"

#include "steelyard/pricebook/products/conditions.h"

namespace steelyard::pricebook::products {
namespace {

std::string number(const std::optional<money::Rational>& value) {
  if (!value) return "placeholder";
  const auto down = value->to_decimal(money::Rounding::toward_zero);
  const auto up = value->to_decimal(money::Rounding::away_from_zero);
  return down && up && *down == *up ? down->to_text() : value->to_text();
}

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + part;
  return text;
}

struct StepWords {
  std::string operator()(const metering::Scale& step) { return "× " + to_text(step.factor); }
  std::string operator()(const metering::Round& step) {
    using enum metering::Round::Direction;
    const char* const how = step.direction == up     ? "rounded up to "
                            : step.direction == down ? "rounded down to "
                                                     : "rounded half up to ";
    return how + to_text(step.step);
  }
  std::string operator()(const metering::AtLeast& step) {
    return "at least " + to_text(step.least) + (step.even_zero ? ", even for nothing" : "");
  }
  std::string operator()(const metering::AtMost& step) { return "at most " + to_text(step.most); }
  std::string operator()(const metering::ShortOf& step) {
    return "what is missing to " + to_text(step.whole);
  }
  std::string operator()(const metering::Less& step) {
    if (step.dim == nullptr) return "less " + to_text(step.amount);
    const bool is_one = step.amount.constant == money::Rational::whole(1);
    return "less " + (is_one ? "" : to_text(step.amount) + " × ") + to_text(*step.dim) +
           (step.round ? ", " + (*this)(*step.round) : "");
  }
  std::string operator()(const metering::Combine& step) {
    using enum metering::Combine::Operation;
    switch (step.operation) {
      case max: return "the largest of them";
      case sum: return "their sum";
      case product: return "their product";
      case cover: return "the smallest " + step.cover.attribute + " that covers them";
    }
    return {};
  }
  std::string operator()(const metering::Pool& step) {
    using enum metering::Pool::Operation;
    std::string text = step.operation == sum ? "added up"
                       : step.operation == max
                           ? "the largest"
                           : "the mean of the " + std::to_string(step.top) + " largest";
    if (step.by) text += " by " + joined(*step.by, ", ");
    if (step.window) text += " over the " + std::string(name_of(*step.window));
    return text;
  }
  std::string operator()(const metering::TimesOf& step) { return "× " + step.name; }
  std::string operator()(const metering::MaxWith& step) {
    return "or " + step.meter + " if larger";
  }
  std::string operator()(const metering::States& step) {
    std::string text = "by " + step.attribute + " (";
    for (const auto& state : step.states) {
      if (!text.ends_with('(')) text += ", ";
      text += state.word + ' ' + (state.value ? number(state.value) : "as measured");
    }
    return text + ')';
  }
};

std::string rank_text(const metering::Dim& dim) {
  if (dim.rank_k > 0)
    return "largest sample no. " + std::to_string(dim.rank_k) + " of " + dim.meter;
  return "largest sample of " + dim.meter + " without the top " + number(dim.rank_drop);
}

std::string measured(const metering::Dim& dim) {
  using enum metering::Dim::Aggregate;
  const std::string unit = std::string(name_of(dim.unit)) + "s";
  switch (dim.aggregate) {
    case sum: return "sum of " + dim.meter;
    case integral: return dim.meter + " × " + unit;
    case up: return unit + " with " + dim.meter;
    case max: return "largest " + dim.meter;
    case last: return "last " + dim.meter;
    case rank: return rank_text(dim);
    case attribute: return dim.meter;
  }
  return {};
}

std::string bracket_price(const charge_model::Bracket& bracket) {
  std::string text;
  if (!bracket.flat.is_zero()) text = bracket.flat.to_text();
  if (!bracket.base.is_zero()) {
    return text + " + " + bracket.unit.to_text() + " × (quantity − " + bracket.base.to_text() + ')';
  }
  if (text.empty()) return bracket.unit.to_text();
  return bracket.unit.is_zero() ? text : text + " + " + bracket.unit.to_text() + " × quantity";
}

}  // namespace

std::string to_text(const metering::Lookup& lookup) {
  if (lookup.constant) return number(lookup.constant);
  if (!lookup.attribute.empty()) return "attribute " + lookup.attribute;
  if (lookup.rows.size() == 1 && lookup.rows.front().where.empty()) {
    return number(lookup.rows.front().value);
  }
  std::string text;
  for (const metering::Lookup::Row& row : lookup.rows) {
    text += (text.empty() ? "(" : ", ") + number(row.value) + " for " +
            (row.where.empty() ? "all else" : to_text(row.where));
  }
  return text + ')';
}

std::string to_text(const metering::Step& step) { return std::visit(StepWords{}, step); }

std::string to_text(const metering::Dim& dim) {
  std::string text = measured(dim);
  if (dim.window) text += " in each " + std::string(name_of(*dim.window));
  if (!dim.where.empty()) text += ", only " + to_text(dim.where);
  if (!dim.each.empty()) {
    text += ", each";
    for (const metering::Step& step : dim.each) text += ' ' + to_text(step);
  }
  for (const metering::Step& step : dim.shape) text += ", " + to_text(step);
  if (dim.is_waived_inside_window) text += ", nothing if created and deleted inside the window";
  return text;
}

std::vector<std::string> rule_in_words(const CloudItem& item) {
  std::vector<std::string> lines;
  if (!item.where.empty()) lines.push_back("only " + to_text(item.where));
  std::string scope = item.window == metering::WindowKind::fact ? "for each fact"
                      : item.window == metering::WindowKind::life
                          ? "over the whole life"
                          : "in each " + std::string(name_of(item.window));
  if (!item.by.empty()) scope += ", by " + joined(item.by, ", ");
  for (const metering::Dim& dim : item.measure) {
    lines.push_back((lines.empty() || &dim == &item.measure.front() ? scope + ": " : "and ") +
                    to_text(dim));
  }
  for (const metering::Step& step : item.shape) lines.push_back("then " + to_text(step));
  for (const metering::Dim& dim : item.times) lines.push_back("fee × " + to_text(dim));
  if (item.on_change == CloudItem::OnChange::dearest) {
    lines.push_back("if the price changes inside, all at the dearest");
  }
  return lines;
}

std::string to_text(const CloudPriceRow& row) {
  if (row.is_free) return "free";
  if (!row.price) return "placeholder";
  std::string text;
  for (const charge_model::Bracket& bracket : row.price->brackets) {
    if (!text.empty()) text += "; ";
    text += bracket_price(bracket);
    if (bracket.up_to) text += " up to " + bracket.up_to->to_text();
  }
  return text;
}

std::string kernel_in_words(const CloudPriceTable& table, const std::string& unit) {
  std::string text = table.kernel == charge_model::Kernel::per_unit
                         ? ""
                         : std::string(name_of(table.kernel)) + ", ";
  return text + "for " + table.per.to_text() + ' ' + unit;
}

std::string to_text(const HoursBand& band) {
  const auto time = [](int minutes) {
    const auto two = [](int value) { return (value < 10 ? "0" : "") + std::to_string(value); };
    return two(minutes / 60) + ':' + two(minutes % 60);
  };
  return time(band.from) + '-' + time(band.to);
}

}  // namespace steelyard::pricebook::products
