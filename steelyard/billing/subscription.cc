#include "steelyard/billing/subscription.h"

#include <algorithm>

#include "steelyard/base/limits.h"
#include "steelyard/billing/period.h"

namespace steelyard::billing {
namespace {

using money::Decimal;
using money::Rational;
using money::Rounding;
using rating::cloud::Line;
using usage::OrderAction;

constexpr std::int64_t day_seconds = 86'400;
constexpr std::int64_t hour_seconds = 3'600;
constexpr std::uint32_t months_max = 12'000;

/// What was paid for one line of an order, as far as it has not been given back.
struct Value {
  const PreparedOrder* item = nullptr;
  Decimal amount;
};
using Values = std::map<std::string, Value>;  ///< By name.

/// Money that was paid for [from, to).
struct Payment {
  std::int64_t from = 0;
  std::int64_t to = 0;
  Rational days;  ///< That `values` are spread over.
  Values values;
};

/// What runs in [from, to).
struct Span {
  std::int64_t from = 0;
  std::int64_t to = 0;
  Attributes config;
};

struct State {
  bool runs = false;  ///< Bought, and neither refunded nor converted.
  std::int64_t bought = 0;
  std::int64_t from = 0;
  pricebook::PeriodRule period;
  std::int64_t anchor = 0;  ///< Where months are counted from.
  std::uint32_t months = 0;
  std::vector<Span> spans;  ///< By time; at least one if it runs.
  std::vector<Payment> payments;

  std::int64_t end() const { return spans.back().to; }
};

/// A rest of the period whose config changes.
struct Change {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::vector<PricedOrder> before;
  std::vector<PricedOrder> after;

  Rational hours() const { return Rational::ratio(to - from, hour_seconds); }
};

Rational cost_of(const std::vector<PricedOrder>& orders) {
  Rational cost;
  for (const PricedOrder& each : orders) cost += billing::cost_of(each.parts);
  return cost;
}

Rational cost_of(const std::vector<PricedOrder>& orders, const std::string& name) {
  Rational cost;
  for (const PricedOrder& each : orders) {
    if (each.item->rule->name == name) cost += billing::cost_of(each.parts);
  }
  return cost;
}

/// A refund counts a month as 30 days and a year as 365. Cloud rules, section 3.
Rational days_of(std::uint32_t months) {
  return Rational::whole(std::int64_t{months} / 12 * 365 + std::int64_t{months} % 12 * 30);
}

/// Started days.
Rational days_between(std::int64_t from, std::int64_t to) {
  return Rational::whole(std::max<std::int64_t>(0, (to - from + day_seconds - 1) / day_seconds));
}

/// `changes` over `config`: what they do not name stays.
Attributes merged(Attributes config, const Attributes& changes) {
  for (const auto& [name, value] : changes) {
    const auto found = std::ranges::find(config, name, &Attributes::value_type::first);
    if (found == config.end()) {
      config.emplace_back(name, value);
    } else {
      found->second = value;
    }
  }
  std::ranges::sort(config);
  return config;
}

Result<Decimal> rounded(const Rational& amount, const std::string& what) {
  const auto result = amount.to_decimal(Rounding::half_away);
  if (!result.has_value()) {
    return failure(ErrorCode::invalid_quantity, what + ": " + result.error().detail);
  }
  return *result;
}

class Fold {
 public:
  explicit Fold(const Pricing& pricing) : pricing_(pricing) {}

  SubscriptionFee run(const std::vector<Order>& orders) {
    for (const Order& order : orders) apply(order);
    return std::move(fee_);
  }

 private:
  using Lines = std::vector<Line>;

  /// All of an order or nothing of it.
  void apply(const Order& order) {
    next_ = state_;
    lines_.clear();
    Result<void> result = change(order);
    if (result.has_value()) {
      state_ = std::move(next_);
      not_bought_.reset();
      fee_.lines.insert(fee_.lines.end(), lines_.begin(), lines_.end());
      return;
    }
    if (order.action == OrderAction::buy) not_bought_ = result.error();
    fee_.set_aside.emplace(order.event, std::move(result).error());
  }

