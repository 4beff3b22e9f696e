#include "steelyard/cli/completion.h"

#include <gtest/gtest.h>

#include "steelyard/cli/program_for_tests.h"

namespace steelyard::cli {
namespace {

/// What bash offers for words, of which the last is not finished.
std::string in_bash(const std::string& words) {
  const Ran ran = run_shell(
      "source <(steelyard completion bash)\nCOMP_WORDS=(" + words +
      ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_steelyard\nprintf '%s ' \"${COMPREPLY[@]}\"");
  EXPECT_EQ(ran.status, 0) << ran.error;
  return ran.out;
}

std::string in_fish(const std::string& line) {
  const Ran ran = run_shell(
      "steelyard completion fish > \"$0.fish\"\nfish --no-config -c \"source '$0.fish'; "
      "complete -C '" +
      line + "'\" | cut -f1 | tr '\\n' ' '");
  EXPECT_EQ(ran.error, "");
  return ran.out;
}

TEST(Completion, BashOffersCommandsOptionsAndValues) {
  EXPECT_EQ(in_bash("steelyard ra"), "rate ");
  EXPECT_EQ(in_bash("steelyard pricebook ''"), "lint show diff import publish ");
  EXPECT_EQ(in_bash("steelyard rate --outp"), "--output ");
  EXPECT_EQ(in_bash("steelyard rate --output ''"), "table ndjson csv ");
  EXPECT_EQ(in_bash("steelyard rate --output = n"), "ndjson ");
  EXPECT_EQ(in_bash("steelyard rate --quiet --output c"), "csv ");
  EXPECT_EQ(in_bash("steelyard completion ''"), "bash zsh fish ");
}

TEST(Completion, BashOffersFilesFoldersAndModels) {
  EXPECT_EQ(in_bash("steelyard rate CMakeL"), "CMakeLists.txt ");
  EXPECT_EQ(in_bash("steelyard rate --pricebook priceb"), "pricebooks ");
  EXPECT_EQ(in_bash("steelyard pricebook lint CMakeL"), " ");  // No folder.
  EXPECT_EQ(in_bash("steelyard estimate --model qwen-tu"), "qwen-turbo ");
}

TEST(Completion, FishOffersTheSame) {
  EXPECT_EQ(in_fish("steelyard ra"), "rate ");
  EXPECT_EQ(in_fish("steelyard rate --outp"), "--output ");
  EXPECT_EQ(in_fish("steelyard rate --output "), "csv ndjson table ");
  EXPECT_EQ(in_fish("steelyard pricebook "), "diff import lint publish show ");
  EXPECT_EQ(in_fish("steelyard estimate --model qwen-tu"), "qwen-turbo ");
}

TEST(Completion, EveryShellReadsItsScript) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Ran ran = run_shell(std::string("steelyard completion ") + shell +
                              " > \"$0.script\" && " + shell + " -n \"$0.script\"");
    EXPECT_EQ(ran.status, 0) << shell << ": " << ran.error;
    EXPECT_EQ(ran.error, "") << shell;
  }
}

TEST(Completion, ZshLoadsIt) {
  const Ran ran = run_shell(
      "mkdir \"$0.d\" && steelyard completion zsh > \"$0.d/_steelyard\" && zsh -f -c "
      "\"fpath=('$0.d' "
      "\\$fpath); autoload -Uz compinit; compinit -D -u; echo \\${_comps[steelyard]}\"");
  EXPECT_EQ(ran.out, "_steelyard\n") << ran.error;
}

}  // namespace
}  // namespace steelyard::cli
