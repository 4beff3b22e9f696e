#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "steelyard/base/error_code.h"
#include "steelyard/identity/identities.h"
#include "steelyard/rating/cloud/charge.h"
#include "steelyard/rating/rater.h"
#include "steelyard/usage/event.h"

namespace steelyard::batch {

/// What became of one line. The words are those of the contract.
enum class Status : std::uint8_t { rated, duplicate, conflict, unrated, rejected };

inline constexpr std::size_t status_count = 5;

std::string_view name_of(Status status);

/// One line of input and its charge, or why it has none.
struct Record {
  Status status = Status::rejected;
  bool is_late = false;     ///< Rated, but it came before, without a price: at `first_sequence`.
  ErrorCode reason{};       ///< If unrated or rejected.
  std::string_view source;  ///< Empty where the line did not say it well.
  std::string_view id;
  std::string_view account;
  std::uint32_t line = 0;     ///< In its chunk, from 0; blank lines count.
  identity::IdentityKey key;  ///< Unless rejected.
  std::uint64_t fingerprint = 0;
  std::uint64_t first_sequence =
      0;                  ///< Of a duplicate, conflict or late one: of what came first; 0: unknown.
  rating::Charge charge;  ///< If rated; of a cloud event only its amount.
  rating::cloud::Charge cloud;  ///< Of a cloud event, if rated.
  std::string detail;           ///< In words, unless rated or a duplicate.
};

/// What a store wants to know of an event beside its charge. Views as those of its Record.
struct EventDetail {
  std::uint64_t sequence = 0;  ///< Its place in a log; 0: none.
  std::string_view text;       ///< The event as it came.
  usage::EventType type = usage::EventType::model_call;
  base::Instant time;
  base::Instant priced_at;  ///< `started`, else `time`.
  std::string_view name;    ///< Of the model or product.
  std::string_view resource;
  std::string_view region;  ///< Of cloud usage, where its attributes say one.
  std::string_view api_key;
  std::string_view project;
  std::string_view tags;  ///< JSON: an object of strings.
  std::string_view hold;
  usage::TokenCounts tokens;  ///< Of a call.
  bool is_batch = false;
  bool may_wait = false;       ///< For a price: whatever corrects nothing.
  bool is_remembered = false;  ///< An order or plan that is unrated, and yet kept by the accounts.
  /// Place of the call that is taken back, or that came without a price; 0: none.
  std::uint64_t corrects = 0;
  bool names_are_known = false;  ///< Events that were applied before had all of its names.
  bool voids_unrated = false;    ///< Of an ai.model.void: the call had no price.
  /// The budget that it counts on because its hold does; of an ai.model.void, because that of the
  /// call did. Lives as long as the budget.
  std::string_view hold_budget;
  std::string credit;  ///< What was drawn from grants: "ID=0.5,ID=0.25".
};

}  // namespace steelyard::batch