  Result<void> change(const Order& order) {
    switch (order.action) {
      case OrderAction::buy: return buy(order);
      case OrderAction::renew: return renew(order);
      case OrderAction::upgrade:
      case OrderAction::downgrade: return change_config(order);
      case OrderAction::refund:
      case OrderAction::convert: return give_back(order);
    }
    return {};
  }

  std::string about(const Order& order) const {
    return "'" + std::string(usage::name_of(order.action)) + "' of " + order.code + '/' +
           order.resource;
  }
  std::string shown(std::int64_t second) const { return pricing_.calendar->to_text(second); }

  Result<std::vector<PricedOrder>> month_of(const Order& order, const Attributes& config) const {
    return pricing_.book->month_of(order.code, config, order.time.seconds, *pricing_.calendar);
  }

  Result<void> check_months(const Order& order, std::uint32_t before) const {
    if (order.months == 0) {
      return failure(ErrorCode::missing_attribute,
                     "/data/months is missing: " + about(order) + " pays for so many months");
    }
    if (before + order.months > months_max) {
      return failure(ErrorCode::invalid_quantity,
                     "/data/months: " + about(order) + " runs for too long");
    }
    return {};
  }

  /// Whether there is something to go on from.
  Result<void> check_runs(const Order& order) const {
    if (!state_.runs && not_bought_.has_value()) {
      return failure(
          not_bought_->code,
          about(order) + ": the order that it goes on from is set aside: " + not_bought_->detail);
    }
    if (!state_.runs) {
      return failure(ErrorCode::no_price_for_item,
                     about(order) +
                         ": nothing runs that it could go on from; it is kept, and "
                         "counts once that order is there");
    }
    return {};
  }

  Result<void> check_not_ended(const Order& order) const {
    if (order.time.seconds < state_.end()) return {};
    return failure(ErrorCode::no_price_for_item,
                   about(order) + ": it has ended at " + shown(state_.end()));
  }

  static Error with_end_past_limit(const std::string& what) {
    return {ErrorCode::invalid_time, what + ": it would end after the year 2200"};
  }

  Result<void> buy(const Order& order) {
    if (state_.runs && order.time.seconds < state_.end()) {
      return failure(ErrorCode::no_price_for_item, about(order) + ": it runs already, until " +
                                                       shown(state_.end()) +
                                                       ": 'renew' goes on with it");
    }
    STEELYARD_PASS(check_months(order, 0));
    STEELYARD_TRY(month, month_of(order, order.config));
    next_ = State{};
    next_.runs = true;
    next_.period = month.front().item->rule->period;
    next_.bought = order.time.seconds;
    next_.from = period_start(next_.period, next_.bought, *pricing_.calendar);
    begin_anew(order.time.seconds);
    return add_period(order, month, next_.from, order.config);
  }

  void begin_anew(std::int64_t second) {
    next_.anchor = second;
    next_.months = 0;
  }

  /// The end of one period is the start of the next, before it or by hand after it. With
  /// another config after it, it begins on the day of renewal: cloud rules, section 4.
  Result<void> renew(const Order& order) {
    STEELYARD_PASS(check_runs(order));
    const Attributes& last = state_.spans.back().config;
    Attributes config = merged(last, order.config);
    std::int64_t from = state_.end();
    if (order.time.seconds >= state_.end() && config != last) {
      from = period_start(state_.period, order.time.seconds, *pricing_.calendar);
      begin_anew(order.time.seconds);
    }
    STEELYARD_PASS(check_months(order, next_.months));
    STEELYARD_TRY(month, month_of(order, config));
    return add_period(order, month, from, std::move(config));
  }

