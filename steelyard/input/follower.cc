#include "steelyard/input/follower.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <thread>

namespace steelyard::input {
namespace {

namespace fs = std::filesystem;

/// That are held open at once. Later ones wait under their names.
constexpr std::size_t files_max = 64;

/// A folder that never stands still is listed so often, and no more.
constexpr int listings_max = 20;
constexpr auto listing_pause = std::chrono::milliseconds(5);

/// So long after it was deleted and did not grow, nobody writes to a file any more.
constexpr auto quiet_of_deleted = std::chrono::minutes(1);

/// "file.1", "file-20261126", "file.2026-11-26T10:00": files beside it that were rotated away.
/// Others that begin like it may be anything.
bool is_rotated_name(std::string_view name, std::string_view of) {
  if (!name.starts_with(of)) return false;
  const std::string_view rest = name.substr(of.size());
  return rest.size() >= 2 && (rest[0] == '.' || rest[0] == '-') && rest[1] >= '0' &&
         rest[1] <= '9' && rest.find_first_not_of("0123456789.-_:TZ", 1) == std::string_view::npos;
}

/// In nanoseconds. The clock by which files are modified goes in steps.
std::int64_t now_by_file_clock() {
  constexpr std::int64_t step = 20'000'000;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec - step;
}

/// Zero for what can not be looked at.
std::int64_t modified_nanoseconds_of(const fs::path& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return 0;
  return std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
}

log::FileIdentity identity_of(const std::unique_ptr<FollowedFile>& file) {
  return file->identity();
}

FilePosition position_at(const FollowedFile& file) {
  FilePosition position = file.position(false);
  position.offset = file.offset();
  return position;
}

}  // namespace

Result<std::unique_ptr<Follower>> Follower::open(std::string name, const FollowPosition& position,
                                                 FollowLimits limits) {
  std::unique_ptr<Follower> follower(new Follower(std::move(name), limits));
  STEELYARD_PASS(follower->resume(position));
  STEELYARD_PASS(follower->look());
  if (!follower->is_there() && !follower->absent_since_.has_value()) {
    follower->absent_since_ = now_by_file_clock();
  }
  return follower;
}

/// The file of the name and those beside it that begin like it, or only those that were rotated
/// away, as far as they are wanted; without those that can not be opened, and archives. What is
/// renamed while a folder is listed may be left out of the list: it is listed again until nothing
/// changed meanwhile.
std::vector<Follower::File> Follower::beside(
    Names names, std::int64_t since, const std::function<bool(const FollowedFile&)>& wanted) const {
  const fs::path whole(name_);
  const fs::path folder = whole.has_parent_path() ? whole.parent_path() : fs::path(".");
  const std::string base = whole.filename().string();
  std::vector<File> found;
  for (int listed = 0; listed < listings_max; ++listed) {
    if (listed > 0) std::this_thread::sleep_for(listing_pause);
    const auto changed = modified_nanoseconds_of(folder);
    const bool stands_still = changed < now_by_file_clock();
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      if (!(names == Names::rotated ? is_rotated_name(name, base) : name.starts_with(base)) ||
          modified_nanoseconds_of(entry->path()) < since) {
        continue;
      }
      auto file = FollowedFile::open(entry->path().string());
      if (!file.has_value() || is_known((*file)->identity()) || !wanted(**file)) continue;
      if (std::ranges::find(found, (*file)->identity(), identity_of) != found.end()) continue;
      found.push_back(*std::move(file));
    }
    if (stands_still && modified_nanoseconds_of(folder) == changed) break;
  }
  return found;
}

bool Follower::is_known(const log::FileIdentity& identity) const {
  return std::ranges::find(files_, identity, identity_of) != files_.end();
}

/// Whether a file that is read anyway is the one of the position, or a copy of it.
bool Follower::is_held(const FilePosition& position, const FollowedFile* but) {
  return position.prefix_bytes > 0 && std::ranges::any_of(files_, [&](const File& file) {
           // A copy may have been made since it was looked at; errors are told where it is read.
           return file.get() != but && file->look() == false && file->fits(position);
         });
}

bool Follower::has_other_name(const FollowedFile& file) const {
  return current_ != file.identity();
}

