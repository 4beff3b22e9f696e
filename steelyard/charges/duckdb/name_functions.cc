#include "steelyard/charges/duckdb/name_functions.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace steelyard::charges::duckdb {
namespace {

using Vector = Owned<duckdb_vector, &duckdb_destroy_vector>;
using Selection = std::unique_ptr<std::remove_pointer_t<duckdb_selection_vector>,
                                  decltype(&duckdb_destroy_selection_vector)>;
using ScalarFunction = Owned<duckdb_scalar_function, &duckdb_destroy_scalar_function>;

/// Writes what a number stands for into a place of a vector.
using Write = std::function<void(duckdb_vector to, std::int32_t number)>;

void write_null(duckdb_vector to, std::int32_t number) {
  duckdb_vector_ensure_validity_writable(to);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(to), static_cast<idx_t>(number));
}

void write_text(duckdb_vector to, std::int32_t number, std::string_view text) {
  duckdb_vector_assign_string_element_len(to, static_cast<idx_t>(number), text.data(), text.size());
}

void write_decimal(duckdb_vector to, std::int32_t number, money::Decimal value) {
  const money::int128 scaled = value.scaled();
  static_cast<duckdb_hugeint*>(duckdb_vector_get_data(to))[number] = {
      static_cast<std::uint64_t>(scaled), static_cast<std::int64_t>(scaled >> 64)};
}

/// Everything that the numbers of one kind stand for, by number. Numbers only come to it, so a
/// dictionary that is large enough is right.
class Dictionary {
 public:
  Dictionary(LogicalType type, std::function<std::int32_t()> size, Write write)
      : type_(std::move(type)), size_(std::move(size)), write_(std::move(write)) {}

  /// With at least so many numbers; nullptr: there are not so many.
  std::shared_ptr<const Vector> with(std::int32_t count) {
    const std::lock_guard lock(mutex_);
    if (count <= made_) return values_;
    const std::int32_t size = size_();
    if (count > size) return nullptr;
    auto values = std::make_shared<Vector>(duckdb_create_vector(
        type_.get(), std::max(static_cast<idx_t>(size), duckdb_vector_size())));
    write_null(values->get(), 0);
    for (std::int32_t number = 1; number < size; ++number) write_(values->get(), number);
    values_ = std::move(values);
    made_ = size;
    return values_;
  }

 private:
  LogicalType type_;
  std::function<std::int32_t()> size_;
  Write write_;
  std::mutex mutex_;
  std::shared_ptr<const Vector> values_;
  std::int32_t made_ = 0;
};

void look_up(duckdb_function_info function, duckdb_data_chunk input, duckdb_vector output) {
  auto& dictionary = *static_cast<Dictionary*>(duckdb_scalar_function_get_extra_info(function));
  const idx_t size = duckdb_data_chunk_get_size(input);
  const duckdb_vector vector = duckdb_data_chunk_get_vector(input, 0);
  const auto* const numbers = static_cast<const std::int32_t*>(duckdb_vector_get_data(vector));
  std::uint64_t* const validity = duckdb_vector_get_validity(vector);

  const Selection selection(duckdb_create_selection_vector(std::max(size, duckdb_vector_size())),
                            &duckdb_destroy_selection_vector);
  sel_t* const places = duckdb_selection_vector_get_data_ptr(selection.get());
  std::int32_t largest = 0;
  std::int32_t smallest = INT32_MAX;
  for (idx_t i = 0; i < size; ++i) {
    const bool is_null = validity != nullptr && !duckdb_validity_row_is_valid(validity, i);
    const std::int32_t number = is_null ? 0 : numbers[i];
    largest = std::max(largest, number);
    smallest = std::min(smallest, number);
    places[i] = static_cast<sel_t>(number);
  }
  const auto values = smallest < 0 ? nullptr : dictionary.with(largest + 1);
  if (values == nullptr) {
    duckdb_scalar_function_set_error(function, "there is no such number");
    return;
  }
  if (smallest >= largest) {
    // Also a constant, whose result is taken from the first place: it can be no dictionary.
    duckdb_vector_copy_sel(values->get(), output, selection.get(), size, 0, 0);
    return;
  }
  duckdb_vector_reference_vector(output, values->get());
  duckdb_slice_vector(output, selection.get(), size);
}

