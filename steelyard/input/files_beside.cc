#include "steelyard/input/files_beside.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace steelyard::input {
namespace {

namespace fs = std::filesystem;

/// A folder that never stands still is listed so often, and no more.
constexpr int listings_max = 20;
constexpr auto listing_pause = std::chrono::milliseconds(5);

using Key = std::pair<std::uint64_t, std::uint64_t>;  // That of a FileIdentity.

bool is_rotated_name(std::string_view name, std::string_view of) {
  const std::string_view rest = name.substr(of.size());
  return rest.size() >= 2 && (rest[0] == '.' || rest[0] == '-') && rest[1] >= '0' &&
         rest[1] <= '9' && rest.find_first_not_of("0123456789.-+_:TZ", 1) == std::string_view::npos;
}

fs::path folder_of(const std::string& name) {
  const fs::path whole(name);
  return whole.has_parent_path() ? whole.parent_path() : fs::path(".");
}

/// Adds those that are there; of those that were seen before, the name is a newer one then.
Result<void> list(const std::string& name, std::map<Key, FileBeside>& to) {
  const std::string base = fs::path(name).filename().string();
  const fs::path folder = folder_of(name);
  std::map<Key, FileBeside> now;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string each = entry->path().filename().string();
    struct stat status{};
    if (!each.starts_with(base) || stat(entry->path().c_str(), &status) != 0) continue;
    if (!S_ISREG(status.st_mode)) continue;
    // Of several names, links too, that of a rotated file counts.
    FileBeside& file = now[{status.st_dev, status.st_ino}];
    if (file.is_rotated) continue;
    file = {.modified_nanoseconds = modified_nanoseconds_of(status),
            .identity = {status.st_dev, status.st_ino},
            .path = entry->path().string(),
            .is_rotated = is_rotated_name(each, base)};
  }
  for (auto& [key, file] : now) to.insert_or_assign(key, std::move(file));
  if (!error || error == std::errc::no_such_file_or_directory) return {};
  return failure(ErrorCode::file_is_unreadable,
                 folder.string() + ": can not be listed: " + error.message());
}

}  // namespace

std::int64_t modified_nanoseconds_of(const struct stat& status) {
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

std::int64_t folder_changed_nanoseconds(const std::string& name) {
  struct stat status{};
  return stat(folder_of(name).c_str(), &status) == 0 ? modified_nanoseconds_of(status) : 0;
}

std::int64_t now_by_file_clock() {
  constexpr std::int64_t step = 20'000'000;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec - step;
}

/// What is renamed while a folder is listed may be left out of the list: it is listed again until
/// nothing changed meanwhile.
Result<std::vector<FileBeside>> files_beside(const std::string& name) {
  std::map<Key, FileBeside> found;
  for (int listed = 0; listed < listings_max; ++listed) {
    if (listed > 0) std::this_thread::sleep_for(listing_pause);
    const std::int64_t changed = folder_changed_nanoseconds(name);
    const bool stands_still = changed < now_by_file_clock();
    STEELYARD_PASS(list(name, found));
    if (stands_still && folder_changed_nanoseconds(name) == changed) break;
  }
  std::vector<FileBeside> files;
  for (auto& [key, file] : found) files.push_back(std::move(file));
  std::ranges::stable_sort(files, {}, &FileBeside::modified_nanoseconds);
  return files;
}

}  // namespace steelyard::input
