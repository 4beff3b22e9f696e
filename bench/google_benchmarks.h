#pragma once

#include <benchmark/benchmark.h>

#include <string_view>

#include "bench/arguments.h"

namespace bench {

/// Runs the benchmarks of a program, which takes the arguments of the library. The exit status.
inline int run(int argc, char** argv, std::string_view usage) {
  const Arguments given(argc, argv, usage, argc);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace bench