/// The file itself, or a copy of it. What stands under the name is no copy: it is read from its
/// start.
bool Follower::may_be(const FollowedFile& file, const FilePosition& position) const {
  const bool is_itself = file.identity() == position.identity;
  return file.fits(position) && (is_itself || (position.prefix_bytes > 0 && has_other_name(file)));
}

/// The file itself, else a copy of it: the longest one, because it was made last. Null: neither.
Follower::File Follower::take(std::vector<File>& from, const FilePosition& position) const {
  auto taken = from.end();
  for (auto at = from.begin(); at != from.end(); ++at) {
    if (!may_be(**at, position)) continue;
    if (taken == from.end() || (*at)->size() > (*taken)->size()) taken = at;
    if ((*at)->identity() != position.identity) continue;
    taken = at;
    break;
  }
  if (taken == from.end()) return nullptr;
  File file = std::move(*taken);
  from.erase(taken);
  return file;
}

/// Somebody put a longer copy in its place, which is read from its start: nothing is missing.
bool Follower::is_copied_to_name(const FilePosition& position) const {
  const auto file = FollowedFile::open(name_);
  return file.has_value() && position.prefix_bytes > 0 && (*file)->fits(position);
}

Result<void> Follower::resume(const FollowPosition& position) {
  absent_since_ = position.absent_since_nanoseconds;
  if (position.files.empty()) return {};
  struct stat status{};
  if (stat(name_.c_str(), &status) == 0) current_ = {status.st_dev, status.st_ino};
  auto found = beside(Names::all, 0, [&](const FollowedFile& file) {
    return std::ranges::any_of(position.files,
                               [&](const FilePosition& each) { return may_be(file, each); });
  });
  for (const FilePosition& each : position.files) {
    if (File file = take(found, each); file != nullptr) {
      file->go_on_at(each.offset);
      files_.push_back(std::move(file));
    } else if (!each.is_finished && !is_held(each) && !is_copied_to_name(each)) {
      notes_.push_back(name_ + ": the file that was read up to byte " +
                       std::to_string(each.offset) + " (inode " +
                       std::to_string(each.identity.number) +
                       ") can not be found: whatever stood behind that in it was not sent; if it "
                       "is elsewhere, send it with `steelyard ingest`");
    }
  }
  found.clear();
  // Of those that were cut off or copied meanwhile, there may be more.
  const auto oldest =
      std::ranges::min_element(position.files, {}, &FilePosition::modified_nanoseconds);
  hold_rotated_since(oldest->modified_nanoseconds, files_.size());
  current_.reset();
  return {};
}

/// Files that were rotated away since then come before the one at `before`, the oldest one first.
void Follower::hold_rotated_since(std::int64_t modified_nanoseconds, std::size_t before) {
  auto found = beside(Names::rotated, modified_nanoseconds,
                      [&](const FollowedFile& file) { return has_other_name(file); });
  std::ranges::sort(found, {}, [](const File& file) { return file->modified_nanoseconds(); });
  for (File& file : found) {
    if (files_.size() >= files_max) {
      waiting_since_ = modified_nanoseconds;
      return;
    }
    modified_nanoseconds = file->modified_nanoseconds();
    files_.insert(files_.begin() + static_cast<std::ptrdiff_t>(before++), std::move(file));
  }
}

Result<void> Follower::look() {
  struct stat status{};
  const int error = stat(name_.c_str(), &status) == 0 ? 0 : errno;
  current_.reset();
  if (error == 0) current_ = {status.st_dev, status.st_ino};
  if (waiting_since_.has_value() && files_.size() < files_max) {
    // The newest one stays the last.
    const bool is_newest_held = current_.has_value() && is_known(*current_);
    hold_rotated_since(*std::exchange(waiting_since_, std::nullopt),
                       is_newest_held ? 0 : files_.size());
  }
  if (error == ENOENT) return {};
  if (error != 0) {
    return failure(ErrorCode::file_is_unreadable, name_ + ": " + std::strerror(error));
  }
  const auto known = std::ranges::find(files_, *current_, identity_of);
  if (known != files_.end()) return look_at(static_cast<std::size_t>(known - files_.begin()));
  if (waiting_since_.has_value()) return {};  // Older ones come first.
  auto file = FollowedFile::open(name_);
  if (!file.has_value()) {
    // It was rotated away between the two calls, and nothing stands there yet.
    if (access(name_.c_str(), F_OK) != 0 && errno == ENOENT) return {};
    return std::unexpected(std::move(file).error());
  }
  current_ = (*file)->identity();
  // The first one may have been rotated away before anybody looked.
  const auto since = files_.empty() ? std::exchange(absent_since_, std::nullopt)
                                    : std::optional(files_.back()->modified_nanoseconds());
  if (since.has_value()) hold_rotated_since(*since, files_.size());
  if (files_.size() >= files_max || is_known(*current_)) return {};
  files_.push_back(*std::move(file));
  return {};
}

