#include "steelyard/cli/pricebook_command.h"

namespace steelyard::cli {

void add_pricebook(CLI::App& app, Session& session);

void add_pricebook(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("pricebook", "Check, show, compare, import and publish price books");
  command->require_subcommand(1);
  add_pricebook_lint(*command, session);
  add_pricebook_show(*command, session);
  add_pricebook_diff(*command, session);
  add_pricebook_import(*command, session);
  add_pricebook_publish(*command, session);
  set_examples(*command,
               "  Is the book free of mistakes?\n"
               "    steelyard pricebook lint pricebooks/aliyun-ai-paas\n"
               "  What does a model cost?\n"
               "    steelyard pricebook show --model qwen-plus");
}

}  // namespace steelyard::cli
