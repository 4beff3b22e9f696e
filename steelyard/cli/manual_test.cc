#include "steelyard/cli/manual.h"

#include <gtest/gtest.h>

#include "steelyard/cli/command.h"
#include "steelyard/cli/program_for_tests.h"
#include "steelyard/report/reasons.h"

namespace steelyard::cli {
namespace {

CommandText whole_tree() {
  CLI::App app("", "steelyard");
  Session session;
  add_commands(app, session);
  return describe(app);
}

TEST(Manual, ManPageIsCleanRoff) {
  const Ran ran = run_shell("steelyard man > \"$0.1\" && man --warnings -l \"$0.1\" > /dev/null");
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.error, "");
}

TEST(Manual, EveryCommandTeachesWithExamples) {
  const CommandText root = whole_tree();
  for (const CommandText* command : all_commands(root)) {
    EXPECT_NE(command->description, "") << command->path;
    EXPECT_NE(command->examples.find("    "), std::string::npos) << command->path;
    EXPECT_NE(command->examples.find(command->path), std::string::npos);
    for (const OptionText& option : command->options) {
      EXPECT_NE(option.description, "") << command->path << ' ' << option.form();
    }
  }
}

TEST(Manual, NothingIsLeftOut) {
  const CommandText root = whole_tree();
  const std::string page = man_page(root);
  const std::string reference = cli_reference(root);
  for (const CommandText* command : all_commands(root)) {
    EXPECT_NE(reference.find("\n## " + command->path + '\n'), std::string::npos);
    EXPECT_NE(page.find(".SS " + command->path + '\n'), std::string::npos) << command->path;
    for (const OptionText& option : command->options) {
      if (!option.is_argument()) {
        EXPECT_NE(reference.find(option.names.back()), std::string::npos) << option.names.back();
      }
    }
  }
  for (const char* section : {"EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"}) {
    EXPECT_NE(page.find(std::string(".SH ") + section + '\n'), std::string::npos) << section;
  }
}

TEST(Manual, EveryReasonOfTheContractIsExplained) {
  EXPECT_EQ(report::reasons().size(), 23u);  // 11 rejected, 12 unrated.
  const std::string page = reasons_reference();
  for (const report::ReasonText& reason : report::reasons()) {
    EXPECT_NE(page.find('`' + std::string(name_of(reason.code)) + '`'), std::string::npos);
    EXPECT_NE(reason.meaning, "");
    EXPECT_NE(reason.advice, "");
  }
}

TEST(Manual, HelpShowsExamples) {
  const Ran ran = run_program("explain --help");
  EXPECT_EQ(ran.status, 0);
  EXPECT_NE(ran.out.find("EXAMPLES\n"), std::string::npos);
}

TEST(CommandLine, MistypedWordsGetAHint) {
  for (const auto& [arguments, sentence] : {
           std::pair{"rat",
                     "unknown command 'rat' of steelyard; did you mean 'rate'? (see "
                     "steelyard --help)"},
           std::pair{"pricebook lnt x",
                     "unknown command 'lnt' of steelyard pricebook; did you "
                     "mean 'lint'? (see steelyard pricebook --help)"},
           std::pair{"rate --outptu csv",
                     "unknown option '--outptu' of steelyard rate; did you "
                     "mean '--output'? (see steelyard rate --help)"},
           std::pair{"frobnicate",
                     "unknown command 'frobnicate' of steelyard (see steelyard "
                     "--help)"},
           std::pair{"rate --output xml",
                     "--output: xml not in {table,ndjson,csv} (see steelyard "
                     "rate --help)"},
       }) {
    const Ran ran = run_program(arguments);
    EXPECT_EQ(ran.status, 2) << arguments;
    EXPECT_EQ(ran.out, "") << arguments;
    EXPECT_EQ(ran.error, "steelyard: " + std::string(sentence) + '\n');
  }
  EXPECT_EQ(run_program("").status, 2);
  EXPECT_EQ(run_program("--version").out, "steelyard " STEELYARD_VERSION "\n");
}

}  // namespace
}  // namespace steelyard::cli
