#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
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

/// Whose key it is, as 16 bytes that name nobody.
using Owner = std::array<char, 16>;
Owner owner_of(std::string_view tenant, std::string_view account, Subject subject);

/// What became of a sealed text.
struct Opened {
  enum class State : unsigned char {
    readable,
    erased,  ///< Its key was destroyed.
    foreign  ///< It is none of this owner: no text of ours, or copied from elsewhere.
  };
  State state = State::foreign;
  std::string text;
};

/// The keys of a folder, one for each owner that has something, and those that were destroyed. They
/// stand in a file of their own, DIR/personal_keys, and nowhere else: neither in the log nor in
/// what follows from it. Thread-safe.
class KeyRing {
 public:
  static constexpr std::string_view file_name = "personal_keys";
  /// What a sealed text begins with; then the number of its key, a colon, base64url.
  static constexpr std::string_view prefix = "sealed:";

  /// `folders`: that of the log, and its mirror if there is one; what only one of them has is
  /// written to the other, and a key that either has destroyed is destroyed.
  /// Errors: file_is_malformed: it is no such file; storage_failed, disk_full.
  [[nodiscard]] static Result<std::unique_ptr<KeyRing>> open(std::vector<std::string> folders,
                                                             log::Files& files,
                                                             server::RandomBytes random);

  /// Makes the owner a key if it has none; until `sync`, nobody may rely on what it has sealed.
  std::string seal(const Owner& owner, std::string_view text);

  /// Waits until all keys that were used are on disk. Errors: disk_full, storage_failed; after a
  /// failed sync of the disk for good.
  [[nodiscard]] Result<void> sync();

  Opened open_text(const Owner& owner, std::string_view sealed) const;

  /// The number of its key; 0: it has none that is not destroyed.
  std::uint64_t key_of(const Owner& owner) const;

  /// Destroys the owner's keys up to this number, on disk too: what they sealed can never be read
  /// again, and no later key gets a number up to it. Returns how many it were. Errors: as `sync`.
  [[nodiscard]] Result<std::uint64_t> destroy(const Owner& owner, std::uint64_t through);

  std::size_t live_count() const;
  /// Numbers of keys that can not be read, and were not destroyed on purpose.
  std::vector<std::uint64_t> damaged() const;

 private:
  enum class State : unsigned char { live = 1, destroyed = 2, damaged = 3 };
  struct Entry {
    Owner owner{};
    Key key{};
    State state = State::damaged;
  };
  static constexpr std::size_t header_bytes = 16;
  static constexpr std::size_t record_bytes = 96;

  KeyRing(std::vector<std::string> folders, log::Files& files, server::RandomBytes random)
      : folders_(std::move(folders)), files_(files), random_(std::move(random)) {}
  static std::string record_of(const Entry& entry);
  static Entry read_record(std::string_view bytes);
  Result<std::vector<Entry>> entries_in(const std::string& folder) const;
  Result<void> take_up();
  Result<void> write(std::uint64_t begin, std::string_view records);
  Result<void> append_new();
  std::shared_ptr<const Sealer> sealer_of(std::uint64_t number);

  const std::vector<std::string> folders_;
  log::Files& files_;
  const server::RandomBytes random_;

  mutable std::shared_mutex mutex_;
  std::vector<Entry> entries_;
  std::map<Owner, std::uint64_t> last_;  // Number: place in `entries_`, from 1.

  // Those of late: each takes about two kilobytes.
  static constexpr std::size_t sealers_max = 4'096;
  std::mutex sealers_mutex_;
  std::map<std::uint64_t, std::shared_ptr<const Sealer>> sealers_;

  std::mutex write_mutex_;
  std::vector<std::unique_ptr<log::File>> open_files_;
  std::uint64_t on_disk_ = 0;
  bool has_failed_ = false;
};

}  // namespace steelyard::personal
