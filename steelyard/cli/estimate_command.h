#pragma once

#include "steelyard/cli/command.h"

namespace steelyard::cli {

/// `steelyard estimate product`, in a file of its own.
void add_estimate_product(CLI::App& app, Session& session);

}  // namespace steelyard::cli
