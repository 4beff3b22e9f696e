#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/log/files.h"
#include "steelyard/personal/sealing.h"
#include "steelyard/server/clock.h"

namespace steelyard::personal {

/// What a key is for. Invoices have to be kept for years, usage has not.
enum class Subject : char {
  usage = 'u',    ///< What events say of people.
  invoices = 'i'  ///< Who they are for.
};

/// "usage", "invoices".
std::string_view name_of(Subject subject);
/// Requires: it is one of them.
Subject subject_named(std::string_view word);

/// Whose key it is, as 16 bytes that name nobody.
using Owner = std::array<char, 16>;
Owner owner_of(std::string_view tenant, std::string_view account, Subject subject);

/// What became of a sealed text.
struct Opened {
  enum class State : unsigned char {
    readable,
    erased,  ///< Its key was destroyed, or is lost.
    foreign  ///< It is none of this owner: no text of ours, or copied from elsewhere.
  };
  State state = State::foreign;
  std::string text;
};

/// The keys of a folder, and those that were destroyed. They stand in a file of their own,
/// DIR/personal_keys, and nowhere else: neither in the log nor in what follows from it. Each has a
/// random name and the time at which it was made, so that files of different age are told apart.
/// An owner has one key at a time. Thread-safe.
class KeyRing {
 public:
  static constexpr std::string_view file_name = "personal_keys";
  /// What a sealed text begins with; then the name of its key, a colon, and what is sealed, both as
  /// base64url.
  static constexpr std::string_view prefix = "sealed:";

  struct Sources {
    server::RandomBytes random;
    std::function<std::int64_t()> micros;  ///< Since 1970; may go back.
  };

  /// `folders`: that of the log, and its mirror if there is one; what only one of them has is
  /// written to the other, and a key that either has destroyed is destroyed.
  /// Errors: file_is_malformed: it is no such file; storage_failed, disk_full.
  [[nodiscard]] static Result<std::unique_ptr<KeyRing>> open(std::vector<std::string> folders,
                                                             log::Files& files, Sources sources);

  /// Makes the owner a key if it has none; until `sync`, nobody may rely on what it has sealed.
  std::string seal(const Owner& owner, std::string_view text);

  /// Waits until all keys that were used are on disk, and all that were destroyed are not. Errors:
  /// disk_full, storage_failed; after a failed sync of the disk for good.
  [[nodiscard]] Result<void> sync();

  Opened open_text(const Owner& owner, std::string_view sealed) const;

  /// Now: no key was made later, and those that are made from here on have a later time.
  std::int64_t erasure_micros();

  /// Destroys the owner's keys that were made up to that time, on disk too: what they sealed can
  /// never be read again. Returns how many it were.
  /// Errors: as `sync`, which goes on with it; in memory they are gone.
  [[nodiscard]] Result<std::size_t> destroy(const Owner& owner, std::int64_t until_micros);

  std::size_t live_count() const;
  /// Keys that can not be read, and were not destroyed on purpose.
  std::size_t damaged_count() const;

 private:
  enum class State : unsigned char { live = 1, destroyed = 2, damaged = 3 };
  struct Entry {
    Owner owner{};
    Key key{};
    std::uint64_t name = 0;
    std::int64_t made_micros = 0;
    State state = State::damaged;
  };
  static constexpr std::size_t header_bytes = 16;
  static constexpr std::size_t record_bytes = 104;

  KeyRing(std::vector<std::string> folders, log::Files& files, Sources sources)
      : folders_(std::move(folders)), files_(files), sources_(std::move(sources)) {}
  static std::string record_of(const Entry& entry);
  static Entry read_record(std::string_view bytes);
  Result<std::vector<Entry>> entries_in(const std::string& folder);
  Result<void> take_up();
  Result<void> open_for_writing();
  Result<void> write(std::uint64_t begin, std::string_view records);
  Result<void> write_all_new();
  std::shared_ptr<const Sealer> sealer_of(std::size_t place);
  Entry* live_entry(const Owner& owner);

  const std::vector<std::string> folders_;
  log::Files& files_;
  const Sources sources_;

  mutable std::shared_mutex mutex_;
  std::vector<Entry> entries_;
  std::map<Owner, std::vector<std::size_t>> of_owners_;  // Places in `entries_`, rising.
  std::unordered_map<std::uint64_t, std::size_t> by_name_;
  std::vector<std::size_t> to_overwrite_;  // Places of those that are not destroyed on disk yet.
  std::int64_t last_micros_ = 0;           // Of a key or an erasure.

  // Those of late: each takes about two kilobytes.
  static constexpr std::size_t sealers_max = 4'096;
  std::mutex sealers_mutex_;
  std::unordered_map<std::size_t, std::shared_ptr<const Sealer>> sealers_;

  std::mutex write_mutex_;
  std::vector<std::unique_ptr<log::File>> open_files_;
  std::vector<bool> has_file_;  // By folder: one with a whole header.
  std::uint64_t on_disk_ = 0;
  bool has_failed_ = false;
};

}  // namespace steelyard::personal
