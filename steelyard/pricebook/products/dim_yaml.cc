#include <array>

#include "steelyard/pricebook/products/rules_yaml.h"

namespace steelyard::pricebook::products {
namespace {

using metering::Dim;
using metering::MeterKind;
using Aggregate = Dim::Aggregate;

constexpr std::array<std::string_view, 7> aggregate_words = {"sum",  "integral", "up",       "max",
                                                             "last", "rank",     "attribute"};

/// Which of the seven it is; none, noted, if not exactly one.
std::optional<Aggregate> read_aggregate(const ProductFile& file, const YamlMap& map) {
  std::optional<Aggregate> found;
  for (std::size_t i = 0; i < aggregate_words.size(); ++i) {
    if (!map.has(aggregate_words[i])) continue;
    if (found.has_value()) {
      map.error(aggregate_words[i], "unknown_word",
                "'" + std::string(name_of(*found)) + "' and '" + std::string(aggregate_words[i]) +
                    "' stand in one measure: several are written as a list");
      return std::nullopt;
    }
    found = static_cast<Aggregate>(i);
  }
  if (!found.has_value()) {
    file.findings.error("missing_key", map.place(),
                        "it measures nothing: sum, integral, up, max, last, rank or attribute "
                        "must be there");
  }
  return found;
}

void check_kind(const YamlMap& map, const MeterName& meter, Aggregate aggregate) {
  const bool is_counter = meter.kind == MeterKind::counter;
  if (is_counter == (aggregate == Aggregate::sum)) return;
  const std::string word(name_of(aggregate));
  map.error(word, "wrong_kind",
            "'" + word + "' is for " + (is_counter ? "gauges" : "counters") + ", and '" +
                meter.name + "' is a " + std::string(name_of(meter.kind)));
}

/// Notes keys that only some aggregates have.
void check_options(const YamlMap& map, Aggregate aggregate, DimPlace place) {
  const auto only = [&](std::string_view key, bool is_right, const char* of) {
    if (!map.has(key) || is_right) return;
    map.error(key, "without_effect",
              "'" + std::string(key) + "' is only for " + of + ": it has no effect here");
  };
  using enum Aggregate;
  only("in", aggregate == integral || aggregate == up, "integral and up");
  only("k", aggregate == rank, "rank");
  only("drop", aggregate == rank, "rank");
  only("waive", aggregate == integral || aggregate == up || aggregate == max,
       "integral, up and max");
  only("window", place == DimPlace::times, "factors in 'times'");
}

void read_rank(const ProductFile& file, const YamlMap& map, Dim& dim) {
  if (map.has("k") == map.has("drop")) {
    map.error("rank", "missing_key", "rank has either 'k' or 'drop'");
    return;
  }
  if (map.has("k")) {
    dim.rank_k = read_whole(map, "k", 1, 1'000'000).value_or(1);
    return;
  }
  dim.rank_drop = read_number(file, map.at("drop"), Zero::allowed);
  if (dim.rank_drop && !(*dim.rank_drop < money::Rational::whole(1))) {
    map.error("drop", "malformed_number", "'drop' is a share below 1, such as 0.05");
  }
}

}  // namespace

const MeterName* require_meter(const ProductFile& file, const Place& place,
                               const std::string& name) {
  if (const MeterName* const meter = file.product.meter(name)) return meter;
  std::vector<std::string_view> known;
  for (const MeterName& each : file.product.meters) known.push_back(each.name);
  file.unknown(place, "unknown_meter", "meter of this product", name, known);
  return nullptr;
}

std::optional<metering::Dim> read_dim(const ProductFile& file, const YAML::Node& node,
                                      DimPlace place) {
  const YamlMap map = file.open(node, "dim");
  const auto aggregate = read_aggregate(file, map);
  if (!aggregate.has_value()) return std::nullopt;
  const std::string_view word = name_of(*aggregate);
  Dim dim;
  dim.aggregate = *aggregate;
  dim.meter = map.needed(word);
  if (*aggregate == Aggregate::attribute) {
    require_number(file, map.place_of(word), dim.meter);
  } else if (const auto* const meter = require_meter(file, map.place_of(word), dim.meter)) {
    check_kind(map, *meter, *aggregate);
  }
  check_options(map, *aggregate, place);
  if (const auto unit = map.one_of("in", {"second", "minute", "hour", "day"})) {
    dim.unit = static_cast<metering::TimeUnit>(*unit);
  }
  if (*aggregate == Aggregate::rank) read_rank(file, map, dim);
  dim.is_waived_inside_window = map.one_of("waive", {"inside_window"}).has_value();
  if (place == DimPlace::times) dim.window = read_window(map, "window");
  dim.where = read_conditions(file, map, "where", {});
  dim.each = read_steps(file, map, "each", StepPlace::fact);
  dim.shape = read_steps(file, map, "shape", StepPlace::dim);
  return dim;
}

}  // namespace steelyard::pricebook::products
