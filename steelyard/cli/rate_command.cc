#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <thread>

#include "steelyard/batch/rate_run.h"
#include "steelyard/cli/command.h"
#include "steelyard/cli/price_book_option.h"
#include "steelyard/cli/progress.h"
#include "steelyard/cli/terminal.h"
#include "steelyard/input/byte_source.h"
#include "steelyard/report/csv.h"
#include "steelyard/report/ndjson.h"
#include "steelyard/report/summary.h"
#include "steelyard/report/text_table.h"

namespace steelyard::cli {

void add_rate(CLI::App& app, Session& session);

namespace {

using batch::RateOptions;
using batch::RateOutcome;
using batch::Status;

struct Arguments {
  std::string price_book;
  std::string output = "table";
  std::vector<std::string> files;
  unsigned jobs = 0;
  std::size_t accounts = 10;
  std::optional<std::int64_t> settle_after_hours;
  bool is_quiet = false;
};

/// "1,000,000 lines (380 MB) in 0.61 s: 1,639,344 lines/s, 2 jobs".
std::string speed(const RateOutcome& outcome, std::chrono::steady_clock::duration elapsed,
                  unsigned jobs) {
  using std::chrono::milliseconds;
  const auto ms = static_cast<std::uint64_t>(
      std::max<std::int64_t>(1, std::chrono::duration_cast<milliseconds>(elapsed).count()));
  const std::uint64_t lines = outcome.totals.lines();
  std::string hundredths = std::to_string(ms / 10 % 100);
  if (hundredths.size() < 2) hundredths.insert(0, "0");
  return report::grouped(std::to_string(lines)) + " lines (" +
         report::grouped(std::to_string(outcome.bytes / 1'000'000)) + " MB) in " +
         std::to_string(ms / 1'000) + '.' + hundredths +
         " s: " + report::grouped(std::to_string(lines * 1'000 / ms)) + " lines/s, " +
         std::to_string(jobs) + (jobs == 1 ? " job\n" : " jobs\n");
}

ExitStatus status_of(const batch::Totals& totals) {
  const bool is_clean = totals.count_of(Status::unrated) == 0 &&
                        totals.count_of(Status::rejected) == 0 &&
                        totals.count_of(Status::conflict) == 0;
  return is_clean ? ExitStatus::done : ExitStatus::some_set_aside;
}

void rate(const Arguments& arguments, Session& session) {
  if (arguments.files.empty() && input_is_terminal()) {
    return session.fail({ErrorCode::usage_of_command,
                         "nothing to rate: name a file, or - for standard input (see "
                         "steelyard rate --help)"});
  }
  const auto book = load_price_book(arguments.price_book);
  if (!book.has_value()) return session.fail(book.error());
  const rating::Rater rater(*book);

  RateOptions options;
  options.files = arguments.files.empty() ? std::vector<std::string>{"-"} : arguments.files;
  options.jobs =
      arguments.jobs != 0 ? arguments.jobs : std::max(1U, std::thread::hardware_concurrency());
  if (arguments.settle_after_hours) {
    options.settle_after_seconds = *arguments.settle_after_hours * 3'600;
  }
  options.identity_seed = (std::uint64_t{std::random_device{}()} << 32) | std::random_device{}();
  if (const auto checked = input::check_files(options.files); !checked.has_value()) {
    return session.fail(checked.error());
  }
  const bool is_table = arguments.output == "table";
  options.examples_max = is_table ? 10 : 0;
  options.write = [&](const std::string& text) {
    session.write(text);
    return !session.is_output_lost;
  };
  const report::NdjsonWriter ndjson(rater);
  if (arguments.output == "ndjson") {
    options.render = [&](const batch::Record& record, std::string& to) {
      ndjson.append(record, to);
    };
  } else if (arguments.output == "csv") {
    session.write(report::csv_header());
    options.render = [&](const batch::Record& record, std::string& to) {
      report::append_csv(record, rater.currency(), to);
    };
  }
  Progress progress(options.files, arguments.is_quiet);
  options.progress = [&](std::uint64_t bytes) { progress.show(bytes); };

  const auto begin = std::chrono::steady_clock::now();
  const RateOutcome outcome = batch::rate_files(rater, options);
  const auto elapsed = std::chrono::steady_clock::now() - begin;
  progress.clear();
  session.status = status_of(outcome.totals);
  if (is_table) {
    session.write(report::summary(outcome, rater, {arguments.accounts}) + '\n' +
                  speed(outcome, elapsed, options.jobs));
  }
  if (session.is_output_lost) return;
  if (outcome.damage.has_value()) {
    return session.fail(
        {outcome.damage->code, outcome.damage->detail + " (the " +
                                   report::grouped(std::to_string(outcome.totals.lines())) +
                                   " lines before it were rated)"});
  }
}

}  // namespace

void add_rate(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("rate", "Rate usage events: what each one costs");
  const auto arguments = std::make_shared<Arguments>();
  add_price_book_option(*command, arguments->price_book);
  command
      ->add_option("--output", arguments->output,
                   "table: a summary for people; ndjson: a line for each event; csv: a row for "
                   "each charge line")
      ->check(CLI::IsMember({"table", "ndjson", "csv"}))
      ->capture_default_str();
  command
      ->add_option("--jobs", arguments->jobs, "Threads; the result is the same. Default: all cores")
      ->check(CLI::Range(1, 256))
      ->type_name("N");
  command
      ->add_option("--accounts", arguments->accounts,
                   "How many accounts the table shows, dearest first; 0 shows all")
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option(
          "--settle-after", arguments->settle_after_hours,
          "Forget the windows of cloud products that ended so long before nearly all of the "
          "latest 10,000 facts began: memory then grows with ids and accounts only. Usage "
          "of them that comes even later is unrated, and a plan that is bought later does "
          "not cover them. Default: they stay open")
      ->check(CLI::Range(0, 24 * 366 * 10))
      ->type_name("HOURS");
  command->add_flag("--quiet", arguments->is_quiet, "No progress bar");
  command
      ->add_option("files", arguments->files,
                   "Files of usage events, one JSON object a line; .gz and .zst are "
                   "decompressed; - is standard input")
      ->type_name("FILE");
  set_examples(*command,
               "  Summarise a day:\n"
               "    steelyard rate samples/day.ndjson\n"
               "  A priced line for each event, from a compressed file:\n"
               "    steelyard rate --output ndjson events.ndjson.gz > charges.ndjson\n"
               "  What was set aside, and why:\n"
               "    steelyard rate --output ndjson day.ndjson | jq 'select(.reason) | .detail'\n"
               "  One event, typed by hand:\n"
               "    echo '{\"specversion\":\"1.0\", …}' | steelyard rate --output ndjson -\n"
               "Exit status: 0 every line was rated or a duplicate; 1 some line was set aside;\n"
               "2 the command could not run.");
  command->callback([arguments, &session] { rate(*arguments, session); });
}

}  // namespace steelyard::cli
