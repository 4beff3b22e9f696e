#include <filesystem>
#include <memory>

#include "steelyard/cli/command.h"
#include "steelyard/cli/price_book_option.h"
#include "steelyard/core/log_record.h"
#include "steelyard/log/local_log.h"
#include "steelyard/log/verify.h"
#include "steelyard/node/rebuild.h"
#include "steelyard/report/text_table.h"

namespace steelyard::cli {

void add_verify(CLI::App& app, Session& session);

namespace {

struct Arguments {
  std::string data;
  std::string price_book;
  bool replays = false;
  std::uint64_t record = 0;
};

std::string count(std::uint64_t number) { return report::grouped(std::to_string(number)); }

/// Rebuilds all state from the log, looks whether its sums agree, and whether a server that starts
/// here would take up the same.
Result<void> check_state(const Arguments& arguments, Session& session) {
  STEELYARD_TRY(book, load_price_book(arguments.price_book));
  const rating::Rater rater(book);
  STEELYARD_TRY(log, log::LocalLog::open(arguments.data));
  STEELYARD_TRY(rebuilt, node::rebuild(rater, *log, arguments.data));
  session.write("state    rebuilt: " + count(rebuilt.events) + " events, " +
                count(rebuilt.accounts) + " accounts, " + count(rebuilt.open_holds) +
                " open holds; the books balance\n");
  if (rebuilt.kept_entities > 0) {
    session.write("         what is kept up to record " + count(rebuilt.kept_until) +
                  " is the same, byte for byte: " + count(rebuilt.kept_entities) + " entities\n");
  }
  return {};
}

std::string_view name_of(core::RecordKind kind) {
  switch (kind) {
    case core::RecordKind::event: return "event";
    case core::RecordKind::command: return "command";
    case core::RecordKind::tick: return "tick";
  }
  return "";
}

/// As it stands: nothing of it is applied.
Result<void> show_record(const Arguments& arguments, Session& session) {
  if (!std::filesystem::exists(arguments.data + "/log")) {  // Opening it would make one.
    return failure(ErrorCode::file_is_unreadable, arguments.data + "/log: there is no log");
  }
  STEELYARD_TRY(log, log::LocalLog::open(arguments.data));
  const std::string at = "record " + count(arguments.record);
  if (arguments.record >= log->durable_end()) {
    return failure(ErrorCode::usage_of_command,
                   at + ": the log has " + count(log->durable_end() - 1));
  }
  std::string text;
  Result<void> outcome;
  STEELYARD_PASS(log->read(arguments.record, [&](std::uint64_t, std::string_view bytes) {
    const auto record = core::read_log_record(bytes);
    if (!record.has_value()) {
      outcome = std::unexpected(record.error());
      return false;
    }
    text = at + ": " + std::string(name_of(record->kind)) + " of tenant " +
           std::to_string(record->tenant) + ", received " + base::to_rfc3339(record->received()) +
           '\n' + std::string(record->text) + '\n';
    return false;
  }));
  STEELYARD_PASS(outcome);
  session.write(text);
  return {};
}

Result<void> verify(const Arguments& arguments, Session& session) {
  if (arguments.record > 0) return show_record(arguments, session);
  STEELYARD_TRY(report, log::verify(arguments.data));
  session.write("log      " + count(report.records) + " records in " + count(report.frames) +
                " frames, " + count(report.segments) + " segments, " + count(report.bytes) +
                " bytes\n");
  if (report.torn_bytes > 0) {
    session.write("         " + count(report.torn_bytes) +
                  " bytes behind them were never acknowledged: the next start cuts them\n");
  }
  if (report.damage.has_value()) return std::unexpected(*report.damage);
  session.write("         checksums, hash chain and sequences are sound\n");
  if (!arguments.replays) return {};
  return check_state(arguments, session);
}

}  // namespace

void add_verify(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("verify", "Check the data of a server, end to end");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("--data", arguments->data, "The server's folder")
      ->required()
      ->type_name("DIR");
  add_price_book_option(*command, arguments->price_book);
  command->add_flag("--replay", arguments->replays,
                    "Also rebuild all state from the log and compare its sums; the server must "
                    "not run");
  command
      ->add_option("--record", arguments->record,
                   "Only print that record of the log as it stands; the server must not run")
      ->type_name("SEQUENCE")
      ->check(CLI::PositiveNumber);
  set_examples(*command,
               "  Checksums, hash chain and sequences of the log; also while the server runs:\n"
               "    steelyard verify --data ./data\n"
               "  And whether everything that follows from it adds up:\n"
               "    steelyard verify --data ./data --replay");
  command->callback([arguments, &session] {
    if (auto verified = verify(*arguments, session); !verified.has_value()) {
      session.fail(verified.error());
    }
  });
}

}  // namespace steelyard::cli
