#include <memory>
#include <nlohmann/json.hpp>

#include "steelyard/cli/api_client.h"
#include "steelyard/cli/pricebook_command.h"
#include "steelyard/pricebook/reader.h"

namespace steelyard::cli {
namespace {

struct Arguments {
  std::string folder;
  ServerAddress server;
  std::string note;
  bool only_checks = false;
};

Result<void> publish(const Arguments& arguments, Session& session) {
  STEELYARD_TRY(files, pricebook::read_files(arguments.folder));
  STEELYARD_TRY(series, pricebook::load(files, arguments.folder));  // Mistakes, before it is sent.
  nlohmann::json wanted = {{"files", files}};
  if (!arguments.note.empty()) wanted["note"] = arguments.note;
  const std::string path = arguments.only_checks ? "/v1/price-books/check" : "/v1/price-books";
  STEELYARD_TRY(body,
                post_json(arguments.server, path,
                          wanted.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                          ErrorCode::price_book_is_invalid));
  if (arguments.only_checks) {
    session.write(body + '\n');
    return {};
  }
  const auto published = nlohmann::json::parse(body, nullptr, false);
  session.write("In force: " + series.versions.back().name + ", version " +
                series.versions.back().version + ", " + published.value("hash", "") + '\n');
  return {};
}

}  // namespace

void add_pricebook_publish(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("publish", "Put a price book into force on a server that runs");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("folder", arguments->folder, "The price book")->required()->type_name("DIR");
  command->add_option("--server", arguments->server.url, "The key needs the scope approve_prices")
      ->required()
      ->type_name("URL");
  command->add_option("--key", arguments->server.key, "An API key; default: $STEELYARD_KEY")
      ->type_name("KEY");
  command->add_option("--note", arguments->note, "Why, for whoever reads the list later")
      ->type_name("TEXT");
  command->add_flag("--check", arguments->only_checks,
                    "Only say what would change, as JSON; the scope propose_prices is enough");
  set_examples(
      *command,
      "  What would change on the server?\n"
      "    steelyard pricebook publish --check --server http://127.0.0.1:8080 pricebooks/new\n"
      "  From now on:\n"
      "    steelyard pricebook publish --server http://127.0.0.1:8080 --note 'December' "
      "pricebooks/new");
  command->callback([arguments, &session] {
    if (auto published = publish(*arguments, session); !published.has_value()) {
      session.fail(published.error());
    }
  });
}

}  // namespace steelyard::cli
