#include "steelyard/ledger/siphash.h"

#include <gtest/gtest.h>

#include <string>

namespace steelyard::ledger {
namespace {

/// Key 00 01 … 0f, input 00 01 … n-1. Source: vectors_sip128 of the reference implementation,
/// whose bytes are read here with the lowest first.
TEST(SipHash, gives_the_published_results) {
  const auto of = [](std::size_t size) {
    SipHash hash(0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL);
    std::string input;
    for (std::size_t i = 0; i < size; ++i) input.push_back(static_cast<char>(i));
    hash.add(input);
    return hash.finish();
  };
  EXPECT_EQ(of(0), (Id{.high = 0x930255c71472f66dULL, .low = 0xe6a825ba047f81a3ULL}));
  EXPECT_EQ(of(1), (Id{.high = 0x45fc229b11597634ULL, .low = 0x44af996bd8c187daULL}));
}

TEST(SipHash, does_not_depend_on_how_the_input_comes) {
  SipHash whole(1, 2);
  whole.add("abcdefghijklmnopqrstuvwxyz");
  SipHash parts(1, 2);
  parts.add("abc");
  parts.add("");
  parts.add("defghijklmno");
  parts.add("pqrstuvwxyz");
  EXPECT_EQ(whole.finish(), parts.finish());
}

TEST(Ids, keep_their_parts_apart) {
  EXPECT_NE(id_of({"a", "bc"}), id_of({"ab", "c"}));
  EXPECT_NE(id_of({"a", ""}), id_of({"a"}));
  EXPECT_FALSE(id_of({""}).is_none());
}

/// They are stored: a change here breaks every data directory. The figure is that of another
/// program.
TEST(Ids, stay_what_they_are) {
  const Id one = id_of({"gateway/hz-1", "call-1"});
  EXPECT_EQ(one, (Id{.high = 0x5821a36a414c080eULL, .low = 0xf47d459a26c4b60aULL}));
}

}  // namespace
}  // namespace steelyard::ledger
