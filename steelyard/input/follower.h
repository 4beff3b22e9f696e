#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/input/files_beside.h"
#include "steelyard/input/followed_file.h"

namespace steelyard::input {

/// Follows a name, as `tail -F` does: what is appended to the file of that name, and after it was
/// rotated to what stands under the name then. A line may come twice, where files were copied or a
/// run was killed; none is left out that can still be found: see `take_notes`.
///
/// Files that were rotated away are held open until they are read, so that they may be packed or
/// deleted meanwhile.
class Follower {
 public:
  /// Goes on where a position says; with none, begins at the start of the file. Nothing is wrong
  /// where there is no such file yet: what is rotated away before anybody looks is read too.
  /// Errors: file_is_unreadable, usage_of_command.
  [[nodiscard]] static Result<std::unique_ptr<Follower>> open(std::string name,
                                                              const FollowPosition& position,
                                                              FollowLimits limits = {});

  /// The next lines, or none where nothing is complete yet. Until they are acknowledged, they may
  /// come again. Errors: file_is_unreadable, usage_of_command.
  [[nodiscard]] Result<bool> next(FollowedLines& to, std::chrono::milliseconds now);

  /// Those of the last `next`.
  void acknowledge(const FollowedLines& lines);

  /// Looks whether the name is that of another file now, and holds it open. `next` does it too;
  /// call it where that is not called for long. Errors: those of `open`.
  [[nodiscard]] Result<void> look();

  FollowPosition position() const;
  bool is_there() const { return !files_.empty(); }

  /// What somebody should know, once each: which lines could not be found any more.
  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

 private:
  using File = std::unique_ptr<FollowedFile>;
  using Age = std::tuple<std::int64_t, std::uint64_t, std::uint64_t>;  // When modified, and which.

  Follower(std::string name, FollowLimits limits) : name_(std::move(name)), limits_(limits) {}

  [[nodiscard]] Result<void> resume(const FollowPosition& position);
  [[nodiscard]] Result<void> resume_files(const FollowPosition& position, bool& has_moved);
  [[nodiscard]] Result<void> look_at(std::size_t at);
  [[nodiscard]] Result<void> begin_anew(std::size_t at);
  void want(std::int64_t since);
  [[nodiscard]] Result<bool> hold_wanted();
  [[nodiscard]] Result<bool> hold_current();
  [[nodiscard]] Result<File> open_listed(const FileBeside& listed, bool& has_moved) const;
  [[nodiscard]] Result<File> find(const std::vector<FileBeside>& listed,
                                  const FilePosition& position, bool& has_moved) const;
  [[nodiscard]] Result<File> longest(const std::vector<FileBeside>& listed, bool& has_moved,
                                     const std::function<bool(const FollowedFile&)>& wanted) const;
  [[nodiscard]] Result<File> copy_of(const FollowedFile& before) const;
  static Age age_of(const FileBeside& file) {
    return {file.modified_nanoseconds, file.identity.device, file.identity.number};
  }
  bool is_copied_to_name(const FilePosition& position) const;
  bool is_held(const FilePosition& position) const;
  bool is_known(const log::FileIdentity& identity) const;
  bool has_other_name(const FollowedFile& file) const;
  bool forget_what_is_over(std::chrono::milliseconds now);

  std::string name_;
  FollowLimits limits_;
  std::vector<File> files_;                       // The oldest one first.
  std::optional<log::FileIdentity> current_;      // What the name is that of.
  std::optional<std::int64_t> current_modified_;  // As of when it was looked at under the name.
  // What was rotated away and modified since then, in nanoseconds, is not all held yet, or there is
  // nothing of the name yet.
  std::optional<std::int64_t> wanted_since_;
  bool is_wanted_anew_ = false;                     // Nobody looked for it yet.
  std::optional<std::int64_t> completely_held_at_;  // As the folder was changed then.
  std::set<Age> forgotten_;                         // What is over and would be wanted.
  FollowedFile* last_ = nullptr;                    // That of the last `next`.
  std::uint64_t last_end_ = 0;                      // Behind its lines.
  std::vector<std::string> notes_;
};

}  // namespace steelyard::input
