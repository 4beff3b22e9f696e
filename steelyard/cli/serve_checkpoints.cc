#include "steelyard/cli/serve_checkpoints.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <utility>

#include "steelyard/base/exit_status.h"
#include "steelyard/checkpoint/key_file.h"

namespace steelyard::cli {
namespace {

constexpr std::uint64_t seconds_max = 86'400;

void say_failed(const Error& error) {
  std::fprintf(stderr,
               "steelyard: checkpoints can not be written, and are tried again; facts are taken "
               "and charged as before: %s\n",
               error.detail.c_str());
}

void say_goes_on() { std::fprintf(stderr, "steelyard: checkpoints are written again\n"); }

[[noreturn]] void end_process(const Error& error) {
  std::fprintf(stderr, "steelyard: the log is not the one that was signed: %s\n",
               error.detail.c_str());
  _exit(base::exit_status_of_io_error);
}

}  // namespace

void add_checkpoint_options(CLI::App& command, CheckpointArguments& arguments) {
  CLI::Option* const folder =
      command
          .add_option("--checkpoints", arguments.folder,
                      "Sign where the log's hash chain stands, into this folder: better of another "
                      "machine. `verify --checkpoints` compares")
          ->type_name("DIR");
  command
      .add_option("--checkpoint-key", arguments.key,
                  "PEM, the private Ed25519 key that signs, mode 0600; by default "
                  "checkpoint-key.pem of --data, made at the first start")
      ->type_name("FILE")
      ->needs(folder);
  command
      .add_option("--checkpoint-every", arguments.every,
                  "Sign after so many seconds in which something was added")
      ->type_name("SECONDS")
      ->check(CLI::Range(std::uint64_t{1}, seconds_max))
      ->capture_default_str()
      ->needs(folder);
}

Result<std::unique_ptr<node::Checkpoints>> open_checkpoints(const CheckpointArguments& arguments,
                                                            const std::string& data,
                                                            log::LocalLog& log) {
  if (arguments.folder.empty()) return nullptr;
  STEELYARD_TRY(key, arguments.key.empty() ? checkpoint::signing_key_of(data)
                                           : checkpoint::read_signing_key(arguments.key));
  node::CheckpointOptions options;
  options.folder = arguments.folder;
  options.every = std::chrono::seconds(arguments.every);
  options.failed = say_failed;
  options.goes_on = say_goes_on;
  options.log_differs = end_process;
  return node::Checkpoints::open(log, std::move(key), std::move(options));
}

void add_checkpoint_metrics(const node::Checkpoints& checkpoints, server::Metrics& metrics) {
  metrics.gauge("steelyard_checkpoint_sequence",
                "The record up to which a signed checkpoint is in its folder.", {},
                [&checkpoints] { return static_cast<std::int64_t>(checkpoints.sequence()); });
  metrics.gauge("steelyard_checkpoint_is_failing",
                "1 while checkpoints can not be written to their folder.", {},
                [&checkpoints]() -> std::int64_t { return checkpoints.is_failing() ? 1 : 0; });
}

void begin_checkpoints(node::Checkpoints& checkpoints, node::Node& node,
                       const CheckpointArguments& arguments, Session& session) {
  if (checkpoints.is_new_folder()) {
    session.write("Checkpoints in " + arguments.folder +
                  " are signed with this key; keep its public part elsewhere, too:\n" +
                  checkpoints.public_key().pem());
  }
  checkpoints.begin(node);
}

}  // namespace steelyard::cli
