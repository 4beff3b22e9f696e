#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"

namespace steelyard::cli {

/// How a command ended: contract, section 2.
enum class ExitStatus : int {
  done = 0,
  some_set_aside = 1,  ///< Everything was written, but some of it needs a look.
  could_not_run = 2,   ///< One sentence on standard error says why.
};

/// What the commands share while the arguments are parsed and the chosen one runs.
struct Session {
  ExitStatus status = ExitStatus::done;

  bool is_output_lost = false;  ///< Some of it could not be written: the status is could_not_run.

  /// Says on standard error why the command could not run.
  void fail(const Error& error);

  /// Writes to standard output. Says on standard error, once, if that fails.
  void write(std::string_view text);
};

/// One command, `steelyard NAME`, in a file of its own. The descriptions, options and
/// examples that it adds are the only source of --help, the man page and the completions.
using AddCommand = void (*)(CLI::App& app, Session& session);

/// Every command, in the order in which --help shows them.
std::span<const AddCommand> commands();

/// The whole command line. `app` must outlive nothing but the call of its parse.
void add_commands(CLI::App& app, Session& session);

/// Adds examples to a command's help: "What it does.\n  $ steelyard rate day.ndjson\n".
void set_examples(CLI::App& command, const std::string& text);

}  // namespace steelyard::cli
