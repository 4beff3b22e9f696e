#include <memory>

#include "steelyard/cli/command.h"
#include "steelyard/cli/manual.h"
#include "steelyard/report/product_schema.h"

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
    {"product-files", [](const CLI::App&) { return product_files_reference(); }},
    {"product-schema", [](const CLI::App&) { return report::product_schema(); }},
    {"reasons", [](const CLI::App&) { return reasons_reference(); }},
    {"usage-formats", [](const CLI::App&) { return usage_formats_reference(); }},
};

void add_reference(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("reference", "A page of the reference, in Markdown");
  const auto topic = std::make_shared<std::string>();
  std::vector<std::string> topics;
  for (const Page& page : pages) topics.emplace_back(page.topic);
  command
      ->add_option("topic", *topic,
                   "cli: the commands; product-files: their format; product-schema: the same as "
                   "JSON Schema; reasons: why a line is not charged; usage-formats: which counts "
                   "include which")
      ->required()
      ->check(CLI::IsMember(topics));
  set_examples(*command,
               "  What does above_top_tier mean?\n"
               "    steelyard reference reasons | grep above_top_tier");
  command->callback([topic, &app, &session] {
    for (const Page& page : pages) {
      if (*topic == page.topic) session.write(page.text(app));
    }
  });
}

}  // namespace steelyard::cli
