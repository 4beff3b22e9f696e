#include "steelyard/cli/serve_mirror.h"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "steelyard/cli/folders.h"
#include "steelyard/log/file_io.h"

namespace steelyard::cli {
namespace {

constexpr const char* pepper_name = "pepper";

std::atomic<std::int64_t>& mended_files() {
  static std::atomic<std::int64_t> count = 0;
  return count;
}

void tell(const log::Mended& mended) {
  ++mended_files();
  std::fprintf(stderr, "steelyard: %s\n", mended.text().c_str());
}

/// None: it is missing, or none.
std::optional<std::string> pepper_in(const std::string& folder) {
  const auto text = log::read_file(log::real_files(), folder + '/' + pepper_name);
  return text.has_value() && is_pepper(*text) ? std::optional(*text) : std::nullopt;
}

}  // namespace

bool is_pepper(std::string_view text) {
  constexpr std::size_t digits = 64;
  return text.size() == digits + 1 && text.ends_with('\n') &&
         text.find_first_not_of("0123456789abcdef") == digits;
}

void add_mirror_option(CLI::App& command, std::string& folder) {
  command
      .add_option("--mirror", folder,
                  "A second folder, best on another disk, that has everything too before it is "
                  "acknowledged: what is damaged or lost in one is taken from the other")
      ->type_name("DIR");
}

Result<void> set_mirror(const std::string& folder, const std::string& data, log::Options& options) {
  if (folder.empty()) return {};
  if (overlap(folder, data)) {
    return failure(ErrorCode::usage_of_command,
                   "--mirror " + folder + ": is in --data " + data +
                       ", or the other way round; take a folder on another disk");
  }
  // The log makes the last one: for its owner only.
  std::error_code error;
  const auto real = std::filesystem::weakly_canonical(folder, error);
  if (real.has_parent_path()) std::filesystem::create_directories(real.parent_path(), error);
  if (error) return failure(ErrorCode::file_is_unreadable, folder + ": " + error.message());
  options.mirror = folder;
  options.mended = tell;
  return {};
}

Result<void> agree_on_pepper(const std::string& folder, const std::string& data) {
  if (folder.empty()) return {};
  const std::optional<std::string> here = pepper_in(data);
  const std::optional<std::string> there = pepper_in(folder);
  if (here == there) return {};
  if (here.has_value() && there.has_value()) {
    return failure(ErrorCode::file_is_malformed,
                   data + "/pepper and " + folder +
                       "/pepper differ: one of them is damaged or of another server, and without "
                       "the right one no API key is valid; put it from a backup into both");
  }
  return log::write_file_durably(log::real_files(), here.has_value() ? folder : data, pepper_name,
                                 here.has_value() ? *here : *there);
}

void add_mirror_metrics(server::Metrics& metrics) {
  metrics.gauge("steelyard_log_mended_files",
                "Files of the log and its mirror that were damaged, behind or lost, and taken from "
                "the other copy, since the start.",
                {}, [] { return mended_files().load(); });
}

}  // namespace steelyard::cli
