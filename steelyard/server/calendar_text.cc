#include "steelyard/server/calendar_text.h"

#include "steelyard/base/time.h"

namespace steelyard::server {
namespace {

/// Of digits only, else -1.
int number_of(std::string_view digits) {
  int number = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return -1;
    number = number * 10 + (digit - '0');
  }
  return number;
}

}  // namespace

bool is_month(std::string_view text) {
  if (text.size() != 7 || text[4] != '-') return false;
  const int month = number_of(text.substr(5));
  return number_of(text.substr(0, 4)) >= 1 && month >= 1 && month <= 12;
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[7] != '-' || !is_month(text.substr(0, 7))) return false;
  const int day = number_of(text.substr(8));
  return day >= 1 &&
         day <= base::days_in_month(number_of(text.substr(0, 4)), number_of(text.substr(5, 2)));
}

}  // namespace steelyard::server
