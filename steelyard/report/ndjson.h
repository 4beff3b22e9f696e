#pragma once

#include <string>
#include <vector>

#include "steelyard/batch/record.h"
#include "steelyard/rating/rater.h"

namespace steelyard::report {

/// Writes a record as a line of JSON: contract, section 2.
class NdjsonWriter {
 public:
  explicit NdjsonWriter(const rating::Rater& rater);

  /// Appends one line, with its end.
  void append(const batch::Record& record, std::string& to) const;

 private:
  struct RowText {
    std::string before_quantity;  ///< {"item":"…","tier":"…","quantity":"
    std::string before_amount;    ///< ","unit":"token","price":"…","per":"…","amount":"
  };

  void append_charge(const batch::Record& record, std::string& to) const;

  std::string currency_;
  std::vector<RowText> rows_;  ///< By PriceRow::index.
};

/// The words of a record's notes, in a fixed order.
std::vector<std::string_view> note_names(const batch::Record& record);
std::vector<std::string_view> note_names(const rating::Charge& charge);

}  // namespace steelyard::report
