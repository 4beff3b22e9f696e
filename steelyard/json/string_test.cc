#include "steelyard/json/string.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace steelyard::json {
namespace {

/// The characters that the inside of a JSON string stands for, or "refused: " and why.
std::string read(const std::string& inside) {
  const std::string text = inside + '"' + std::string(32, '\0');
  const StringScan scan = scan_string(text.data());
  if (scan.what != nullptr) return std::string("refused: ") + scan.what;
  EXPECT_EQ(scan.end, text.data() + inside.size());
  EXPECT_EQ(scan.has_escapes, inside.find('\\') != std::string::npos);
  std::string characters;
  unescape(inside, characters);
  return characters;
}

bool is_refused(const std::string& inside) { return read(inside).starts_with("refused: "); }

TEST(String, plain_characters_stand_for_themselves) {
  for (std::size_t size = 0; size < 70; ++size) {
    const std::string text(size, 'x');
    EXPECT_EQ(read(text), text);
  }
  EXPECT_EQ(read("\x7f"), "\x7f");
}

TEST(String, ends_at_the_first_quote_that_is_not_escaped) {
  const std::string text = std::string(R"(ab\"c"d)") + std::string(32, '\0');
  EXPECT_EQ(scan_string(text.data()).end, text.data() + 5);
}

// Source: RFC 8259, section 7.
TEST(String, escapes_stand_for_characters) {
  EXPECT_EQ(read(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(read(R"(\u0041\u00e9\u00E9\u20ac)"), "A\u00e9\u00e9\u20ac");
  EXPECT_EQ(read(R"(\ud83d\ude00)"), "\U0001F600");
  EXPECT_EQ(read(R"(\uD834\uDD1E)"), "\U0001D11E");
  EXPECT_EQ(read(R"(\udbff\udfff)"), "\U0010FFFF");
  EXPECT_EQ(read(R"(\ud800\udc00)"), "\U00010000");
  EXPECT_EQ(read(R"(\u0000)"), std::string(1, '\0'));
  EXPECT_EQ(read(R"(\u007f\u0080\u07ff\u0800\uffff)"), "\x7f\u0080\u07ff\u0800\uffff");
}

TEST(String, bad_escapes_are_refused) {
  for (const char* const text :
       {R"(\a)", R"(\')", R"(\x41)", R"(\U0041)", R"(\0)", R"(\ )", R"(\u)", R"(\u1)", R"(\u12)",
        R"(\u123)", R"(\u123g)", R"(\u 123)", R"(\u+123)", R"(\u-001)", R"(\u{41})"}) {
    EXPECT_EQ(read(text), "refused: a bad escape") << text;
  }
}

TEST(String, half_a_surrogate_pair_is_refused) {
  for (const char* const text :
       {R"(\ud800)", R"(\udbff)", R"(\udc00)", R"(\udfff)", R"(\ud800x)", R"(\ud800\n)",
        R"(\ud800\u)", R"(\ud800\u0041)", R"(\ud800\ud800)", R"(\udc00\ud800)", R"(\ud800\udbff)",
        R"(\ud800\ue000)", R"(\ud800\\udc00)"}) {
    EXPECT_EQ(read(text), "refused: a bad escape") << text;
  }
}

TEST(String, control_characters_are_refused) {
  for (char c = 0; c < 0x20; ++c) {
    EXPECT_EQ(read(std::string("ab") + c), "refused: a control character inside a string");
  }
}

// Source: RFC 3629, section 4; the table 3-7 of the Unicode Standard.
TEST(String, well_formed_utf8_is_read) {
  for (const char* const text :
       {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xe0\xbf\xbf", "\xe1\x80\x80", "\xec\xbf\xbf",
        "\xed\x80\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
        "\xf0\xbf\xbf\xbf", "\xf1\x80\x80\x80", "\xf3\xbf\xbf\xbf", "\xf4\x80\x80\x80",
        "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(read(text), text);
  }
}

TEST(String, ill_formed_utf8_is_refused) {
  constexpr std::array<const char*, 35> texts = {
      "\x80",
      "\xbf",  // A continuation alone.
      "\xc0\x80",
      "\xc0\xaf",
      "\xc1\xbf",  // Overlong, two bytes.
      "\xe0\x80\x80",
      "\xe0\x9f\xbf",  // Overlong, three.
      "\xf0\x80\x80\x80",
      "\xf0\x8f\xbf\xbf",  // Overlong, four.
      "\xed\xa0\x80",
      "\xed\xad\xbf",
      "\xed\xbf\xbf",              // Surrogates.
      "\xed\xa0\xbd\xed\xb8\x80",  // A pair of them (CESU-8).
      "\xf4\x90\x80\x80",
      "\xf5\x80\x80\x80",  // Above U+10FFFF.
      "\xf8\x88\x80\x80\x80",
      "\xfc\x84\x80\x80\x80\x80",  // Five and six bytes.
      "\xfe",
      "\xff",  //
      "\xc2",
      "\xe0\xa0",
      "\xe1",
      "\xf0\x90\x80",
      "\xf0\x90",
      "\xf4",  // Cut at the end.
      "\xc2x",
      "\xe1\x80x",
      "\xe1x\x80",
      "\xf1\x80\x80x",
      "\xf1\x80x\x80",
      "\xf1x\x80\x80",
      "\xc2\xc2\x80",
      "\xe1\x80\xe1\x80\x80",
      "\xe9",
      "\xa4\xa2"};  // The last: Latin-1, Big5.
  for (const char* const text : texts) {
    EXPECT_EQ(read(text), "refused: a byte that is no UTF-8") << text;
    EXPECT_TRUE(is_refused(std::string(15, 'x') + text)) << text;
    EXPECT_TRUE(is_refused("\u65e5" + std::string(text) + "\u672c")) << text;
  }
}

/// Every sequence of two bytes, and of three that begin like a character of three: those that
/// encode a code point and no others.
TEST(String, short_sequences_are_read_if_and_only_if_they_encode_a_character) {
  const auto byte = [](int value) { return static_cast<char>(value); };
  for (int a = 0x80; a < 0x100; ++a) {
    for (int b = 0; b < 0x100; ++b) {
      if (b == '"' || b == '\\') continue;
      const bool is_character = a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf;
      EXPECT_EQ(!is_refused({byte(a), byte(b)}), is_character) << a << ' ' << b;
      if (a < 0xe0 || a > 0xef) continue;
      const int point = ((a & 0x0f) << 12) | ((b & 0x3f) << 6);
      const bool is_three =
          b >= 0x80 && b <= 0xbf && point >= 0x800 && !(point >= 0xd800 && point < 0xe000);
      EXPECT_EQ(!is_refused({byte(a), byte(b), byte(0x80)}), is_three) << a << ' ' << b;
    }
  }
}

}  // namespace
}  // namespace steelyard::json
