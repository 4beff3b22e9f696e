#pragma once

#include <string>

#include "steelyard/cli/command_tree.h"

/// Completion scripts, made from the tree of commands, one for each shell in a file of its
/// name. Models are asked for when they are needed: `steelyard pricebook show --output csv`.
namespace steelyard::cli {

std::string bash_completion(const CommandText& root);
std::string zsh_completion(const CommandText& root);
std::string fish_completion(const CommandText& root);

/// The first sentence of a description, which fits on a line.
std::string first_sentence(const std::string& description);

}  // namespace steelyard::cli
