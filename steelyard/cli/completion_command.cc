#include <memory>

#include "steelyard/cli/command.h"
#include "steelyard/cli/completion.h"

namespace steelyard::cli {

void add_completion(CLI::App& app, Session& session);

std::string first_sentence(const std::string& description) {
  return description.substr(0, description.find(". "));
}

void add_completion(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("completion", "A script that completes commands in a shell");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "The shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  set_examples(*command,
               "  For this session:\n"
               "    source <(steelyard completion bash)\n"
               "  For ever:\n"
               "    steelyard completion bash > ~/.local/share/bash-completion/completions/"
               "steelyard\n"
               "    steelyard completion zsh > \"${fpath[1]}/_steelyard\"\n"
               "    steelyard completion fish > ~/.config/fish/completions/steelyard.fish");
  command->callback([shell, &app, &session] {
    const CommandText root = describe(app);
    session.write(*shell == "bash"  ? bash_completion(root)
                  : *shell == "zsh" ? zsh_completion(root)
                                    : fish_completion(root));
  });
}

}  // namespace steelyard::cli
