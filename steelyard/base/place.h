#pragma once

#include <string>

namespace steelyard::base {

/// Where in a file something stands: "models.csv:14".
struct Place {
  std::string file;
  int line = 0;

  std::string to_text() const { return line == 0 ? file : file + ':' + std::to_string(line); }
};

}  // namespace steelyard::base
