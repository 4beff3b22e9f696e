// The law of the log under power failures and kills, on a simulated disk.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cerrno>
#include <future>
#include <random>
#include <string>
#include <vector>

#include "steelyard/log/local_log.h"
#include "steelyard/log/simulated_disk_for_tests.h"
#include "steelyard/log/verify.h"

namespace steelyard::log {
namespace {

using Call = SimulatedDisk::Call;
using Fault = SimulatedDisk::Fault;

Options options_on(SimulatedDisk& disk, const std::string& mirror = {}) {
  Options options;
  options.mirror = mirror;
  options.files = &disk;
  options.segment_bytes = 8'192;
  options.frame_bytes_goal = 4'096;
  options.on_fatal = [](const Error&) {};
  return options;
}

/// What was sent in what order, and how much of it was acknowledged.
struct Ledger {
  std::vector<std::string> sent;  ///< In the order in which the log took it.
  std::size_t acknowledged = 0;   ///< Records at the beginning of `sent`.
};

/// Sends groups of batches until all are sent or the disk ends. A group is handed over by the
/// completion of the one before it, on the thread that writes, so the same seed joins the same
/// batches into frames.
class Sender {
 public:
  Sender(LocalLog& log, std::uint64_t seed, Ledger& ledger)
      : log_(log), random_(seed), ledger_(ledger), batches_left_(random_() % 30) {}

  void run() {
    std::future<void> done = done_.get_future();
    if (batches_left_ == 0) return;
    send(1);
    done.wait();
    RC_ASSERT(order_is_kept_);
  }