Result<void> Follower::look_at(std::size_t at) {
  FollowedFile& file = *files_[at];
  const bool was_empty = file.prefix().empty();
  const std::int64_t modified = file.modified_nanoseconds();
  STEELYARD_TRY(is_rewritten, file.look());
  if (is_rewritten) return begin_anew(at);
  // What it begins with may be the second that was written: the first was copied and cut off.
  if (was_empty && file.modified_nanoseconds() != modified) hold_rotated_since(modified, at);
  return {};
}

/// The file was cut off, or written anew from its start: what was not read of it stands in a copy,
/// or nowhere.
Result<void> Follower::begin_anew(std::size_t at) {
  FollowedFile& file = *files_[at];
  const FilePosition before = position_at(file);
  const std::uint64_t size = file.size();
  auto found =
      beside(Names::all, 0, [&](const FollowedFile& each) { return may_be(each, before); });
  if (File copy = take(found, before); copy != nullptr) {
    copy->go_on_at(before.offset);
    files_.insert(files_.begin() + static_cast<std::ptrdiff_t>(at++), std::move(copy));
  } else if (size > before.offset && !is_held(before, &file)) {
    notes_.push_back(
        name_ + ": was cut off before bytes " + std::to_string(before.offset) + " to " +
        std::to_string(size) +
        " of it were sent, and no copy of it is there: what stood in them is not sent");
  }
  // It may have been copied and cut off more than once.
  hold_rotated_since(before.modified_nanoseconds, at);
  if (last_ == &file) last_ = nullptr;
  file.begin_anew();
  const auto now_at = std::ranges::find(files_, &file, &File::get);
  return look_at(static_cast<std::size_t>(now_at - files_.begin()));
}

Result<bool> Follower::next(FollowedLines& to, std::chrono::milliseconds now) {
  last_ = nullptr;
  STEELYARD_PASS(look());
  for (std::size_t i = 0; i < files_.size(); ++i) {
    // That may put others before it, which are read first then.
    STEELYARD_PASS(look_at(i));
    FollowedFile& file = *files_[i];
    STEELYARD_TRY(found, file.read(to, has_other_name(file), now, limits_));
    if (found == FollowedFile::Found::lines) {
      last_ = &file;
      return true;
    }
    if (found == FollowedFile::Found::rewritten) {
      // At most one copy is found for each time that it is rewritten, and read at the next call.
      STEELYARD_PASS(begin_anew(i));
      return next(to, now);
    }
  }
  forget_what_is_over(now);
  return false;
}

void Follower::acknowledge(const FollowedLines& lines) {
  // What was cut off since then is read again from its copy.
  if (last_ != nullptr) last_->acknowledge(lines);
}

/// The one that was rotated away last is kept: who writes to it may not have noticed yet. Of one
/// that was deleted, the disk gets its room back.
void Follower::forget_what_is_over(std::chrono::milliseconds now) {
  for (std::size_t i = 0; i + 1 < files_.size();) {
    const FollowedFile& file = *files_[i];
    const bool is_watched =
        i + 2 == files_.size() && (file.has_a_name() || now - file.grew_at() < quiet_of_deleted);
    if (has_other_name(file) && file.is_at_end() && !is_watched) {
      files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
}

FollowPosition Follower::position() const {
  FollowPosition position;
  position.absent_since_nanoseconds = absent_since_;
  for (const File& file : files_) position.files.push_back(file->position(has_other_name(*file)));
  return position;
}

}  // namespace steelyard::input
