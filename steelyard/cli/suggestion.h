#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>

namespace steelyard::cli {

/// What was wrong with a command line, in one sentence: "unknown command 'rat' of steelyard;
/// did you mean 'rate'? (see steelyard --help)". `arguments`: without the program's name.
std::string sentence_about(const CLI::ParseError& error, const CLI::App& app,
                           std::span<char* const> arguments);

}  // namespace steelyard::cli
