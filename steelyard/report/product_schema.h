#pragma once

#include <string>

namespace steelyard::report {

/// The JSON Schema (2020-12) of product files, made from the table that the reader reads by.
std::string product_schema();

}  // namespace steelyard::report
