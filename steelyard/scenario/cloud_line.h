#pragma once

#include <string>
#include <vector>

#include "steelyard/base/result.h"

namespace steelyard::scenario {

/// Whether the words of a row (without its name) are an event of a cloud product: they begin
/// with cloud, order, plan, void or replace.
bool is_cloud_row(const std::vector<std::string>& words);

/// The event of a row as a line of the contract. Times are in `zone`.
///
///   cloud PRODUCT/RESOURCE START..END  METER VALUE…  ATTRIBUTE=VALUE…  @FIELD VALUE…
///   order PRODUCT/RESOURCE ACTION at TIME  months N  NAME=VALUE…
///   plan  PRODUCT/PLAN/ID at TIME  quota N  months N  NAME=VALUE…
///   void NAME        replace NAME cloud …
///
/// Errors: file_is_malformed, with what is wrong.
[[nodiscard]] Result<std::string> cloud_line(const std::string& name,
                                             const std::vector<std::string>& words,
                                             const std::string& zone);

}  // namespace steelyard::scenario
