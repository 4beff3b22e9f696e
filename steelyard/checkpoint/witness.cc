#include "steelyard/checkpoint/witness.h"

#include "steelyard/base/check.h"
#include "steelyard/base/text.h"

namespace steelyard::checkpoint {
namespace {

std::unexpected<Error> differs(const Witnessed& witnessed, const std::string& how) {
  return failure(ErrorCode::log_is_damaged, witnessed.place + ": " + how);
}

}  // namespace

Result<Witness> read_witness(log::Files& files, const std::string& directory, const PublicKey& key,
                             const log::StoreId& store) {
  Witness witness;
  witness.directory = directory;
  const auto take = [&](const Place& place, std::string_view line) -> Result<void> {
    const std::string where = directory + '/' + place.text();
    auto checkpoint = checked_line(line, key);
    if (!checkpoint.has_value()) {
      return failure(checkpoint.error().code, where + ": " + checkpoint.error().detail);
    }
    STEELYARD_PASS(check_store(where, *checkpoint, store));
    if (!witness.all.empty() && witness.all.back().checkpoint.sequence > checkpoint->sequence) {
      return failure(ErrorCode::file_is_malformed,
                     where + ": is of record " + std::to_string(checkpoint->sequence) +
                         ", behind one of record " +
                         std::to_string(witness.all.back().checkpoint.sequence));
    }
    witness.all.push_back({where, *std::move(checkpoint)});
    return {};
  };
  STEELYARD_TRY(torn, read_lines(files, directory, take));
  witness.torn = torn;
  if (witness.all.empty()) {
    return failure(ErrorCode::file_is_malformed, directory + ": there is no checkpoint in it");
  }
  return witness;
}

Result<void> check_store(const std::string& place, const Checkpoint& checkpoint,
                         const log::StoreId& store) {
  if (checkpoint.store == store) return {};
  return failure(ErrorCode::other_store, place + ": is of store " + base::hex_of(checkpoint.store) +
                                             ", this is " + base::hex_of(store));
}

Result<void> check(const Witnessed& witnessed, std::uint64_t end,
                   const std::optional<log::ChainPoint>& found) {
  const Checkpoint& checkpoint = witnessed.checkpoint;
  const std::string record = std::to_string(checkpoint.sequence);
  if (checkpoint.sequence >= end) {
    return differs(witnessed, "record " + record + " was on disk, and the log ends with record " +
                                  std::to_string(end - 1) +
                                  ": its end was cut off, or an older copy was put in its place");
  }
  STEELYARD_CHECK(found.has_value());
  if (found->sequence != checkpoint.sequence + 1) {
    return differs(witnessed, "a frame with hash " + base::hex_of(checkpoint.head) +
                                  " ended with record " + record +
                                  ", and in the log none does: it was rewritten");
  }
  if (*found != checkpoint.point()) {
    return differs(witnessed, "up to record " + record + " the log's chain had hash " +
                                  base::hex_of(checkpoint.head) + ", and has " +
                                  base::hex_of(found->previous_hash) + " now: it was rewritten");
  }
  return {};
}

void Comparison::frame(const log::ChainPoint& behind) {
  end_ = behind.sequence;
  for (; next_ < witness_->all.size() && outcome_.has_value(); ++next_) {
    const Witnessed& next = witness_->all[next_];
    if (next.checkpoint.sequence >= behind.sequence) return;
    outcome_ = check(next, end_, behind);
  }
}

Result<void> Comparison::finish() {
  STEELYARD_PASS(outcome_);
  if (next_ == witness_->all.size()) return {};
  return check(witness_->all.back(), end_, std::nullopt);
}

}  // namespace steelyard::checkpoint
