#include "steelyard/cli/suggestion.h"

#include <algorithm>

#include "steelyard/base/text.h"
#include "steelyard/cli/command_tree.h"

namespace steelyard::cli {
namespace {

std::string unknown(const char* kind, const std::string& word, const CommandText& command,
                    const std::vector<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  const std::string near = base::nearest(word, candidates);
  return std::string("unknown ") + kind + " '" + word + "' of " + command.path +
         (near.empty() ? "" : "; did you mean '" + near + "'?");
}

const OptionText* option_of(const CommandText& command, const std::string& name) {
  const auto found = std::ranges::find_if(command.options, [&](const OptionText& option) {
    return std::ranges::find(option.names, name) != option.names.end();
  });
  return found == command.options.end() ? nullptr : &*found;
}

/// The command that the words lead to, and the first word that is none of its own.
struct Walk {
  const CommandText* command = nullptr;
  std::string complaint;
};

Walk walk(const CommandText& root, std::span<char* const> arguments) {
  Walk result{&root, {}};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const CommandText& command = *result.command;
    const std::string word = arguments[i];
    if (word == "--") break;
    if (word.starts_with("--")) {
      const std::string name = word.substr(0, word.find('='));
      const OptionText* const option = option_of(command, name);
      if (option == nullptr) {
        std::vector<std::string> known;
        for (const OptionText& each : command.options) {
          known.insert(known.end(), each.names.begin(), each.names.end());
        }
        result.complaint = unknown("option", name, command, known);
        break;
      }
      if (option->value != Value::none && name == word) ++i;
      continue;
    }
    if (word.starts_with('-') || command.commands.empty()) continue;
    const auto next = std::ranges::find(command.commands, word, &CommandText::name);
    if (next == command.commands.end()) {
      std::vector<std::string> known;
      for (const CommandText& each : command.commands) known.push_back(each.name);
      result.complaint = unknown("command", word, command, known);
      break;
    }
    result.command = &*next;
  }
  return result;
}

}  // namespace

std::string sentence_about(const CLI::ParseError& error, const CLI::App& app,
                           std::span<char* const> arguments) {
  const CommandText root = describe(app);
  const Walk walked = walk(root, arguments);
  std::string text = walked.complaint;
  if (text.empty()) text = error.what();
  return text + " (see " + walked.command->path + " --help)";
}

}  // namespace steelyard::cli
