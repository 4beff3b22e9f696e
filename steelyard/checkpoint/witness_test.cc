#include "steelyard/checkpoint/witness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "steelyard/log/local_log.h"
#include "steelyard/log/simulated_disk_for_tests.h"
#include "steelyard/log/verify.h"

namespace steelyard::checkpoint {
namespace {

using log::SimulatedDisk;

const SigningKey& key() {
  static const SigningKey key = SigningKey::make();
  return key;
}

std::unique_ptr<log::LocalLog> open(SimulatedDisk& disk) {
  log::Options options;
  options.files = &disk;
  options.segment_bytes = 4'096;
  options.on_fatal = [](const Error&) {};
  auto log = log::LocalLog::open("data", std::move(options));
  EXPECT_TRUE(log.has_value()) << log.error().detail;
  return *std::move(log);
}

/// A frame of so many records, and a checkpoint behind it.
void append(log::LocalLog& log, int records, char letter, FolderWriter* witness) {
  log::Batch batch;
  for (int i = 0; i < records; ++i) batch.add(std::string(300, letter));
  ASSERT_TRUE(log.append_and_wait(std::move(batch)).has_value());
  if (witness == nullptr) return;
  const log::ChainPoint head = log.head();
  const Checkpoint checkpoint{.store = log.store_id(),
                              .sequence = head.sequence - 1,
                              .frame_number = head.frame_number - 1,
                              .head = head.previous_hash};
  ASSERT_TRUE(witness->append(signed_line(checkpoint, key()), 1).has_value());
}

std::string compared(SimulatedDisk& disk) {
  const auto store = log::read_store_id(disk, "data");
  const auto witness = read_witness(disk, "w", key().public_key(), *store);
  if (!witness.has_value()) return witness.error().detail;
  Comparison comparison(*witness);
  const auto report =
      log::verify("data", disk, [&](const log::ChainPoint& behind) { comparison.frame(behind); });
  EXPECT_TRUE(report.has_value() && !report->damage.has_value());
  const auto outcome = comparison.finish();
  if (outcome.has_value()) return "";
  EXPECT_EQ(outcome.error().code, ErrorCode::log_is_damaged);
  return outcome.error().detail;
}

/// A log of twelve frames in several segments, a checkpoint behind each from the third on.
struct Witnessed12 {
  SimulatedDisk disk;

  explicit Witnessed12(int frames = 12) {
    auto log = open(disk);
    begun = disk.copy();
    FolderWriter writer(disk, "w");
    for (int i = 0; i < frames; ++i) append(*log, 1 + i % 2, 'a', i < 2 ? nullptr : &writer);
    EXPECT_GE(log->segments().size(), 3u);
  }

  /// The same store with another past: the chain is sound, and all of it is new.
  std::unique_ptr<SimulatedDisk> with_past(int frames, int changed, int records) const {
    auto other = begun->copy();
    for (const std::string& path : disk.paths()) {
      if (!path.starts_with("w/")) continue;
      EXPECT_TRUE(other->open(path, log::OpenMode::create).has_value());
      other->content(path) = const_cast<SimulatedDisk&>(disk).content(path);
    }
    auto log = open(*other);
    for (int i = 0; i < frames; ++i) {
      append(*log, i == changed ? records : 1 + i % 2, i == changed ? 'b' : 'a', nullptr);
    }
    return other;
  }

