#pragma once

#include <cstdio>
#include <cstdlib>

namespace steelyard::base {

/// Ends the process: no bill is better than a wrong one.
[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace steelyard::base

/// States what holds here, whatever the input was. On in every build. A customer's
/// mistake is an Error (result.h); a check that fails is ours.
#define STEELYARD_CHECK(condition)    \
  ((condition) ? static_cast<void>(0) \
               : ::steelyard::base::check_failed(#condition, __FILE__, __LINE__))
