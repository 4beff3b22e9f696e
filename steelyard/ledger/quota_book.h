#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/base/time.h"
#include "steelyard/ledger/due_queue.h"
#include "steelyard/ledger/id.h"
#include "steelyard/ledger/name_index.h"
#include "steelyard/ledger/refusal.h"
#include "steelyard/ledger/shelf.h"
#include "steelyard/usage/token_counts.h"

namespace steelyard::ledger {

enum class QuotaClass : std::uint8_t {
  free = 1,     ///< Given with the model; for calls in real time only.
  package = 2,  ///< Tokens that were bought beforehand.
};
std::string_view name_of(QuotaClass quota_class);

/// Which tokens a quota pays for. What is written to a cache is input (token-billing rule D17).
struct TokenKinds {
  bool input = true;
  bool cached_input = true;
  bool output = true;

  bool operator==(const TokenKinds&) const = default;
};

/// Tokens of one model that a customer need not pay for.
struct Quota {
  std::uint32_t tenant;
  Id id;
  std::string_view name;  ///< What people call it: the text that the id was made of.
  std::string_view customer;
  std::string_view model;  ///< As a call names it; each snapshot has its own.
  QuotaClass quota_class = QuotaClass::free;
  TokenKinds kinds = {};
  std::uint64_t tokens;        ///< 1 to limits::count_max.
  base::Instant effective_at;  ///< Inclusive.
  base::Instant expires_at;    ///< Exclusive.
  std::uint16_t priority = 0;  ///< Within its class; lower is drawn first.
};

/// What one call drew from one quota. `reasoning` is none.
struct QuotaDrawn {
  Id quota;
  usage::TokenCounts tokens;

  bool operator==(const QuotaDrawn&) const = default;
};

struct QuotaCall {
  std::uint32_t tenant;
  std::string_view customer;
  std::string_view model;
  usage::TokenCounts tokens;
  base::Instant at;       ///< Time of the fact.
  bool is_batch = false;  ///< Draws no free quota (D18).
};

struct Covered {
  usage::TokenCounts tokens;          ///< Of those of the call. `reasoning` is none.
  std::span<const QuotaDrawn> drawn;  ///< Valid until the next command.
};

struct QuotaView {
  Quota quota;  ///< Texts are valid until the next command.
  std::uint64_t remaining;
};

/// Free quotas and token packages, which a call draws before it costs money.
///
/// Order: free quota, then packages (D24); in each by priority, the earliest expiry, the oldest,
/// the id. From each quota: input, written input, cached input, output (D25, decision 0010). A
/// call that is covered in part pays for the rest at the tier of the whole call.
///
/// Whether a call came before is the caller's business: `draw` draws each time.
class QuotaBook {
 public:
  /// Returns false if the quota was there already. Refuses: name_is_invalid, quota_is_empty,
  /// time_out_of_range, origin_conflict (the id is that of another quota).
  Answer<bool> add(const Quota& quota);

  /// How many of the call's tokens are covered; takes nothing.
  Covered cover(const QuotaCall& call);
  /// The same, and takes them. Allocates nothing in the long run.
  Covered draw(const QuotaCall& call);

  /// Of a call that is void or corrected. What has expired since takes it back in vain. Refuses:
  /// unknown_original (no such quota: it is forgotten), refund_exceeds_original.
  Answer<bool> give_back(std::uint32_t tenant, const QuotaDrawn& drawn);

  /// Forgets quotas that had expired by then. Facts of before that time draw them no more.
  void forget_expired(base::Instant before);

  std::optional<QuotaView> find(std::uint32_t tenant, Id id) const;
  /// In the order in which they are drawn.
  std::vector<QuotaView> quotas(std::uint32_t tenant, std::string_view customer,
                                std::string_view model) const;
  /// Of all models, by their names.
  std::vector<QuotaView> quotas(std::uint32_t tenant, std::string_view customer) const;
  std::size_t size() const { return quotas_.size(); }

  // Keeping: as Ledger does it.

  using Visitor = std::function<void(std::string_view key, std::optional<std::string_view> value)>;
  void for_each_changed(const Visitor& visit);
  void snapshot(const Visitor& visit) const;
  [[nodiscard]] Result<void> restore(std::string_view key, std::string_view value);
  [[nodiscard]] Result<void> finish_restore();

  static constexpr char key_kind = 'Q';

 private:
  struct Record : Kept {
    std::string name;
    std::string customer;
    std::string model;
    QuotaClass quota_class = QuotaClass::free;
    TokenKinds kinds;
    std::uint64_t tokens = 0;
    std::uint64_t remaining = 0;
    base::Instant effective_at;
    base::Instant expires_at;
    std::uint16_t priority = 0;
  };
  using Places = std::vector<std::uint32_t>;

  static QuotaView view_of(const Record& record);
  static usage::TokenCounts covered_by(const Record& record, const usage::TokenCounts& left);
  bool is_before(std::uint32_t place, const Record& record) const;
  const Places* places_of(std::uint32_t tenant, std::string_view customer,
                          std::string_view model) const;
  void file(const Record& record);
  bool restore_record(std::string_view key, std::string_view value);

  KeyedShelf<Record> quotas_;
  NameIndex customer_of_;
  NameIndex model_of_;
  std::uint32_t model_count_ = 0;
  struct PairHash {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t pair) const;
  };
  boost::unordered_flat_map<std::uint64_t, Places, PairHash> places_;  // By customer and model.
  std::vector<std::vector<std::uint32_t>> models_of_;                  // By customer.
  DueQueue due_;
  std::vector<QuotaDrawn> drawn_;
};

}  // namespace steelyard::ledger
