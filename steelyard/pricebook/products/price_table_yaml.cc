#include <algorithm>
#include <charconv>

#include "steelyard/base/limits.h"
#include "steelyard/pricebook/products/price_yaml.h"

namespace steelyard::pricebook::products {
namespace {

/// "08:30" as minutes of the day; none if it is no such time.
std::optional<int> minutes_of(std::string_view text) {
  const auto number = [&](std::size_t at) {
    int value = -1;
    const char* const begin = text.data() + at;
    const auto [end, error] = std::from_chars(begin, begin + 2, value);
    return error == std::errc() && end == begin + 2 ? value : -1;
  };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const int hours = number(0);
  const int minutes = number(3);
  if (hours < 0 || minutes < 0 || minutes > 59 || hours * 60 + minutes > 1'440) return std::nullopt;
  return hours * 60 + minutes;
}

std::optional<HoursBand> read_hours(const YamlMap& map) {
  const auto text = map.text("hours");
  if (!text.has_value()) return std::nullopt;
  const std::string_view band = *text;
  if (band.size() == 11 && band[5] == '-') {
    const auto from = minutes_of(band.substr(0, 5));
    const auto to = minutes_of(band.substr(6));
    if (from && to && *from < *to) return HoursBand{*from, *to};
  }
  map.error("hours", "malformed_date",
            "'" + *text + "' is no band such as 08:00-24:00; one over midnight is two rows");
  return std::nullopt;
}

std::int64_t read_duration(const YamlMap& map, std::string_view key) {
  const auto text = map.text(key);
  if (!text.has_value()) return 0;
  constexpr std::string_view units = "smhd";
  constexpr std::int64_t seconds[] = {1, 60, 3'600, 86'400};
  const std::size_t unit = units.find(text->back());
  std::int64_t count = 0;
  const char* const last = text->data() + text->size() - 1;
  const auto [end, error] = std::from_chars(text->data(), last, count);
  if (unit != std::string_view::npos && error == std::errc() && end == last && count > 0 &&
      count < 1'000'000) {
    return count * seconds[unit];
  }
  map.error(key, "malformed_number", "'" + *text + "' is no duration such as 90s, 5m, 1h or 30d");
  return 0;
}

class TableReader {
 public:
  TableReader(const ProductFile& file, const Vocabulary& vocabulary)
      : file_(file), vocabulary_(vocabulary) {}

  CloudPriceTable read(const YAML::Node& node) {
    const YamlMap map = file_.open(node, "price");
    if (const auto word = map.one_of("kernel", {"per_unit", "graduated", "volume", "stairstep"})) {
      table_.kernel = static_cast<charge_model::Kernel>(*word);
    }
    if (const auto per = read_decimal(file_, map, "per", Zero::refused)) table_.per = *per;
    read_keys(map);
    read_market(map);
    if (map.has("rows")) {
      read_rows(map);
    } else {
      table_.rows.push_back(read_row(map, {}));
    }
    return std::move(table_);
  }

 private:
  void read_keys(const YamlMap& map) {
    table_.keys = read_words(file_, map, "keys");
    for (const std::string& key : table_.keys) {
      require_attribute(file_, map.place_of("keys"), key, vocabulary_);
      if (is_reserved(key)) {
        map.error("keys", "reserved_word", "'" + key + "' means something else in a row");
      }
      if (std::ranges::count(table_.keys, key) > 1) {
        map.error("keys", "duplicate_key", "key '" + key + "' stands twice");
      }
    }
  }

  void read_market(const YamlMap& map) {
    table_.protect_seconds = read_duration(map, "protect");
    const AttributeName* const created = file_.product.attribute("created");
    if (table_.protect_seconds > 0 &&
        (created == nullptr || created->type != AttributeName::Type::time)) {
      map.error("protect", "unknown_attribute",
                "'protect' counts from the attribute 'created', which is not declared with 'type: "
                "time'");
    }
    table_.bid_attribute = map.text("bid").value_or("");
    if (!table_.bid_attribute.empty()) {
      require_number(file_, map.place_of("bid"), table_.bid_attribute);
    }
  }

  void read_rows(const YamlMap& map) {
    for (const std::string& key : map.keys()) {
      const bool is_of_row = is_currency(key) || key == "brackets" || key == "free" ||
                             key == "hours" || key == "from" || key == "to";
      if (!is_of_row) continue;
      map.error(key, "without_effect", "'" + key + "' belongs into a row where there are 'rows'");
    }
    for (const YAML::Node& each : members(map, "rows", limits::product_rows_max)) {
      const YamlMap row = file_.open(each, "price_row", table_.keys);
      table_.rows.push_back(read_row(row, table_.keys));
    }
    if (table_.rows.empty()) map.error("rows", "missing_key", "'rows' has no rows");
  }

  CloudPriceRow read_row(const YamlMap& map, const std::vector<std::string>& keys) {
    CloudPriceRow row;
    row.place = map.place();
    row.source = map.text("source").value_or("");
    row.hours = read_hours(map);
    row.validity = read_validity(file_, map);
    for (const std::string& key : keys) {
      if (map.has(key)) {
        row.where.push_back(read_condition(file_, key, map.at(key), vocabulary_));
      }
    }
    row.is_free = read_flag(map, "free");
    row.price = read_row_price(file_, map, table_.kernel);
    return row;
  }

  const ProductFile& file_;
  const Vocabulary& vocabulary_;
  CloudPriceTable table_;
};

}  // namespace

CloudPriceTable read_price_table(const ProductFile& file, const YAML::Node& node,
                                 const Vocabulary& vocabulary) {
  return TableReader(file, vocabulary).read(node);
}

}  // namespace steelyard::pricebook::products
