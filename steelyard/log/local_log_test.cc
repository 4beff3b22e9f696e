#include "steelyard/log/local_log.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "steelyard/log/crc32c.h"
#include "steelyard/log/simulated_disk_for_tests.h"
#include "steelyard/log/verify.h"

namespace steelyard::log {
namespace {

using Call = SimulatedDisk::Call;
using Fault = SimulatedDisk::Fault;

bool is_segment(const std::string& path) { return path.find("segment") != std::string::npos; }

Options options_on(SimulatedDisk& disk, std::vector<Error>* fatal = nullptr) {
  Options options;
  options.files = &disk;
  options.segment_bytes = 8'192;
  options.on_fatal = [fatal](const Error& error) {
    if (fatal != nullptr) fatal->push_back(error);
  };
  return options;
}

std::unique_ptr<LocalLog> opened(SimulatedDisk& disk) {
  auto log = LocalLog::open("data", options_on(disk));
  EXPECT_TRUE(log.has_value()) << (log.has_value() ? "" : log.error().detail);
  return log.has_value() ? std::move(*log) : nullptr;
}

Batch batch_of(const std::vector<std::string>& records) {
  Batch batch;
  for (const std::string& record : records) batch.add(record);
  return batch;
}

std::vector<std::string> read_all(const LocalLog& log, std::uint64_t from = 1) {
  std::vector<std::string> records;
  std::uint64_t expected = from;
  const auto end = log.read(from, [&](std::uint64_t sequence, std::string_view record) {
    EXPECT_EQ(sequence, expected++);
    records.emplace_back(record);
    return true;
  });
  EXPECT_TRUE(end.has_value()) << (end.has_value() ? "" : end.error().detail);
  return records;
}

std::string segment_path(std::uint64_t first_sequence) {
  return "data/log/" + Segment{1, {1, first_sequence, {}}}.file_name();
}

TEST(LocalLog, numbers_records_from_1_and_reads_them_back) {
  SimulatedDisk disk;
  const auto log = opened(disk);
  EXPECT_EQ(log->durable_end(), 1u);
  EXPECT_EQ(read_all(*log), std::vector<std::string>{});
  EXPECT_EQ(log->append_and_wait(batch_of({"a", "", "c"})), 1u);
  EXPECT_EQ(log->append_and_wait(batch_of({"d"})), 4u);
  EXPECT_EQ(log->durable_end(), 5u);
  EXPECT_EQ(read_all(*log), (std::vector<std::string>{"a", "", "c", "d"}));
  EXPECT_EQ(read_all(*log, 3), (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(read_all(*log, 5), std::vector<std::string>{});
}

TEST(LocalLog, a_completion_gives_the_batch_back) {
  SimulatedDisk disk;
  const auto log = opened(disk);
  std::promise<Appended> done;
  ASSERT_TRUE(log->append(batch_of({"a", "b"}),
                          [&](Result<Appended> appended) { done.set_value(*std::move(appended)); })
                  .has_value());
  const Appended appended = done.get_future().get();
  EXPECT_EQ(appended.first_sequence, 1u);
  EXPECT_EQ(appended.batch[1], "b");
}

TEST(LocalLog, a_visitor_can_stop) {
  SimulatedDisk disk;
  const auto log = opened(disk);
  ASSERT_TRUE(log->append_and_wait(batch_of({"a", "b", "c"})).has_value());
  const auto end =
      log->read(1, [](std::uint64_t sequence, std::string_view) { return sequence < 2; });
  EXPECT_EQ(end, 3u);
}

TEST(LocalLog, continues_through_segments_and_after_reopening) {
  SimulatedDisk disk;
  std::vector<std::string> sent;
  for (int round = 0; round < 5; ++round) {
    const auto log = opened(disk);
    ASSERT_EQ(read_all(*log), sent);
    for (int i = 0; i < 20; ++i) {
      const std::string record(100 + static_cast<std::size_t>(i) * 40, static_cast<char>('a' + i));
      ASSERT_EQ(log->append_and_wait(batch_of({record, "x"})), sent.size() + 1);
      sent.push_back(record);
      sent.push_back("x");
    }
    EXPECT_EQ(read_all(*log), sent);
    for (std::size_t from = 1; from <= sent.size() + 1; from += 3) {
      EXPECT_EQ(read_all(*log, from).size(), sent.size() + 1 - from);
    }
  }
  EXPECT_GT(opened(disk)->segments().size(), 5u);
  const auto report = verify("data", disk);
  ASSERT_TRUE(report.has_value());
  EXPECT_FALSE(report->damage.has_value()) << report->damage->detail;
  EXPECT_EQ(report->records, sent.size());
}

TEST(LocalLog, a_batch_larger_than_a_segment_has_one_of_its_own) {
  SimulatedDisk disk;
  const std::string large(50'000, 'l');
  {
    const auto log = opened(disk);
    for (const std::string& record : {std::string("a"), large, std::string("b"), large}) {
      ASSERT_TRUE(log->append_and_wait(batch_of({record})).has_value());
    }
  }
  EXPECT_EQ(read_all(*opened(disk)), (std::vector<std::string>{"a", large, "b", large}));
}

TEST(LocalLog, memory_of_what_was_written_before_is_given_back) {
  constexpr std::size_t mib = std::size_t{1} << 20;
  SimulatedDisk disk;
  Options options = options_on(disk);
  options.segment_bytes = 16 * mib;
  const std::vector<std::string> records(6, std::string(mib, 'r'));
  {
    const auto log = *LocalLog::open("data", options);
    for (const std::string& record : records) {
      ASSERT_TRUE(log->append_and_wait(batch_of({record})).has_value());
    }
    EXPECT_EQ(read_all(*log), records);
  }
  EXPECT_GE(disk.dropped(), 4 * mib);
  EXPECT_LE(disk.dropped(), 6 * mib);
}

TEST(LocalLog, a_batch_above_the_limit_is_too_large) {
  SimulatedDisk disk;
  const auto log = opened(disk);
  Batch batch;
  batch.add(std::string(limits::log_batch_bytes_max + 1, 'x'));
  EXPECT_EQ(log->append_and_wait(std::move(batch)).error().code, ErrorCode::too_large);
  EXPECT_EQ(log->append_and_wait(batch_of({"a"})), 1u);
}

/// While one frame is being synced, what arrives waits and goes into the next one together.
TEST(LocalLog, joins_the_batches_that_wait_into_one_frame) {
  SimulatedDisk disk;
  std::promise<void> is_syncing;
  std::promise<void> go_on;
  const auto log = opened(disk);
  bool first = true;
  disk.set_plan([&](Call call, const std::string& path, std::uint64_t) {
    if (call == Call::pwrite && is_segment(path) && std::exchange(first, false)) {
      is_syncing.set_value();
      go_on.get_future().wait();
    }
    return Fault{};
  });
  std::vector<std::uint64_t> sequences;
  std::promise<void> all_done;
  const auto keep = [&](Result<Appended> appended) {
    sequences.push_back(appended->first_sequence);
    if (sequences.size() == 11) all_done.set_value();
  };
  ASSERT_TRUE(log->append(batch_of({"a"}), keep).has_value());
  is_syncing.get_future().wait();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(log->append(batch_of({"b", "c"}), keep).has_value());
  go_on.set_value();
  all_done.get_future().wait();
  EXPECT_EQ(sequences, (std::vector<std::uint64_t>{1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20}));
  EXPECT_EQ(log->head().frame_number, 3u);  // The next one: two were written.
}

TEST(LocalLog, a_full_queue_is_overloaded_and_empties_again) {
  SimulatedDisk disk;
  std::promise<void> is_writing;
  std::promise<void> go_on;
  Options options = options_on(disk);
  options.queue_bytes_max = frame_payload_bytes_max;
  auto log = LocalLog::open("data", std::move(options));
  ASSERT_TRUE(log.has_value());
  bool first = true;
  disk.set_plan([&](Call call, const std::string& path, std::uint64_t) {
    if (call == Call::pwrite && is_segment(path) && std::exchange(first, false)) {
      is_writing.set_value();
      go_on.get_future().wait();
    }
    return Fault{};
  });
  int completed = 0;
  const auto count = [&](const Result<Appended>& appended) { completed += appended.has_value(); };
  Batch large;
  large.add(std::string(limits::log_batch_bytes_max, 'x'));
  ASSERT_TRUE((*log)->append(large, count).has_value());
  is_writing.get_future().wait();
  const auto refused = (*log)->append(large, count);
  EXPECT_EQ(refused.error().code, ErrorCode::overloaded);
  EXPECT_TRUE((*log)->is_behind());
  ASSERT_TRUE((*log)->append(batch_of({"small"}), count).has_value());
  go_on.set_value();
  EXPECT_EQ((*log)->append_and_wait(batch_of({"last"})), 3u);
  EXPECT_EQ(completed, 2);
  EXPECT_FALSE((*log)->is_behind());
  EXPECT_EQ((*log)->append_and_wait(large), 4u);
}

TEST(LocalLog, readers_see_only_what_is_durable_while_it_is_written) {
  SimulatedDisk disk;
  const auto log = opened(disk);
  std::atomic<bool> is_done = false;
  std::thread reader([&] {
    while (!is_done) {
      const std::uint64_t end = log->durable_end();
      std::uint64_t expected = 1;
      const auto read = log->read(1, [&](std::uint64_t sequence, std::string_view record) {
        EXPECT_EQ(sequence, expected++);
        EXPECT_EQ(record, "record " + std::to_string(sequence));
        return true;
      });
      ASSERT_TRUE(read.has_value()) << read.error().detail;
      EXPECT_GE(*read, end);
    }
  });
  for (int i = 1; i <= 600; i += 2) {
    Batch batch = batch_of({"record " + std::to_string(i), "record " + std::to_string(i + 1)});
    ASSERT_TRUE(log->append_and_wait(std::move(batch)).has_value());
  }
  is_done = true;
  reader.join();
}

void fill_a_disk(std::uint64_t room, bool preallocates) {
  SimulatedDisk disk;
  disk.set_capacity(room);
  disk.set_plan([=](Call call, const std::string&, std::uint64_t) {
    return Fault{.error = call == Call::allocate && !preallocates ? EOPNOTSUPP : 0};
  });
  std::vector<Error> fatal;
  auto log = LocalLog::open("data", options_on(disk, &fatal));
  ASSERT_TRUE(log.has_value()) << log.error().detail;
  std::vector<std::string> kept;
  int refused = 0;
  for (int i = 0; i < 40; ++i) {
    if (i == 25) disk.set_capacity(10'000'000);
    const std::string record(1'500, static_cast<char>('a' + i % 26));
    const auto first = (*log)->append_and_wait(batch_of({record}));
    if (first.has_value()) {
      kept.push_back(record);
      EXPECT_EQ(*first, kept.size());
    } else {
      ++refused;
      EXPECT_EQ(first.error().code, ErrorCode::disk_full);
      EXPECT_TRUE((*log)->disk_is_full());
      EXPECT_EQ(verify("data", disk)->torn_bytes, 0u) << "half a frame is taken back at once";
    }
    EXPECT_TRUE(i < 25 || first.has_value()) << i;
    EXPECT_EQ(read_all(**log), kept);
  }
  EXPECT_GT(refused, 5);
  EXPECT_TRUE(fatal.empty());
  log->reset();
  EXPECT_EQ(read_all(*opened(disk)), kept);
  EXPECT_FALSE(verify("data", disk)->damage.has_value());
}

TEST(LocalLog, a_full_disk_refuses_batches_and_recovers_by_itself) {
  for (std::uint64_t room = 10'000; room < 30'000; room += 700) {
    SCOPED_TRACE(room);
    fill_a_disk(room, true);
    fill_a_disk(room, false);  // A frame itself meets the full disk, in its middle.
  }
}

/// Whatever fails first, nothing is acknowledged any more, and the process is told to end.
TEST(LocalLog, an_error_of_the_disk_ends_the_log) {
  for (const Call failing : {Call::pwrite, Call::sync}) {
    SimulatedDisk disk;
    std::vector<Error> fatal;
    auto log = LocalLog::open("data", options_on(disk, &fatal));
    ASSERT_TRUE(log.has_value());
    ASSERT_TRUE((*log)->append_and_wait(batch_of({"kept"})).has_value());
    int calls = 0;
    disk.set_plan([&](Call call, const std::string& path, std::uint64_t) {
      const bool fails = call == failing && is_segment(path) && calls++ == 0;
      return Fault{.error = fails ? EIO : 0};
    });
    EXPECT_EQ((*log)->append_and_wait(batch_of({"lost"})).error().code, ErrorCode::storage_failed);
    EXPECT_EQ((*log)->append_and_wait(batch_of({"after"})).error().code, ErrorCode::storage_failed);
    EXPECT_EQ(fatal.size(), 1u);
    EXPECT_EQ(calls, 1) << "a failed call is not tried again";
    EXPECT_EQ((*log)->durable_end(), 2u);
    EXPECT_EQ(read_all(**log), std::vector<std::string>{"kept"});
  }
}

TEST(LocalLog, a_sync_that_finds_the_disk_full_is_fatal_too) {
  SimulatedDisk disk;
  std::vector<Error> fatal;
  auto log = LocalLog::open("data", options_on(disk, &fatal));
  disk.set_plan([&](Call call, const std::string&, std::uint64_t) {
    return Fault{.error = call == Call::sync ? ENOSPC : 0};
  });
  EXPECT_EQ((*log)->append_and_wait(batch_of({"x"})).error().code, ErrorCode::storage_failed);
  EXPECT_EQ(fatal.size(), 1u);
}

TEST(LocalLog, by_default_an_error_of_the_disk_ends_the_process) {
  const auto append_to_failing_disk = [] {
    SimulatedDisk disk;
    Options options;
    options.files = &disk;
    auto log = LocalLog::open("data", options);
    disk.set_plan([](Call call, const std::string&, std::uint64_t) {
      return Fault{.error = call == Call::sync ? EIO : 0};
    });
    (void)(*log)->append_and_wait(batch_of({"x"}));
  };
  EXPECT_EXIT(append_to_failing_disk(), testing::ExitedWithCode(74),
              "can not be written any more.*sync.*Input/output error");
}

TEST(LocalLog, short_and_interrupted_writes_are_completed) {
  SimulatedDisk disk;
  disk.set_plan([](Call call, const std::string&, std::uint64_t number) {
    if (call != Call::pwrite) return Fault{};
    return number % 3 == 0 ? Fault{.error = EINTR} : Fault{.short_by = number % 7 * 100};
  });
  const auto log = opened(disk);
  std::vector<std::string> sent;
  for (int i = 0; i < 30; ++i) {
    sent.emplace_back(700, static_cast<char>('a' + i % 26));
    ASSERT_TRUE(log->append_and_wait(batch_of({sent.back()})).has_value());
  }
  EXPECT_EQ(read_all(*log), sent);
}

TEST(LocalLog, a_read_that_fails_names_the_file) {
  SimulatedDisk disk;
  const auto log = opened(disk);
  ASSERT_TRUE(log->append_and_wait(batch_of({"x"})).has_value());
  disk.set_plan([](Call call, const std::string&, std::uint64_t) {
    return Fault{.error = call == Call::pread ? EIO : 0};
  });
  const auto read = log->read(1, [](std::uint64_t, std::string_view) { return true; });
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::storage_failed);
  EXPECT_EQ(read.error().detail, segment_path(1) + ": read: Input/output error");
}

/// B1. What was cut is zeros again, so that nothing of it can be taken for a frame later.
TEST(LocalLog, a_torn_tail_is_cut) {
  SimulatedDisk disk;
  ASSERT_TRUE(opened(disk)->append_and_wait(batch_of({"kept"})).has_value());
  std::string& content = disk.content("data/log/00000000000000000001.segment");
  const std::string whole = content;
  content.replace(1'024, 700, std::string(700, 'x'));
  EXPECT_EQ(verify("data", disk)->torn_bytes, 700u);
  const auto log = opened(disk);
  EXPECT_EQ(log->cut_bytes(), 700u);
  EXPECT_EQ(content, whole);
  EXPECT_EQ(read_all(*log), std::vector<std::string>{"kept"});
  EXPECT_EQ(log->append_and_wait(batch_of({"next"})), 2u);
}

/// A store of three segments, closed.
std::unique_ptr<SimulatedDisk> three_segments() {
  auto disk = std::make_unique<SimulatedDisk>();
  const auto log = opened(*disk);
  for (int i = 0; i < 9; ++i) {
    EXPECT_TRUE(log->append_and_wait(batch_of({std::string(2'000, static_cast<char>('a' + i))}))
                    .has_value());
  }
  EXPECT_EQ(log->segments().size(), 3u);
  return disk;
}

std::string refusal(SimulatedDisk& disk) {
  const auto log = LocalLog::open("data", options_on(disk));
  return log.has_value() ? "opened"
                         : std::string(name_of(log.error().code)) + ": " + log.error().detail;
}

TEST(LocalLog, a_segment_that_is_missing_is_named) {
  const auto disk = three_segments();
  const auto without_second = disk->copy();
  without_second->remove(segment_path(4));
  EXPECT_EQ(refusal(*without_second),
            "log_is_damaged: " + segment_path(7) + " offset 0x0: segment 2 is missing, this is 3");
  const auto without_first = disk->copy();
  without_first->remove(segment_path(1));
  EXPECT_EQ(refusal(*without_first),
            "log_is_damaged: " + segment_path(4) + " offset 0x0: segment 1 is missing, this is 2");
  const auto without_last = disk->copy();
  without_last->remove(segment_path(7));
  EXPECT_EQ(refusal(*without_last),
            "log_is_damaged: segment 00000000000000000004.segment offset 0x2000 seq 7: there is "
            "no frame where one belongs; the records before seq 10 were durable");
}

TEST(LocalLog, a_segment_of_another_store_is_refused) {
  const auto disk = three_segments();
  const auto other = three_segments();
  disk->content(segment_path(4)) = other->content(segment_path(4));
  EXPECT_TRUE(refusal(*disk).starts_with("other_store: " + segment_path(4) +
                                         ": the segment belongs to store "));
  const auto report = verify("data", *disk);
  ASSERT_TRUE(report.has_value() && report->damage.has_value());
  EXPECT_EQ(report->damage->code, ErrorCode::other_store);
}

/// A store that was copied and went on in both places has two histories.
TEST(LocalLog, a_segment_of_another_history_is_refused) {
  SimulatedDisk disk;
  ASSERT_TRUE(opened(disk)->append_and_wait(batch_of({"shared"})).has_value());
  const auto other = disk.copy();
  for (SimulatedDisk* each : {&disk, other.get()}) {
    const auto log = opened(*each);
    for (int i = 0; i < 3; ++i) {
      const std::string record(3'000, each == &disk ? 'a' : 'b');
      ASSERT_TRUE(log->append_and_wait(batch_of({record})).has_value());
    }
    ASSERT_EQ(log->segments().size(), 2u);
  }
  disk.content(segment_path(1)) = other->content(segment_path(1));
  const auto read = opened(disk)->read(1, [](std::uint64_t, std::string_view) { return true; });
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::log_is_damaged);
  EXPECT_EQ(verify("data", disk)->damage->detail, read.error().detail);
}

TEST(LocalLog, without_its_identity_a_store_is_not_taken_for_a_new_one) {
  const auto disk = three_segments();
  disk->remove("data/store");
  EXPECT_EQ(refusal(*disk),
            "log_is_damaged: data/store: is missing, and there is a log that it belongs to");
}

TEST(LocalLog, a_format_of_a_later_version_is_refused) {
  const auto disk = three_segments();
  Segment segment{1, {}};
  StoreId store{};
  ASSERT_TRUE(read_store_id(*disk, "data").has_value());
  store = *read_store_id(*disk, "data");
  std::string header = encode(segment, store);
  header[24] = 2;
  const std::uint32_t crc = crc32c(std::string_view(header).substr(0, 88));
  std::memcpy(header.data() + 88, &crc, sizeof crc);
  disk->content(segment_path(1)).replace(0, header.size(), header);
  EXPECT_EQ(refusal(*disk),
            "unknown_format: " + segment_path(1) + ": format 2; this version knows 1");
}

TEST(LocalLog, damage_in_an_old_segment_is_named_when_it_is_read_and_by_verify) {
  const auto disk = three_segments();
  disk->content(segment_path(4))[512 + 2'560 + 700] ^= 1;  // In its second frame.
  const auto log = opened(*disk);
  std::uint64_t last = 0;
  const auto read = log->read(1, [&](std::uint64_t sequence, std::string_view) {
    last = sequence;
    return true;
  });
  EXPECT_EQ(last, 4u);
  const std::string place =
      "segment 00000000000000000004.segment offset 0xc00 seq 5: the payload does not fit its "
      "checksum";
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().detail, place);
  const auto report = verify("data", *disk);
  ASSERT_TRUE(report->damage.has_value());
  EXPECT_EQ(report->damage->detail, place);
  EXPECT_EQ(report->records, 4u);
  EXPECT_EQ(read_all(*log, 6).size(), 4u) << "what stands behind the damage can still be read";
}

TEST(LocalLog, a_frame_that_was_zeroed_between_segments_is_a_gap) {
  const auto disk = three_segments();
  std::string& content = disk->content(segment_path(4));
  content.replace(512 + 2 * 2'560, 2'560, std::string(2'560, '\0'));
  const auto report = verify("data", *disk);
  ASSERT_TRUE(report->damage.has_value());
  EXPECT_EQ(report->damage->detail,
            "segment 00000000000000000004.segment offset 0x1600 seq 6: there is no frame where one "
            "belongs");
  const auto read = opened(*disk)->read(1, [](std::uint64_t, std::string_view) { return true; });
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().detail, report->damage->detail);
}

TEST(LocalLog, B18_a_folder_that_is_not_where_it_was_is_noticed) {
  SimulatedDisk disk;
  const auto log = opened(disk);
  const auto newest = [&] { return "data/log/" + log->segments().back().file_name(); };
  const auto what_is_wrong = [&] {
    const auto is = log->check_place();
    return is.has_value() ? std::string() : is.error().detail;
  };
  while (log->segments().size() < 3) {
    ASSERT_TRUE(log->append_and_wait(batch_of({std::string(1'000, 'x')})).has_value());
    EXPECT_EQ(what_is_wrong(), "");
  }
  disk.replace(newest());
  EXPECT_EQ(what_is_wrong(), newest() + ": is another file than the one in use");
  disk.remove(newest());
  EXPECT_NE(what_is_wrong().find(newest() + ": find: No such file"), std::string::npos);
  disk.remove("data/lock");
  EXPECT_NE(what_is_wrong().find("data/lock: find: No such file"), std::string::npos);
}

}  // namespace
}  // namespace steelyard::log
