#pragma once

#include <string>
#include <string_view>

#include "steelyard/base/result.h"
#include "steelyard/cli/command.h"
#include "steelyard/log/local_log.h"
#include "steelyard/server/metrics.h"

namespace steelyard::cli {

void add_mirror_option(CLI::App& command, std::string& folder);

/// What the log is to be opened with. `folder` empty: it has no mirror.
/// Errors: usage_of_command: the mirror is the folder itself, or within it.
[[nodiscard]] Result<void> set_mirror(const std::string& folder, const std::string& data,
                                      log::Options& options);

/// Whether a text is that of DIR/pepper: 64 hexadecimal digits and the end of a line.
bool is_pepper(std::string_view text);

/// The secret of API keys stands in both folders too: a server that begins anew from either one
/// knows its keys. What only one of them has, or has whole, is written to the other. Errors:
/// file_is_malformed: both are whole and differ; storage_failed, disk_full.
[[nodiscard]] Result<void> agree_on_pepper(const std::string& folder, const std::string& data);

/// How many files were mended since the start.
void add_mirror_metrics(server::Metrics& metrics);

}  // namespace steelyard::cli
