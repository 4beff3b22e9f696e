#pragma once

#include <gtest/gtest.h>

#include <string>

#include "steelyard/pricebook/reader.h"

namespace steelyard::rating::cloud {

/// A book of one product, `demo`, in CNY and Chinese time. `product` begins with its meters.
inline pricebook::PriceBookSeries demo_book(const std::string& product) {
  pricebook::Sources sources;
  sources.book_yaml = "name: demo\ncurrency: CNY\ntime_zone: Asia/Shanghai\n";
  sources.models_csv = "model,tier,type,price_per_1k_tokens\n";
  sources.products.emplace_back("products/demo.yaml",
                                "product: demo\nname: Demo\ncodes: [demo]\n" + product);
  pricebook::Reading reading = pricebook::read_and_lint(sources);
  for (const auto& finding : reading.findings.list()) {
    if (finding.severity == pricebook::Finding::Severity::error) ADD_FAILURE() << finding.to_text();
  }
  return {{std::move(reading.book)}};
}

/// A civil time in Shanghai.
inline base::Instant instant_at(const std::string& text) {
  const auto instant = base::parse_in_zone(text, "Asia/Shanghai");
  EXPECT_TRUE(instant.has_value()) << text;
  return instant.value_or(base::Instant{});
}

}  // namespace steelyard::rating::cloud
