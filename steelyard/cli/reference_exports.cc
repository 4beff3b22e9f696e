#include "steelyard/charges/export_columns.h"
#include "steelyard/charges/focus.h"
#include "steelyard/cli/manual.h"

namespace steelyard::cli {
namespace {

std::string row_of(std::string_view name, std::string_view meaning) {
  return "| `" + std::string(name) + "` | " + std::string(meaning) + " |\n";
}

constexpr const char* head = "| column | meaning |\n|---|---|\n";

}  // namespace

std::string exports_reference() {
  std::string text =
      "# Exported charge lines\n\n<!-- Made by: steelyard reference exports -->\n\n"
      "`GET /v1/exports/charges?from=…&to=…&format=csv|parquet|focus` gives a file with a row for\n"
      "each charge line of the tenant, by the time of the events, in the order in which they "
      "came.\n"
      "Numbers are exact decimals; times are UTC. In CSV a text that begins with `=`, `+`, `-` or "
      "`@`\nis prefixed with `'`, so that no spreadsheet runs it.\n\n"
      "## csv and parquet\n\n";
  text += head;
  for (const charges::ExportColumn& each : charges::export_columns()) {
    text += row_of(each.name, each.meaning);
  }
  text +=
      "\n## focus\n\nThe columns of FOCUS 1.2 (the FinOps Open Cost and Usage Specification) that "
      "are mandatory, and\nthose of the others that Steelyard knows. An empty cell is null. `x_` "
      "begins our own.\n\n";
  text += head;
  for (const charges::FocusColumn& each : charges::focus_columns()) {
    text += row_of(each.name, each.meaning);
  }
  return text;
}

}  // namespace steelyard::cli
