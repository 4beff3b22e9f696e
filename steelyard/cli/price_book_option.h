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

/// The folder that `load_price_book` would read. Errors: file_is_unreadable.
[[nodiscard]] Result<std::string> price_book_folder(const std::string& folder);

}  // namespace steelyard::cli
