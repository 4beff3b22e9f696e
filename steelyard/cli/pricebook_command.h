#pragma once

#include "steelyard/cli/command.h"

/// The commands under `steelyard pricebook`, each in a file of its name.
namespace steelyard::cli {

void add_pricebook_lint(CLI::App& app, Session& session);
void add_pricebook_show(CLI::App& app, Session& session);
void add_pricebook_diff(CLI::App& app, Session& session);
void add_pricebook_import(CLI::App& app, Session& session);
void add_pricebook_publish(CLI::App& app, Session& session);

}  // namespace steelyard::cli
