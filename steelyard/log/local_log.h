#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/log/batch.h"
#include "steelyard/log/directory_lock.h"
#include "steelyard/log/files.h"
#include "steelyard/log/frame.h"
#include "steelyard/log/mirror.h"
#include "steelyard/log/mirrored_files.h"
#include "steelyard/log/segment.h"
#include "steelyard/log/segment_writer.h"
#include "steelyard/log/watermark.h"

namespace steelyard::log {

struct Options {
  Files* files = nullptr;                                 ///< Nothing: the machine's.
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;  ///< Preallocated.
  std::size_t frame_bytes_goal = std::size_t{1} << 20;    ///< Batches joined up to here.
  std::size_t queue_bytes_max = std::size_t{64} << 20;    ///< Waiting and being written.
  /// A second folder, best on another disk, that gets everything too before it is acknowledged;
  /// empty: none. It is a log of its own, and filled from DIR if it is new or behind.
  std::string mirror;
  /// A copy was put right from the other one; from any thread.
  std::function<void(const Mended&)> mended = [](const Mended&) {};
  /// The disk failed, nothing more can be promised. By default the words are printed and the
  /// process ends with status 74. If it returns, the log answers storage_failed for ever.
  std::function<void(const Error&)> on_fatal;
};

/// A batch that is durable. It comes back, so that it can be applied without reading it again.
struct Appended {
  std::uint64_t first_sequence = 0;
  Batch batch;
};

/// The durable, ordered log of facts of one server: DIR/store, DIR/lock, DIR/log; and the same in
/// MIRROR, if there is one: then what is damaged in one is taken from the other.
///
/// Records are bytes; each has a sequence, 1, 2, 3 …. One thread writes: it joins the batches
/// that wait into a frame, writes it, syncs it, and only then completes them, in order. At most
/// one frame is unsynced at any time. All calls may come from any thread.
class LocalLog {
 public:
  /// Called on the thread that writes, in the order of the sequences: be short.
  /// Errors: disk_full (nothing of the batch is kept; later ones may succeed), storage_failed.
  using Completion = std::move_only_function<void(Result<Appended>)>;

  /// Returns false to stop.
  using Visitor = std::function<bool(std::uint64_t sequence, std::string_view record)>;

  /// Creates what is missing, locks the directory, cuts a torn tail.
  /// Errors: directory_is_locked, log_is_damaged with the place, other_store, unknown_format,
  /// storage_failed, disk_full.
  [[nodiscard]] static Result<std::unique_ptr<LocalLog>> open(const std::string& directory,
                                                              Options options = {});

  /// Writes what waits, syncs the watermark, frees the directory.
  ~LocalLog();
  LocalLog(const LocalLog&) = delete;
  LocalLog& operator=(const LocalLog&) = delete;

  /// Hands over a batch of at least one record; it stays together. `completion` is called
  /// exactly once, unless an error is returned here: overloaded (the queue is full: try later),
  /// too_large (limits::log_batch_bytes_max, _records_max), storage_failed.
  [[nodiscard]] Result<void> append(Batch batch, Completion completion);

  /// The same, waiting. Not from a completion. Returns the first sequence.
  [[nodiscard]] Result<std::uint64_t> append_and_wait(Batch batch);

  /// Visits the records from `from` up to durable_end() at the time of the call, and returns
  /// the sequence after the last one visited. What it visits is checked: storage_failed or
  /// log_is_damaged with the place, after what stands before it was visited.
  [[nodiscard]] Result<std::uint64_t> read(std::uint64_t from, const Visitor& visitor) const;

  /// Compares both copies of what is durable of a segment, and puts right what one of them has
  /// lost. Without a mirror, nothing. Errors: as Mirror::compare.
  [[nodiscard]] Result<void> compare_copies(const Segment& segment) const;
  bool is_mirrored() const { return mirroring_.mirror != nullptr; }

