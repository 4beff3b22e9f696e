#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/base/time.h"
#include "steelyard/log/frame.h"
#include "steelyard/log/hash.h"
#include "steelyard/log/store_id.h"
#include "steelyard/money/decimal.h"

/// Signed notes of where the log's hash chain stood, kept where who writes the log does not write.
namespace steelyard::checkpoint {

/// Credits less debits of the accounts of the house, over all tenants: by currency and account.
/// What customers have is what is missing to zero.
using Totals = std::map<std::string, std::map<std::string, money::Decimal>>;

/// {"CNY":{"cash_clearing":"-100","revenue_accrued":"0.0008"}}
std::string text_of(const Totals& totals);

/// SHA-256 of a public key as DER (SubjectPublicKeyInfo, RFC 8410).
using KeyId = log::Hash;

/// Ed25519 (RFC 8032).
using Signature = std::array<unsigned char, 64>;

/// What was durable once: all records up to one that ends a frame.
struct Checkpoint {
  log::StoreId store{};
  std::uint64_t sequence = 0;      ///< Of the last record.
  std::uint64_t frame_number = 0;  ///< Of the frame that ends with it.
  log::Hash head{};                ///< The hash of that frame: it covers all before it.
  base::Instant received{};        ///< The last record's time.
  std::optional<Totals> totals{};  ///< None: for a witness who may not see them.
  KeyId key{};                     ///< Whose signature it is.

  /// The chain behind that record.
  log::ChainPoint point() const { return {frame_number + 1, sequence + 1, head}; }

  bool operator==(const Checkpoint&) const = default;
};

/// The bytes that are signed: one JSON object in the only form that it is written in,
/// {"steelyard_checkpoint":1,"store":"0f1e…","sequence":4,"frame":2,"head":"9c2d…",
///  "received":"2026-11-22T08:00:03Z","totals":{"CNY":{"revenue_accrued":"0.0008"}},"key":"51ab…"}
std::string text_of(const Checkpoint& checkpoint);

/// The same object with "signature" as its last member, in base64; without a line end.
std::string line_of(std::string_view text, const Signature& signature);

struct SignedCheckpoint {
  Checkpoint checkpoint;
  std::string text;  ///< That the signature must be of.
  Signature signature{};
};

/// Reads what `line_of` writes; whose signature it is, it does not look at. Errors:
/// file_is_malformed (also: another order, white space, limits::checkpoint_line_bytes_max).
[[nodiscard]] Result<SignedCheckpoint> read_line(std::string_view line);

}  // namespace steelyard::checkpoint
