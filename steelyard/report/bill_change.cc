#include "steelyard/report/bill_change.h"

#include "steelyard/base/check.h"

namespace steelyard::report {
namespace {

using batch::Status;

/// What became of a line, in a byte: a reason has its code, the others stand above all codes.
constexpr unsigned char first_without_reason = 200;

char outcome_of(const batch::Record& record) {
  const bool has_reason = record.status == Status::unrated || record.status == Status::rejected;
  const auto code = has_reason ? static_cast<unsigned>(record.reason)
                               : first_without_reason + static_cast<unsigned>(record.status);
  return static_cast<char>(code);
}

std::string words_of(char outcome, bool is_unrated) {
  const auto code = static_cast<unsigned char>(outcome);
  if (code >= first_without_reason) {
    return std::string(name_of(static_cast<Status>(code - first_without_reason)));
  }
  return std::string(name_of(is_unrated ? Status::unrated : Status::rejected)) + ": " +
         std::string(name_of(static_cast<ErrorCode>(code)));
}

/// One run, and the outcome of each line in the order of the input: a byte a line.
struct Run {
  batch::RateOutcome result;
  std::string outcomes;
};

Result<Run> run(const rating::Rater& rater, batch::RateOptions options) {
  Run run;
  options.render = [](const batch::Record& record, std::string& to) { to += outcome_of(record); };
  options.write = [&](const std::string& text) {
    run.outcomes += text;
    return true;
  };
  run.result = batch::rate_files(rater, options);
  if (run.result.damage.has_value()) return std::unexpected(*run.result.damage);
  return run;
}

}  // namespace

Result<BillChange> bill_change(const rating::Rater& old_rater, const rating::Rater& new_rater,
                               const batch::RateOptions& options) {
  STEELYARD_CHECK(old_rater.currency() == new_rater.currency());
  STEELYARD_TRY(before, run(old_rater, options));
  STEELYARD_TRY(after, run(new_rater, options));
  if (before.outcomes.size() != after.outcomes.size()) {
    return failure(ErrorCode::file_is_unreadable,
                   "the usage changed while it was read: it is rated once with each book");
  }
  BillChange change;
  for (const batch::ItemTotal& item : before.result.totals.items()) {
    change.items[old_rater.item_name(item.item)].old_amount += item.amount;
  }
  for (const batch::ItemTotal& item : after.result.totals.items()) {
    change.items[new_rater.item_name(item.item)].new_amount += item.amount;
  }
  change.total = {before.result.totals.amount(), after.result.totals.amount()};
  change.lines = before.outcomes.size();
  std::map<std::pair<char, char>, std::uint64_t> moves;
  for (std::size_t i = 0; i < before.outcomes.size(); ++i) {
    if (before.outcomes[i] != after.outcomes[i]) ++moves[{before.outcomes[i], after.outcomes[i]}];
  }
  // A book decides only whether a fact has a price, so whatever differs is unrated.
  for (const auto& [move, count] : moves) {
    change.outcomes[{words_of(move.first, true), words_of(move.second, true)}] = count;
  }
  return change;
}

}  // namespace steelyard::report
