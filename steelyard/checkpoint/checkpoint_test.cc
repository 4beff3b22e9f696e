#include "steelyard/checkpoint/checkpoint.h"

#include <gtest/gtest.h>

#include <string>

#include "steelyard/base/limits.h"
#include "steelyard/base/text.h"
#include "steelyard/checkpoint/key.h"

namespace steelyard::checkpoint {
namespace {

Checkpoint sample() {
  Checkpoint checkpoint;
  for (std::size_t i = 0; i < checkpoint.store.size(); ++i) {
    checkpoint.store[i] = static_cast<unsigned char>(i + 1);
  }
  checkpoint.sequence = 1204;
  checkpoint.frame_number = 310;
  checkpoint.head = log::sha256("head");
  checkpoint.received = {1'795'680'000, 123'456'000};
  checkpoint.totals = Totals{{"CNY",
                              {{"cash_clearing", money::Decimal::whole(-100)},
                               {"revenue_accrued", money::Decimal::from_scaled(800'000'000)}}}};
  return checkpoint;
}

// The key of RFC 8032, 7.1, test 1, as PKCS #8.
const SigningKey& key() {
  static const SigningKey key = *SigningKey::read(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
      "-----END PRIVATE KEY-----\n");
  return key;
}

std::string why_of(std::string_view line) {
  const auto read = checked_line(line, key().public_key());
  if (read.has_value()) return "";
  EXPECT_EQ(read.error().code, ErrorCode::file_is_malformed);
  return read.error().detail;
}

TEST(CheckpointLine, is_one_JSON_object_with_the_signature_at_its_end) {
  const std::string line = signed_line(sample(), key());
  EXPECT_TRUE(line.starts_with(
      R"({"steelyard_checkpoint":1,"store":"0102030405060708090a0b0c0d0e0f10","sequence":1204,)"
      R"("frame":310,"head":")"))
      << line;
  EXPECT_NE(line.find(R"("received":"2026-11-26T08:00:00.123456Z","totals":{"CNY":{)"
                      R"("cash_clearing":"-100","revenue_accrued":"0.0008"}},"key":")"),
            std::string::npos)
      << line;
  const auto read = checked_line(line, key().public_key());
  ASSERT_TRUE(read.has_value()) << read.error().detail;
  Checkpoint expected = sample();
  expected.key = key().public_key().id();
  EXPECT_EQ(*read, expected);
  EXPECT_EQ(read->point(), (log::ChainPoint{311, 1205, expected.head}));
}

TEST(CheckpointLine, without_totals_says_the_rest) {
  const std::string line = signed_line(sample(), key(), Shows::no_totals);
  EXPECT_EQ(line.find("totals"), std::string::npos) << line;
  const auto read = checked_line(line, key().public_key());
  ASSERT_TRUE(read.has_value()) << read.error().detail;
  EXPECT_FALSE(read->totals.has_value());
  EXPECT_EQ(read->head, sample().head);
}

TEST(CheckpointLine, a_flip_of_any_bit_is_refused) {
  const std::string line = signed_line(sample(), key());
  for (std::size_t i = 0; i < line.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = line;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      EXPECT_NE(why_of(flipped), "") << i << ' ' << bit << ": " << flipped;
    }
  }
}

TEST(CheckpointLine, a_part_of_one_is_refused) {
  const std::string line = signed_line(sample(), key());
  for (std::size_t size = 0; size < line.size(); ++size) {
    EXPECT_NE(why_of(line.substr(0, size)), "") << size;
    EXPECT_NE(why_of(line.substr(size + 1)), "") << size;
  }
}

TEST(CheckpointLine, has_one_form_only) {
  const std::string line = signed_line(sample(), key());
  EXPECT_EQ(why_of(' ' + line), "is not in its only form");
  EXPECT_EQ(why_of(line + ' '), "is not in its only form");
  EXPECT_EQ(why_of(line + line), "is not one JSON object");
  std::string changed = line;
  changed.replace(changed.find(",\"frame\""), 0, R"(,"more":1)");
  EXPECT_EQ(why_of(changed), "is not in its only form");
  changed = line;
  changed.replace(changed.find("\"-100\""), 6, "\"-100.0\"");
  EXPECT_EQ(why_of(changed), "is not in its only form");
  changed = line;
  changed.replace(changed.find("checkpoint\":1"), 13, "checkpoint\":2");
  EXPECT_EQ(why_of(changed), "is of format 2; this version knows 1");
  changed = line;
  changed.replace(changed.find("1204"), 4, "0");
  EXPECT_EQ(why_of(changed), "is of a record that there can not be");
  changed = line;
  changed.replace(changed.find(",\"head\""), 0, R"(,"frame":310)");
  EXPECT_EQ(why_of(changed), "is not one JSON object") << "a name twice";
  EXPECT_EQ(why_of("[]"), "is not one JSON object");
  EXPECT_EQ(why_of("{}"), "its 'steelyard_checkpoint' is missing or wrong");
  EXPECT_EQ(why_of(std::string(limits::checkpoint_line_bytes_max + 1, '{')),
            "is longer than 4096 bytes");
}

TEST(CheckpointLine, of_another_key_is_refused) {
  const SigningKey other = SigningKey::make();
  const std::string theirs = signed_line(sample(), other);
  EXPECT_EQ(why_of(theirs), "is signed with key " + base::hex_of(other.public_key().id()) +
                                ", not with " + base::hex_of(key().public_key().id()));
  // Who says that it is ours can not sign it.
  Checkpoint forged = sample();
  forged.key = key().public_key().id();
  const std::string text = text_of(forged);
  EXPECT_EQ(why_of(line_of(text, other.sign(text))), "the signature does not fit what is signed");
}

TEST(CheckpointKey, signs_as_the_standard_has_it) {
  // RFC 8032, 7.1, test 1: of the empty message.
  EXPECT_EQ(base::hex_of(key().sign("")),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
  EXPECT_TRUE(key().public_key().has_signed("", key().sign("")));
  EXPECT_FALSE(key().public_key().has_signed("x", key().sign("")));
}

TEST(CheckpointKey, is_the_same_when_it_is_read_again) {
  const SigningKey made = SigningKey::make();
  const auto read = SigningKey::read(made.pem());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->sign("text"), made.sign("text"));
  const auto public_key = PublicKey::read(made.public_key().pem());
  ASSERT_TRUE(public_key.has_value());
  EXPECT_EQ(public_key->id(), made.public_key().id());
  EXPECT_TRUE(public_key->has_signed("text", made.sign("text")));
}

TEST(CheckpointKey, other_keys_and_other_texts_are_refused) {
  EXPECT_EQ(PublicKey::read(key().pem()).error().detail, "is not a public Ed25519 key in PEM");
  EXPECT_EQ(SigningKey::read(key().public_key().pem()).error().detail,
            "is not a private Ed25519 key in PEM, without a password");
  for (const std::string_view text : {"", "-----BEGIN PRIVATE KEY-----\n", "key"}) {
    EXPECT_FALSE(SigningKey::read(text).has_value());
    EXPECT_FALSE(PublicKey::read(text).has_value());
  }
  // X25519, as `openssl genpkey -algorithm x25519` makes it: for agreeing on keys.
  EXPECT_FALSE(SigningKey::read("-----BEGIN PRIVATE KEY-----\n"
                                "MC4CAQAwBQYDK2VuBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                                "-----END PRIVATE KEY-----\n")
                   .has_value());
}

}  // namespace
}  // namespace steelyard::checkpoint
