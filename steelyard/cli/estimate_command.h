#pragma once

#include <functional>

#include "steelyard/cli/command.h"

namespace steelyard::cli {

/// `steelyard estimate product`. `when_chosen` is called before the rest is parsed: what calls of
/// models need, it does not.
void add_estimate_product(CLI::App& app, Session& session,
                          const std::function<void()>& when_chosen);

}  // namespace steelyard::cli
