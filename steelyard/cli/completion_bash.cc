#include "steelyard/cli/completion.h"

namespace steelyard::cli {
namespace {

constexpr const char* before =
    R"(# Completion of steelyard for bash. Made by: steelyard completion bash
_steelyard() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  # "--output=csv" comes in three words.
  if [[ $current == "=" ]]; then
    current=
  elif [[ $previous == "=" ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  local path=steelyard i words= kind=
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${COMP_WORDS[i]}" in
)";

constexpr const char* after = R"(  esac
  case $kind in
    model) words=$("${COMP_WORDS[0]}" pricebook show --output csv 2>/dev/null | tail -n +2 | cut -d, -f1 | sort -u) ;;
    file | folder) compopt -o filenames 2>/dev/null ;;
  esac
  case $kind in
    file) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    folder) mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;
  esac
}
complete -F _steelyard steelyard
)";

/// What is offered: "words='a b'", "kind=file".
std::string offer(const OptionText& option) {
  switch (option.value) {
    case Value::choice: return "words='" + CLI::detail::join(option.choices, " ") + '\'';
    case Value::file: return "kind=file";
    case Value::folder: return "kind=folder";
    case Value::model: return "kind=model";
    case Value::none:
    case Value::text: break;
  }
  return ":";
}

/// After an option with a value, that; after a dash, options; else commands or arguments.
std::string cases_of(const CommandText& command) {
  std::string text;
  std::string names;
  std::string other = "words='";
  for (const CommandText& each : command.commands) other += each.name + ' ';
  other += '\'';
  for (const OptionText& option : command.options) {
    if (option.is_argument()) {
      other = offer(option);
      continue;
    }
    for (const std::string& name : option.names) names += name + ' ';
    if (option.value != Value::none) {
      for (const std::string& name : option.names) {
        text += "    \"" + command.path + "|" + name + "|\"*) " + offer(option) + " ;;\n";
      }
    }
  }
  return text + "    \"" + command.path + "|\"*\"|-\"*) words='" + names + "' ;;\n" + "    \"" +
         command.path + "|\"*) " + other + " ;;\n";
}

}  // namespace

std::string bash_completion(const CommandText& root) {
  const auto all = all_commands(root);
  std::string text = before;
  for (const CommandText* command : all) {
    text += "      \"" + command->path + "\") path='" + command->path + "' ;;\n";
  }
  text += "    esac\n  done\n  case \"$path|$previous|$current\" in\n" + cases_of(root);
  for (const CommandText* command : all) text += cases_of(*command);
  return text + after;
}

}  // namespace steelyard::cli