  /// The sequence after the last durable record: 1 while there is none.
  std::uint64_t durable_end() const { return durable_end_.load(std::memory_order_acquire); }

  /// What the next frame will say: the last durable frame is the one before it.
  ChainPoint head() const;

  /// Called once, on the thread that writes, as soon as it is between two frames: everything up to
  /// that head is durable and completed, nothing behind it is. Errors: storage_failed. Be short.
  using AtHead = std::move_only_function<void(Result<ChainPoint>)>;
  void between_frames(AtHead told);

  /// The chain behind the frame that holds the record: that frame is checked with its hash, not
  /// those before it. Requires: 1 <= sequence < durable_end(). Errors: storage_failed or
  /// log_is_damaged with the place.
  [[nodiscard]] Result<ChainPoint> point_behind(std::uint64_t sequence) const;

  /// Whether an append failed for want of room in the last second.
  bool disk_is_full() const;

  /// Whether half of the queue waits to be written: who can still refuse work should.
  bool is_behind() const;

  /// Whether the lock and the newest segment stand where they did, and are the same files: a
  /// folder that was moved, deleted or put back can be written to as long as its files are open,
  /// and nobody finds it again. Two system calls. Errors: storage_failed, with the path.
  [[nodiscard]] Result<void> check_place() const;

  std::vector<Segment> segments() const;
  const StoreId& store_id() const { return store_; }

  /// Bytes of a torn frame that `open` cut. Nobody was told that they were durable, unless the
  /// last frame rotted before the watermark reached the disk.
  std::uint64_t cut_bytes() const { return cut_bytes_; }

 private:
  struct Waiting {
    Batch batch;
    Completion completion;
  };

  /// A file by which the folder is known again.
  struct Landmark {
    std::string path;
    Io<FileIdentity> identity;
  };

  /// The second folder, and what writes to both.
  struct Mirroring {
    std::unique_ptr<MirroredFiles> files;
    std::unique_ptr<Mirror> mirror;
    std::optional<DirectoryLock> lock;
  };

  LocalLog(Options options, Files& files, Mirroring mirroring, std::string directory,
           DirectoryLock lock, const StoreId& store, Tail tail, WatermarkFile mark);

  void run();
  bool take(std::vector<Waiting>& taken);
  void tell_head();
  void write(std::vector<Waiting>& taken);
  void complete(std::vector<Waiting>& taken, std::uint64_t first_sequence);
  void refuse(std::vector<Waiting>& taken, const Error& error);
  void fail(const Error& error);
  Landmark landmark(std::string path) const;
  Result<void> check(const Landmark& landmark) const;

  Result<ChainPoint> point_in(const Segment& segment, std::uint64_t sequence) const;
  Result<std::uint64_t> read_segment_of(const Segment& segment, const Segment* next,
                                        std::uint64_t from, std::uint64_t end,
                                        const Visitor& visitor, bool& has_stopped) const;

  Options options_;
  Mirroring mirroring_;
  Files& files_;
  std::string directory_;  ///< DIR/log
  DirectoryLock lock_;
  StoreId store_;
  std::uint64_t cut_bytes_;
  std::vector<Segment> segments_;
  ChainPoint head_;
  const Landmark lock_mark_;
  Landmark segment_mark_;  ///< Of the newest one.
  std::atomic<std::uint64_t> durable_end_;
  std::atomic<std::int64_t> full_at_ms_;  ///< Of the steady clock.
  std::atomic<bool> has_failed_ = false;

  SegmentWriter writer_;  ///< These three: of the writing thread only.
  FrameBuilder builder_;
  WatermarkFile mark_;

  mutable std::mutex mutex_;  ///< Of what follows, `segments_`, `head_`, `segment_mark_`.
  std::condition_variable wake_;
  std::deque<Waiting> queue_;
  std::vector<AtHead> waiting_for_head_;
  std::size_t queued_bytes_ = 0;
  bool is_closing_ = false;
  std::thread thread_;
};

}  // namespace steelyard::log
