#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "steelyard/base/limits.h"
#include "steelyard/cli/pricebook_command.h"
#include "steelyard/input/byte_source.h"
#include "steelyard/pricebook/imports/importer.h"
#include "steelyard/pricebook/reader.h"

namespace steelyard::cli {
namespace {

namespace fs = std::filesystem;
namespace imports = pricebook::imports;

struct Arguments {
  std::string from;
  std::string name;
  std::string output = "-";
  std::string file;
  bool is_forced = false;
};

std::vector<std::string> importer_names() {
  std::vector<std::string> names;
  for (const imports::Importer& importer : imports::all()) names.emplace_back(importer.name);
  return names;
}

Result<const imports::Importer*> importer_for(const std::string& from, std::string_view text,
                                              const std::string& file) {
  const imports::Importer* const importer =
      from.empty() ? imports::guess(text) : imports::find(from);
  if (importer != nullptr) return importer;
  return failure(ErrorCode::file_is_malformed,
                 file + ": looks like no price file that can be imported; --from says what it is");
}

Result<void> write_file(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return {};
  return failure(ErrorCode::file_is_unreadable, path.string() + ": can not be written");
}

Result<void> write_book(const fs::path& folder, const pricebook::Sources& sources, bool is_forced) {
  std::error_code error;
  for (const char* name : {"book.yaml", "models.csv"}) {
    if (!is_forced && fs::exists(folder / name, error)) {
      return failure(ErrorCode::usage_of_command,
                     (folder / name).string() + " exists already: --force overwrites it");
    }
  }
  fs::create_directories(folder, error);
  if (error)
    return failure(ErrorCode::file_is_unreadable, folder.string() + ": " + error.message());
  STEELYARD_PASS(write_file(folder / "book.yaml", sources.book_yaml));
  return write_file(folder / "models.csv", sources.models_csv);
}

std::string name_for(const Arguments& arguments) {
  if (!arguments.name.empty()) return arguments.name;
  if (arguments.output == "-") return "imported";
  return fs::path(arguments.output).lexically_normal().filename().string();
}

void say(const pricebook::Findings& findings) {
  for (const pricebook::Finding& finding : findings.list()) {
    std::fprintf(stderr, "%s\n", finding.to_text().c_str());
  }
  const std::size_t kept = findings.list().size();
  const std::size_t all = findings.error_count() + findings.warning_count();
  if (all > kept) std::fprintf(stderr, "and %zu more findings\n", all - kept);
}

Result<void> import(const Arguments& arguments, Session& session) {
  STEELYARD_TRY(text, input::read_file(arguments.file, limits::price_file_bytes_max));
  STEELYARD_TRY(importer, importer_for(arguments.from, text, arguments.file));
  STEELYARD_TRY(imported, importer->read(text, arguments.file));
  const pricebook::Sources sources{imports::to_book_yaml(imported, name_for(arguments)),
                                   pricebook::to_models_csv(imported.book),
                                   {}};
  const pricebook::Reading reading = pricebook::read_and_lint(sources);
  say(imported.findings);
  say(reading.findings);
  if (arguments.output == "-") {
    session.write(sources.models_csv);
  } else {
    STEELYARD_PASS(write_book(arguments.output, sources, arguments.is_forced));
  }
  std::fprintf(stderr, "steelyard: %zu prices and %zu aliases taken from %s (%s)%s\n",
               imported.book.prices.size(), imported.book.aliases.size(), arguments.file.c_str(),
               std::string(importer->name).c_str(),
               arguments.output == "-" ? "" : (" into " + arguments.output).c_str());
  if (imported.findings.has_errors() || !reading.is_usable()) {
    session.status = ExitStatus::some_set_aside;
  }
  return {};
}

}  // namespace

void add_pricebook_import(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("import", "A price book from another tool's price file");
  const auto arguments = std::make_shared<Arguments>();
  std::string formats = "What the file is; without it: what it looks like.";
  for (const imports::Importer& importer : imports::all()) {
    formats += ' ' + std::string(importer.name) + ": " + std::string(importer.description) + '.';
  }
  command->add_option("--from", arguments->from, formats)->check(CLI::IsMember(importer_names()));
  command->add_option("--name", arguments->name, "The book's name; without it: the folder's")
      ->type_name("NAME");
  command
      ->add_option("--output", arguments->output,
                   "A folder for book.yaml and models.csv; - writes models.csv to standard output")
      ->capture_default_str()
      ->type_name("DIR");
  command->add_flag("--force", arguments->is_forced, "Overwrite the book that is in the folder");
  command->add_option("file", arguments->file, "The price file")->required()->type_name("FILE");
  set_examples(*command,
               "  A table copied from a vendor's page:\n"
               "    steelyard pricebook import price-list.md --output pricebooks/vendor\n"
               "  One model of LiteLLM's list, as rows of models.csv:\n"
               "    steelyard pricebook import model_prices_and_context_window.json | grep "
               "gpt-4o-mini\n"
               "What can not be said in a price book is named on standard error.\n"
               "Exit status: 0 all prices were taken; 1 some were not; 2 the command could not\n"
               "run.");
  command->callback([arguments, &session] {
    const auto done = import(*arguments, session);
    if (!done.has_value()) session.fail(done.error());
  });
}

}  // namespace steelyard::cli
