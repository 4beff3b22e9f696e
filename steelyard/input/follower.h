#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "steelyard/base/result.h"
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
  enum class Names { all, rotated };

  Follower(std::string name, FollowLimits limits) : name_(std::move(name)), limits_(limits) {}

  [[nodiscard]] Result<void> resume(const FollowPosition& position);
  bool may_be(const FollowedFile& file, const FilePosition& position) const;
  File take(std::vector<File>& from, const FilePosition& position) const;
  bool is_copied_to_name(const FilePosition& position) const;
  [[nodiscard]] Result<void> look_at(std::size_t at);
  [[nodiscard]] Result<void> begin_anew(std::size_t at);
  std::vector<File> beside(Names names, std::int64_t since,
                           const std::function<bool(const FollowedFile&)>& wanted) const;
  void hold_rotated_since(std::int64_t modified_nanoseconds, std::size_t before);
  bool is_held(const FilePosition& position, const FollowedFile* but = nullptr);
  bool is_known(const log::FileIdentity& identity) const;
  bool has_other_name(const FollowedFile& file) const;
  void forget_what_is_over(std::chrono::milliseconds now);

  std::string name_;
  FollowLimits limits_;
  std::vector<File> files_;                    // The oldest one first.
  std::optional<log::FileIdentity> current_;   // What the name is that of.
  std::optional<std::int64_t> absent_since_;   // There was no file yet.
  std::optional<std::int64_t> waiting_since_;  // Files modified since then are not held yet.
  FollowedFile* last_ = nullptr;               // That of the last `next`.
  std::vector<std::string> notes_;
};

}  // namespace steelyard::input
