#include "steelyard/charges/duckdb/dimensions.h"

#include "steelyard/base/check.h"

namespace steelyard::charges::duckdb {

bool is_of_price(Dimension dimension) {
  return dimension == Dimension::item || dimension == Dimension::tier ||
         dimension == Dimension::unit;
}

NameKind kind_of(Dimension dimension) {
  switch (dimension) {
    case Dimension::account: return NameKind::account;
    case Dimension::model: return NameKind::model;
    case Dimension::api_key: return NameKind::api_key;
    case Dimension::project: return NameKind::project;
    case Dimension::region: return NameKind::region;
    case Dimension::resource: return NameKind::resource;
    case Dimension::type: return NameKind::type;
    case Dimension::source: return NameKind::source;
    case Dimension::item:
    case Dimension::tier:
    case Dimension::unit: break;
  }
  base::check_failed("a dimension of names", __FILE__, __LINE__);
}

}  // namespace steelyard::charges::duckdb
