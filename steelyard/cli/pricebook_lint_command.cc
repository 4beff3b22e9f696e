#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "steelyard/cli/pricebook_command.h"
#include "steelyard/cli/terminal.h"
#include "steelyard/pricebook/reader.h"
#include "steelyard/report/text_table.h"

namespace steelyard::cli {
namespace {

namespace fs = std::filesystem;
using pricebook::Finding;
using pricebook::Reading;

struct Arguments {
  std::vector<std::string> folders;
  std::string output = "text";
};

/// The folder itself if it is a version of a book, else those of its folders that are.
std::vector<fs::path> versions_in(const std::string& folder) {
  std::error_code error;
  if (fs::exists(fs::path(folder) / "book.yaml", error)) return {folder};
  std::vector<fs::path> versions;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (fs::exists(at->path() / "book.yaml", error)) versions.push_back(at->path());
  }
  std::ranges::sort(versions);
  return versions.empty() ? std::vector<fs::path>{folder} : versions;
}

std::string finding_text(const Finding& finding, const fs::path& folder) {
  const bool is_error = finding.severity == Finding::Severity::error;
  return (folder / finding.place.to_text()).string() + ": " +
         coloured(is_error ? "error:" : "warning:", is_error ? Colour::red : Colour::yellow) + ' ' +
         finding.message + " [" + finding.word + "]\n";
}

std::string count_of(std::size_t count, const char* noun) {
  return report::grouped(std::to_string(count)) + ' ' + noun + (count == 1 ? "" : "s");
}

std::string text_of(const Reading& reading, const fs::path& folder) {
  std::string text;
  for (const Finding& finding : reading.findings.list()) text += finding_text(finding, folder);
  return text + folder.string() + ": " + count_of(reading.book.prices.size(), "price") + ", " +
         count_of(reading.findings.error_count(), "error") + ", " +
         count_of(reading.findings.warning_count(), "warning") + '\n';
}

nlohmann::ordered_json json_of(const Reading& reading, const fs::path& folder) {
  nlohmann::ordered_json json = {{"folder", folder.string()},
                                 {"name", reading.book.name},
                                 {"version", reading.book.version},
                                 {"sha256", reading.book.content_hash},
                                 {"prices", reading.book.prices.size()},
                                 {"errors", reading.findings.error_count()},
                                 {"warnings", reading.findings.warning_count()},
                                 {"findings", nlohmann::ordered_json::array()}};
  for (const Finding& finding : reading.findings.list()) {
    json["findings"].push_back(
        {{"severity", finding.severity == Finding::Severity::error ? "error" : "warning"},
         {"word", finding.word},
         {"file", finding.place.file},
         {"line", finding.place.line},
         {"message", finding.message}});
  }
  return json;
}

/// What holds between the versions of one book. Only asked if each of them is usable.
Result<void> check_together(const std::string& folder) {
  STEELYARD_PASS(pricebook::load(folder));
  return {};
}

void lint(const Arguments& arguments, Session& session) {
  const bool is_json = arguments.output == "json";
  for (const std::string& folder : arguments.folders) {
    bool is_usable = true;
    for (const fs::path& version : versions_in(folder)) {
      const auto reading = pricebook::read_and_lint(version);
      if (!reading.has_value()) return session.fail(reading.error());
      is_usable = is_usable && reading->is_usable();
      session.write(is_json ? json_of(*reading, version)
                                      .dump(-1, ' ', false,
                                            nlohmann::ordered_json::error_handler_t::replace) +
                                  '\n'
                            : text_of(*reading, version));
    }
    if (!is_usable) {
      session.status = ExitStatus::some_set_aside;
      continue;
    }
    if (const auto together = check_together(folder); !together.has_value()) {
      std::fprintf(stderr, "steelyard: %s: %s\n", folder.c_str(), together.error().detail.c_str());
      session.status = ExitStatus::some_set_aside;
    }
  }
}

}  // namespace

void add_pricebook_lint(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("lint", "What is wrong with a price book");
  const auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("--output", arguments->output,
                   "text: a line for each finding; json: a line for each book")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command
      ->add_option("folders", arguments->folders,
                   "Price books: folders with book.yaml and models.csv, or of versions")
      ->required()
      ->type_name("DIR");
  set_examples(*command,
               "  Before a price change is published:\n"
               "    steelyard pricebook lint pricebooks/aliyun-ai-paas\n"
               "Exit status: 0 no errors; 1 some book has errors; 2 a folder can not be read.");
  command->callback([arguments, &session] { lint(*arguments, session); });
}

}  // namespace steelyard::cli
