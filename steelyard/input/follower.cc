#include "steelyard/input/follower.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace steelyard::input {
namespace {

/// That are held open at once. Later ones wait under their names.
constexpr std::size_t files_max = 64;

/// So long after it was deleted and did not grow, nobody writes to a file any more.
constexpr auto quiet_of_deleted = std::chrono::minutes(1);

/// What moves away under one's hands is looked for so often.
constexpr int searches_max = 20;

/// A file that was modified later than so long from now is of another time of the clock.
constexpr std::int64_t clock_tolerance = 1'000'000'000;

log::FileIdentity identity_of(const std::unique_ptr<FollowedFile>& file) {
  return file->identity();
}

}  // namespace

Result<std::unique_ptr<Follower>> Follower::open(std::string name, const FollowPosition& position,
                                                 FollowLimits limits) {
  std::unique_ptr<Follower> follower(new Follower(std::move(name), limits));
  const std::int64_t begun = now_by_file_clock();
  STEELYARD_PASS(follower->resume(position));
  STEELYARD_PASS(follower->look());
  if (!follower->is_there() && position == FollowPosition()) follower->want(begun);
  return follower;
}

bool Follower::is_known(const log::FileIdentity& identity) const {
  return std::ranges::find(files_, identity, identity_of) != files_.end();
}

bool Follower::has_other_name(const FollowedFile& file) const {
  return current_ != file.identity();
}

/// What was rotated away and modified since then is to be read.
void Follower::want(std::int64_t since) {
  is_wanted_anew_ = true;
  if (wanted_since_.has_value() && *wanted_since_ <= since) return;
  wanted_since_ = since;
  completely_held_at_.reset();
}

/// Null where it has another name now, or is nothing that can be followed.
Result<Follower::File> Follower::open_listed(const FileBeside& listed, bool& has_moved) const {
  auto file = FollowedFile::open(listed.path);
  if (file.has_value()) {
    if ((*file)->identity() == listed.identity) return *std::move(file);
    has_moved = true;
    return nullptr;
  }
  const bool is_gone = access(listed.path.c_str(), F_OK) != 0 && errno == ENOENT;
  has_moved = has_moved || is_gone;
  // What is called otherwise than a file that was rotated away may be nobody's business.
  if (is_gone || !listed.is_rotated || file.error().code == ErrorCode::usage_of_command) {
    return nullptr;
  }
  return std::unexpected(std::move(file).error());
}

/// Holds what is wanted open, as far as there is room: before the one that has the name, the oldest
/// first. False: there is more.
Result<bool> Follower::hold_wanted() {
  is_wanted_anew_ = false;
  if (!wanted_since_.has_value()) return true;
  if (files_.size() >= files_max) return false;
  const std::int64_t changed = folder_changed_nanoseconds(name_);
  if (completely_held_at_ == changed) return true;
  STEELYARD_TRY(listed, files_beside(name_));
  const auto current =
      std::ranges::find_if(files_, [&](const File& file) { return !has_other_name(*file); });
  auto at = current - files_.begin();
  for (const FileBeside& each : listed) {
    if (!each.is_rotated || each.modified_nanoseconds < *wanted_since_) continue;
    if (each.identity == current_ || is_known(each.identity)) continue;
    if (forgotten_.contains(age_of(each))) continue;
    if (files_.size() >= files_max) return false;
    bool has_moved = false;
    STEELYARD_TRY(file, open_listed(each, has_moved));
    if (has_moved) return false;
    if (file != nullptr) files_.insert(files_.begin() + at++, std::move(file));
  }
  completely_held_at_ = changed;
  return true;
}

/// The file of a position, else the longest copy of it, because that was made last. What stands
/// under the name is no copy: it is read from its start. Null: there is none.
Result<Follower::File> Follower::find(const std::vector<FileBeside>& listed,
                                      const FilePosition& position, bool& has_moved) const {
  const auto itself = std::ranges::find(listed, position.identity, &FileBeside::identity);
  if (itself != listed.end() && !is_known(itself->identity)) {
    STEELYARD_TRY(file, open_listed(*itself, has_moved));
    if (file != nullptr && file->fits(position)) return file;
  }
  if (position.prefix_bytes == 0) return nullptr;
  return longest(listed, has_moved, [&](const FollowedFile& file) { return file.fits(position); });
}

Result<Follower::File> Follower::longest(
    const std::vector<FileBeside>& listed, bool& has_moved,
    const std::function<bool(const FollowedFile&)>& wanted) const {
  File found;
  for (const FileBeside& each : listed) {
    if (each.identity == current_ || is_known(each.identity)) continue;
    STEELYARD_TRY(file, open_listed(each, has_moved));
    if (file == nullptr || !wanted(*file)) continue;
    if (found == nullptr || file->size() > found->size()) found = std::move(file);
  }
  return found;
}

