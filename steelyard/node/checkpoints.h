#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "steelyard/base/result.h"
#include "steelyard/checkpoint/checkpoint.h"
#include "steelyard/checkpoint/folder.h"
#include "steelyard/checkpoint/key.h"
#include "steelyard/checkpoint/witness.h"
#include "steelyard/core/core.h"
#include "steelyard/log/files.h"
#include "steelyard/log/local_log.h"
#include "steelyard/node/rebuild.h"

namespace steelyard::node {

class Node;

/// Of the house's accounts. None: a sum is beyond what a Decimal holds.
std::optional<checkpoint::Totals> totals_of(const core::Core& core);

/// Stops of a rebuild that compare the totals of a witness with those that follow from the log, and
/// count them. Errors: log_is_damaged, with the place and both. Both outlive the answer.
Stops stops_at(const checkpoint::Witness& witness, std::size_t& compared);

struct CheckpointOptions {
  std::string folder;
  std::chrono::seconds every{60};
  log::Files* files = nullptr;  ///< Nothing: the machine's.
  /// A checkpoint could not be written, or again; told once until that changes. Nothing else is
  /// affected.
  std::function<void(const Error&)> failed = [](const Error&) {};
  std::function<void()> goes_on = [] {};
  /// The folder could not be used at the start, and now its last checkpoint, of our key, says that
  /// the log is another one. What else is wrong with it only makes it fail.
  std::function<void(const Error&)> log_differs = [](const Error&) {};
};

/// Signs a checkpoint now and then, of what is durable and applied, into a folder, on a thread of
/// its own. Where nothing was added since the last one, none is signed.
class Checkpoints {
 public:
  /// Looks whether the log agrees with the last checkpoint of the folder, and puts the public key
  /// beside it. Where the folder can not be used, that is told and tried again each time. Errors:
  /// log_is_damaged (the log differs), other_store, file_is_malformed (the last checkpoint, the
  /// public key), with the place. `log` and the node outlive the answer.
  [[nodiscard]] static Result<std::unique_ptr<Checkpoints>> open(log::LocalLog& log,
                                                                 checkpoint::SigningKey key,
                                                                 CheckpointOptions options);
  ~Checkpoints();
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;

  /// The first one at once.
  void begin(Node& node);
  /// Ends the thread, and signs a last one.
  void end();

  /// The latest one, of which a witness may see all: without totals. None: nothing is in the log.
  std::optional<std::string> latest() const;
  const checkpoint::PublicKey& public_key() const { return key_.public_key(); }

  /// Whether the folder has got its public key now.
  bool is_new_folder() const { return is_new_folder_; }
  std::uint64_t sequence() const { return sequence_; }  ///< Of the last one in the folder; or 0.
  bool is_failing() const { return is_failing_; }

 private:
  Checkpoints(log::LocalLog& log, checkpoint::SigningKey key, CheckpointOptions options);
  Result<void> prepare();
  Result<void> export_key();
  void run(Node& node);
  void sign(Node& node);
  Result<void> write(const checkpoint::Checkpoint& checkpoint);
  void offer(const checkpoint::Checkpoint& checkpoint);
  void tell(const Error& error);

  log::LocalLog* log_;
  checkpoint::SigningKey key_;
  CheckpointOptions options_;
  log::Files* files_;
  checkpoint::FolderWriter writer_;
  bool is_prepared_ = false;
  std::atomic<bool> is_new_folder_ = false;
  std::atomic<bool> is_failing_ = false;
  std::atomic<std::uint64_t> sequence_ = 0;
  Node* node_ = nullptr;

  mutable std::mutex mutex_;  ///< Of the two below.
  std::optional<std::string> latest_;
  bool is_over_ = false;
  std::condition_variable over_;
  std::thread thread_;
};

}  // namespace steelyard::node
