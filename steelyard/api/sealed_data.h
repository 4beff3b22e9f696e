#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/billing/invoice.h"
#include "steelyard/core/personal_book.h"
#include "steelyard/personal/key_ring.h"
#include "steelyard/personal/texts.h"

namespace steelyard::api {

/// What tenants have of people, on its way into the log and out of it. Tenants go by their names.
/// Thread-safe.
class SealedData {
 public:
  /// `keys` must outlive it.
  explicit SealedData(personal::KeyRing& keys) : keys_(keys) {}

  /// Held by who changes what is sealed, so that it is in force as it is in the log.
  std::mutex& changing() { return changing_; }

  /// What is sealed of a tenant's data from now on. Errors: those of Members::known.
  [[nodiscard]] Result<void> set(std::string_view tenant, const core::PersonalBook::Sealed& sealed);

  /// Events, each a line, as they may come into the log. Errors: disk_full, storage_failed.
  [[nodiscard]] Result<std::string> events(std::string_view tenant, std::string lines);

  /// A buyer, JSON, as it may come into the log. Errors: as `events`.
  [[nodiscard]] Result<std::string> buyer(std::string_view tenant, std::string_view account,
                                          std::string_view json);

  // As it came.
  personal::OpenedJson event(std::string_view tenant, std::string_view account,
                             std::string_view json) const;
  std::string tags(std::string_view tenant, std::string_view account, std::string_view json) const;
  std::string invoice(std::string_view tenant, std::string_view account,
                      std::string document) const;
  billing::Buyer buyer(std::string_view tenant, std::string_view account,
                       billing::Buyer buyer) const;

  // As KeyRing has them.
  base::Instant erasure_time();
  [[nodiscard]] Result<std::size_t> destroy(std::string_view tenant, std::string_view account,
                                            personal::Subject of, base::Instant until);

 private:
  struct Policy {
    personal::Members members;
    bool seals_buyers = false;
  };
  std::shared_ptr<const Policy> policy_of(std::string_view tenant) const;

  personal::KeyRing& keys_;
  std::mutex changing_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::shared_ptr<const Policy>, std::less<>> policies_;
};

}  // namespace steelyard::api
