#include "steelyard/charges/duckdb/conditions.h"

#include "steelyard/base/check.h"

namespace steelyard::charges::duckdb {

std::string sql_text(std::string_view text) {
  STEELYARD_CHECK(text.find('\0') == std::string_view::npos);
  std::string sql = "'";
  for (const char c : text) {
    if (c == '\'') sql += '\'';
    sql += c;
  }
  return sql + '\'';
}

std::string timestamp(std::int64_t microseconds) {
  return "make_timestamp(" + std::to_string(microseconds) + "::BIGINT)";
}

void also(std::string& conditions, const std::string& condition) {
  if (!conditions.empty()) conditions += " AND ";
  conditions += condition;
}

std::optional<std::string> conditions_of(const ChargeFilter& filter, const Names& names) {
  const std::pair<NameKind, std::optional<std::string>> wanted[] = {
      {NameKind::tenant, filter.tenant},     {NameKind::account, filter.account},
      {NameKind::model, filter.model},       {NameKind::api_key, filter.api_key},
      {NameKind::project, filter.project},   {NameKind::region, filter.region},
      {NameKind::resource, filter.resource}, {NameKind::source, filter.source},
  };
  std::string conditions;
  for (const auto& [kind, text] : wanted) {
    if (!text.has_value()) continue;
    const auto number = names.of(kind).find(*text);
    if (!number.has_value()) return std::nullopt;
    also(conditions,
         std::string(name_kinds[static_cast<std::size_t>(kind)]) + " = " + std::to_string(*number));
  }
  if (filter.id.has_value()) {
    if (filter.id->find('\0') != std::string::npos) return std::nullopt;
    also(conditions, "id = " + sql_text(*filter.id));
  }
  if (filter.status.has_value()) {
    also(conditions, "status = " + std::to_string(static_cast<int>(*filter.status)));
  }
  return conditions;
}

bool is_about_rollups(const ChargeFilter& filter) {
  return !filter.region.has_value() && !filter.resource.has_value() && !filter.source.has_value() &&
         !filter.id.has_value() && !filter.status.has_value();
}

std::string prices_of_item(std::string_view item, const Names& names) {
  std::string list;
  for (const std::int32_t number : names.prices.rows_of_item(item)) {
    if (!list.empty()) list += ',';
    list += std::to_string(number);
  }
  return list;
}

}  // namespace steelyard::charges::duckdb
