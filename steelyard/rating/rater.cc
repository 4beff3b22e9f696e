#include "steelyard/rating/rater.h"

#include <algorithm>
#include <set>

#include "steelyard/base/check.h"
#include "steelyard/rating/name_table.h"
#include "steelyard/rating/tier_table.h"

namespace steelyard::rating {
namespace {

using money::Decimal;

/// The prices in force at that time, or null. Nearly every timeline has one stretch.
inline const Stretch* stretch_at(const Timeline& timeline, base::Instant at) {
  std::size_t i = timeline.size() - 1;
  while (timeline[i].from > at) --i;
  return timeline[i].tiers.empty() ? nullptr : &timeline[i];
}

inline const Tier* tier_for(const Stretch& stretch, std::uint64_t total_input) {
  for (const Tier& tier : stretch.tiers) {
    if (total_input <= tier.up_to) return &tier;
  }
  return nullptr;
}

Decimal amount_of(const PriceRow& row, std::uint64_t quantity) {
  const auto amount = Decimal::mul_div(
      row.price, Decimal::whole(static_cast<std::int64_t>(quantity)),
      Decimal::whole(static_cast<std::int64_t>(row.per)), money::Rounding::half_away);
  STEELYARD_CHECK(amount.has_value());  // limits::token_price_max keeps it in range.
  return *amount;
}

/// Adds the line of one class. Returns false if the class was used but has no price.
inline bool add_line(Charge& charge, const Rate& rate, std::uint64_t quantity) {
  if (quantity == 0) return true;
  if (rate.row == nullptr) return false;
  Line& line = charge.lines[charge.line_count++];
  line.row = rate.row;
  line.quantity = quantity;
  line.amount = rate.is_exact ? Decimal::from_scaled(static_cast<money::int128>(
                                    base::uint128{rate.pico_per_token} * quantity))
                              : amount_of(*rate.row, quantity);
  charge.amount += line.amount;
  charge.version = rate.row->version;
  return true;
}

inline Charge unrated(ErrorCode reason) {
  Charge charge;
  charge.reason = reason;
  return charge;
}

}  // namespace

void leave_out(Charge& charge, pricebook::TokenClass of, std::uint64_t tokens) {
  if (tokens == 0) return;
  const std::span<Line> lines(charge.lines.data(), charge.line_count);
  const auto line =
      std::ranges::find(lines, of, [](const Line& each) { return each.row->token_class; });
  STEELYARD_CHECK(line != lines.end() && tokens <= line->quantity);
  charge.amount += -line->amount;
  line->quantity -= tokens;
  if (line->quantity == 0) {
    std::move(line + 1, lines.end(), line);
    --charge.line_count;
    return;
  }
  line->amount = amount_of(*line->row, line->quantity);
  charge.amount += line->amount;
}

struct Rater::Prepared {
  std::shared_ptr<const pricebook::PriceBookSeries> book;
  std::vector<std::unique_ptr<PriceRow>> rows;
  std::vector<std::string> items;
  std::vector<Timeline> timelines;

  NameTable names;                   // Name of a model or alias: index of its timeline.
  NameTable accounts;                // Account with prices of its own: index of its names.
  std::vector<NameTable> own_names;  // Where the account differs from the list.
  std::unique_ptr<cloud::Catalog> catalog;

