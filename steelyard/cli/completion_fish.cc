#include "steelyard/cli/completion.h"

namespace steelyard::cli {
namespace {

/// A text in single quotes.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + '\'';
}

/// What is offered for a value.
std::string offer(const OptionText& option) {
  switch (option.value) {
    case Value::choice: return " -x -a " + quoted(CLI::detail::join(option.choices, " "));
    case Value::file: return option.is_argument() ? " -F" : " -r -F";
    case Value::folder: return " -x -a '(__fish_complete_directories)'";
    case Value::model: return " -x -a '(__steelyard_models)'";
    case Value::text: return " -x";
    case Value::none: break;
  }
  return {};
}

std::string lines_of(const CommandText& command) {
  const std::string begin =
      "complete -c steelyard -n 'test \"$(__steelyard_path)\" = \"" + command.path + "\"'";
  std::string text;
  for (const CommandText& each : command.commands) {
    text += begin + " -a " + each.name + " -d " + quoted(each.description) + '\n';
  }
  for (const OptionText& option : command.options) {
    text += begin;
    for (const std::string& name : option.names) {
      text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    text += offer(option);
    if (!option.is_argument()) text += " -d " + quoted(first_sentence(option.description));
    text += '\n';
  }
  return text;
}

}  // namespace

std::string fish_completion(const CommandText& root) {
  std::string text =
      "# Completion of steelyard for fish. Made by: steelyard completion fish\n"
      "function __steelyard_path\n"
      "    set -l path steelyard\n"
      "    for word in (commandline -opc)[2..]\n"
      "        switch \"$path $word\"\n"
      "            case";
  const auto all = all_commands(root);
  for (const CommandText* command : all) text += ' ' + quoted(command->path);
  text +=
      "\n                set path \"$path $word\"\n        end\n    end\n    echo $path\nend\n\n"
      "function __steelyard_models\n"
      "    steelyard pricebook show --output csv 2>/dev/null | tail -n +2 | cut -d, -f1 | "
      "sort -u\nend\n\ncomplete -c steelyard -f\n" +
      lines_of(root);
  for (const CommandText* command : all) text += lines_of(*command);
  return text;
}

}  // namespace steelyard::cli