 private:
  Batch next_batch() {
    Batch batch;
    const std::size_t records = 1 + random_() % 5;
    for (std::size_t r = 0; r < records; ++r) {
      std::string record = std::to_string(ledger_.sent.size() + 1) + ':';
      record.append(random_() % 8 == 0 ? random_() % 5'000 : random_() % 200, 'x');
      batch.add(record);
      ledger_.sent.push_back(std::move(record));
    }
    return batch;
  }

  void send(std::size_t batches) {
    open_ = std::min(batches, batches_left_);
    batches_left_ -= open_;
    for (std::size_t i = open_; i > 0; --i) {
      const std::uint64_t expected = ledger_.sent.size() + 1;
      const auto taken = log_.append(next_batch(), [this, expected](Result<Appended> appended) {
        completed(expected, appended);
      });
      RC_ASSERT(taken.has_value());
    }
  }

  void completed(std::uint64_t expected, const Result<Appended>& appended) {
    if (appended.has_value()) {
      order_is_kept_ = order_is_kept_ && appended->first_sequence == expected;
      ledger_.acknowledged += appended->batch.size();
    } else {
      batches_left_ = 0;
    }
    if (--open_ > 0) return;
    if (batches_left_ > 0) {
      send(1 + random_() % 4);
    } else {
      done_.set_value();
    }
  }

  LocalLog& log_;
  std::mt19937_64 random_;
  Ledger& ledger_;
  std::size_t batches_left_;
  std::size_t open_ = 0;
  bool order_is_kept_ = true;
  std::promise<void> done_;
};

/// Everything acknowledged is there once and in order; what is there is a prefix of what was sent.
void check_content(const LocalLog& log, Ledger& ledger) {
  std::vector<std::string> found;
  const auto end = log.read(1, [&](std::uint64_t sequence, std::string_view record) {
    RC_ASSERT(sequence == found.size() + 1);
    found.emplace_back(record);
    return true;
  });
  if (!end.has_value()) RC_FAIL(end.error().detail);
  RC_ASSERT(found.size() >= ledger.acknowledged);
  RC_ASSERT(found.size() <= ledger.sent.size());
  RC_ASSERT(std::equal(found.begin(), found.end(), ledger.sent.begin()));
  ledger.sent = std::move(found);
  ledger.acknowledged = ledger.sent.size();
}

/// Sends until the disk ends, and lets the power come back.
void send_until_it_ends(SimulatedDisk& disk, const std::string& mirror, std::mt19937_64& random,
                        Ledger& ledger) {
  {
    auto log = LocalLog::open("data", options_on(disk, mirror));
    RC_ASSERT(log.has_value() || disk.power_has_failed());
    const std::uint64_t of_sender = random();
    if (log.has_value()) Sender(**log, of_sender, ledger).run();
  }
  disk.restart(random(), random() % 4 == 0);
}

/// Rounds of sending, each ended by a power failure or a kill at some call to the disk; also
/// while the log is being opened.
RC_GTEST_PROP(LogCrash, keeps_what_was_acknowledged, (std::uint64_t seed)) {
  std::mt19937_64 random(seed);
  SimulatedDisk disk;
  Ledger ledger;
  const int rounds = 1 + static_cast<int>(random() % 6);
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t last_call = disk.calls() + 1 + random() % (random() % 4 == 0 ? 15 : 150);
    const std::size_t short_by = random() % 3'000;
    const bool writes_are_short = random() % 4 == 0;
    disk.set_plan([=](Call call, const std::string&, std::uint64_t number) {
      Fault fault;
      fault.power_fails = number == last_call;
      if (call == Call::pwrite && (fault.power_fails || (writes_are_short && number % 2 == 0))) {
        fault.short_by = short_by;
      }
      if (call == Call::pwrite && writes_are_short && number % 5 == 0) fault.error = EINTR;
      return fault;
    });
    send_until_it_ends(disk, {}, random, ledger);
    auto log = LocalLog::open("data", options_on(disk));
    if (!log.has_value()) RC_FAIL(log.error().detail);
    check_content(**log, ledger);
    log->reset();
    const auto report = verify("data", disk);
    RC_ASSERT(report.has_value());
    RC_ASSERT(!report->damage.has_value());
    RC_ASSERT(report->records == ledger.sent.size());
  }
}

/// The same of a log with a mirror, of which one copy is damaged or lost each time: B3, B21.
RC_GTEST_PROP(LogCrash, a_mirror_keeps_what_was_acknowledged_when_one_copy_rots,
              (std::uint64_t seed)) {
  std::mt19937_64 random(seed);
  SimulatedDisk disk;
  Ledger ledger;
  const int rounds = 1 + static_cast<int>(random() % 5);
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t last_call = disk.calls() + 1 + random() % (random() % 4 == 0 ? 30 : 300);
    const std::size_t short_by = random() % 3'000;
    disk.set_plan([=](Call call, const std::string&, std::uint64_t number) {
      Fault fault;
      fault.power_fails = number == last_call;
      if (call == Call::pwrite && fault.power_fails) fault.short_by = short_by;
      return fault;
    });
    send_until_it_ends(disk, "mirror", random, ledger);
    const bool first_rots = random() % 2 == 0;
    const std::string rots = first_rots ? "data/" : "mirror/";
    const std::string stays = first_rots ? "mirror/" : "data/";
    const bool is_lost = random() % 8 == 0;
    for (const std::string& path : disk.paths()) {
      if (!path.starts_with(rots) || ledger.acknowledged == 0) continue;
      std::string& content = disk.content(path);
      if (is_lost) {
        disk.remove(path);
      } else if (!content.empty() && random() % 2 == 0 &&
                 disk.has(stays + path.substr(rots.size()))) {
        content[random() % content.size()] ^= static_cast<char>(1 + random() % 255);
      }
    }
    auto log = LocalLog::open("data", options_on(disk, "mirror"));
    if (!log.has_value()) RC_FAIL(log.error().detail);
    check_content(**log, ledger);
    for (const Segment& each : (*log)->segments()) {
      RC_ASSERT((*log)->compare_copies(each).has_value());
    }
    log->reset();
    for (const char* const folder : {"data", "mirror"}) {
      const auto report = verify(folder, disk);
      RC_ASSERT(report.has_value());
      if (report->damage.has_value()) RC_FAIL(report->damage->detail);
      RC_ASSERT(report->records == ledger.sent.size());
    }
  }
}

}  // namespace
}  // namespace steelyard::log