  void prepare_overrides(TimelineMaker& maker);
  const Timeline* timeline_of(const usage::UsageEvent& event) const;
};

void Rater::Prepared::prepare_overrides(TimelineMaker& maker) {
  std::set<std::string> with_overrides;
  for (const pricebook::PriceBook& version : book->versions) {
    for (const pricebook::Override& terms : version.overrides) with_overrides.insert(terms.account);
  }
  for (const std::string& account : with_overrides) {
    accounts.add(account, static_cast<std::uint32_t>(own_names.size()));
    NameTable& own = own_names.emplace_back();
    for (const std::string& name : maker.names()) {
      if (!maker.has_override(account, name)) continue;
      own.add(name, static_cast<std::uint32_t>(timelines.size()));
      timelines.push_back(maker.make(name, account));
    }
  }
}

const Timeline* Rater::Prepared::timeline_of(const usage::UsageEvent& event) const {
  if (!accounts.is_empty()) {
    const std::uint32_t account = accounts.find(event.account);
    if (account != NameTable::none) {
      const std::uint32_t own = own_names[account].find(event.call.model);
      if (own != NameTable::none) return &timelines[own];
    }
  }
  const std::uint32_t name = names.find(event.call.model);
  return name == NameTable::none ? nullptr : &timelines[name];
}

Rater::Rater(std::shared_ptr<const pricebook::PriceBookSeries> book)
    : prepared_(std::make_unique<Prepared>()) {
  STEELYARD_CHECK(!book->versions.empty());
  prepared_->book = std::move(book);
  TimelineMaker maker(*prepared_->book);
  for (const std::string& name : maker.names()) {
    prepared_->names.add(name, static_cast<std::uint32_t>(prepared_->timelines.size()));
    prepared_->timelines.push_back(maker.make(name, {}));
  }
  prepared_->prepare_overrides(maker);
  prepared_->rows = maker.take_rows();
  prepared_->items = maker.take_items();
  prepared_->catalog = std::make_unique<cloud::Catalog>(*prepared_->book);
}

Rater::~Rater() = default;
Rater::Rater(Rater&&) noexcept = default;
Rater& Rater::operator=(Rater&&) noexcept = default;

Charge Rater::rate(const usage::UsageEvent& event) const {
  STEELYARD_CHECK(event.type == usage::EventType::model_call);
  Charge charge;
  const usage::ModelCall& call = event.call;
  if (call.is_failed_without_usage) {
    charge.is_rated = true;
    return charge;
  }
  const Timeline* const timeline = prepared_->timeline_of(event);
  if (timeline == nullptr) return unrated(ErrorCode::unknown_model);
  const Stretch* const stretch = stretch_at(*timeline, event.priced_at);
  if (stretch == nullptr) return unrated(ErrorCode::no_price_at_that_time);
  if (call.is_batch) return unrated(ErrorCode::no_batch_price);
  const Tier* const tier = tier_for(*stretch, call.tokens.total_input());
  if (tier == nullptr) return unrated(ErrorCode::above_top_tier);

  const bool thinks = is_thinking(call);
  const ModeRates& rates = thinks ? tier->thinking : tier->plain;
  if (thinks && rates.is_refused) return unrated(ErrorCode::no_price_for_item);
  std::uint64_t input = call.tokens.input + call.tokens.written_input;
  std::uint64_t cached = call.tokens.cached_input;
  if (thinks && rates.lacks_thinking) {
    charge.notes |= static_cast<std::uint8_t>(Note::thinking_price_absent);
  }
  if (cached > 0 && rates.cached_input.row == nullptr) {
    charge.notes |= static_cast<std::uint8_t>(Note::cache_price_absent);
    input += cached;
    cached = 0;
  }
  charge.is_rated = add_line(charge, rates.input, input) &&
                    add_line(charge, rates.cached_input, cached) &&
                    add_line(charge, rates.output, call.tokens.output);
  return charge.is_rated ? charge : unrated(ErrorCode::no_price_for_item);
}

std::string Rater::explain_reason(const usage::UsageEvent& event, ErrorCode reason) const {
  const std::string model = '\'' + std::string(event.call.model) + '\'';
  const std::string& book_name = book().versions.front().name;
  switch (reason) {
    case ErrorCode::unknown_model:
      return "model " + model + " is not in price book " + book_name +
             " (ids match exactly; other names need an alias)";
    case ErrorCode::no_batch_price:
      return "price book " + book_name + " has no batch prices for " + model;
    case ErrorCode::above_top_tier: {
      const Timeline* const timeline = prepared_->timeline_of(event);
      const Stretch* const stretch = stretch_at(*timeline, event.priced_at);
      return std::to_string(event.call.tokens.total_input()) + " input tokens > " +
             std::to_string(stretch->tiers.back().up_to) + ", the end of the top tier of " + model;
    }
    case ErrorCode::no_price_for_item: return "a part of this call of " + model + " has no price";
    case ErrorCode::no_price_at_that_time:
      return "model " + model + " has no price at " + base::to_rfc3339(event.priced_at);
    default: return std::string(name_of(reason));
  }
}

const pricebook::PriceBookSeries& Rater::book() const { return *prepared_->book; }
std::string_view Rater::currency() const { return book().versions.front().currency.code(); }
std::size_t Rater::row_count() const { return prepared_->rows.size(); }
const PriceRow& Rater::row(std::size_t index) const { return *prepared_->rows[index]; }
const cloud::Catalog& Rater::catalog() const { return *prepared_->catalog; }
std::size_t Rater::token_item_count() const { return prepared_->items.size(); }
std::size_t Rater::item_count() const {
  return prepared_->items.size() + prepared_->catalog->item_names().size();
}
const std::string& Rater::item_name(std::size_t item_index) const {
  const std::size_t token_items = prepared_->items.size();
  return item_index < token_items ? prepared_->items[item_index]
                                  : prepared_->catalog->item_names()[item_index - token_items];
}

}  // namespace steelyard::rating