struct NameFunction {
  std::string name;
  duckdb_type type{};
  std::function<std::int32_t()> size;  ///< Numbers, with 0.
  Write write;
};

std::vector<NameFunction> functions_of(const Names& names) {
  std::vector<NameFunction> functions;
  for (std::size_t kind = 0; kind < name_kind_count; ++kind) {
    const NameTable& table = names.tables[kind];
    functions.push_back({std::string(name_kinds[kind]) + "_name", DUCKDB_TYPE_VARCHAR,
                         [&table] { return table.size(); },
                         [&table](duckdb_vector to, std::int32_t number) {
                           write_text(to, number, table.text(number));
                         }});
  }
  const auto add = [&functions](const char* name, duckdb_type type, const auto& table,
                                const auto& write) {
    functions.push_back({name, type, [&table] { return table.size() + 1; }, write});
  };
  const BookTable& books = names.books;
  add("book_name", DUCKDB_TYPE_VARCHAR, books, [&books](duckdb_vector to, std::int32_t number) {
    write_text(to, number, books.book(number).name);
  });
  add("book_version", DUCKDB_TYPE_BIGINT, books, [&books](duckdb_vector to, std::int32_t number) {
    static_cast<std::int64_t*>(duckdb_vector_get_data(to))[number] = books.book(number).version;
  });
  const PriceTable& prices = names.prices;
  const auto add_text = [&](const char* name, std::string PriceRow::* text) {
    add(name, DUCKDB_TYPE_VARCHAR, prices, [&prices, text](duckdb_vector to, std::int32_t number) {
      write_text(to, number, prices.row(number).*text);
    });
  };
  const auto add_decimal = [&](const char* name, money::Decimal PriceRow::* value) {
    add(name, DUCKDB_TYPE_DECIMAL, prices, [&prices, value](duckdb_vector to, std::int32_t number) {
      write_decimal(to, number, prices.row(number).*value);
    });
  };
  add_text("price_item", &PriceRow::item);
  add_text("price_tier", &PriceRow::tier);
  add_text("price_unit", &PriceRow::unit);
  add_decimal("price_amount", &PriceRow::price);
  add_decimal("price_per", &PriceRow::per);
  add("price_list_amount", DUCKDB_TYPE_DECIMAL, prices,
      [&prices](duckdb_vector to, std::int32_t number) {
        const auto value = prices.row(number).list_price;
        if (value.has_value()) {
          write_decimal(to, number, *value);
        } else {
          write_null(to, number);
        }
      });
  return functions;
}

LogicalType type_of(duckdb_type type) {
  return LogicalType(type == DUCKDB_TYPE_DECIMAL ? duckdb_create_decimal_type(38, 12)
                                                 : duckdb_create_logical_type(type));
}

}  // namespace

Result<void> register_name_functions(const Connection& connection, const Names& names) {
  const LogicalType number = type_of(DUCKDB_TYPE_INTEGER);
  for (NameFunction& each : functions_of(names)) {
    const ScalarFunction function(duckdb_create_scalar_function());
    const LogicalType result = type_of(each.type);
    auto dictionary = std::make_unique<Dictionary>(type_of(each.type), std::move(each.size),
                                                   std::move(each.write));
    duckdb_scalar_function_set_name(function.get(), each.name.c_str());
    duckdb_scalar_function_add_parameter(function.get(), number.get());
    duckdb_scalar_function_set_return_type(function.get(), result.get());
    duckdb_scalar_function_set_special_handling(function.get());
    duckdb_scalar_function_set_function(function.get(), &look_up);
    duckdb_scalar_function_set_extra_info(function.get(), dictionary.release(), [](void* held) {
      delete static_cast<Dictionary*>(held);
    });
    if (duckdb_register_scalar_function(connection.get(), function.get()) != DuckDBSuccess) {
      return failure(ErrorCode::store_failed, "function " + each.name + " is not taken");
    }
  }
  return {};
}

}  // namespace steelyard::charges::duckdb
