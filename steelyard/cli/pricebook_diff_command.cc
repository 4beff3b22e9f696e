#include <algorithm>
#include <memory>
#include <thread>

#include "steelyard/cli/pricebook_command.h"
#include "steelyard/pricebook/reader.h"
#include "steelyard/report/bill_change.h"

namespace steelyard::cli {
namespace {

using Series = std::shared_ptr<const pricebook::PriceBookSeries>;

struct Arguments {
  std::string old_folder;
  std::string new_folder;
  std::vector<std::string> usage;
  std::string output = "table";
};

Result<Series> load(const std::string& folder) {
  STEELYARD_TRY(series, pricebook::load(folder));
  return std::make_shared<const pricebook::PriceBookSeries>(std::move(series));
}

Result<std::optional<report::BillChange>> change_of_bill(const Series& before, const Series& after,
                                                         const std::vector<std::string>& usage) {
  if (usage.empty()) return std::nullopt;
  if (!(before->versions.back().currency == after->versions.back().currency)) {
    return failure(ErrorCode::usage_of_command,
                   "the books have two currencies: their bills can not be compared");
  }
  if (std::ranges::find(usage, "-") != usage.end()) {
    return failure(ErrorCode::usage_of_command,
                   "--usage is read twice: give a file, not standard input");
  }
  batch::RateOptions options;
  options.files = usage;
  options.jobs = std::max(1U, std::thread::hardware_concurrency());
  STEELYARD_TRY(change, report::bill_change(rating::Rater(before), rating::Rater(after), options));
  return change;
}

bool has_lost_prices(const report::BillChange& change) {
  return std::ranges::any_of(change.outcomes,
                             [](const auto& each) { return each.first.first == "rated"; });
}

Result<void> compare(const Arguments& arguments, Session& session) {
  STEELYARD_TRY(before, load(arguments.old_folder));
  STEELYARD_TRY(after, load(arguments.new_folder));
  const pricebook::PriceBook& old_book = before->versions.back();
  const pricebook::PriceBook& new_book = after->versions.back();
  STEELYARD_TRY(change, change_of_bill(before, after, arguments.usage));
  const pricebook::BookDiff diff = pricebook::diff(old_book, new_book);
  const report::BillChange* const bill = change.has_value() ? &*change : nullptr;
  session.write(arguments.output == "json" ? report::to_json(diff, bill, old_book, new_book)
                                           : report::to_text(diff, bill, old_book, new_book));
  if (bill != nullptr && has_lost_prices(*bill)) session.status = ExitStatus::some_set_aside;
  return {};
}

}  // namespace

void add_pricebook_diff(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("diff", "What changes from one price book to another, and in the bill");
  const auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("--usage", arguments->usage,
                   "Usage events to rate with both books: what the bill changes by; may be "
                   "repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("FILE");
  command->add_option("--output", arguments->output, "table: for people; json: one object")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  command
      ->add_option("old", arguments->old_folder,
                   "The price book before; of several versions the last one is compared")
      ->required()
      ->type_name("DIR");
  command->add_option("new", arguments->new_folder, "The price book after")
      ->required()
      ->type_name("DIR");
  set_examples(*command,
               "  What does the new list change?\n"
               "    steelyard pricebook diff pricebooks/old pricebooks/new\n"
               "  And what would it have changed last month's bill by?\n"
               "    steelyard pricebook diff --usage october.ndjson.gz old new\n"
               "Exit status: 0 compared; 1 some usage loses its price; 2 the command could not\n"
               "run.");
  command->callback([arguments, &session] {
    const auto compared = compare(*arguments, session);
    if (!compared.has_value()) session.fail(compared.error());
  });
}

}  // namespace steelyard::cli
