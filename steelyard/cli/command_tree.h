#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace steelyard::cli {

/// What an option or argument takes.
enum class Value : std::uint8_t { none, text, choice, file, folder, model };

/// An option or an argument of a command, as the manual and the completions need it.
struct OptionText {
  std::vector<std::string> names;  ///< "-h", "--help"; of an argument: none.
  Value value = Value::none;
  std::string value_name;  ///< "DIR"; of a choice: "table|ndjson|csv".
  std::vector<std::string> choices;
  std::string default_value;
  std::string description;
  bool is_required = false;
  bool is_repeatable = false;

  bool is_argument() const { return names.empty(); }

  /// "--output table|ndjson|csv", "FILE...".
  std::string form() const;
};

/// A command and those under it, read from the CLI::App tree: the one source of --help.
struct CommandText {
  std::string path;  ///< "steelyard pricebook lint"
  std::string name;  ///< "lint"
  std::string description;
  std::string examples;     ///< Each line as it stands in --help.
  std::string exit_status;  ///< "0 compared; 1 some usage loses its price; …"
  std::vector<OptionText> options;
  std::vector<CommandText> commands;

  /// "steelyard rate [OPTIONS] [FILE...]".
  std::string synopsis() const;
};

CommandText describe(const CLI::App& app, const std::string& parent_path = {});

/// Every command that can be called, in the order of the manual, those with commands under
/// them before these.
std::vector<const CommandText*> all_commands(const CommandText& root);

}  // namespace steelyard::cli
