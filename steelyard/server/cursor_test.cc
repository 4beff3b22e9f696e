#include "steelyard/server/cursor.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "steelyard/server/crypto.h"

namespace steelyard::server {
namespace {

// S4: a cursor of another tenant, filter or server is a forged one.
TEST(Cursor, is_bound_to_tenant_and_filter) {
  const CursorSigner signer(Secret("key"));
  const std::string cursor = signer.make("acme", "charges from=1", "row 17");
  EXPECT_EQ(*signer.read("acme", "charges from=1", cursor), "row 17");
  EXPECT_FALSE(signer.read("other", "charges from=1", cursor).has_value());
  EXPECT_FALSE(signer.read("acme", "charges from=2", cursor).has_value());
  EXPECT_FALSE(CursorSigner(Secret("other")).read("acme", "charges from=1", cursor).has_value());
  EXPECT_FALSE(signer.read("acmec", "harges from=1", cursor).has_value());
  EXPECT_EQ(signer.read("acme", "charges from=1", "").error().status(), 400);
}

TEST(Cursor, any_change_is_seen) {
  const CursorSigner signer(Secret("key"));
  const std::string cursor = signer.make("acme", "f", "row 17");
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string wrong = cursor;
    wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(signer.read("acme", "f", wrong).has_value()) << i;
    EXPECT_FALSE(signer.read("acme", "f", cursor.substr(0, i)).has_value()) << i;
  }
  EXPECT_FALSE(signer.read("acme", "f", cursor + "=").has_value());
}

RC_GTEST_PROP(Cursor, every_position_comes_back, (const std::string& position)) {
  const CursorSigner signer(Secret("key"));
  RC_ASSERT(*signer.read("t", "f", signer.make("t", "f", position)) == position);
  std::string bytes;
  RC_ASSERT(from_base64url(to_base64url(position), bytes) && bytes == position);
  RC_ASSERT(from_hex(to_hex(position)) == position);
}

TEST(Crypto, gives_the_published_values) {
  // RFC 4231, test case 2.
  EXPECT_EQ(to_hex(view_of(hmac_sha256("Jefe", "what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const MacKey key("Jefe");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(to_hex(view_of(key.of("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  }
  // FIPS 180-4, "abc"; RFC 4648, section 10; the check value of CRC-32.
  EXPECT_EQ(to_hex(view_of(sha256("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_base64url("foob"), "Zm9vYg");
  EXPECT_EQ(crc32_of("123456789"), 0xcbf43926U);
  EXPECT_TRUE(is_equal_in_constant_time("a", "a"));
  EXPECT_FALSE(is_equal_in_constant_time("a", "b"));
  EXPECT_FALSE(is_equal_in_constant_time("a", "ab"));
}

}  // namespace
}  // namespace steelyard::server
