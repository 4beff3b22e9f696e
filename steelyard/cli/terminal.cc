#include "steelyard/cli/terminal.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace steelyard::cli {

bool input_is_terminal() { return isatty(STDIN_FILENO) == 1; }

bool write_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::string coloured(std::string_view text, Colour colour) {
  const char* const no_color = std::getenv("NO_COLOR");
  const bool is_wanted = isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
  if (!is_wanted) return std::string(text);
  const char* const begin = colour == Colour::bold  ? "\x1b[1m"
                            : colour == Colour::red ? "\x1b[31m"
                                                    : "\x1b[33m";
  return begin + std::string(text) + "\x1b[0m";
}

}  // namespace steelyard::cli
