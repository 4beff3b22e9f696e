#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace steelyard::scenario {

/// One line of a scenario, taken apart.
struct Line {
  int number = 0;
  int indent = 0;                  ///< Spaces in front.
  std::string text;                ///< Without indent and comment.
  std::vector<std::string> words;  ///< Separated by spaces; text in {} or "" is one word.
};

/// The lines that say something. A comment begins with # at the start or behind two spaces.
std::vector<Line> lines_of(std::string_view text);

/// The words of a text.
std::vector<std::string> words_of(std::string_view text);

}  // namespace steelyard::scenario
