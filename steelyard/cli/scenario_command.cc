#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "steelyard/cli/command.h"
#include "steelyard/scenario/run.h"

namespace steelyard::cli {

void add_scenario(CLI::App& app, Session& session);

namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string price_books = "pricebooks";
  bool approve = false;
  std::vector<std::string> paths;
};

/// The .rating files that the paths name, folders included, by name.
Result<std::vector<std::string>> files_of(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    for (fs::recursive_directory_iterator at(path, error), end; !error && at != end;
         at.increment(error)) {
      if (at->path().extension() == ".rating") files.push_back(at->path().string());
    }
    if (error) return failure(ErrorCode::file_is_unreadable, path + ": " + error.message());
  }
  std::ranges::sort(files);
  return files;
}

Result<scenario::Scenario> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return failure(ErrorCode::file_is_unreadable, path + ": can not be read");
  return scenario::parse(text.str(), path);
}

void run_scenarios(const Arguments& arguments, Session& session) {
  const auto files = files_of(arguments.paths);
  if (!files.has_value()) return session.fail(files.error());
  std::size_t failed = 0;
  for (const std::string& path : *files) {
    const auto scenario = read(path);
    if (!scenario.has_value()) return session.fail(scenario.error());
    const auto outcome = scenario::run(*scenario, arguments.price_books);
    if (!outcome.has_value()) return session.fail(outcome.error());
    if (outcome->difference.empty()) continue;
    ++failed;
    session.write(outcome->difference);
    if (!arguments.approve) continue;
    std::ofstream file(path, std::ios::binary);
    file << approve(*scenario, *outcome);
    if (!file.flush()) {
      return session.fail({ErrorCode::file_is_unreadable, path + ": can not be written"});
    }
  }
  session.write(std::to_string(files->size()) + " scenarios, " + std::to_string(failed) +
                (arguments.approve ? " rewritten\n" : " differ\n"));
  if (failed > 0 && !arguments.approve) session.status = ExitStatus::some_set_aside;
}

}  // namespace

void add_scenario(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("scenario", "Runs scenarios: prices, usage and what is expected, as text");
  const auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("--pricebooks", arguments->price_books,
                   "The folder with the price books that scenarios name")
      ->capture_default_str()
      ->type_name("DIR");
  command->add_flag("--approve", arguments->approve,
                    "Write what scenarios give in place of what they expect");
  command->add_option("paths", arguments->paths, "Files, or folders of .rating files")
      ->required()
      ->type_name("PATH");
  set_examples(*command,
               "  Does everything that the product promises still hold?\n"
               "    steelyard scenario scenarios\n"
               "  A disputed bill as a scenario: prices, usage, what was expected.\n"
               "    steelyard scenario dispute.rating\n"
               "The language: docs/reference/scenario-language.md.\n"
               "Exit status: 0 all give what they expect; 1 some differ; 2 one can not be run.");
  command->callback([arguments, &session] { run_scenarios(*arguments, session); });
}

}  // namespace steelyard::cli
