#include <memory>

#include "steelyard/batch/event_search.h"
#include "steelyard/cli/command.h"
#include "steelyard/cli/price_book_option.h"
#include "steelyard/cli/terminal.h"
#include "steelyard/report/receipt.h"

namespace steelyard::cli {

void add_explain(CLI::App& app, Session& session);

namespace {

struct Arguments {
  std::string price_book;
  batch::EventFilter filter;
  std::string output = "text";
  std::vector<std::string> files;

  bool has_filter() const {
    return !filter.id.empty() || !filter.source.empty() || filter.line != 0;
  }
};

std::string wanted(const batch::EventFilter& filter) {
  std::string text;
  if (!filter.id.empty()) text += " with id '" + filter.id + '\'';
  if (!filter.source.empty()) text += " from source '" + filter.source + '\'';
  if (filter.line != 0) text += " on line " + std::to_string(filter.line);
  return text;
}

void explain(const Arguments& arguments, Session& session) {
  if (arguments.files.empty() && input_is_terminal()) {
    return session.fail({ErrorCode::usage_of_command,
                         "nothing to explain: name a file, or - for standard input (see "
                         "steelyard explain --help)"});
  }
  const auto book = load_price_book(arguments.price_book);
  if (!book.has_value()) return session.fail(book.error());
  const rating::Rater rater(*book);
  const auto files = arguments.files.empty() ? std::vector<std::string>{"-"} : arguments.files;

  std::string text;
  std::size_t found_count = 0;
  const auto visit = [&](const batch::FoundEvent& found) {
    if (++found_count > 1 && !arguments.has_filter()) return false;
    const report::Receipt receipt = report::make_receipt(rater, found);
    if (found_count > 1 && arguments.output == "text") text += '\n';
    text += arguments.output == "json" ? report::to_json(receipt, rater)
                                       : report::to_text(receipt, rater);
    const bool is_charged = found.record->status == batch::Status::rated ||
                            found.record->status == batch::Status::duplicate;
    if (!is_charged) session.status = ExitStatus::some_set_aside;
    return true;
  };
  const auto searched = batch::find_events(rater, files, arguments.filter, visit);
  if (found_count > 1 && !arguments.has_filter()) {
    return session.fail({ErrorCode::usage_of_command,
                         "there is more than one event: choose with --id, --source or --line"});
  }
  session.write(text);
  if (!searched.has_value()) return session.fail(searched.error());
  if (found_count == 0) {
    session.fail({ErrorCode::usage_of_command, "there is no event" + wanted(arguments.filter)});
  }
}

}  // namespace

void add_explain(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("explain", "A receipt for one event, to be checked by hand");
  const auto arguments = std::make_shared<Arguments>();
  add_price_book_option(*command, arguments->price_book);
  command->add_option("--id", arguments->filter.id, "The event's id; all that have it are shown")
      ->type_name("ID");
  command->add_option("--source", arguments->filter.source, "The event's source")
      ->type_name("SOURCE");
  command
      ->add_option("--line", arguments->filter.line,
                   "The line it stands on, as rate names it: day.ndjson:17")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  command
      ->add_option("--output", arguments->output,
                   "text: a page for people; json: a line for each event")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command
      ->add_option("files", arguments->files,
                   "Files of usage events, one JSON object a line; .gz and .zst are "
                   "decompressed; - is standard input")
      ->type_name("FILE");
  set_examples(*command,
               "  Why does this call cost what it costs?\n"
               "    steelyard explain --id call-1 samples/day.ndjson\n"
               "  Why was line 17 set aside, and what is to be done?\n"
               "    steelyard explain --line 17 day.ndjson\n"
               "  A customer disputes a line: the event alone is enough.\n"
               "    grep '\"call-1\"' day.ndjson | steelyard explain\n"
               "Exit status: 0 the event was rated or is a duplicate; 1 it was set aside; 2 there\n"
               "is no such event, or the command could not run.");
  command->callback([arguments, &session] { explain(*arguments, session); });
}

}  // namespace steelyard::cli