  std::unique_ptr<SimulatedDisk> begun;
};

TEST(Witness, S18_of_a_log_that_was_rewritten_the_first_checkpoint_behind_it_is_named) {
  Witnessed12 sample;
  EXPECT_EQ(compared(sample.disk), "");
  EXPECT_EQ(compared(*sample.with_past(12, -1, 0)), "") << "the same facts give the same chain";
  for (int changed = 0; changed < 12; ++changed) {
    const std::string said = compared(*sample.with_past(12, changed, 1 + changed % 2));
    const int line = std::max(changed, 2) - 1;  // The first checkpoint is of the third frame.
    EXPECT_TRUE(said.starts_with("w/00000001.ndjson:" + std::to_string(line) + ": up to record "))
        << changed << ": " << said;
    EXPECT_TRUE(said.ends_with(" now: it was rewritten")) << said;
  }
}

TEST(Witness, S18_of_a_log_with_other_frames_the_record_is_named) {
  Witnessed12 sample;
  const std::string said = compared(*sample.with_past(12, 4, 4));
  EXPECT_TRUE(said.starts_with("w/00000001.ndjson:3: a frame with hash ")) << said;
  EXPECT_TRUE(said.ends_with(" ended with record 7, and in the log none does: it was rewritten"))
      << said;
}

TEST(Witness, S19_of_a_log_that_was_cut_off_both_ends_are_named) {
  Witnessed12 sample;
  for (int frames = 0; frames < 12; ++frames) {
    const int records = frames / 2 * 3 + frames % 2;
    EXPECT_EQ(compared(*sample.with_past(frames, -1, 0)),
              "w/00000001.ndjson:10: record 18 was on disk, and the log ends with record " +
                  std::to_string(records) +
                  ": its end was cut off, or an older copy was put in its place");
  }
  EXPECT_EQ(compared(*sample.with_past(20, -1, 0)), "") << "it may have gone on";
}

TEST(Witness, the_log_finds_the_chain_behind_each_record) {
  SimulatedDisk disk;
  auto log = open(disk);
  std::vector<log::ChainPoint> behind;
  for (int i = 0; i < 30; ++i) {
    append(*log, 1 + i % 3, 'a', nullptr);
    behind.resize(log->head().sequence, log->head());
  }
  ASSERT_GE(log->segments().size(), 4u);
  for (std::uint64_t sequence = 1; sequence < log->durable_end(); ++sequence) {
    const auto found = log->point_behind(sequence);
    ASSERT_TRUE(found.has_value()) << found.error().detail;
    EXPECT_EQ(*found, behind[sequence]) << sequence;
  }
}

TEST(Witness, the_log_tells_its_head_between_two_frames) {
  SimulatedDisk disk;
  auto log = open(disk);
  std::atomic<std::uint64_t> completed = 0;
  std::atomic<int> told = 0;
  const auto look = [&] {
    log->between_frames([&](Result<log::ChainPoint> head) {
      ASSERT_TRUE(head.has_value());
      EXPECT_EQ(completed + 1, head->sequence);
      ++told;
    });
  };
  look();  // Also while nothing is written.
  while (told == 0) std::this_thread::yield();
  for (int i = 0; i < 200; ++i) {
    log::Batch batch;
    batch.add("record");
    ASSERT_TRUE(log->append(std::move(batch),
                            [&](Result<log::Appended> appended) {
                              ASSERT_TRUE(appended.has_value());
                              ++completed;
                            })
                    .has_value());
    look();
  }
  log.reset();
  EXPECT_EQ(told, 201);
  EXPECT_EQ(completed, 200u);
}

TEST(Witness, no_power_failure_takes_what_the_log_told_as_its_head) {
  for (std::uint64_t at = 0; at < 120; ++at) {
    SimulatedDisk disk;
    std::vector<log::ChainPoint> told;
    disk.set_plan([&](SimulatedDisk::Call, const std::string&, std::uint64_t number) {
      return SimulatedDisk::Fault{.power_fails = number == at};
    });
    log::Options options;
    options.files = &disk;
    options.segment_bytes = 4'096;
    options.on_fatal = [](const Error&) {};
    auto log = log::LocalLog::open("data", options);
    for (int i = 0; i < 20 && log.has_value() && !disk.power_has_failed(); ++i) {
      log::Batch batch;
      batch.add(std::string(300, 'a'));
      (void)(*log)->append(std::move(batch), [](const Result<log::Appended>&) {});
      std::promise<Result<log::ChainPoint>> head;
      (*log)->between_frames([&](Result<log::ChainPoint> at_head) { head.set_value(at_head); });
      if (const auto is = head.get_future().get(); is.has_value()) told.push_back(*is);
    }
    if (log.has_value()) log->reset();
    disk.restart(at, false);
    const auto again = open(disk);
    for (const log::ChainPoint& head : told) {
      if (head.sequence == 1) continue;
      ASSERT_LE(head.sequence, again->durable_end()) << at;
      EXPECT_EQ(*again->point_behind(head.sequence - 1), head) << at;
    }
  }
}

TEST(Witness, reads_checkpoints_of_the_store_in_their_order_only) {
  Witnessed12 sample;
  std::string& lines = sample.disk.content("w/00000001.ndjson");
  const std::string whole = lines;
  const std::string first = whole.substr(0, whole.find('\n') + 1);
  lines = whole + first;
  EXPECT_EQ(compared(sample.disk), "w/00000001.ndjson:11: is of record 4, behind one of record 18");
  lines = first + whole;  // Twice the same says nothing else.
  EXPECT_EQ(compared(sample.disk), "");
  lines = "";
  EXPECT_EQ(compared(sample.disk), "w: there is no checkpoint in it");
  lines = whole;
  const auto other = read_witness(sample.disk, "w", key().public_key(), log::StoreId{});
  EXPECT_EQ(other.error().code, ErrorCode::other_store);
  EXPECT_TRUE(other.error().detail.starts_with("w/00000001.ndjson:1: is of store "));
  const auto wrong =
      read_witness(sample.disk, "w", SigningKey::make().public_key(), log::StoreId{});
  EXPECT_TRUE(wrong.error().detail.starts_with("w/00000001.ndjson:1: is signed with key "));
}

}  // namespace
}  // namespace steelyard::checkpoint
