#include <memory>

#include "steelyard/cli/command.h"
#include "steelyard/cli/price_book_option.h"
#include "steelyard/report/product_list.h"
#include "steelyard/report/product_page.h"

namespace steelyard::cli {

void add_products(CLI::App& app, Session& session);

namespace {

struct Arguments {
  std::string price_book;
  std::string product;
  std::string at;
  std::string output = "text";
};

Result<void> show(const Arguments& arguments, Session& session) {
  STEELYARD_TRY(series, load_price_book(arguments.price_book));
  STEELYARD_TRY(book, version_in_force(*series, arguments.at));
  const bool is_json = arguments.output == "json";
  if (arguments.product.empty()) {
    session.write(is_json ? report::product_list_json(*book) : report::product_list(*book));
    return {};
  }
  STEELYARD_TRY(product, find_product(*book, arguments.product));
  session.write(is_json ? report::product_json(*book, *product)
                        : report::product_overview(*book, *product));
  return {};
}

}  // namespace

void add_products(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("products", "The cloud products of a price book, and what is metered");
  const auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("product", arguments->product,
                   "One of them, by its id, a code or its name: its meters, attributes, items, "
                   "subscriptions and plans")
      ->type_name("PRODUCT");
  command
      ->add_option("--at", arguments->at,
                   "What the book says then: 2026-11-22, or with a time; without it: now")
      ->type_name("TIME");
  command
      ->add_option("--output", arguments->output,
                   "text: for people; json: one object, with all prices")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  add_price_book_option(*command, arguments->price_book);
  set_examples(*command,
               "  Which products are there, and what do events call them?\n"
               "    steelyard products\n"
               "  What is measured of a load balancer?\n"
               "    steelyard products nlb\n"
               "  And what does it cost?\n"
               "    steelyard pricebook show --product nlb");
  command->callback([arguments, &session] {
    if (const auto shown = show(*arguments, session); !shown.has_value()) {
      session.fail(shown.error());
    }
  });
}

}  // namespace steelyard::cli
