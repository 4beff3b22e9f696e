#include "steelyard/cli/command_tree.h"

#include <string_view>

namespace steelyard::cli {
namespace {

/// "a,b" of "TEXT:{a,b}", how the library describes a set of values.
std::vector<std::string> choices_of(const std::string& type) {
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return {};
  return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

Value value_of(const std::string& type) {
  if (type == "FILE") return Value::file;
  if (type == "DIR") return Value::folder;
  if (type == "MODEL") return Value::model;
  return Value::text;
}

OptionText describe(const CLI::Option& option) {
  OptionText text;
  for (const std::string& name : option.get_snames()) text.names.push_back('-' + name);
  for (const std::string& name : option.get_lnames()) text.names.push_back("--" + name);
  text.description = option.get_description();
  text.default_value = option.get_default_str();
  text.is_required = option.get_required();
  text.is_repeatable = option.get_items_expected_max() > 1;
  if (option.get_items_expected_max() == 0) return text;
  const std::string type = option.get_type_name();
  text.value_name = type.substr(0, type.find(':'));
  text.choices = choices_of(type);
  text.value = text.choices.empty() ? value_of(text.value_name) : Value::choice;
  if (text.value == Value::choice) text.value_name = CLI::detail::join(text.choices, "|");
  return text;
}

/// Takes "EXAMPLES\n… Exit status: …" apart.
void read_footer(std::string footer, CommandText& command) {
  constexpr std::string_view title = "EXAMPLES\n";
  constexpr std::string_view status = "Exit status: ";
  if (footer.starts_with(title)) footer.erase(0, title.size());
  const std::size_t at = footer.find(status);
  command.examples = footer.substr(0, at);
  if (at == std::string::npos) return;
  command.exit_status = footer.substr(at + status.size());
  for (char& c : command.exit_status) {
    if (c == '\n') c = ' ';
  }
}

}  // namespace

std::string OptionText::form() const {
  std::string text = names.empty() ? value_name : CLI::detail::join(names, ", ");
  if (!names.empty() && value != Value::none) text += ' ' + value_name;
  if (names.empty() && is_repeatable) text += "...";
  return text;
}

std::string CommandText::synopsis() const {
  std::string text = path;
  for (const OptionText& option : options) {
    if (option.is_required && !option.is_argument()) text += ' ' + option.form();
  }
  text += " [OPTIONS]";
  for (const OptionText& option : options) {
    if (!option.is_argument()) continue;
    text += option.is_required ? ' ' + option.form() : " [" + option.form() + ']';
  }
  return commands.empty() ? text : text + " COMMAND";
}

CommandText describe(const CLI::App& app, const std::string& parent_path) {
  CommandText command;
  command.name = app.get_name();
  command.path = parent_path.empty() ? command.name : parent_path + ' ' + command.name;
  command.description = app.get_description();
  read_footer(app.get_footer(), command);
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_group().empty()) command.options.push_back(describe(*option));
  }
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; })) {
    command.commands.push_back(describe(*each, command.path));
  }
  return command;
}

std::vector<const CommandText*> all_commands(const CommandText& root) {
  std::vector<const CommandText*> all;
  for (const CommandText& each : root.commands) {
    all.push_back(&each);
    for (const CommandText* below : all_commands(each)) all.push_back(below);
  }
  return all;
}

}  // namespace steelyard::cli