/// Whether a file that is read anyway is the one of the position, or a copy of it.
bool Follower::is_held(const FilePosition& position) const {
  return position.prefix_bytes > 0 &&
         std::ranges::any_of(files_, [&](const File& file) { return file->fits(position); });
}

/// Somebody put a longer copy in its place, which is read from its start: nothing is missing.
bool Follower::is_copied_to_name(const FilePosition& position) const {
  const auto file = FollowedFile::open(name_);
  return file.has_value() && position.prefix_bytes > 0 && (*file)->fits(position);
}

Result<void> Follower::resume(const FollowPosition& position) {
  if (position.wanted_since_nanoseconds.has_value()) want(*position.wanted_since_nanoseconds);
  if (position.files.empty()) return {};
  bool has_moved = true;
  for (int searched = 0; has_moved && searched < searches_max; ++searched) {
    has_moved = false;
    STEELYARD_PASS(resume_files(position, has_moved));
  }
  // Of those that were cut off or copied meanwhile, there may be more.
  const auto oldest =
      std::ranges::min_element(position.files, {}, &FilePosition::modified_nanoseconds);
  want(oldest->modified_nanoseconds);
  if (oldest->modified_nanoseconds > now_by_file_clock() + clock_tolerance) {
    notes_.push_back(name_ +
                     ": was written to at a time that has not come yet: the clock was set back. "
                     "Files that were rotated away since may not be found; send them with "
                     "`steelyard ingest`, what was sent counts once");
  }
  return {};
}

