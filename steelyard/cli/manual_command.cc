#include <memory>

#include "steelyard/api/services.h"
#include "steelyard/cli/command.h"
#include "steelyard/cli/manual.h"
#include "steelyard/cli/price_book_option.h"
#include "steelyard/report/product_reference.h"
#include "steelyard/report/product_schema.h"
#include "steelyard/server/openapi.h"

namespace steelyard::cli {

void add_man(CLI::App& app, Session& session);
void add_reference(CLI::App& app, Session& session);

void add_man(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("man", "The manual page, in roff");
  set_examples(*command,
               "  Read it:\n"
               "    steelyard man | man -l -\n"
               "  Install it:\n"
               "    steelyard man > ~/.local/share/man/man1/steelyard.1");
  command->callback([&app, &session] { session.write(man_page(describe(app))); });
}

/// The pages, and what makes them.
struct Page {
  const char* topic;
  std::string (*text)(const CLI::App& app);
};

constexpr Page pages[] = {
    {"cli", [](const CLI::App& app) { return cli_reference(describe(app)); }},
    {"exports", [](const CLI::App&) { return exports_reference(); }},
    {"product-files", [](const CLI::App&) { return product_files_reference(); }},
    {"product-schema", [](const CLI::App&) { return report::product_schema(); }},
    {"reasons", [](const CLI::App&) { return reasons_reference(); }},
    {"usage-formats", [](const CLI::App&) { return usage_formats_reference(); }},
};

/// Pages of the shipped price book's products.
Result<std::string> products_page(const std::string& price_book, const std::string& product) {
  STEELYARD_TRY(series, load_price_book(price_book));
  STEELYARD_TRY(book, version_in_force(*series, ""));
  if (product.empty()) return report::products_reference(*book);
  STEELYARD_TRY(found, find_product(*book, product));
  return report::product_reference(rating::Rater(series), *book, *found);
}

/// The endpoints of the server.
Result<std::string> http_page(const std::string& price_book) {
  STEELYARD_TRY(series, load_price_book(price_book));
  const rating::Rater rater(series);
  api::Services services(rater);
  return server::http_reference(api::make_routes(services));
}

struct PageArguments {
  std::string topic;
  std::string product;
  std::string price_book;
};

void write_page(const PageArguments& arguments, const CLI::App& app, Session& session) {
  for (const Page& page : pages) {
    if (arguments.topic == page.topic) return session.write(page.text(app));
  }
  if (arguments.topic == "http-api") {
    const auto text = http_page(arguments.price_book);
    return text.has_value() ? session.write(*text) : session.fail(text.error());
  }
  if ((arguments.topic == "product") == arguments.product.empty()) {
    return session.fail({ErrorCode::usage_of_command,
                         "which product? steelyard reference product ID is a page of one, "
                         "steelyard reference products lists them"});
  }
  const auto text = products_page(arguments.price_book, arguments.product);
  if (!text.has_value()) return session.fail(text.error());
  session.write(*text);
}

void add_reference(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("reference", "A page of the reference, in Markdown");
  const auto arguments = std::make_shared<PageArguments>();
  std::vector<std::string> topics;
  for (const Page& page : pages) topics.emplace_back(page.topic);
  topics.insert(topics.end(), {"http-api", "product", "products"});
  command
      ->add_option("topic", arguments->topic,
                   "cli: the commands; exports: the columns of exported charge lines; http-api: "
                   "the paths of a server; product-files: their "
                   "format; product-schema: the same as "
                   "JSON Schema; product: a page of one product; products: all of them; reasons: "
                   "why a line is not charged; usage-formats: which counts "
                   "include which")
      ->required()
      ->check(CLI::IsMember(topics));
  command->add_option("product", arguments->product, "With product: its id, a code or its name")
      ->type_name("PRODUCT");
  add_price_book_option(*command, arguments->price_book);
  set_examples(*command,
               "  What does above_top_tier mean?\n"
               "    steelyard reference reasons | grep above_top_tier\n"
               "  What is billed of ECS?\n"
               "    steelyard reference product ecs");
  command->callback([arguments, &app, &session] { write_page(*arguments, app, session); });
}

}  // namespace steelyard::cli
