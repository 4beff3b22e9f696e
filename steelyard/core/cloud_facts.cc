#include "steelyard/core/core.h"
#include "steelyard/ledger/bytes.h"

/// Windows of cloud usage are kept as the facts that they are made of, in the order of the log,
/// and among them how far they were closed, and when.
namespace steelyard::core {

using ledger::ByteReader;
using ledger::ByteWriter;
using ledger::Refusal;
using ledger::Refused;

namespace {

// What the value of such a fact begins with.
constexpr char rated_mark = 'r';    // The text of an event;
constexpr char unrated_mark = 'u';  // of one that was kept, but had no price.
constexpr char closing_mark = 'c';

}  // namespace

void Core::keep_cloud_event(const batch::EventDetail& detail, const Place& place) {
  new_cloud_facts_.push_back(
      {place.tenant, place.sequence,
       (detail.is_remembered ? unrated_mark : rated_mark) + std::string(detail.text)});
}

ledger::Answer<Answer> Core::carry_out(const CloseUsage& command, const Place& place) {
  if (place.received.seconds < command.before.seconds + invoice_grace_seconds) {
    return std::unexpected(Refused{.why = Refusal::period_not_over});
  }
  Answer answer;
  const auto before = closings(place.tenant);
  answer.is_repeat = !before.empty() && command.before.seconds <= before.back().before;
  if (answer.is_repeat) return answer;
  const Closing closing{place.sequence, command.before.seconds};
  close(place.tenant, closing);
  std::string value(1, closing_mark);
  ByteWriter(value).i64(closing.before);
  new_cloud_facts_.push_back({place.tenant, place.sequence, std::move(value)});
  return answer;
}

void Core::close(std::uint32_t number, const Closing& closing) {
  Tenant& of = tenant(number);
  of.cloud.settle(closing.before);
  of.closings.push_back(closing);
}

std::span<const Core::Closing> Core::closings(std::uint32_t tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? std::span<const Closing>() : found->second->closings;
}

std::size_t Core::open_windows(std::uint32_t tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? 0 : found->second->cloud.engine().cells().open_windows();
}

bool Core::restore_cloud_fact(std::uint32_t number, std::uint64_t sequence,
                              std::string_view value) {
  constexpr std::size_t text_bytes_goal = std::size_t{1} << 20;
  if (value.empty()) return false;
  const bool is_closing = value.front() == closing_mark;
  tenant(number).cloud.begin_again();
  if (is_closing || number != tenant_of_text_ || text_.size() > text_bytes_goal) {
    flush_cloud_events();
  }
  if (is_closing) {
    ByteReader from(value.substr(1));
    const Closing closing{sequence, from.i64()};
    if (!from.is_done()) return false;
    close(number, closing);
    return true;
  }
  if (value.front() != rated_mark && value.front() != unrated_mark) return false;
  tenant_of_text_ = number;
  text_.append(value.substr(1)) += '\n';
  was_unrated_.push_back(value.front() == unrated_mark);
  return true;
}

/// What newer prices do not know any more has no windows: it was charged, and stays so.
void Core::flush_cloud_events() {
  if (text_.empty()) return;
  if (!reader_.has_value()) reader_.emplace(make_reader());
  const std::size_t size = text_.size();
  text_.append(json::Document::padding, '\0');
  reader_->rate({text_.data(), size});
  reader_->apply_cloud_events(tenant(tenant_of_text_).cloud,
                              [this](std::uint32_t line) { return was_unrated_.at(line); });
  text_.clear();
  was_unrated_.clear();
}

}  // namespace steelyard::core
