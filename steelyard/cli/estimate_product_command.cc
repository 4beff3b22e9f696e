#include <ctime>
#include <memory>

#include "steelyard/base/calendar.h"
#include "steelyard/base/text.h"
#include "steelyard/cli/estimate_command.h"
#include "steelyard/cli/price_book_option.h"
#include "steelyard/report/product_estimate.h"

namespace steelyard::cli {
namespace {

using report::PlannedResource;
using report::ProductEstimateRequest;

struct Arguments {
  std::string price_book;
  std::string product;
  std::vector<std::string> resources;
  std::vector<std::string> meters;
  std::vector<std::string> attributes;
  std::vector<std::string> config;
  std::uint32_t hours = 0;
  std::string from;
  std::string to;
  std::uint32_t months = 1;
  std::string account;
  std::string output = "text";
};

Result<void> add_all(const rating::cloud::Catalog::Code& code,
                     const std::vector<std::string>& settings, PlannedResource& resource) {
  for (const std::string& each : settings) {
    STEELYARD_PASS(report::add_setting(code, each, resource));
  }
  return {};
}

/// "disk: disk_gib=100 disk=essd_pl1", after what holds for all; the name may be left out.
Result<PlannedResource> resource_of(const rating::cloud::Catalog::Code& code,
                                    const Arguments& arguments, std::string text,
                                    std::size_t number) {
  PlannedResource resource;
  resource.name = std::to_string(number);
  const std::size_t colon = text.find(':');
  if (colon < text.find('=')) {
    resource.name = text.substr(0, colon);
    text.erase(0, colon + 1);
  }
  for (const auto* settings : {&arguments.meters, &arguments.attributes, &arguments.config}) {
    STEELYARD_PASS(add_all(code, *settings, resource));
  }
  std::vector<std::string> words = CLI::detail::split(text, ' ');
  std::erase(words, "");
  STEELYARD_PASS(add_all(code, words, resource));
  if (resource.meters.empty()) {
    return failure(ErrorCode::usage_of_command,
                   "no meter of " + code.name + " is given: see steelyard products " + code.name);
  }
  return resource;
}

/// From a time for some hours, or to another time; a month of 720 hours from now without both.
Result<void> set_times(const Arguments& arguments, const std::string& zone,
                       ProductEstimateRequest& request) {
  constexpr std::uint32_t month_hours = 720;
  request.start = {base::Calendar(zone).hour(std::time(nullptr)).from, 0};
  if (!arguments.from.empty()) {
    STEELYARD_TRY(start, base::parse_in_zone(arguments.from, zone));
    request.start = start;
  }
  const std::uint32_t hours = arguments.hours == 0 ? month_hours : arguments.hours;
  request.end = request.start;
  request.end.seconds += std::int64_t{hours} * 3600;
  if (arguments.to.empty()) return {};
  STEELYARD_TRY(end, base::parse_in_zone(arguments.to, zone));
  if (!(request.start < end)) {
    return failure(ErrorCode::usage_of_command, "--to " + arguments.to + " is not after --from " +
                                                    base::to_rfc3339(request.start));
  }
  request.end = end;
  return {};
}

Result<ProductEstimateRequest> request_of(const Arguments& arguments, const rating::Rater& rater) {
  const rating::cloud::Catalog& catalog = rater.catalog();
  const auto* const code = catalog.find_code(arguments.product);
  if (code == nullptr) {
    std::vector<std::string_view> known;
    for (const auto& each : catalog.codes()) known.push_back(each.name);
    const std::string near = base::nearest(arguments.product, known);
    return failure(ErrorCode::usage_of_command,
                   "the price book has no product code '" + arguments.product + '\'' +
                       (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  ProductEstimateRequest request;
  request.product = code->name;
  request.months = arguments.months;
  request.account = arguments.account;
  STEELYARD_PASS(set_times(arguments, catalog.time_zone(), request));
  const auto resources =
      arguments.resources.empty() ? std::vector<std::string>{""} : arguments.resources;
  for (const std::string& text : resources) {
    STEELYARD_TRY(resource, resource_of(*code, arguments, text, request.resources.size() + 1));
    request.resources.push_back(std::move(resource));
  }
  return request;
}

void estimate(const Arguments& arguments, Session& session) {
  const auto book = load_price_book(arguments.price_book);
  if (!book.has_value()) return session.fail(book.error());
  const rating::Rater rater(*book);
  const auto request = request_of(arguments, rater);
  if (!request.has_value()) return session.fail(request.error());
  const auto estimate = report::estimate(rater, *request);
  session.write(arguments.output == "json" ? report::to_json(estimate, *request, rater)
                                           : report::to_text(estimate, *request, rater));
  if (estimate.usage_missing + estimate.subscription_missing > 0) {
    session.status = ExitStatus::some_set_aside;
  }
}

void add_settings(CLI::App& command, Arguments& arguments) {
  const auto add = [&](const char* name, std::vector<std::string>& to, const char* meaning) {
    command.add_option(name, to, meaning)->allow_extra_args(false)->type_name("NAME=VALUE");
  };
  add("--meter", arguments.meters,
      "A meter and its value: a gauge holds it over the whole time, a counter counts it in all; "
      "may be repeated");
  add("--attribute", arguments.attributes, "An attribute and its value; may be repeated");
  add("--config", arguments.config,
      "A word of the subscription that is no meter or attribute; may be repeated");
  command
      .add_option("--resource", arguments.resources,
                  "One of several resources: 'disk: disk_gib=100 disk=essd_pl1'; what the other "
                  "options say holds for all; may be repeated")
      ->allow_extra_args(false)
      ->type_name("SETTINGS");
}

void add_times(CLI::App& command, Arguments& arguments) {
  CLI::Option* const hours =
      command.add_option("--hours", arguments.hours, "How long it is used; without it: 720");
  hours->check(CLI::Range(1, 100'000))->type_name("N");
  command
      .add_option("--from", arguments.from,
                  "When it begins: 2026-11-22, or with a time; without it: this hour")
      ->type_name("TIME");
  command.add_option("--to", arguments.to, "When it ends, instead of --hours")
      ->excludes(hours)
      ->type_name("TIME");
  command.add_option("--months", arguments.months, "How long the subscription is for")
      ->check(CLI::Range(1, 1'200))
      ->capture_default_str()
      ->type_name("N");
}

}  // namespace

void add_estimate_product(CLI::App& app, Session& session,
                          const std::function<void()>& when_chosen) {
  CLI::App* const command = app.add_subcommand(
      "product", "What a cloud product would cost, by usage and as a subscription");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("product", arguments->product, "As data.product says it: ecs, nlb")
      ->required()
      ->type_name("CODE");
  add_settings(*command, *arguments);
  add_times(*command, *arguments);
  command->add_option("--account", arguments->account, "Whose prices; without it: the list's")
      ->type_name("ACCOUNT");
  command->add_option("--output", arguments->output, "text: for people; json: one object")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  add_price_book_option(*command, arguments->price_book);
  set_examples(*command,
               "  An instance, its disk and 5 Mbit/s for 720 hours, beside a month of them:\n"
               "    steelyard estimate product ecs --attribute region=cn-hangzhou "
               "--resource 'instance: instances=1 type=ecs.c5.large vcpus=2' "
               "--resource 'disk: disk_gib=100 disk=essd_pl1' "
               "--resource 'bandwidth: bandwidth_mbps=5'\n"
               "  A load balancer for a day:\n"
               "    steelyard estimate product clb --attribute region=cn-hangzhou "
               "--attribute address=public --meter instances=1 --hours 24\n"
               "Exit status: 0 everything has a price; 1 something has none; 2 the command could\n"
               "not run.");
  command->preparse_callback([when_chosen](std::size_t) { when_chosen(); });
  command->callback([arguments, &session] { estimate(*arguments, session); });
}

}  // namespace steelyard::cli
