#include "steelyard/core/line_rows.h"

#include "steelyard/ledger/bytes.h"

namespace steelyard::core {

const rating::cloud::Row& LineRows::row(const LineText& text) {
  name_.clear();
  ledger::ByteWriter to(name_);
  to.text(text.item);
  to.text(text.tier);
  to.text(text.unit);
  to.decimal(text.price);
  to.decimal(text.per);
  if (text.list_price.has_value()) to.decimal(*text.list_price);
  const auto found = rows_.find(name_);
  if (found != rows_.end()) return *found->second;
  auto row = std::make_unique<rating::cloud::Row>();
  row->item = text.item;
  row->tier = text.tier;
  row->unit = text.unit;
  row->price = text.price;
  row->per = text.per;
  row->list_price = text.list_price;
  return *rows_.emplace(name_, std::move(row)).first->second;
}

}  // namespace steelyard::core
