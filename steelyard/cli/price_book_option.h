#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "steelyard/base/result.h"
#include "steelyard/pricebook/price_book.h"

namespace steelyard::cli {

/// Adds --pricebook DIR, which every command that prices has.
void add_price_book_option(CLI::App& command, std::string& folder);

/// The book in `folder`; without one: $STEELYARD_PRICEBOOK, else the shipped one, looked
/// for under the current folder and beside the program.
/// Errors: file_is_unreadable, price_book_is_invalid.
[[nodiscard]] Result<std::shared_ptr<const pricebook::PriceBookSeries>> load_price_book(
    const std::string& folder);

/// The version in force at a time, "2026-11-22" or with a time; empty: now.
/// Errors: invalid_time, usage_of_command (no version is in force then).
[[nodiscard]] Result<const pricebook::PriceBook*> version_in_force(
    const pricebook::PriceBookSeries& series, const std::string& at);

/// A product by its id, code, other word or name. Errors: usage_of_command with the nearest one.
[[nodiscard]] Result<const pricebook::Product*> find_product(const pricebook::PriceBook& book,
                                                             const std::string& word);

/// The folder that `load_price_book` would read. Errors: file_is_unreadable.
[[nodiscard]] Result<std::string> price_book_folder(const std::string& folder);

}  // namespace steelyard::cli
