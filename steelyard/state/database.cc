#include "steelyard/state/database.h"

#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <charconv>
#include <map>

namespace steelyard::state {
namespace {

using rocksdb::Status;

rocksdb::Options options() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = std::size_t{64} << 20;
  options.max_background_jobs = 2;
  options.keep_log_file_num = 2;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.stats_dump_period_sec = 0;
  // Only `write` decides what reaches the disk: see StateStore.
  options.avoid_flush_during_shutdown = true;
  return options;
}

rocksdb::WriteOptions without_log() {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return options;
}

Result<void> flush(rocksdb::DB& database) {
  rocksdb::FlushOptions options;
  options.wait = true;
  const Status status = database.Flush(options);
  if (!status.ok()) return failed(status);
  return {};
}

std::unexpected<Error> damaged(const std::filesystem::path& folder, const std::string& why) {
  return failure(ErrorCode::file_is_malformed, folder.string() + ": " + why);
}

/// What an open may fail with that is no damage.
Result<void> check_trouble(const Status& status) {
  const std::string words = status.ToString();
  if (status.IsIOError() &&
      (words.find("lock ") != std::string::npos || words.find("LOCK") != std::string::npos)) {
    return failure(ErrorCode::store_is_locked, words);
  }
  const bool is_missing_file =
      status.IsIOError() && words.find("No such file") != std::string::npos;
  if (status.IsIOError() && !is_missing_file) return failed(status);
  return {};
}

Result<void> check_layout(rocksdb::DB& database, const std::filesystem::path& folder) {
  std::string version;
  const Status status = database.Get({}, rocksdb::Slice(layout_key), &version);
  if (status.ok() && version == layout_version) return {};
  if (status.ok()) return damaged(folder, "its layout is version " + version);
  if (!status.IsNotFound()) return damaged(folder, status.ToString());

  // New, or a kill came before its first write; anything else is not ours.
  const std::unique_ptr<rocksdb::Iterator> all(database.NewIterator({}));
  all->SeekToFirst();
  if (all->Valid()) return damaged(folder, "it has keys and no layout");
  if (!all->status().ok()) return damaged(folder, all->status().ToString());
  const Status put =
      database.Put(without_log(), rocksdb::Slice(layout_key), rocksdb::Slice(layout_version));
  if (!put.ok()) return failed(put);
  return flush(database);
}

}  // namespace

std::string key_of(std::string_view key) { return '=' + std::string(key); }

std::unexpected<Error> failed(const Status& status) {
  return failure(ErrorCode::store_failed, status.ToString());
}

Result<Database> open_database(const std::filesystem::path& folder) {
  rocksdb::DB* opened = nullptr;
  const Status status = rocksdb::DB::Open(options(), folder.string(), &opened);
  Database database(opened);
  if (!status.ok()) {
    STEELYARD_PASS(check_trouble(status));
    return damaged(folder, status.ToString());
  }
  // Everything is read at start anyway; a flipped bit is found here and not in the middle.
  const Status verified = database->VerifyChecksum();
  if (!verified.ok()) {
    STEELYARD_PASS(check_trouble(verified));
    return damaged(folder, verified.ToString());
  }
  STEELYARD_PASS(check_layout(*database, folder));
  return database;
}

Result<Position> read_position(rocksdb::DB& database) {
  std::string text;
  const Status status = database.Get({}, rocksdb::Slice(position_key), &text);
  if (status.IsNotFound()) return 0;
  if (!status.ok()) return failed(status);
  Position position = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), position);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return position;
  return failure(ErrorCode::file_is_malformed, "the position is '" + text + "'");
}

Result<void> write(rocksdb::DB& database, const Pending& changes, Position position) {
  Pending::Ordered ordered;
  changes.add_to(ordered, "");
  rocksdb::WriteBatch batch;
  for (const auto& [key, value] : ordered) {
    const Status status =
        value->has_value() ? batch.Put(key_of(key), **value) : batch.Delete(key_of(key));
    if (!status.ok()) return failed(status);
  }
  Status status = batch.Put(rocksdb::Slice(position_key), std::to_string(position));
  if (status.ok()) status = database.Write(without_log(), &batch);
  if (!status.ok()) return failed(status);
  return flush(database);
}

Result<void> remove_all(rocksdb::DB& database) {
  rocksdb::WriteBatch batch;
  Status status = batch.DeleteRange(rocksdb::Slice("="), rocksdb::Slice(">"));  // '>' follows '='.
  if (status.ok()) status = batch.Delete(rocksdb::Slice(position_key));
  if (status.ok()) status = database.Write(without_log(), &batch);
  if (!status.ok()) return failed(status);
  STEELYARD_PASS(flush(database));
  status = database.CompactRange({}, nullptr, nullptr);
  if (!status.ok()) return failed(status);
  return {};
}

Result<void> make_checkpoint(rocksdb::DB& database, const std::filesystem::path& folder) {
  rocksdb::Checkpoint* made = nullptr;
  Status status = rocksdb::Checkpoint::Create(&database, &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) {
    status = checkpoint->CreateCheckpoint(std::filesystem::absolute(folder).string());
  }
  if (!status.ok()) return failed(status);
  return {};
}

}  // namespace steelyard::state
