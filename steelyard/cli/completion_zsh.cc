#include "steelyard/cli/completion.h"

namespace steelyard::cli {
namespace {

/// A text inside single quotes, with what _arguments and _describe take as marks escaped.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string action(const OptionText& option) {
  switch (option.value) {
    case Value::choice:
      return ':' + option.names.front() + ":(" + CLI::detail::join(option.choices, " ") + ')';
    case Value::file: return ":file:_files";
    case Value::folder: return ":folder:_files -/";
    case Value::model: return ":model:_steelyard_models";
    case Value::text: return ':' + option.value_name + ": ";
    case Value::none: return {};
  }
  return {};
}

std::string specification(const OptionText& option) {
  if (option.is_argument()) {
    const bool is_choice = option.value == Value::choice;
    const std::string taken = option.value == Value::folder ? ":folder:_files -/"
                              : is_choice
                                  ? ":which:(" + CLI::detail::join(option.choices, " ") + ')'
                                  : ":file:_files";
    return std::string("    '") + (option.is_repeatable ? "*" : "") + taken + "'";
  }
  std::string text;
  for (const std::string& name : option.names) {
    text += (text.empty() ? "    '" : " \\\n    '") + std::string(option.is_repeatable ? "*" : "") +
            name + '[' + escaped(first_sentence(option.description)) + ']' + action(option) + '\'';
  }
  return text;
}

std::string function_name(const CommandText& command) {
  std::string name = '_' + command.path;
  for (char& c : name) {
    if (c == ' ' || c == '-') c = '_';
  }
  return name;
}

std::string function_of(const CommandText& command) {
  std::string text = function_name(command) + "() {\n";
  if (!command.commands.empty()) {
    text += "  local curcontext=$curcontext state line\n  typeset -A opt_args\n";
  }
  text += command.commands.empty() ? "  _arguments" : "  _arguments -C";
  for (const OptionText& option : command.options) text += " \\\n" + specification(option);
  if (command.commands.empty()) return text + "\n}\n\n";
  text += " \\\n    '1: :->command' \\\n    '*:: :->rest'\n  case $state in\n    command)\n";
  text += "      local -a commands=(\n";
  std::string cases;
  for (const CommandText& each : command.commands) {
    text += "        '" + each.name + ':' + escaped(each.description) + "'\n";
    cases += "        " + each.name + ") " + function_name(each) + " ;;\n";
  }
  return text +
         "      )\n      _describe command commands ;;\n    rest)\n      case $words[1] in\n" +
         cases + "      esac ;;\n  esac\n}\n\n";
}

}  // namespace

std::string zsh_completion(const CommandText& root) {
  std::string text =
      "#compdef steelyard\n# Completion of steelyard for zsh. Made by: steelyard completion zsh\n\n"
      "_steelyard_models() {\n"
      "  local -a models=(${(f)\"$(steelyard pricebook show --output csv 2>/dev/null |\n"
      "    tail -n +2 | cut -d, -f1 | sort -u)\"})\n"
      "  compadd -a models\n}\n\n";
  for (const CommandText* command : all_commands(root)) text += function_of(*command);
  return text + function_of(root) +
         "if [[ $funcstack[1] == _steelyard ]]; then\n  _steelyard \"$@\"\nelse\n"
         "  compdef _steelyard steelyard\nfi\n";
}

}  // namespace steelyard::cli
