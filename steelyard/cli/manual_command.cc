#include <memory>

#include "steelyard/cli/command.h"
#include "steelyard/cli/manual.h"

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

void add_reference(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("reference", "A page of the reference, in Markdown");
  const auto topic = std::make_shared<std::string>();
  command
      ->add_option("topic", *topic,
                   "cli: the commands; reasons: why a line is not charged; usage-formats: which "
                   "counts include which")
      ->required()
      ->check(CLI::IsMember({"cli", "reasons", "usage-formats"}));
  set_examples(*command,
               "  What does above_top_tier mean?\n"
               "    steelyard reference reasons | grep above_top_tier");
  command->callback([topic, &app, &session] {
    session.write(*topic == "cli"       ? cli_reference(describe(app))
                  : *topic == "reasons" ? reasons_reference()
                                        : usage_formats_reference());
  });
}

}  // namespace steelyard::cli
