#include <algorithm>
#include <ctime>
#include <memory>

#include "steelyard/base/text.h"
#include "steelyard/cli/price_book_option.h"
#include "steelyard/cli/pricebook_command.h"
#include "steelyard/pricebook/reader.h"
#include "steelyard/report/price_table.h"
#include "steelyard/report/product_page.h"

namespace steelyard::cli {
namespace {

struct Arguments {
  std::string folder;
  std::vector<std::string> models;
  std::string at;
  std::string output = "table";
  std::string product;
  bool placeholders = false;
};

/// A product's page, or all placeholders.
Result<void> show_products(const pricebook::PriceBook& book, const Arguments& arguments,
                           Session& session) {
  const bool is_json = arguments.output == "json";
  if (arguments.output == "csv") {
    return failure(ErrorCode::usage_of_command, "--output csv is for models; products have json");
  }
  if (arguments.placeholders) {
    session.write(is_json ? report::placeholders_json(book) : report::placeholders_text(book));
    return {};
  }
  STEELYARD_TRY(product, find_product(book, arguments.product));
  session.write(is_json ? report::product_json(book, *product)
                        : report::product_page(book, *product));
  return {};
}

Result<void> check_models(const pricebook::PriceBook& book,
                          const std::vector<std::string>& models) {
  std::vector<std::string_view> known;
  for (const pricebook::ModelPrice& price : book.prices) known.push_back(price.model);
  for (const std::string& model : models) {
    if (std::ranges::find(known, model) != known.end()) continue;
    const std::string near = base::nearest(model, known);
    return failure(ErrorCode::usage_of_command,
                   "price book " + book.name + " has no model '" + model + '\'' +
                       (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  return {};
}

Result<void> show(const Arguments& arguments, Session& session) {
  STEELYARD_TRY(series, load_price_book(arguments.folder));
  report::PriceFilter filter{arguments.models, {std::time(nullptr), 0}};
  if (!arguments.at.empty()) {
    STEELYARD_TRY(at, base::parse_in_zone(arguments.at, series->versions.back().time_zone));
    filter.at = at;
  }
  STEELYARD_TRY(version, version_in_force(*series, arguments.at));
  if (arguments.placeholders || !arguments.product.empty()) {
    return show_products(*version, arguments, session);
  }
  STEELYARD_PASS(check_models(*version, arguments.models));
  const pricebook::PriceBook shown = report::filtered(*version, filter);
  if (arguments.output == "csv") {
    session.write(pricebook::to_models_csv(shown));
  } else if (arguments.output == "json") {
    session.write(report::to_json(shown));
  } else {
    const auto left_out = std::ranges::count_if(
        version->prices, [&](const auto& price) { return !price.validity.contains(filter.at); });
    session.write(report::to_text(shown, static_cast<std::size_t>(left_out)));
  }
  return {};
}

}  // namespace

void add_pricebook_show(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("show", "A price book as a price list");
  const auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("--model", arguments->models,
                   "Only this model, or several with commas between; may be repeated")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("MODEL");
  command
      ->add_option("--product", arguments->product,
                   "The price page of a cloud product: its id, a code, or its name")
      ->type_name("PRODUCT");
  command->add_flag("--placeholders", arguments->placeholders,
                    "Prices of cloud products that are declared and not known");
  command
      ->add_option("--at", arguments->at,
                   "Prices in force then: 2026-11-22, or with a time; without it: now")
      ->type_name("DATE");
  command
      ->add_option("--output", arguments->output,
                   "table: for people; csv: rows of models.csv; json: one object")
      ->check(CLI::IsMember({"table", "csv", "json"}))
      ->capture_default_str();
  command
      ->add_option("folder", arguments->folder,
                   "The price book; without it: $STEELYARD_PRICEBOOK, else the shipped one")
      ->type_name("DIR");
  set_examples(*command,
               "  The shipped price list:\n"
               "    steelyard pricebook show\n"
               "  What two models cost on a day:\n"
               "    steelyard pricebook show --model qwen-plus,qwen-flash --at 2026-11-22\n"
               "  What a load balancer costs, and how that is counted:\n"
               "    steelyard pricebook show --product nlb\n"
               "  The prices as they would stand in models.csv:\n"
               "    steelyard pricebook show --output csv pricebooks/aliyun-ai-paas");
  command->callback([arguments, &session] {
    if (const auto shown = show(*arguments, session); !shown.has_value())
      session.fail(shown.error());
  });
}

}  // namespace steelyard::cli
