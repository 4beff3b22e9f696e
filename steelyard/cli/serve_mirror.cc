#include "steelyard/cli/serve_mirror.h"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>

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

bool is_within(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const auto relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

void add_mirror_option(CLI::App& command, std::string& folder) {
  command
      .add_option("--mirror", folder,
                  "A second folder, best on another disk, that has everything too before it is "
                  "acknowledged: what is damaged or lost in one is taken from the other")
      ->type_name("DIR");
}

Result<void> set_mirror(const std::string& folder, const std::string& data, log::Options& options) {
  if (folder.empty()) return {};
  std::error_code error;
  const auto real = std::filesystem::weakly_canonical(folder, error);
  const auto real_data = std::filesystem::weakly_canonical(data, error);
  if (is_within(real, real_data) || is_within(real_data, real)) {
    return failure(ErrorCode::usage_of_command,
                   "--mirror " + folder + ": is in --data " + data +
                       ", or the other way round; take a folder on another disk");
  }
  std::filesystem::create_directories(folder, error);
  if (error) return failure(ErrorCode::file_is_unreadable, folder + ": " + error.message());
  options.mirror = folder;
  options.mended = tell;
  return {};
}

Result<void> take_pepper_from(const std::string& folder, const std::string& data) {
  const bool is_lost = !folder.empty() && !std::filesystem::exists(data + '/' + pepper_name) &&
                       std::filesystem::exists(folder + '/' + pepper_name);
  if (!is_lost) return {};
  return give_pepper_to(data, folder);
}

Result<void> give_pepper_to(const std::string& folder, const std::string& data) {
  if (folder.empty()) return {};
  STEELYARD_TRY(text, log::read_file(log::real_files(), data + '/' + pepper_name));
  const auto there = log::read_file(log::real_files(), folder + '/' + pepper_name);
  if (there.has_value() && *there == text) return {};
  return log::write_file_durably(log::real_files(), folder, pepper_name, text);
}

void add_mirror_metrics(server::Metrics& metrics) {
  metrics.gauge("steelyard_log_mended_files",
                "Files of the log and its mirror that were damaged, behind or lost, and taken from "
                "the other copy, since the start.",
                {}, [] { return mended_files().load(); });
}

}  // namespace steelyard::cli
