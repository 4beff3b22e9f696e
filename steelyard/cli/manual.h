#pragma once

#include <string>

#include "steelyard/cli/command_tree.h"

/// The manual, made from the tree of commands.
namespace steelyard::cli {

/// steelyard(1), in the man macros of roff.
std::string man_page(const CommandText& root);

/// docs/reference/cli.md.
std::string cli_reference(const CommandText& root);

/// docs/reference/exports.md: the columns of exported charge lines.
std::string exports_reference();

/// docs/reference/reasons.md: why a line is not charged.
std::string reasons_reference();

/// docs/reference/usage-formats.md: which counts include which.
std::string usage_formats_reference();

/// docs/reference/product-files.md: the format of products/*.yaml.
std::string product_files_reference();

/// What the manual says about the program as a whole: a word and its meaning.
struct Term {
  const char* word;
  const char* meaning;
};

inline constexpr Term exit_statuses[] = {
    {"0", "Done: every line was rated or a duplicate, every book is free of errors."},
    {"1",
     "Done, but something needs a look: lines were set aside, a model has no price, a book "
     "has errors. Everything was written."},
    {"2", "The command could not run; one sentence on standard error says why."},
};
inline constexpr Term environment[] = {
    {"STEELYARD_PRICEBOOK", "The price book of commands that are given none."},
    {"STEELYARD_KEY", "The API key of commands that speak to a server."},
    {"NO_COLOR", "If it is set to anything, no colour is written, not even to a terminal."},
};
inline constexpr Term files[] = {
    {"book.yaml",
     "Of a price book: name, version, currency, time zone, rules, aliases, "
     "customers' own prices."},
    {"models.csv", "Of a price book: model, tier, type, price for 1,000 tokens."},
    {"products/*.yaml", "Of a price book: its cloud products."},
};

}  // namespace steelyard::cli
