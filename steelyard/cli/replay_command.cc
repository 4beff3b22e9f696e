#include <filesystem>
#include <memory>

#include "steelyard/cli/command.h"
#include "steelyard/cli/price_book_option.h"
#include "steelyard/log/local_log.h"
#include "steelyard/node/rebuild.h"
#include "steelyard/report/text_table.h"

namespace steelyard::cli {

void add_replay(CLI::App& app, Session& session);

namespace {

struct Arguments {
  std::string data;
  std::string to;
  std::string price_book;
  bool is_quiet = false;
};

std::string count(std::uint64_t number) { return report::grouped(std::to_string(number)); }

Result<void> replay(const Arguments& arguments, Session& session) {
  STEELYARD_TRY(book, load_price_book(arguments.price_book));
  const rating::Rater rater(book);
  std::error_code made;
  std::filesystem::create_directories(arguments.to, made);
  if (made) return failure(ErrorCode::file_is_unreadable, arguments.to + ": " + made.message());
  STEELYARD_TRY(log, log::LocalLog::open(arguments.data));
  node::Progress progress;
  if (!arguments.is_quiet) {
    progress = [](std::uint64_t sequence) {
      std::fprintf(stderr, "steelyard: replayed %s records\n", count(sequence).c_str());
    };
  }
  STEELYARD_TRY(rebuilt, node::rebuild_into(arguments.to, rater, *log, arguments.data, progress));
  session.write("state    rebuilt: " + count(rebuilt.events) + " events, " +
                count(rebuilt.accounts) + " accounts, " + count(rebuilt.open_holds) +
                " open holds; the books balance\n");
  if (rebuilt.kept_until > 0) {
    session.write("         the same as in " + arguments.data + "/state up to record " +
                  count(rebuilt.kept_until) + ", byte for byte: " + count(rebuilt.kept_entities) +
                  " entities\n");
  }
  session.write("         written to " + arguments.to + "/state\n");
  return {};
}

}  // namespace

void add_replay(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand(
      "replay", "Rebuild all state of a server from its log alone, and compare it");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("--data", arguments->data, "The server's folder; the server must not run")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--to", arguments->to, "Where the state is written: DIR/state must not be there")
      ->required()
      ->type_name("DIR");
  add_price_book_option(*command, arguments->price_book);
  command->add_flag("--quiet", arguments->is_quiet, "No progress on standard error");
  set_examples(*command,
               "  Does what the server remembers follow from its log?\n"
               "    steelyard replay --data ./data --to ./rebuilt\n"
               "Exit status: 0 it is the same, byte for byte; 2 it differs, or could not be read.");
  command->callback([arguments, &session] {
    if (auto replayed = replay(*arguments, session); !replayed.has_value()) {
      session.fail(replayed.error());
    }
  });
}

}  // namespace steelyard::cli
