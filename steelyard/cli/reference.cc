#include <span>

#include "steelyard/cli/manual.h"
#include "steelyard/report/reasons.h"
#include "steelyard/usage/formats/format.h"

namespace steelyard::cli {
namespace {

/// A text in a cell of a table.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string code(const std::string& text) { return text.empty() ? "" : '`' + text + '`'; }

std::string options_of(const CommandText& command) {
  std::string text = "| option | default | meaning |\n|---|---|---|\n";
  for (const OptionText& option : command.options) {
    text += "| " + code(cell(option.form())) + " | " +
            (option.is_required ? "required" : code(cell(option.default_value))) + " | " +
            cell(option.description) + " |\n";
  }
  return text;
}

/// Examples as a shell reads them: what they do is a comment.
std::string script_of(const std::string& examples) {
  std::string text;
  for (const std::string& line : CLI::detail::split(examples, '\n')) {
    if (line.empty()) continue;
    const bool is_command = line.starts_with("    ");
    text += is_command ? line.substr(4) : "# " + line.substr(line.find_first_not_of(' '));
    text += '\n';
  }
  return text;
}

std::string section_of(const CommandText& command) {
  std::string text = "\n## " + command.path + "\n\n" + command.description + ".\n\n```\n" +
                     command.synopsis() + "\n```\n\n" + options_of(command);
  if (!command.exit_status.empty()) text += "\nExit status: " + command.exit_status + '\n';
  if (!command.examples.empty()) {
    text += "\n```sh\n" + script_of(command.examples) + "```\n";
  }
  return text;
}

std::string terms(const char* title, std::span<const Term> list) {
  std::string text = std::string("\n## ") + title + "\n\n| | |\n|---|---|\n";
  for (const Term& term : list) {
    text += "| " + code(term.word) + " | " + cell(term.meaning) + " |\n";
  }
  return text;
}

std::string reasons_table(bool is_unrated) {
  std::string text = "| reason | meaning | what to do |\n|---|---|---|\n";
  for (const report::ReasonText& reason : report::reasons()) {
    if (report::is_unrated(reason.code) != is_unrated) continue;
    text += "| " + code(std::string(name_of(reason.code))) + " | " + cell(reason.meaning) + " | " +
            cell(reason.advice) + " |\n";
  }
  return text;
}

}  // namespace

std::string cli_reference(const CommandText& root) {
  std::string text =
      "# Command line\n\n<!-- Made by: steelyard reference cli -->\n\n"
      "`steelyard COMMAND --help` says the same, and so does the man page.\n\n"
      "| command | does |\n|---|---|\n";
  const auto all = all_commands(root);
  for (const CommandText* command : all) {
    text += "| " + code(command->path) + " | " + command->description + " |\n";
  }
  for (const CommandText* command : all) text += section_of(*command);
  return text + terms("Exit status", exit_statuses) + terms("Environment", environment) +
         terms("Files", files);
}

std::string reasons_reference() {
  return "# Why a line is not charged\n\n<!-- Made by: steelyard reference reasons -->\n\n"
         "`steelyard explain --line N FILE` says it of one line, with the values.\n\n"
         "## rejected: not a valid fact\n\n"
         "It takes no identity, so it may be sent again, corrected.\n\n" +
         reasons_table(false) +
         "\n## unrated: understood, but without a price\n\n"
         "It is kept. What lacks a price is rated again once there is one.\n\n" +
         reasons_table(true);
}

std::string usage_formats_reference() {
  std::string text =
      "# Usage formats\n\n<!-- Made by: steelyard reference usage-formats -->\n\n"
      "`data.protocol` says whose usage object `data.usage` is. It decides which counts include "
      "which;\nthe numbers never do. Reasoning is part of the output in all of them.\n\n";
  for (const usage::formats::Format& format : usage::formats::all()) {
    const usage::formats::CountNames& names = format.names;
    text += "## " + std::string(format.protocol) + "\n\n| count | stands in |\n|---|---|\n";
    const auto row = [&](const char* count, std::string_view name) {
      text += std::string("| ") + count + " | " +
              (name.empty() ? "not reported" : code(std::string(name))) + " |\n";
    };
    row(names.input_includes_cache ? "input, with what is cached or written"
                                   : "input, without what is cached or written",
        names.input);
    row("read from the cache", names.cached);
    row("written to the cache", names.written);
    row("output", names.output);
    row("reasoning", names.reasoning);
    row("total", names.total);
    text += "\nDefined by " + std::string(format.source) + ".\n\n";
  }
  text.pop_back();
  return text;
}

}  // namespace steelyard::cli
