#include "steelyard/json/number.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace steelyard::json {
namespace {

/// What scan_number reads of a text, followed by '|' and the rest.
std::string scanned(const std::string& text) {
  const Number number = scan_number(text.data(), text.data() + text.size());
  if (number.end == nullptr) return std::string("refused: ") + number.what;
  const auto size = static_cast<std::size_t>(number.end - text.data());
  return text.substr(0, size) + '|' + text.substr(size);
}

std::uint64_t fingerprint(const std::string& text) {
  return scan_number(text.data(), text.data() + text.size()).fingerprint;
}

// Source: the grammar of RFC 8259, section 6.
TEST(Number, the_grammar_of_json_is_read) {
  for (const char* const text :
       {"0", "-0", "1", "-1", "10", "1234567890123456789012345678901234567890", "0.0", "-0.5",
        "1.25", "0e0", "0E+0", "1e5", "1E5", "1e+05", "1e-05", "12.50e-300", "1e999999999999"}) {
    EXPECT_EQ(scanned(text), std::string(text) + '|');
  }
}

TEST(Number, what_is_no_number_is_refused) {
  for (const char* const text :
       {"",   "-",   "+1",  ".5",  "-.5", "1.",       "1.e5",      "1e",  "1e+", "1E-", "00",
        "01", "-01", "-00", "--1", "- 1", "Infinity", "-Infinity", "NaN", "-a",  "e5",  "x"}) {
    EXPECT_EQ(scanned(text).substr(0, 9), "refused: ") << text;
  }
}

TEST(Number, the_longest_number_is_read) {
  EXPECT_EQ(scanned("1,2"), "1|,2");
  EXPECT_EQ(scanned("1.5.5"), "1.5|.5");
  EXPECT_EQ(scanned("1e5e5"), "1e5|e5");
  EXPECT_EQ(scanned("0x10"), "0|x10");
  EXPECT_EQ(scanned("1-2"), "1|-2");
}

TEST(Number, plain_digits_are_read_at_once) {
  struct Case {
    const char* text;
    bool is_plain;
    std::uint64_t whole;
  };
  constexpr std::array cases = {
      Case{"0", true, 0},
      Case{"9007199254740991", true, 9007199254740991},
      Case{"999999999999999999", true, 999999999999999999},
      Case{"1000000000000000000", false, 0},   // 19 digits.
      Case{"18446744073709551617", false, 0},  // 2^64 + 1 is not 1.
      Case{"007", false, 0},
      Case{"1.0", false, 0},
      Case{"1e0", false, 0},
      Case{"-1", false, 0},
  };
  for (const Case& each : cases) {
    std::uint64_t whole = 0;
    EXPECT_EQ(scan_plain_whole(each.text, whole) != nullptr, each.is_plain) << each.text;
    if (each.is_plain) {
      EXPECT_EQ(whole, each.whole);
    }
    const std::string text = each.text;
    const Number number = scan_number(text.data(), text.data() + text.size());
    EXPECT_EQ(number.is_whole, each.is_plain) << each.text;
    if (each.is_plain) {
      EXPECT_EQ(number.whole, each.whole);
    }
  }
}

TEST(Number, canonical_form_has_no_zeros_at_its_ends) {
  const Canonical number = canonical("-00120.3400e+2");  // Not JSON, but clear: -12034.
  EXPECT_TRUE(number.is_negative);
  EXPECT_EQ(number.digits, 12034u);
  EXPECT_EQ(number.digits_count, 5u);
  EXPECT_EQ(number.exponent, 0);
  EXPECT_EQ(canonical("1e-1").exponent, -1);
  EXPECT_EQ(canonical("10e-1").exponent, 0);
  EXPECT_EQ(canonical("0.001").exponent, -3);
  EXPECT_EQ(canonical("1000").exponent, 3);
  EXPECT_EQ(canonical("-0.000e7").digits_count, 0u);
  EXPECT_FALSE(canonical("-0").is_negative);
}

TEST(Number, an_exponent_beyond_all_bounds_keeps_its_sign_and_size) {
  EXPECT_GE(canonical("1e18446744073709551616").exponent, 1'000'000'000'000'000);
  EXPECT_LE(canonical("1e-18446744073709551616").exponent, -1'000'000'000'000'000);
}

TEST(Number, notation_does_not_change_the_fingerprint) {
  for (const auto& group : {
           std::array{"1000", "1000.0", "1e3"},
           std::array{"0", "-0", "0.00e-99"},
           std::array{"-12.5", "-1.25e1", "-125E-1"},
           std::array{"18446744073709551616", "18446744073709551616.0", "1844674407370955161.6e1"},
           std::array{"999999999999999999", "9.99999999999999999e17", "999999999999999999.0"},
           std::array{"1e99999999999999999999", "10e99999999999999999998",
                      "0.1e100000000000000000000"},
       }) {
    EXPECT_EQ(fingerprint(group[0]), fingerprint(group[1])) << group[1];
    EXPECT_EQ(fingerprint(group[0]), fingerprint(group[2])) << group[2];
  }
}

TEST(Number, other_values_have_other_fingerprints) {
  constexpr std::array texts = {
      "0",
      "1",
      "-1",
      "10",
      "0.1",
      "-0.1",
      "100",
      "1e100",
      "1e-100",
      "2",
      "12",
      "21",
      "1.2",
      "9007199254740992",
      "9007199254740993",  // The same as floats.
      "18446744073709551616",
      "18446744073709551617",
      "100000000000000000000000001",
      "100000000000000000000000002",
      "1e1000000000000000",
      "1e10000000000000000",
      "1e99999999999999999999",
  };
  for (const char* const a : texts) {
    for (const char* const b : texts) {
      EXPECT_EQ(fingerprint(a) == fingerprint(b), a == b) << a << ' ' << b;
    }
  }
}

}  // namespace
}  // namespace steelyard::json
