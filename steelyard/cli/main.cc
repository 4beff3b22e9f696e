#include <exception>

#include "steelyard/cli/command.h"
#include "steelyard/cli/suggestion.h"

int main(int argc, char** argv) {
  using steelyard::cli::ExitStatus;
  try {
    CLI::App app("Exact metering, rating and billing for AI platforms.", "steelyard");
    steelyard::cli::Session session;
    steelyard::cli::add_commands(app, session);
    app.require_subcommand(1);
    app.set_version_flag("--version", "steelyard " STEELYARD_VERSION);
    try {
      app.parse(argc, argv);
    } catch (const CLI::Success& help_or_version) {
      return app.exit(help_or_version);
    } catch (const CLI::ParseError& error) {
      const std::string sentence = steelyard::cli::sentence_about(
          error, app, {argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
      std::fprintf(stderr, "steelyard: %s\n", sentence.c_str());
      return static_cast<int>(ExitStatus::could_not_run);
    }
    return static_cast<int>(session.is_output_lost ? ExitStatus::could_not_run : session.status);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "steelyard: %s\n", error.what());
    return static_cast<int>(ExitStatus::could_not_run);
  }
}