  /// Months at the price of a month.
  Result<void> add_period(const Order& order, const std::vector<PricedOrder>& month,
                          std::int64_t from, Attributes config) {
    next_.months += order.months;
    const std::int64_t to =
        period_end(next_.period, next_.anchor, next_.months, *pricing_.calendar);
    if (to > limits::usage_second_max) {
      return std::unexpected(with_end_past_limit("/data/months of " + about(order)));
    }
    Payment payment{from, to, days_of(order.months), {}};
    for (const PricedOrder& each : month) {
      const auto& charged = each.item->rule->months_charged;
      const auto found = charged.find(static_cast<int>(order.months));
      const Rational months =
          found == charged.end() ? Rational::whole(order.months) : Rational::of(found->second);
      STEELYARD_PASS(add_lines(each, months, Multiple::whole, payment.values));
    }
    next_.spans.push_back({from, to, std::move(config)});
    next_.payments.push_back(std::move(payment));
    return {};
  }

  Result<void> add_lines(const PricedOrder& priced, const Rational& times, Multiple multiple,
                         Values& values) {
    Value& value = values[priced.item->rule->name];
    value.item = priced.item;
    for (const PricePart& part : priced.parts) {
      STEELYARD_TRY(line, line_of(priced.item->owner, part, times, multiple, *pricing_.rows));
      value.amount += line.amount;
      lines_.push_back(line);
    }
    return {};
  }

  /// An upgrade pays the difference of the month prices for the hours that remain, a month
  /// being 720 hours. A downgrade gives back what is left of what was paid, in the ratio by
  /// which its price falls; a part that gets dearer is paid like an upgrade.
  Result<void> change_config(const Order& order) {
    STEELYARD_PASS(check_runs(order));
    STEELYARD_PASS(check_not_ended(order));
    if (order.config.empty()) {
      return failure(ErrorCode::missing_attribute,
                     "/data/config is missing: " + about(order) + " says what it becomes");
    }
    STEELYARD_TRY(changes, changes_of(order));
    Rational difference;
    for (const Change& each : changes) {
      difference += (cost_of(each.after) - cost_of(each.before)) * each.hours();
    }
    if (difference.is_too_large()) {
      return failure(ErrorCode::invalid_quantity, about(order) + ": the price is too large");
    }
    const bool is_upgrade = order.action == OrderAction::upgrade;
    if (is_upgrade ? difference.is_negative() : difference.is_positive()) {
      return failure(ErrorCode::no_price_for_item,
                     about(order) + ": it becomes " + (is_upgrade ? "cheaper" : "dearer") + ": '" +
                         (is_upgrade ? "downgrade" : "upgrade") + "' does that");
    }
    if (!is_upgrade) STEELYARD_PASS(give_back_difference(order, changes));
    for (const Change& each : changes) STEELYARD_PASS(pay_difference(each, is_upgrade));
    return {};
  }

  /// Parts the spans at the order and changes what lies behind it.
  Result<std::vector<Change>> changes_of(const Order& order) {
    std::vector<Change> changes;
    std::vector<Span> spans;
    for (const Span& span : state_.spans) {
      const std::int64_t from = std::max(span.from, order.time.seconds);
      if (span.to <= from) {
        spans.push_back(span);
        continue;
      }
      if (span.from < from) spans.push_back({span.from, from, span.config});
      Attributes config = merged(span.config, order.config);
      STEELYARD_TRY(before, month_of(order, span.config));
      STEELYARD_TRY(after, month_of(order, config));
      changes.push_back({from, span.to, std::move(before), std::move(after)});
      spans.push_back({from, span.to, std::move(config)});
    }
    next_.spans = std::move(spans);
    return changes;
  }

  Result<void> pay_difference(const Change& change, bool also_cheaper) {
    Payment payment{change.from, change.to, change.hours() / Rational::whole(24), {}};
    const auto add = [&](const std::vector<PricedOrder>& orders,
                         const Rational& hours) -> Result<void> {
      for (const PricedOrder& each : orders) {
        const std::string& name = each.item->rule->name;
        const bool is_dearer = cost_of(change.before, name) < cost_of(change.after, name);
        if (!is_dearer && !also_cheaper) continue;
        STEELYARD_PASS(add_lines(each, hours, Multiple::hours, payment.values));
      }
      return {};
    };
    STEELYARD_PASS(add(change.before, -change.hours()));
    STEELYARD_PASS(add(change.after, change.hours()));
    next_.payments.push_back(std::move(payment));
    return {};
  }

