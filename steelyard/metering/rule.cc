#include "steelyard/metering/rule.h"

namespace steelyard::metering {

std::string_view name_of(MeterKind kind) {
  switch (kind) {
    case MeterKind::counter: return "counter";
    case MeterKind::gauge: return "gauge";
    case MeterKind::presence: return "presence";
  }
  return "";
}

std::string_view name_of(WindowKind kind) {
  switch (kind) {
    case WindowKind::fact: return "fact";
    case WindowKind::minute: return "minute";
    case WindowKind::hour: return "hour";
    case WindowKind::day: return "day";
    case WindowKind::month: return "month";
    case WindowKind::life: return "life";
  }
  return "";
}

std::string_view name_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::second: return "second";
    case TimeUnit::minute: return "minute";
    case TimeUnit::hour: return "hour";
    case TimeUnit::day: return "day";
  }
  return "";
}

std::string_view name_of(Dim::Aggregate aggregate) {
  switch (aggregate) {
    case Dim::Aggregate::sum: return "sum";
    case Dim::Aggregate::integral: return "integral";
    case Dim::Aggregate::up: return "up";
    case Dim::Aggregate::max: return "max";
    case Dim::Aggregate::last: return "last";
    case Dim::Aggregate::rank: return "rank";
    case Dim::Aggregate::attribute: return "attribute";
  }
  return "";
}

}  // namespace steelyard::metering
