#include "steelyard/cli/estimate_command.h"

#include <algorithm>
#include <ctime>
#include <memory>

#include "steelyard/cli/price_book_option.h"
#include "steelyard/report/estimate.h"

namespace steelyard::cli {

void add_estimate(CLI::App& app, Session& session);

namespace {

using report::EstimateRequest;

struct Arguments {
  std::string price_book;
  std::vector<std::string> models;
  std::string input;
  std::string cached = "0";
  std::string output = "0";
  std::string calls = "1";
  bool is_thinking = false;
  std::string account;
  std::string at;
  std::string format = "table";
};

Result<std::uint64_t> count_of(const char* option, const std::string& text) {
  auto count = report::parse_count(text);
  if (!count.has_value()) {
    return failure(count.error().code, std::string(option) + ": " + count.error().detail);
  }
  return count;
}

Result<EstimateRequest> request_of(const Arguments& arguments, const std::string& time_zone) {
  EstimateRequest request;
  request.models = arguments.models;
  request.is_thinking = arguments.is_thinking;
  request.account = arguments.account;
  STEELYARD_TRY(input, count_of("--input", arguments.input));
  STEELYARD_TRY(cached, count_of("--cached", arguments.cached));
  STEELYARD_TRY(output, count_of("--output", arguments.output));
  STEELYARD_TRY(calls, count_of("--calls", arguments.calls));
  if (cached > input) {
    return failure(ErrorCode::usage_of_command,
                   "--cached " + arguments.cached + " is more than --input " + arguments.input +
                       ", which counts all input tokens, cached ones too");
  }
  request.tokens.input = input - cached;
  request.tokens.cached_input = cached;
  request.tokens.output = output;
  request.calls = calls;
  request.at = {std::time(nullptr), 0};
  if (!arguments.at.empty()) {
    STEELYARD_TRY(at, base::parse_in_zone(arguments.at, time_zone));
    request.at = at;
  }
  return request;
}

void estimate(const Arguments& arguments, Session& session) {
  const auto book = load_price_book(arguments.price_book);
  if (!book.has_value()) return session.fail(book.error());
  const auto request = request_of(arguments, (*book)->versions.back().time_zone);
  if (!request.has_value()) return session.fail(request.error());
  const rating::Rater rater(*book);
  const auto estimates = report::estimate(rater, *request);
  if (!estimates.has_value()) return session.fail(estimates.error());
  session.write(arguments.format == "json" ? report::to_json(*estimates, *request, rater)
                                           : report::to_text(*estimates, *request, rater));
  const bool is_complete = std::ranges::all_of(
      *estimates, [](const report::Estimate& each) { return each.charge.is_rated; });
  if (!is_complete) session.status = ExitStatus::some_set_aside;
}

}  // namespace

void add_estimate(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("estimate", "What calls would cost, at one model or at several");
  const auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("--model", arguments->models,
                   "A model, or several with commas between; may be repeated; all compares all")
      ->required()
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("MODEL");
  command
      ->add_option("--input", arguments->input,
                   "All input tokens of one call, cached ones included: 128000, 128k, 1m")
      ->required()
      ->type_name("N");
  command->add_option("--cached", arguments->cached, "Those of them that are read from the cache")
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--output", arguments->output, "Output tokens, reasoning included")
      ->capture_default_str()
      ->type_name("N");
  command->add_flag("--thinking", arguments->is_thinking, "The calls are thinking calls");
  command->add_option("--calls", arguments->calls, "How many such calls")
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--account", arguments->account, "Whose prices; without it: the list's")
      ->type_name("ACCOUNT");
  command
      ->add_option("--at", arguments->at,
                   "When the calls start: 2026-11-22, or with a time; without it: now")
      ->type_name("TIME");
  command->add_option("--format", arguments->format, "table: for people; json: one object")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  add_price_book_option(*command, arguments->price_book);
  set_examples(*command,
               "  A call with 3,019 input tokens, 2,048 of them cached:\n"
               "    steelyard estimate --model qwen-plus --input 3019 --cached 2048 --output 104\n"
               "  A million such calls at three models, the cheapest first:\n"
               "    steelyard estimate --model qwen-plus,qwen-flash,qwen3-max --input 3k "
               "--output 500 --calls 1m\n"
               "  What every model would take for a long prompt:\n"
               "    steelyard estimate --model all --input 200k --output 2k --thinking\n"
               "Exit status: 0 every model has a price for it; 1 some have none; 2 the command\n"
               "could not run.");
  command->callback([arguments, command, &session] {
    if (command->get_subcommands().empty()) estimate(*arguments, session);
  });
  add_estimate_product(*command, session, [command] {
    for (CLI::Option* each : command->get_options()) each->required(false);
  });
}

}  // namespace steelyard::cli
