#include <span>

#include "steelyard/cli/manual.h"

namespace steelyard::cli {
namespace {

/// The day of the release that the manual describes. The program knows no clock for this, so
/// that the page is the same wherever it is made.
constexpr const char* manual_date = "2026-11-22";

/// A text as roff takes it literally.
std::string escaped(const std::string& text) {
  std::string result;
  bool is_line_start = true;
  for (const char c : text) {
    if (is_line_start && (c == '.' || c == '\'')) result += "\\&";
    is_line_start = c == '\n';
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else if (c == '|') {
      result += "|\\:";  // A long list of words may go on in the next line.
    } else {
      result += c;
    }
  }
  return result;
}

/// The same for running text, in lines that an editor shows whole.
std::string paragraph(std::string text) {
  constexpr std::size_t width = 64;
  std::size_t line = 0;
  while (text.size() - line > width) {
    const std::size_t space = text.rfind(' ', line + width);
    if (space == std::string::npos || space <= line) break;
    text[space] = '\n';
    line = space + 1;
  }
  return escaped(text);
}

std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fR"; }

std::string form_of(const OptionText& option) {
  std::string text;
  for (const std::string& name : option.names) text += (text.empty() ? "" : ", ") + bold(name);
  if (option.value == Value::none) return text;
  text += (text.empty() ? "" : " ") + ("\\fI" + escaped(option.value_name) + "\\fR");
  return option.is_argument() && option.is_repeatable ? text + "..." : text;
}

std::string options_of(const CommandText& command) {
  std::string text;
  for (const OptionText& option : command.options) {
    text += ".TP\n" + form_of(option) + '\n' + paragraph(option.description + '.');
    if (option.is_required) text += "\nRequired.";
    if (!option.default_value.empty()) text += "\nDefault: " + bold(option.default_value) + '.';
    text += '\n';
  }
  return text;
}

std::string section_of(const CommandText& command) {
  std::string text = ".SS " + escaped(command.path) + '\n' + escaped(command.description) +
                     ".\n.PP\n" + bold(command.synopsis()) + '\n' + options_of(command);
  if (!command.exit_status.empty()) {
    text += ".PP\n" + paragraph("Exit status: " + command.exit_status) + '\n';
  }
  return text;
}

std::string terms(const char* title, std::span<const Term> list) {
  std::string text = std::string(".SH ") + title + '\n';
  for (const Term& term : list) {
    text += ".TP\n" + bold(term.word) + '\n' + paragraph(term.meaning) + '\n';
  }
  return text;
}

std::string example_of(const CommandText& command) {
  if (command.examples.empty()) return {};
  std::string text = escaped(command.examples);
  if (!text.ends_with('\n')) text += '\n';
  return ".SS " + escaped(command.path) + "\n.nf\n" + text + ".fi\n";
}

}  // namespace

std::string man_page(const CommandText& root) {
  const auto all = all_commands(root);
  std::string text = ".\\\" Made by: steelyard man\n.TH STEELYARD 1 " + std::string(manual_date) +
                     " \"steelyard " STEELYARD_VERSION
                     "\" \"User Commands\"\n.ad l\n.SH NAME\n"
                     "steelyard \\- exact metering, rating and billing for AI platforms\n"
                     ".SH SYNOPSIS\n\\fBsteelyard\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
                     ".SH DESCRIPTION\n"
                     "Steelyard reads usage events, one JSON object a line, and prices them\n"
                     "with a price book.\n"
                     "Every amount is exact: quantity \\(mu price / per = amount holds on\n"
                     "every line, and the lines sum to the charge.\n"
                     "A batch never stops at a bad line: it is set aside with its reason.\n"
                     ".SH OPTIONS\n" +
                     options_of(root) + ".SH COMMANDS\n";
  for (const CommandText* command : all) text += section_of(*command);
  text += terms("EXIT STATUS", exit_statuses) + terms("ENVIRONMENT", environment) +
          terms("FILES", files) + ".SH EXAMPLES\n";
  for (const CommandText* command : all) text += example_of(*command);
  return text;
}

}  // namespace steelyard::cli
