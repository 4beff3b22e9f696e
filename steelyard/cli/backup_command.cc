#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/cli/command.h"
#include "steelyard/cli/folders.h"
#include "steelyard/cli/progress.h"
#include "steelyard/log/backup.h"
#include "steelyard/log/file_io.h"
#include "steelyard/personal/key_ring.h"
#include "steelyard/report/text_table.h"

namespace steelyard::cli {

void add_backup(CLI::App& app, Session& session);

namespace {

struct Arguments {
  std::string data;
  std::string to;
  bool is_quiet = false;
};

std::string count(std::uint64_t number) { return report::grouped(std::to_string(number)); }

/// Without it no API key of the copy would be valid.
Result<void> copy_pepper(const Arguments& arguments) {
  log::Files& files = log::real_files();
  STEELYARD_TRY(pepper, log::read_file(files, arguments.data + "/pepper"));
  const std::string path = arguments.to + "/pepper";
  if (std::filesystem::exists(path)) {
    STEELYARD_TRY(there, log::read_file(files, path));
    if (there == pepper) return {};
    return failure(ErrorCode::other_store, path + ": is not the one of " + arguments.data);
  }
  return log::write_file_durably(files, arguments.to, "pepper", pepper);
}

/// Behind the log: then there is a key for everything in the copy that is sealed. Over those of an
/// earlier call: what was erased since is erased in the copy too.
Result<void> copy_personal_keys(const Arguments& arguments) {
  const std::string name(personal::KeyRing::file_name);
  const std::string from = arguments.data + '/' + name;
  const std::string to = arguments.to + '/' + name;
  std::error_code error;
  const bool is_copied = std::filesystem::exists(to, error);
  if (!std::filesystem::exists(from, error) && !is_copied) return {};
  log::Files& files = log::real_files();
  STEELYARD_TRY(keys, log::read_file(files, from));
  // Keys are never removed from the file, also when they are destroyed.
  if (is_copied && std::filesystem::file_size(to, error) > keys.size()) {
    return failure(ErrorCode::file_is_malformed,
                   from + ": has fewer keys than " + to +
                       ", which is left as it is: bring the right file back, from there or from "
                       "the mirror, then back up again");
  }
  return log::write_file_durably(files, arguments.to, name, keys);
}

/// A folder of something else is not written into; half a first backup is gone on with.
Result<void> holds_nothing_else(const std::string& to) {
  constexpr std::array<std::string_view, 4> ours = {"lock", "log", "pepper",
                                                    personal::KeyRing::file_name};
  std::error_code error;
  if (std::filesystem::exists(to + "/store", error)) return {};
  for (const auto& entry : std::filesystem::directory_iterator(to, error)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".new") || std::ranges::find(ours, name) != ours.end()) continue;
    return failure(ErrorCode::usage_of_command,
                   "--to " + to + ": holds " + name +
                       " and no backup; take a folder that is empty or not there yet");
  }
  return {};
}

std::vector<std::string> segments_of(const std::string& data) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(data + "/log", error)) {
    if (entry.path().extension() == ".segment") files.push_back(entry.path());
  }
  return files;
}

Result<void> back_up(const Arguments& arguments, Session& session) {
  std::error_code error;
  if (std::filesystem::equivalent(arguments.data, arguments.to, error)) {
    return failure(ErrorCode::usage_of_command, "--to is the folder of --data");
  }
  if (overlap(arguments.data, arguments.to) ||
      overlap(arguments.data + "/log", arguments.to + "/log")) {
    return failure(ErrorCode::usage_of_command,
                   "--to " + arguments.to + ": is in --data " + arguments.data +
                       ", or the other way round; take a folder elsewhere");
  }
  STEELYARD_PASS(holds_nothing_else(arguments.to));
  STEELYARD_PASS(log::ensure_directory(log::real_files(), arguments.to));
  Progress progress(segments_of(arguments.data), arguments.is_quiet);
  const auto backup = log::back_up(
      arguments.data, arguments.to, [&](std::uint64_t bytes) { progress.show(bytes); },
      log::real_files(),
      [&]() -> Result<void> {
        STEELYARD_PASS(copy_pepper(arguments));
        return copy_personal_keys(arguments);
      });
  progress.clear();
  if (!backup.has_value()) return std::unexpected(backup.error());
  const log::Report& copy = backup->copy;
  session.write("backup   " + count(copy.records) + " records in " + count(copy.frames) +
                " frames, " + count(copy.segments) + " segments, " + count(copy.bytes) +
                " bytes; of these, " + count(backup->new_bytes) +
                " are new\n         checksums, hash chain and sequences of the copy are sound\n");
  return {};
}

}  // namespace

void add_backup(CLI::App& app, Session& session) {
  CLI::App* const command =
      app.add_subcommand("backup", "Copy the data of a server, also while it runs");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("--data", arguments->data, "The server's folder")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--to", arguments->to,
                   "The folder of the copy, made if it is not there. What it holds from an earlier "
                   "backup is not copied again")
      ->required()
      ->type_name("DIR");
  command->add_flag("--quiet", arguments->is_quiet, "No progress bar");
  set_examples(*command,
               "  All that is durable at this moment; again, only what has come since:\n"
               "    steelyard backup --data ./data --to ./backup\n"
               "  The copy is a folder to serve:\n"
               "    steelyard serve --data ./backup");
  command->callback([arguments, &session] {
    if (auto done = back_up(*arguments, session); !done.has_value()) session.fail(done.error());
  });
}

}  // namespace steelyard::cli
