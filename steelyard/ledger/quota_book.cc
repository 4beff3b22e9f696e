#include "steelyard/ledger/quota_book.h"

#include <algorithm>
#include <tuple>

#include "steelyard/base/hash.h"
#include "steelyard/ledger/bytes.h"
#include "steelyard/ledger/instant.h"

namespace steelyard::ledger {
namespace {

using usage::TokenCounts;

constexpr std::uint8_t version = 1;

std::unexpected<Refused> refuse(Refusal why) { return std::unexpected(Refused{.why = why}); }

std::uint64_t sum_of(const TokenCounts& tokens) { return tokens.total_input() + tokens.output; }

bool is_none(const TokenKinds& kinds) { return kinds == TokenKinds{false, false, false}; }

std::string key_of(char kind, const TenantKey& of) {
  std::string key(1, kind);
  ByteWriter to(key);
  to.sorting(of.tenant);
  to.sorting(of.id.high);
  to.sorting(of.id.low);
  return key;
}

std::uint64_t pair_of(std::uint32_t customer, std::uint32_t model) {
  return std::uint64_t{customer} << 32 | model;
}

}  // namespace

std::string_view name_of(QuotaClass quota_class) {
  switch (quota_class) {
    case QuotaClass::free: return "free";
    case QuotaClass::package: return "package";
  }
  base::check_failed("every class of quotas has a name", __FILE__, __LINE__);
}

std::size_t QuotaBook::PairHash::operator()(std::uint64_t pair) const {
  return static_cast<std::size_t>(base::hash_pair(pair, 0));
}

QuotaView QuotaBook::view_of(const Record& record) {
  return {.quota = {.tenant = record.key.tenant,
                    .id = record.key.id,
                    .name = record.name,
                    .customer = record.customer,
                    .model = record.model,
                    .quota_class = record.quota_class,
                    .kinds = record.kinds,
                    .tokens = record.tokens,
                    .effective_at = record.effective_at,
                    .expires_at = record.expires_at,
                    .priority = record.priority},
          .remaining = record.remaining};
}

Answer<bool> QuotaBook::add(const Quota& quota) {
  if (!NameIndex::is_valid(quota.name) || !NameIndex::is_valid(quota.customer) ||
      !NameIndex::is_valid(quota.model)) {
    return refuse(Refusal::name_is_invalid);
  }
  if (quota.tokens == 0 || quota.tokens > limits::count_max || is_none(quota.kinds)) {
    return refuse(Refusal::quota_is_empty);
  }
  if (!is_in_range(quota.effective_at) || !is_in_range(quota.expires_at) ||
      quota.expires_at <= quota.effective_at) {
    return refuse(Refusal::time_out_of_range);
  }
  const TenantKey key{quota.tenant, quota.id};
  if (const Record* const known = quotas_.find(key)) {
    const bool is_same =
        std::tie(known->customer, known->model, known->quota_class, known->kinds, known->tokens,
                 known->effective_at, known->expires_at, known->priority) ==
        std::tie(quota.customer, quota.model, quota.quota_class, quota.kinds, quota.tokens,
                 quota.effective_at, quota.expires_at, quota.priority);
    if (!is_same) return refuse(Refusal::origin_conflict);
    return false;
  }
  Record& record = quotas_.add(key);
  record.name = quota.name;
  record.customer = quota.customer;
  record.model = quota.model;
  record.quota_class = quota.quota_class;
  record.kinds = quota.kinds;
  record.tokens = quota.tokens;
  record.remaining = quota.tokens;
  record.effective_at = quota.effective_at;
  record.expires_at = quota.expires_at;
  record.priority = quota.priority;
  file(record);
  return true;
}

/// Whether the one at `place` is drawn before the other.
bool QuotaBook::is_before(std::uint32_t place, const Record& other) const {
  const Record& one = quotas_.at(place);
  return std::tie(one.quota_class, one.priority, one.expires_at, one.effective_at, one.key) <
         std::tie(other.quota_class, other.priority, other.expires_at, other.effective_at,
                  other.key);
}

void QuotaBook::file(const Record& record) {
  const std::uint32_t tenant = record.key.tenant;
  auto customer = customer_of_.find(tenant, {}, record.customer);
  if (!customer) {
    customer = static_cast<std::uint32_t>(models_of_.size());
    models_of_.emplace_back();
    customer_of_.add(tenant, {}, record.customer, *customer);
  }
  auto model = model_of_.find(0, {}, record.model);
  if (!model) {
    model = model_count_++;
    model_of_.add(0, {}, record.model, *model);
  }
  Places& places = places_[pair_of(*customer, *model)];
  if (places.empty() &&
      std::ranges::find(models_of_[*customer], *model) == models_of_[*customer].end()) {
    models_of_[*customer].push_back(*model);
  }
  const auto at = std::lower_bound(
      places.begin(), places.end(), record,
      [&](std::uint32_t place, const Record& other) { return is_before(place, other); });
  places.insert(at, record.place);
  due_.add({record.expires_at, record.key, record.place});
}

const QuotaBook::Places* QuotaBook::places_of(std::uint32_t tenant, std::string_view customer,
                                              std::string_view model) const {
  const auto customer_number = customer_of_.find(tenant, {}, customer);
  const auto model_number = model_of_.find(0, {}, model);
  if (!customer_number || !model_number) return nullptr;
  const auto found = places_.find(pair_of(*customer_number, *model_number));
  return found == places_.end() ? nullptr : &found->second;
}

TokenCounts QuotaBook::covered_by(const Record& record, const TokenCounts& left) {
  TokenCounts covered;
  std::uint64_t remaining = record.remaining;
  const auto take = [&](bool is_of_kind, std::uint64_t wanted, std::uint64_t& taken) {
    if (!is_of_kind) return;
    taken = std::min(wanted, remaining);
    remaining -= taken;
  };
  take(record.kinds.input, left.input, covered.input);
  take(record.kinds.input, left.written_input, covered.written_input);
  take(record.kinds.cached_input, left.cached_input, covered.cached_input);
  take(record.kinds.output, left.output, covered.output);
  return covered;
}

Covered QuotaBook::cover(const QuotaCall& call) {
  drawn_.clear();
  Covered result{};
  const Places* const places = places_of(call.tenant, call.customer, call.model);
  if (places == nullptr) return result;
  TokenCounts left = call.tokens;
  for (const std::uint32_t place : *places) {
    const Record& record = quotas_.at(place);
    const bool is_in_force = record.effective_at <= call.at && call.at < record.expires_at;
    if (!is_in_force || (call.is_batch && record.quota_class == QuotaClass::free)) continue;
    const TokenCounts part = covered_by(record, left);
    if (sum_of(part) == 0) continue;
    drawn_.push_back({record.key.id, part});
    left.input -= part.input;
    left.written_input -= part.written_input;
    left.cached_input -= part.cached_input;
    left.output -= part.output;
  }
  result.tokens.input = call.tokens.input - left.input;
  result.tokens.written_input = call.tokens.written_input - left.written_input;
  result.tokens.cached_input = call.tokens.cached_input - left.cached_input;
  result.tokens.output = call.tokens.output - left.output;
  result.drawn = drawn_;
  return result;
}

Covered QuotaBook::draw(const QuotaCall& call) {
  const Covered covered = cover(call);
  for (const QuotaDrawn& part : covered.drawn) {
    Record* const record = quotas_.find({call.tenant, part.quota});
    STEELYARD_CHECK(record != nullptr);
    STEELYARD_CHECK(sum_of(part.tokens) <= record->remaining);
    record->remaining -= sum_of(part.tokens);
    quotas_.touch(*record);
  }
  return covered;
}

Answer<bool> QuotaBook::give_back(std::uint32_t tenant, const QuotaDrawn& drawn) {
  Record* const record = quotas_.find({tenant, drawn.quota});
  if (record == nullptr) return refuse(Refusal::unknown_original);
  std::uint64_t left = record->tokens - record->remaining;
  for (const std::uint64_t tokens : {drawn.tokens.input, drawn.tokens.written_input,
                                     drawn.tokens.cached_input, drawn.tokens.output}) {
    if (tokens > left) return refuse(Refusal::refund_exceeds_original);
    left -= tokens;
  }
  record->remaining = record->tokens - left;
  quotas_.touch(*record);
  return true;
}

void QuotaBook::forget_expired(base::Instant before) {
  due_.take(before, [&](const Due& due, const Due*) {
    const Record* const record = quotas_.at(due.place, due.key);
    if (record == nullptr) return;
    const std::uint32_t customer = *customer_of_.find(record->key.tenant, {}, record->customer);
    const std::uint32_t model = *model_of_.find(0, {}, record->model);
    std::erase(places_[pair_of(customer, model)], record->place);
    quotas_.remove(*record);
  });
}

std::optional<QuotaView> QuotaBook::find(std::uint32_t tenant, Id id) const {
  const Record* const record = quotas_.find({tenant, id});
  if (record == nullptr) return std::nullopt;
  return view_of(*record);
}

std::vector<QuotaView> QuotaBook::quotas(std::uint32_t tenant, std::string_view customer,
                                         std::string_view model) const {
  std::vector<QuotaView> views;
  const Places* const places = places_of(tenant, customer, model);
  if (places == nullptr) return views;
  for (const std::uint32_t place : *places) views.push_back(view_of(quotas_.at(place)));
  return views;
}

std::vector<QuotaView> QuotaBook::quotas(std::uint32_t tenant, std::string_view customer) const {
  std::vector<QuotaView> views;
  const auto number = customer_of_.find(tenant, {}, customer);
  if (!number) return views;
  for (const std::uint32_t model : models_of_[*number]) {
    for (const std::uint32_t place : places_.at(pair_of(*number, model))) {
      views.push_back(view_of(quotas_.at(place)));
    }
  }
  std::ranges::stable_sort(views, {}, [](const QuotaView& view) { return view.quota.model; });
  return views;
}

namespace {

template <class Record>
std::string value_of(const Record& record) {
  std::string value;
  ByteWriter to(value);
  to.u8(version);
  to.text(record.name);
  to.text(record.customer);
  to.text(record.model);
  to.u8(static_cast<std::uint8_t>(record.quota_class));
  to.u8(record.kinds.input ? 1 : 0);
  to.u8(record.kinds.cached_input ? 1 : 0);
  to.u8(record.kinds.output ? 1 : 0);
  to.u64(record.tokens);
  to.u64(record.remaining);
  to.instant(record.effective_at);
  to.instant(record.expires_at);
  to.u16(record.priority);
  return value;
}

}  // namespace

void QuotaBook::for_each_changed(const Visitor& visit) {
  quotas_.take_changed(
      [&](const TenantKey& key) { visit(key_of(key_kind, key), std::nullopt); },
      [&](const Record& record) { visit(key_of(key_kind, record.key), value_of(record)); });
}

void QuotaBook::snapshot(const Visitor& visit) const {
  for (const Record* record : quotas_.sorted()) {
    visit(key_of(key_kind, record->key), value_of(*record));
  }
}

bool QuotaBook::restore_record(std::string_view key, std::string_view value) {
  if (!key.starts_with(key_kind)) return false;
  ByteReader name(key.substr(1));
  TenantKey of;
  of.tenant = name.sorting<std::uint32_t>();
  of.id.high = name.sorting<std::uint64_t>();
  of.id.low = name.sorting<std::uint64_t>();
  ByteReader from(value);
  if (!name.is_done() || from.u8() != version || quotas_.find(of) != nullptr) return false;
  Record& record = quotas_.add(of);
  record.name = from.text();
  record.customer = from.text();
  record.model = from.text();
  record.quota_class = from.enumerator(QuotaClass::free, QuotaClass::package);
  record.kinds.input = from.boolean();
  record.kinds.cached_input = from.boolean();
  record.kinds.output = from.boolean();
  record.tokens = from.u64();
  record.remaining = from.u64();
  record.effective_at = from.instant();
  record.expires_at = from.instant();
  record.priority = from.u16();
  const bool is_good = from.is_done() && NameIndex::is_valid(record.name) &&
                       NameIndex::is_valid(record.customer) && NameIndex::is_valid(record.model) &&
                       record.remaining <= record.tokens;
  if (is_good) file(record);
  return is_good;
}

Result<void> QuotaBook::restore(std::string_view key, std::string_view value) {
  if (restore_record(key, value)) return {};
  return failure(ErrorCode::file_is_malformed,
                 "quota of " + std::to_string(value.size()) + " bytes");
}

Result<void> QuotaBook::finish_restore() {
  quotas_.forget_changes();
  return {};
}

}  // namespace steelyard::ledger
