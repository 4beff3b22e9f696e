#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "steelyard/base/text.h"
#include "steelyard/checkpoint/key_file.h"
#include "steelyard/checkpoint/witness.h"
#include "steelyard/cli/command.h"
#include "steelyard/cli/price_book_option.h"
#include "steelyard/core/log_record.h"
#include "steelyard/log/local_log.h"
#include "steelyard/log/verify.h"
#include "steelyard/node/checkpoints.h"
#include "steelyard/node/rebuild.h"
#include "steelyard/personal/key_ring.h"
#include "steelyard/report/text_table.h"

namespace steelyard::cli {

void add_verify(CLI::App& app, Session& session);

namespace {

struct Arguments {
  std::string data;
  std::string price_book;
  std::string checkpoints;
  std::string public_key;
  bool replays = false;
  std::uint64_t record = 0;
};

std::string count(std::uint64_t number) { return report::grouped(std::to_string(number)); }

/// Rebuilds all state from the log, looks whether its sums agree, and whether a server that starts
/// here would take up the same.
Result<void> check_state(const Arguments& arguments,
                         const std::optional<checkpoint::Witness>& witness, Session& session) {
  STEELYARD_TRY(book, load_price_book(arguments.price_book));
  const rating::Rater rater(book);
  STEELYARD_TRY(log, log::LocalLog::open(arguments.data));
  std::size_t compared = 0;
  const node::Stops stops =
      witness.has_value() ? node::stops_at(*witness, compared) : node::Stops();
  STEELYARD_TRY(rebuilt, node::rebuild(rater, *log, arguments.data, {}, stops));
  session.write("state    rebuilt: " + count(rebuilt.events) + " events, " +
                count(rebuilt.accounts) + " accounts, " + count(rebuilt.open_holds) +
                " open holds; the books balance\n");
  if (rebuilt.kept_entities > 0) {
    session.write("         what is kept up to record " + count(rebuilt.kept_until) +
                  " is the same, byte for byte: " + count(rebuilt.kept_entities) + " entities\n");
  }
  if (compared > 0) {
    session.write("         the sums of money are those of " + count(compared) + " checkpoints\n");
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

/// The keys of what is sealed: charges do not depend on them.
Result<void> check_personal_keys(const Arguments& arguments, Session& session) {
  const std::string name(personal::KeyRing::file_name);
  if (!std::filesystem::exists(arguments.data + '/' + name)) return {};
  STEELYARD_TRY(keys, personal::KeyRing::open({arguments.data}, log::real_files(), {}));
  if (const std::size_t damaged = keys->damaged_count(); damaged > 0) {
    return failure(ErrorCode::file_is_malformed,
                   arguments.data + '/' + name + ": " + count(damaged) +
                       " keys are damaged: what they sealed can not be read; take the file from a "
                       "backup");
  }
  session.write("keys     of personal data: " + count(keys->live_count()) + ", all sound\n");
  return {};
}

/// Before the log is read: a server may go on meanwhile, and its log is never behind them.
Result<std::optional<checkpoint::Witness>> load_witness(const Arguments& arguments) {
  if (arguments.checkpoints.empty()) return std::nullopt;
  const std::string beside = arguments.checkpoints + '/' + std::string(checkpoint::public_key_name);
  STEELYARD_TRY(key, checkpoint::read_public_key(
                         arguments.public_key.empty() ? beside : arguments.public_key));
  STEELYARD_TRY(store, log::read_store_id(log::real_files(), arguments.data));
  STEELYARD_TRY(witness,
                checkpoint::read_witness(log::real_files(), arguments.checkpoints, key, store));
  return witness;
}

void show(const checkpoint::Witness& witness, Session& session) {
  const checkpoint::Checkpoint& last = witness.all.back().checkpoint;
  session.write("witness  " + count(witness.all.size()) + " checkpoints, signed with key " +
                base::hex_of(last.key) + "\n");
  if (witness.torn > 0) {
    session.write("         " + count(witness.torn) +
                  " lines were cut off while they were written, and are none\n");
  }
  session.write("         the log's chain has the hash of each; the last is of record " +
                count(last.sequence) + ", received " + base::to_rfc3339(last.received) + '\n');
}

Result<void> verify(const Arguments& arguments, Session& session) {
  if (arguments.record > 0) return show_record(arguments, session);
  STEELYARD_TRY(witness, load_witness(arguments));
  std::optional<checkpoint::Comparison> comparison;
  if (witness.has_value()) comparison.emplace(*witness);
  STEELYARD_TRY(report,
                log::verify(arguments.data, log::real_files(), [&](const log::ChainPoint& behind) {
                  if (comparison.has_value()) comparison->frame(behind);
                }));
  session.write("log      " + count(report.records) + " records in " + count(report.frames) +
                " frames, " + count(report.segments) + " segments, " + count(report.bytes) +
                " bytes\n");
  if (report.torn_bytes > 0) {
    session.write("         " + count(report.torn_bytes) +
                  " bytes behind them were never acknowledged: the next start cuts them\n");
  }
  if (report.damage.has_value()) return std::unexpected(*report.damage);
  session.write("         checksums, hash chain and sequences are sound\n");
  if (comparison.has_value()) {
    STEELYARD_PASS(comparison->finish());
    show(*witness, session);
  }
  STEELYARD_PASS(check_personal_keys(arguments, session));
  if (!arguments.replays) return {};
  return check_state(arguments, witness, session);
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
  CLI::Option* const checkpoints =
      command
          ->add_option("--checkpoints", arguments->checkpoints,
                       "Also compare the log with the signed checkpoints in that folder: that it "
                       "was neither rewritten nor cut off")
          ->type_name("DIR");
  command
      ->add_option("--public-key", arguments->public_key,
                   "Whose signatures they must be, in PEM; by default DIR/public-key.pem, which "
                   "who writes DIR can exchange")
      ->type_name("FILE")
      ->needs(checkpoints);
  set_examples(*command,
               "  Checksums, hash chain and sequences of the log; also while the server runs:\n"
               "    steelyard verify --data ./data\n"
               "  And whether everything that follows from it adds up:\n"
               "    steelyard verify --data ./data --replay\n"
               "  And whether it is the log that a witness has seen:\n"
               "    steelyard verify --data ./data --checkpoints /mnt/witness --public-key "
               "checkpoints.pem");
  command->callback([arguments, &session] {
    if (auto verified = verify(*arguments, session); !verified.has_value()) {
      session.fail(verified.error());
    }
  });
}

}  // namespace steelyard::cli