  Result<void> give_back_difference(const Order& order, const std::vector<Change>& changes) {
    const std::int64_t now = order.time.seconds;
    std::map<std::string, std::pair<const PreparedOrder*, Rational>> refunds;
    for (Payment& payment : next_.payments) {
      const std::int64_t from = std::max(payment.from, now);
      if (payment.to <= from) continue;
      const auto change = std::ranges::find_if(
          changes, [&](const Change& each) { return each.from <= from && from < each.to; });
      STEELYARD_CHECK(change != changes.end());  // What is paid for is in a span.
      for (auto& [name, value] : payment.values) {
        const Rational before = cost_of(change->before, name);
        const Rational fall = before - cost_of(change->after, name);
        if (!fall.is_positive()) continue;
        const Rational paid = Rational::of(value.amount);
        const Rational ratio = fall / before;
        auto& sum = refunds[name];
        sum.first = value.item;
        sum.second += paid * share_left(payment, now, value.item->rule->refund) * ratio;
        // What a later refund counts from is kept to twelve decimals, half up.
        STEELYARD_TRY(amount, rounded(paid - paid * ratio, name));
        value.amount = amount;
      }
    }
    return add_refunds(refunds);
  }

  /// How much of a payment is left at a time: all of it before it begins, else less by
  /// started days; less by more of them where little was used.
  Rational share_left(const Payment& payment, std::int64_t now,
                      const pricebook::RefundRule& rule) const {
    if (payment.from > now) return Rational::whole(1);
    if (payment.to <= now) return {};
    const bool is_short = days_between(state_.from, now) < Rational::whole(rule.short_use_days);
    const Rational factor = is_short ? Rational::of(rule.short_use_factor) : Rational::whole(1);
    const Rational used = days_between(payment.from, now) * factor / payment.days;
    return money::max(Rational(), Rational::whole(1) - used);
  }

  /// Everything, within the first days of a new order; else what is left, less a fee on what
  /// has begun.
  Result<void> give_back(const Order& order) {
    STEELYARD_PASS(check_runs(order));
    STEELYARD_PASS(check_not_ended(order));
    const std::int64_t now = order.time.seconds;
    const bool is_conversion = order.action == OrderAction::convert;
    std::map<std::string, std::pair<const PreparedOrder*, Rational>> refunds;
    for (const Payment& payment : state_.payments) {
      for (const auto& [name, value] : payment.values) {
        const pricebook::RefundRule& rule = value.item->rule->refund;
        const bool is_new =
            rule.full_within_days > 0 && now - state_.bought <= rule.full_within_days * day_seconds;
        const bool is_full = payment.from > now || (is_new && !is_conversion);
        const Decimal fee = is_conversion ? rule.conversion_fee.value_or(rule.fee) : rule.fee;
        const Rational share =
            is_full ? Rational::whole(1)
                    : share_left(payment, now, rule) * (Rational::whole(1) - Rational::of(fee));
        auto& sum = refunds[name];
        sum.first = value.item;
        sum.second += Rational::of(value.amount) * share;
      }
    }
    next_ = State{};
    return add_refunds(refunds);
  }

  /// A line each, the amount rounded to twelve decimals, half up.
  Result<void> add_refunds(
      const std::map<std::string, std::pair<const PreparedOrder*, Rational>>& refunds) {
    for (const auto& [name, refund] : refunds) {
      STEELYARD_TRY(amount, rounded(refund.second, name));
      if (amount <= Decimal()) continue;
      lines_.push_back(refund_line(refund.first->owner, amount, pricing_.currency, *pricing_.rows));
    }
    return {};
  }

  Pricing pricing_;
  SubscriptionFee fee_;
  State state_;
  State next_;  // Of the order that is being applied.
  Lines lines_;
  std::optional<Error> not_bought_;  // Why the last purchase was set aside.
};

}  // namespace

SubscriptionFee fee_of(const std::vector<Order>& orders, const Pricing& pricing) {
  return Fold(pricing).run(orders);
}

}  // namespace steelyard::billing
