#pragma once

#include <span>
#include <string>
#include <string_view>

#include "steelyard/base/calendar.h"
#include "steelyard/charges/charge_query.h"

namespace steelyard::charges {

/// What a charge row does not say itself.
struct FocusOptions {
  std::string zone;    ///< Where hours and months begin.
  std::string issuer;  ///< Who sells: the provider, the publisher and the issuer of invoices.
};

/// A charge line and what FOCUS wants to know beside it.
struct FocusRow {
  const ChargeRow& charge;
  const FocusOptions& options;
  base::Slot hour;
  base::Slot month;
};

/// A column of the FinOps FOCUS specification, 1.2. An empty value is null.
struct FocusColumn {
  std::string_view name;
  std::string_view meaning;
  bool is_number = false;
  std::string (*value)(const FocusRow&);
};

/// In the order in which they are written. The columns x_… are our own, as FOCUS names such.
std::span<const FocusColumn> focus_columns();

/// Writes charge lines as a FOCUS file: CSV, amounts as exact decimals.
class FocusWriter {
 public:
  /// Requires: base::is_time_zone(options.zone).
  explicit FocusWriter(FocusOptions options) : FocusWriter(options, base::Calendar(options.zone)) {}

  /// By the rules of a log.
  FocusWriter(FocusOptions options, base::Calendar calendar)
      : options_(std::move(options)), calendar_(std::move(calendar)) {}

  static void append_header(std::string& to);

  /// Requires: a line (ChargeRow::line is not 0).
  void append(const ChargeRow& charge, std::string& to);

 private:
  FocusOptions options_;
  base::Calendar calendar_;
};

}  // namespace steelyard::charges
