#pragma once

#include <string>

#include "steelyard/base/calendar.h"
#include "steelyard/metering/shape.h"
#include "steelyard/rating/cloud/trace.h"

/// What an engine did, in words.
namespace steelyard::report {

/// Exact where twelve decimals are enough: "1,000.5"; else "1/3, about 0.333333333333".
std::string number_text(const money::Rational& number);

/// "rounded up to 3,600"; "less 0.5 × 1,000".
std::string step_text(const rating::cloud::StepLog::Step& step);

/// "hour 2026-11-22T08:00", "day 2026-11-22", "month 2026-11", "whole life", "this fact".
std::string window_text(metering::WindowKind kind, const base::Slot& window,
                        base::Calendar& calendar);

/// What the quantity of a stage begins with: "largest max_connections"; "added up by resource".
std::string measured_text(const rating::cloud::Trace::Stage& stage, std::size_t dim);

/// The exact fee of a window: the sum of its lines.
money::Rational fee_of(const rating::cloud::FeeLines& lines);

/// "0.62 for 3600 second: region cn-hangzhou; from 2024-04-01; ecs.yaml:57".
std::string price_text(const rating::cloud::Slot& slot, const std::string& time_zone);

/// What plans cover of a quantity, summed up.
money::Rational total_of(const rating::cloud::Parts& parts);

}  // namespace steelyard::report
