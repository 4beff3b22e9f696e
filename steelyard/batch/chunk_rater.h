#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/batch/cloud_run.h"
#include "steelyard/batch/record.h"
#include "steelyard/batch/waiting_facts.h"
#include "steelyard/identity/identities.h"
#include "steelyard/json/document.h"
#include "steelyard/rating/cloud/fact_reader.h"
#include "steelyard/rating/rater.h"

namespace steelyard::batch {

/// Who is shown how a cloud event is rated; null: nobody.
using TraceOf = std::function<rating::cloud::Trace*(const Record&)>;

/// How identities are decided.
struct Deciding {
  std::uint32_t tenant = 0;
  TraceOf trace_of = {};
  WaitingFacts* waiting = nullptr;  ///< Of all tenants, kept up to date; none: nothing waits.
};

/// Reads and rates the lines of a text, one after the other. Belongs to one thread; keeps
/// its memory for the next text.
class ChunkRater {
 public:
  explicit ChunkRater(const rating::Rater& rater, identity::KeyMaker keys = identity::KeyMaker(0))
      : rater_(&rater), facts_(rater.catalog()), keys_(keys) {}

  /// Rates every line, as if none had come before. The records point into `lines` and are
  /// valid until the next call. Blank lines give none.
  /// Requires: `lines` ends with '\n', json::Document::padding readable bytes behind it.
  void rate(std::string_view lines);

  /// Decides which of the tenant's records came before, and applies cloud events that did not. To
  /// be called in the order of the input. What came before without a price and has one now is
  /// rated, and late.
  void decide_identities(identity::Identities& identities, CloudRun& cloud,
                         const Deciding& how = {});

  /// Whether the event of a line had no price when it came.
  using WasUnrated = std::function<bool(std::uint32_t)>;

  /// Applies the cloud events of records that are known to have come first, and once. What has a
  /// price now and had none then was never charged: it is undone.
  void apply_cloud_events(CloudRun& cloud, const WasUnrated& was_unrated = {});

  /// From the next text on, also tells what a store wants to know of each event.
  void keep_details() { keeps_details_ = true; }

  /// One for each record; of a rejected one only its text is known.
  std::span<EventDetail> details() { return details_; }

  std::span<Record> records() { return {records_.data(), record_count_}; }
  std::uint32_t line_count() const { return line_count_; }

 private:
  void rate_line(std::string_view line, Record& record);
  void take_back(Record& record);
  void read_cloud_event(const usage::UsageEvent& event, std::string_view line, Record& record);
  void keep_detail(const usage::UsageEvent& event, std::string_view line);
  void look_ahead(std::size_t pending, CloudRun& cloud);
  void decide(std::size_t index, CloudRequest* request, identity::Identities& identities,
              CloudRun& cloud, const Deciding& how);
  bool is_first(std::size_t index, identity::IdentityKey key, identity::Identities& identities,
                const Deciding& how);
  void decide_with_replacement(std::size_t index, identity::Identities& identities,
                               const Deciding& how);
  bool is_replacement(std::size_t index) const;
  bool is_stale_void(std::size_t index, const Deciding& how) const;
  static Error stale_void();
  std::uint64_t sequence_of(std::size_t index) const;
  void set_aside(std::size_t index, const CloudRequest* request, const Deciding& how);
  static void settle_late(Record& record, WaitingFacts* waiting);
  static void apply(CloudRequest& request, CloudRun& cloud, Record& record);
  void refuse(Record& record, Error error);
  /// A view that lives as long as the lines do.
  std::string_view kept(std::string_view text, std::string_view line) {
    const bool is_in_line = text.data() >= line.data() && text.data() < line.data() + line.size();
    return is_in_line || text.empty() ? text : unescaped_.emplace_back(text);
  }
  Record& next_record();

  const rating::Rater* rater_;
  rating::cloud::FactReader facts_;
  identity::KeyMaker keys_;
  json::Document document_;
  std::vector<Record> records_;
  std::size_t record_count_ = 0;
  std::uint32_t line_count_ = 0;
  bool keeps_details_ = false;
  std::vector<EventDetail> details_;

  struct Pending {
    std::size_t record = 0;
    CloudRequest request;
  };
  std::vector<Pending> pending_;  // Cloud events, in the order of the records.
  std::size_t pending_count_ = 0;
  std::deque<std::string> unescaped_;  // Names that do not stand in the text as they are.
};

}  // namespace steelyard::batch
