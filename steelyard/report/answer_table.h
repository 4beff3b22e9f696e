#pragma once

#include <string>

#include "steelyard/charges/charge_query.h"

/// The answer to a question in SQL, as it is shown.
namespace steelyard::report {

/// {"columns":[{"name":…,"type":…}],"rows":[[…]],"cut_off":false}: each value a text or null.
std::string to_json(const charges::Table& answer);

/// RFC 4180, with the names of the columns first; a text that a spreadsheet would run is made
/// harmless. NULL is empty.
std::string to_csv(const charges::Table& answer);

/// For people: numbers to the right, their points under each other.
std::string to_text(const charges::Table& answer);

}  // namespace steelyard::report
