#include "steelyard/scenario/words.h"

namespace steelyard::scenario {
namespace {

std::string_view without_comment(std::string_view line) {
  if (line.find_first_not_of(' ') != std::string_view::npos &&
      line[line.find_first_not_of(' ')] == '#') {
    return {};
  }
  const std::size_t comment = line.find("  # ");
  return comment == std::string_view::npos ? line : line.substr(0, comment);
}

std::string_view without_space_behind(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r");
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  int depth = 0;
  bool is_quoted = false;
  for (const char c : text) {
    if (c == '"') is_quoted = !is_quoted;
    if (!is_quoted && (c == '{' || c == '[')) ++depth;
    if (!is_quoted && (c == '}' || c == ']')) --depth;
    if (c == ' ' && depth <= 0 && !is_quoted) {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view whole = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    const std::string_view line = without_space_behind(without_comment(whole));
    if (line.empty()) continue;
    const std::size_t indent = line.find_first_not_of(' ');
    Line result{number, static_cast<int>(indent), std::string(line.substr(indent)), {}};
    result.words = words_of(result.text);
    lines.push_back(std::move(result));
  }
  return lines;
}

}  // namespace steelyard::scenario