Result<void> Follower::resume_files(const FollowPosition& position, bool& has_moved) {
  files_.clear();
  notes_.clear();
  struct stat status{};
  current_.reset();
  if (stat(name_.c_str(), &status) == 0) current_ = {status.st_dev, status.st_ino};
  STEELYARD_TRY(listed, files_beside(name_));
  for (const FilePosition& each : position.files) {
    STEELYARD_TRY(file, find(listed, each, has_moved));
    if (file != nullptr) {
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
  return {};
}

Result<void> Follower::look() {
  struct stat status{};
  const int error = stat(name_.c_str(), &status) == 0 ? 0 : errno;
  if (error != 0 && error != ENOENT) {
    return failure(ErrorCode::file_is_unreadable, name_ + ": " + std::strerror(error));
  }
  current_.reset();
  if (error == 0) current_ = {status.st_dev, status.st_ino};
  const auto known =
      std::ranges::find_if(files_, [&](const File& file) { return !has_other_name(*file); });
  if (known != files_.end()) {
    const FollowedFile& file = **known;
    STEELYARD_PASS(look_at(static_cast<std::size_t>(known - files_.begin())));
    current_modified_ = file.modified_nanoseconds();
  } else if (current_modified_.has_value()) {
    want(*current_modified_);
  }
  STEELYARD_TRY(is_complete, hold_wanted());
  // Older ones come first.
  if (!current_.has_value() || !is_complete) return {};
  if (!is_known(*current_)) {
    STEELYARD_TRY(is_same, hold_current());
    if (!is_same) return {};
  }
  wanted_since_.reset();
  completely_held_at_.reset();
  forgotten_.clear();
  return {};
}

/// False: it is another one than that which was looked at, or there is no room for it.
Result<bool> Follower::hold_current() {
  if (files_.size() >= files_max) return false;
  auto file = FollowedFile::open(name_);
  if (!file.has_value()) {
    // It was rotated away between the two calls, and nothing stands there yet.
    if (access(name_.c_str(), F_OK) != 0 && errno == ENOENT) return false;
    return std::unexpected(std::move(file).error());
  }
  // The other one was rotated away then, and is found at the next look.
  if ((*file)->identity() != current_) return false;
  current_modified_ = (*file)->modified_nanoseconds();
  files_.push_back(*std::move(file));
  return true;
}

Result<void> Follower::look_at(std::size_t at) {
  FollowedFile& file = *files_[at];
  const bool has_no_line =
      file.prefix().find('\n') == std::string_view::npos && file.prefix().size() < prefix_bytes_max;
  const std::int64_t modified = file.modified_nanoseconds();
  STEELYARD_TRY(is_rewritten, file.look());
  if (is_rewritten) return begin_anew(at);
  // What it begins with may be the second that was written: the first was copied and cut off.
  if (has_no_line && file.modified_nanoseconds() != modified) want(modified);
  return {};
}

/// A copy of what a file was before it was rewritten, as far as one is there. Where there is no
/// room for it, only one that is found by its name later.
Result<Follower::File> Follower::copy_of(const FollowedFile& before) const {
  const bool has_room = files_.size() < files_max;
  File found;
  bool has_moved = true;
  for (int searched = 0; has_moved && searched < searches_max; ++searched) {
    has_moved = false;
    STEELYARD_TRY(listed, files_beside(name_));
    if (!has_room) std::erase_if(listed, [](const FileBeside& each) { return !each.is_rotated; });
    STEELYARD_TRY(copy, longest(listed, has_moved,
                                [&](const FollowedFile& each) { return each.is_copy_of(before); }));
    found = std::move(copy);
  }
  return found;
}

/// The file was cut off, or written anew from its start: what was not read of it stands in a copy,
/// or nowhere.
Result<void> Follower::begin_anew(std::size_t at) {
  FollowedFile& file = *files_[at];
  STEELYARD_TRY(copy, copy_of(file));
  std::uint64_t saved = last_ == &file ? last_end_ : file.offset();
  if (copy != nullptr) saved = std::max(saved, copy->size());
  for (const File& each : files_) {
    if (each.get() == &file) continue;
    // It may have been made since that was looked at, also over another copy; errors are told where
    // it is read.
    const auto now = each->open_again();
    if (now.has_value() && (*now)->is_copy_of(file)) saved = std::max(saved, (*now)->size());
  }
  if (file.size() > saved) {
    notes_.push_back(
        name_ + ": was cut off before bytes " + std::to_string(saved) + " to " +
        std::to_string(file.size()) +
        " of it were sent, and no copy of them is there: what stood in them is not sent");
  }
  // It may have been copied and cut off more than once.
  want(file.modified_nanoseconds());
  if (copy != nullptr && files_.size() < files_max) {
    copy->go_on_at(file.position(true).offset);  // A half line comes again.
    files_.insert(files_.begin() + static_cast<std::ptrdiff_t>(at), std::move(copy));
  } else if (copy != nullptr) {
    want(copy->modified_nanoseconds());
  }
  if (last_ == &file) last_ = nullptr;
  file.begin_anew();
  const auto now_at = std::ranges::find(files_, &file, &File::get);
  return look_at(static_cast<std::size_t>(now_at - files_.begin()));
}

Result<bool> Follower::next(FollowedLines& to, std::chrono::milliseconds now) {
  last_ = nullptr;
  for (bool is_more = true; is_more;) {
    STEELYARD_PASS(look());
    bool is_rewritten = false;
    for (std::size_t i = 0; i < files_.size() && !is_rewritten; ++i) {
      // That may put a copy before it, which is read first then.
      STEELYARD_PASS(look_at(i));
      FollowedFile& file = *files_[i];
      STEELYARD_TRY(found, file.read(to, has_other_name(file), now, limits_));
      if (found == FollowedFile::Found::lines) {
        last_ = &file;
        last_end_ = to.end;
        return true;
      }
      is_rewritten = found == FollowedFile::Found::rewritten;
      if (is_rewritten) STEELYARD_PASS(begin_anew(i));
    }
    const bool is_room = forget_what_is_over(now) && wanted_since_.has_value();
    is_more = is_rewritten || is_wanted_anew_ || is_room;
  }
  return false;
}

void Follower::acknowledge(const FollowedLines& lines) {
  // What was cut off since then is read again from its copy.
  if (last_ != nullptr) last_->acknowledge(lines);
}

/// The one that was rotated away last is kept: who writes to it may not have noticed yet. Of one
/// that was deleted, the disk gets its room back. Whether there was one.
bool Follower::forget_what_is_over(std::chrono::milliseconds now) {
  const std::size_t before = files_.size();
  for (std::size_t i = 0; i + 1 < files_.size();) {
    const FollowedFile& file = *files_[i];
    const bool is_watched =
        i + 2 == files_.size() && (file.has_a_name() || now - file.grew_at() < quiet_of_deleted);
    if (has_other_name(file) && file.is_at_end() && !is_watched) {
      forgotten_.insert(
          {file.modified_nanoseconds(), file.identity().device, file.identity().number});
      files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  if (!wanted_since_.has_value()) forgotten_.clear();
  return files_.size() < before;
}

FollowPosition Follower::position() const {
  FollowPosition position;
  position.wanted_since_nanoseconds = wanted_since_;
  for (const File& file : files_) position.files.push_back(file->position(has_other_name(*file)));
  return position;
}

}  // namespace steelyard::input
