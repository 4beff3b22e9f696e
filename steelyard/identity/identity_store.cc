#include "steelyard/identity/identity_store.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "steelyard/base/check.h"
#include "steelyard/base/hash.h"
#include "steelyard/base/thread.h"
#include "steelyard/log/crc32c.h"
#include "steelyard/log/file_io.h"

namespace steelyard::identity {
namespace {

constexpr std::string_view manifest_name = "manifest";
constexpr std::string_view first_line = "steelyard identities 1";
constexpr std::string_view suffix = ".ids";

/// Other hashes give another text, so files that were written with them are not used.
std::string text_of_hash(std::uint64_t seed) {
  return std::to_string(base::hash("steelyard", base::hash("identities of a store", seed)));
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

/// The number behind a word: "end 17".
std::optional<std::uint64_t> number_after(std::string_view word, std::string_view line) {
  if (!line.starts_with(word) || line.size() <= word.size() + 1) return std::nullopt;
  std::uint64_t number = 0;
  const char* const begin = line.data() + word.size() + 1;
  const auto [end, error] = std::from_chars(begin, line.data() + line.size(), number);
  if (error != std::errc{} || end != line.data() + line.size()) return std::nullopt;
  return number;
}

/// Walks sorted entries: a table's, or a file's block by block.
class Cursor {
 public:
  explicit Cursor(std::vector<IdentityEntry> entries) : entries_(std::move(entries)) {}
  explicit Cursor(std::shared_ptr<const IdentityFile> file) : file_(std::move(file)) {}

  /// Nothing at the end.
  Result<const IdentityEntry*> peek() {
    if (at_ == entries_.size()) {
      if (file_ == nullptr || next_block_ == file_->block_count()) return nullptr;
      STEELYARD_TRY(block, file_->block(next_block_++));
      entries_ = std::move(block);
      at_ = 0;
    }
    return at_ < entries_.size() ? &entries_[at_] : nullptr;
  }
  void pass() { ++at_; }

 private:
  std::vector<IdentityEntry> entries_;
  std::shared_ptr<const IdentityFile> file_;
  std::size_t at_ = 0;
  std::size_t next_block_ = 0;
};

Result<void> merge(std::vector<Cursor>& cursors, IdentityFileWriter& writer) {
  while (true) {
    Cursor* least = nullptr;
    const IdentityEntry* least_entry = nullptr;
    for (Cursor& cursor : cursors) {
      STEELYARD_TRY(entry, cursor.peek());
      if (entry == nullptr || (least_entry != nullptr && least_entry->key < entry->key)) continue;
      STEELYARD_CHECK(least_entry == nullptr || least_entry->key != entry->key);
      least = &cursor;
      least_entry = entry;
    }
    if (least == nullptr) return {};
    STEELYARD_PASS(writer.add(*least_entry));
    least->pass();
  }
}

}  // namespace

IdentityStore::IdentityStore(std::string directory, const StoreOptions& options)
    : directory_(std::move(directory)),
      options_(options),
      disk_(options.files != nullptr ? *options.files : log::real_files()),
      seed_(base::hash_pair(options.seed, 1)),
      recent_(std::make_unique<RecentIdentities>(options.recent_max)) {}

IdentityStore::~IdentityStore() {
  if (writing_.valid()) writing_.wait();
}

Result<std::unique_ptr<IdentityStore>> IdentityStore::open(const std::string& directory,
                                                           const StoreOptions& options) {
  std::unique_ptr<IdentityStore> store(new IdentityStore(directory, options));
  STEELYARD_PASS(log::ensure_directory(store->disk_, directory));
  STEELYARD_PASS(store->read_manifest());
  STEELYARD_PASS(store->remove_unnamed_files());
  return store;
}

Result<void> IdentityStore::discard(const std::string& directory, log::Files* files) {
  log::Files& disk = files != nullptr ? *files : log::real_files();
  const std::string path = directory + '/' + std::string(manifest_name);
  if (const auto is = disk.unlink(path); !is.has_value() && is.error() != ENOENT) {
    return std::unexpected(log::error_of(is.error(), "remove", path));
  }
  if (const auto is = disk.fsync_directory(directory); !is.has_value()) {
    return std::unexpected(log::error_of(is.error(), "sync", directory));
  }
  return {};
}

std::string IdentityStore::path_of(std::uint64_t number) const {
  return directory_ + '/' + std::to_string(number) + std::string(suffix);
}

std::string IdentityStore::manifest_of(const Written& written) const {
  std::string text(first_line);
  text += "\nhash " + text_of_hash(seed_) + "\nend " + std::to_string(written.end_sequence) + '\n';
  for (const NumberedFile& each : written.files) {
    text += "file " + std::to_string(each.number) + '\n';
  }
  return text + "check " + std::to_string(log::crc32c(text)) + '\n';
}

Result<void> IdentityStore::read_manifest() {
  const std::string path = directory_ + '/' + std::string(manifest_name);
  if (const auto file = disk_.open(path, log::OpenMode::read); !file.has_value()) {
    if (file.error() == ENOENT) return {};
    return std::unexpected(log::error_of(file.error(), "open", path));
  }
  STEELYARD_TRY(text, log::read_file(disk_, path));
  const std::vector<std::string_view> lines = lines_of(text);
  const auto malformed = [&] {
    return failure(ErrorCode::file_is_malformed, path + ": is not a list of identity files");
  };
  if (lines.size() < 4 || lines[0] != first_line) return malformed();
  Written written;
  const auto end = number_after("end", lines[2]);
  if (!end.has_value()) return malformed();
  written.end_sequence = *end;
  for (std::size_t i = 3; i + 1 < lines.size(); ++i) {
    const auto number = number_after("file", lines[i]);
    if (!number.has_value()) return malformed();
    written.files.push_back({*number, nullptr});
  }
  const std::string hash = "hash " + text_of_hash(seed_);
  if (lines[1] != hash) {
    return failure(ErrorCode::file_is_malformed, path + ": was written with another hash");
  }
  if (text != manifest_of(written)) return malformed();
  for (NumberedFile& each : written.files) {
    STEELYARD_TRY(file, IdentityFile::open(disk_, path_of(each.number)));
    each.file = std::move(file);
    next_number_ = std::max(next_number_, each.number + 1);
  }
  files_ = std::move(written.files);
  known_end_ = written.end_sequence;
  return {};
}

/// What a crash left: a file that was not yet named, or one that no longer is.
Result<void> IdentityStore::remove_unnamed_files() {
  const auto names = disk_.list(directory_);
  if (!names.has_value()) return std::unexpected(log::error_of(names.error(), "list", directory_));
  for (const std::string& name : *names) {
    const std::string path = directory_ + '/' + name;
    const bool is_named = std::ranges::any_of(
        files_, [&](const NumberedFile& each) { return path_of(each.number) == path; });
    if (!name.ends_with(suffix) || is_named) continue;
    if (const auto is = disk_.unlink(path); !is.has_value()) {
      return std::unexpected(log::error_of(is.error(), "remove", path));
    }
  }
  return {};
}

void IdentityStore::prefetch(IdentityKey key) const {
  recent_->prefetch(key);
  if (frozen_ != nullptr) frozen_->prefetch(key);
  for (const NumberedFile& each : files_) each.file->prefetch(key);
}

Result<std::optional<IdentityEntry>> IdentityStore::find(IdentityKey key) const {
  for (const RecentIdentities* table : {recent_.get(), frozen_.get()}) {
    if (table == nullptr) continue;
    if (const IdentityEntry* entry = table->find(key)) return *entry;
  }
  for (const NumberedFile& each : files_) {
    STEELYARD_TRY(entry, each.file->find(key));
    if (entry.has_value()) return entry;
  }
  return std::nullopt;
}

Result<Known> IdentityStore::insert(IdentityKey key, std::uint64_t fingerprint,
                                    std::uint64_t sequence) {
  STEELYARD_CHECK(sequence >= 1);
  // What could not be written stays in memory, and is tried again when there must be room.
  (void)poll();
  STEELYARD_TRY(known, find(key));
  if (known.has_value()) {
    if (known->sequence >= sequence) return Known{Seen::first, sequence};
    return Known{known->fingerprint == fingerprint ? Seen::same : Seen::other, known->sequence};
  }
  if (recent_->is_full()) STEELYARD_PASS(begin_checkpoint(sequence));
  recent_->insert({key, fingerprint, sequence});
  return Known{Seen::first, sequence};
}

void IdentityStore::forget(IdentityKey key, std::uint64_t sequence) {
  recent_->erase(key, sequence);
}

Result<void> IdentityStore::poll() {
  if (!is_written_) return {};
  return finish_writing();
}

Result<void> IdentityStore::begin_checkpoint(std::uint64_t end_sequence) {
  STEELYARD_PASS(finish_writing());
  if (frozen_ != nullptr) {  // It could not be written when it was its turn.
    begin_writing();
    STEELYARD_PASS(finish_writing());
  }
  // In a replay the facts before `known_end_` come again, and are known already.
  frozen_end_ = std::max(end_sequence, known_end_);
  frozen_ = std::exchange(recent_, empty_table());
  begin_writing();
  return {};
}

void IdentityStore::begin_writing() {
  is_written_ = false;
  writing_ =
      std::async(std::launch::async, [this, files = files_, number = next_number_++]() mutable {
        base::give_way("identities");
        Result<Written> written = write(std::move(files), number);
        is_written_ = true;
        return written;
      });
}

Result<void> IdentityStore::checkpoint(std::uint64_t end_sequence) {
  STEELYARD_PASS(begin_checkpoint(end_sequence));
  return finish_writing();
}

/// On a thread of its own. Files are joined like digits are carried: as long as the file before
/// is not twice as large.
Result<IdentityStore::Written> IdentityStore::write(std::vector<NumberedFile> files,
                                                    std::uint64_t number) const {
  std::uint64_t entry_count = frozen_->size();
  std::vector<NumberedFile> joined;
  while (!files.empty() && files.back().file->size() <= 2 * entry_count &&
         files.back().file->size() + entry_count <= options_.file_entries_max) {
    entry_count += files.back().file->size();
    joined.push_back(std::move(files.back()));
    files.pop_back();
  }
  if (entry_count > 0) {
    auto file = write_file(joined, number, entry_count);
    if (!file.has_value()) {
      (void)disk_.unlink(path_of(number));  // It takes room; the next start removes it otherwise.
      return std::unexpected(file.error());
    }
    files.push_back({number, *std::move(file)});
  }
  Written written{std::move(files), frozen_end_};
  STEELYARD_PASS(
      log::write_file_durably(disk_, directory_, std::string(manifest_name), manifest_of(written)));
  for (const NumberedFile& each : joined) {
    if (const auto is = disk_.unlink(path_of(each.number)); !is.has_value()) {
      return std::unexpected(log::error_of(is.error(), "remove", path_of(each.number)));
    }
  }
  return written;
}

Result<std::shared_ptr<const IdentityFile>> IdentityStore::write_file(
    const std::vector<NumberedFile>& joined, std::uint64_t number,
    std::uint64_t entry_count) const {
  STEELYARD_TRY(writer, IdentityFileWriter::create(disk_, path_of(number), entry_count));
  std::vector<Cursor> cursors;
  cursors.emplace_back(frozen_->sorted());
  for (const NumberedFile& each : joined) cursors.emplace_back(each.file);
  STEELYARD_PASS(merge(cursors, writer));
  STEELYARD_PASS(writer.finish());
  if (const auto is = disk_.fsync_directory(directory_); !is.has_value()) {
    return std::unexpected(log::error_of(is.error(), "sync", directory_));
  }
  return IdentityFile::open(disk_, path_of(number));
}

Result<void> IdentityStore::finish_writing() {
  if (!writing_.valid()) return {};
  is_written_ = false;
  STEELYARD_TRY(written, writing_.get());
  // The last to close a joined file frees its blocks on the disk: a tenth of a second.
  retiring_ = std::async(std::launch::async,
                         [files = std::exchange(files_, std::move(written.files))]() mutable {
                           base::give_way("identities");
                           files.clear();
                         });
  clearing_ = std::async(std::launch::async, [table = std::move(frozen_)]() mutable {
    base::give_way("identities");
    table->clear();
    return std::move(table);
  });
  known_end_ = written.end_sequence;
  return {};
}

std::unique_ptr<RecentIdentities> IdentityStore::empty_table() {
  constexpr auto no_wait = std::chrono::seconds(0);
  const bool is_ready =
      clearing_.valid() && clearing_.wait_for(no_wait) == std::future_status::ready;
  if (is_ready) return clearing_.get();
  return std::make_unique<RecentIdentities>(options_.recent_max);
}

std::uint64_t IdentityStore::size() const {
  std::uint64_t count = recent_->size() + (frozen_ != nullptr ? frozen_->size() : 0);
  for (const NumberedFile& each : files_) count += each.file->size();
  return count;
}

std::size_t IdentityStore::memory_bytes() const {
  const bool has_second = frozen_ != nullptr || clearing_.valid();
  std::size_t bytes = recent_->memory_bytes() * (has_second ? 2 : 1);
  for (const NumberedFile& each : files_) bytes += each.file->memory_bytes();
  return bytes;
}

}  // namespace steelyard::identity
