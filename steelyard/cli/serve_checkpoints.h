#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/cli/command.h"
#include "steelyard/node/checkpoints.h"
#include "steelyard/node/node.h"
#include "steelyard/server/metrics.h"

namespace steelyard::cli {

/// What `steelyard serve` was told of checkpoints.
struct CheckpointArguments {
  std::string folder;  ///< Empty: none are signed.
  std::string key;
  std::uint64_t every = 60;  ///< Seconds.
};

void add_checkpoint_options(CLI::App& command, CheckpointArguments& arguments);

/// Null where none are asked for. Errors: those of the key and of Checkpoints::open.
[[nodiscard]] Result<std::unique_ptr<node::Checkpoints>> open_checkpoints(
    const CheckpointArguments& arguments, const std::string& data, log::LocalLog& log);

void add_checkpoint_metrics(const node::Checkpoints& checkpoints, server::Metrics& metrics);

/// Begins to sign; of a new folder, says the public key: once.
void begin_checkpoints(node::Checkpoints& checkpoints, node::Node& node,
                       const CheckpointArguments& arguments, Session& session);

}  // namespace steelyard::cli
