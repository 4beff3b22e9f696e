#include "steelyard/server/api_key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <ostream>
#include <set>
#include <type_traits>

#include "steelyard/server/key_store.h"

namespace steelyard::server {
namespace {

// A secret can not be printed, compared or copied.
template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
static_assert(!Printable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::copyable<Secret> && std::movable<Secret>);
static_assert(!std::equality_comparable<Secret>);

constexpr base::Instant now{1'795'000'000, 0};

/// Bytes 0, 1, 2, …
RandomBytes counting() {
  return [](std::span<unsigned char> bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(i);
  };
}

NewKey wanted() { return {.role = Role::tenant_owner, .tenant = "acme", .name = "ci"}; }

TEST(ApiKey, has_parts_that_people_and_scanners_know) {
  const CreatedKey key = create_api_key(wanted(), Secret("pepper"), counting(), now);
  const std::string text(key.text.reveal());
  EXPECT_EQ(text.substr(0, 20), "steelyard_live_full_");
  EXPECT_EQ(text.size(), 20U + 10 + 1 + 43 + 1 + 6);
  const auto parsed = parse_api_key(text);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->id, key.record.id);
  EXPECT_EQ(key.record.encode().find(parsed->secret), std::string::npos);
}

TEST(ApiKey, every_slip_in_copying_is_seen) {
  const CreatedKey key = create_api_key(wanted(), Secret("pepper"), counting(), now);
  const std::string text(key.text.reveal());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string wrong = text;
    wrong[i] = wrong[i] == 'x' ? 'y' : 'x';
    const auto parsed = parse_api_key(wrong);
    ASSERT_FALSE(parsed.has_value()) << i;
    EXPECT_EQ(parsed.error().detail.find(std::string(text.substr(31, 43))), std::string::npos);
    EXPECT_FALSE(parse_api_key(text.substr(0, i)).has_value()) << i;
  }
  EXPECT_FALSE(parse_api_key(text + "0").has_value());
  EXPECT_FALSE(parse_api_key(" " + text).has_value());
}

TEST(ApiKey, is_found_inside_other_text) {
  EXPECT_EQ(find_api_key("/v1/x?key=steelyard_live_full_1"), 10U);
  EXPECT_EQ(find_api_key("steelyard_test_"), 0U);
  EXPECT_EQ(find_api_key("steelyard is live"), std::string_view::npos);
}

TEST(ApiKey, kinds_bound_what_a_role_may) {
  KeyRecord record;
  record.role = Role::root;
  record.kind = KeyKind::ingest;
  EXPECT_TRUE(record.principal().may(Scope::ingest));
  EXPECT_FALSE(record.principal().may(Scope::read_usage));
  record.kind = KeyKind::read;
  EXPECT_TRUE(record.principal().may(Scope::read_audit));
  EXPECT_FALSE(record.principal().may(Scope::grant_credit));
  EXPECT_FALSE(record.principal().may(Scope::ingest));
}

TEST(ApiKey, records_are_encoded_and_decoded) {
  NewKey full = wanted();
  full.customer = "customer-\"1\"";
  full.expires_at = base::Instant{now.seconds + 1, 500'000'000};
  full.addresses = {"127.0.0.1", "::1"};
  KeyRecord record = create_api_key(std::move(full), Secret("p"), counting(), now).record;
  record.revoked_at = now;
  const auto again = KeyRecord::decode(record.encode());
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, record);
  const KeyRecord plain = create_api_key(wanted(), Secret("p"), counting(), now).record;
  EXPECT_EQ(*KeyRecord::decode(plain.encode()), plain);
}

TEST(ApiKey, damaged_records_are_refused) {
  const std::string good = create_api_key(wanted(), Secret("p"), counting(), now).record.encode();
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"\"live\"", "\"dead\""},
                                                        {"tenant_owner", "tenant_emperor"},
                                                        {"\"acme\"", "\"\""},
                                                        {"\"acme\"", "7"},
                                                        {"secret_mac\":\"", "secret_mac\":\"zz"},
                                                        {"Z\"", "\""},
                                                        {"\"id\":\"", "\"id\":\"_"},
                                                        {"}", ""}}) {
    std::string bad = good;
    ASSERT_NE(bad.find(from), std::string::npos) << from;
    bad.replace(bad.find(from), from.size(), to);
    EXPECT_FALSE(KeyRecord::decode(bad).has_value()) << bad;
  }
}

TEST(KeyStore, authenticates_and_forgets_nothing) {
  KeyStore store{Secret("pepper")};
  const CreatedKey key = store.create(wanted(), system_random(), now);
  const std::string text(key.text.reveal());
  const auto principal = store.authenticate(text, now, "127.0.0.1");
  ASSERT_TRUE(principal.has_value());
  EXPECT_EQ(principal->tenant, "acme");
  EXPECT_EQ(principal->key_id, key.record.id);
  EXPECT_TRUE(principal->may(Scope::manage_keys));

  // S5: revoked from the next request on, and still listed.
  EXPECT_TRUE(store.revoke(key.record.id, now));
  EXPECT_FALSE(store.authenticate(text, now, "127.0.0.1").has_value());
  EXPECT_FALSE(store.revoke("0000000000", now));
  ASSERT_EQ(store.all().size(), 1U);
  EXPECT_EQ(store.all().front().revoked_at, now);

  // Another installation's pepper: the record is of no use.
  KeyStore other{Secret("salt")};
  KeyRecord stolen = key.record;
  stolen.revoked_at.reset();
  other.put(stolen);
  EXPECT_FALSE(other.authenticate(text, now, "127.0.0.1").has_value());
}

TEST(KeyStore, a_wrong_secret_is_refused_like_an_unknown_key) {
  KeyStore store{Secret("pepper")};
  const CreatedKey key = store.create(wanted(), counting(), now);
  KeyStore stranger{Secret("pepper")};
  CreatedKey forged = stranger.create(wanted(), system_random(), now);
  KeyRecord record = forged.record;
  record.id = key.record.id;
  const auto unknown = store.authenticate(forged.text.reveal(), now, "");
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().to_json(""),
            store.authenticate("nonsense", now, "").error().to_json(""));
}

TEST(KeyStore, expiry_and_addresses_hold) {
  KeyStore store{Secret("pepper")};
  NewKey limited = wanted();
  limited.expires_at = base::Instant{now.seconds + 60, 0};
  limited.addresses = {"10.0.0.1"};
  const CreatedKey key = store.create(std::move(limited), system_random(), now);
  EXPECT_TRUE(store.authenticate(key.text.reveal(), now, "10.0.0.1").has_value());
  EXPECT_EQ(store.authenticate(key.text.reveal(), now, "10.0.0.2").error().status(), 403);
  const auto late = store.authenticate(key.text.reveal(), {now.seconds + 60, 0}, "10.0.0.1");
  EXPECT_EQ(late.error().status(), 401);
}

// S6: a wrong secret of a known key takes as long as an unknown key. The difference of medians of
// interleaved runs is far below what a network shows.
TEST(KeyStore, comparing_tells_nothing_by_its_time) {
  KeyStore store{Secret("pepper")};
  const CreatedKey key = store.create(wanted(), system_random(), now);
  KeyStore stranger{Secret("salt")};
  const CreatedKey unknown = stranger.create(wanted(), system_random(), now);
  KeyRecord known = unknown.record;
  KeyStore with_wrong_secret{Secret("pepper")};
  with_wrong_secret.put(known);
  const auto time_of = [&](const KeyStore& of) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) {
      EXPECT_FALSE(of.authenticate(unknown.text.reveal(), now, "").has_value());
    }
    return (std::chrono::steady_clock::now() - begin).count();
  };
  std::vector<long> differences;
  for (int i = 0; i < 200; ++i) differences.push_back(time_of(store) - time_of(with_wrong_secret));
  std::ranges::nth_element(differences, differences.begin() + 100);
  EXPECT_LT(std::abs(differences[100]) / 20, 20'000) << "nanoseconds a call";
}

TEST(Roles, are_a_table_of_the_documented_ones) {
  std::set<std::string_view> names;
  for (const RoleRow& row : roles()) {
    names.insert(row.name);
    EXPECT_EQ(*role_named(row.name), row.role);
  }
  EXPECT_EQ(names, (std::set<std::string_view>{
                       "ingest", "tenant_viewer", "tenant_dev", "tenant_billing", "tenant_owner",
                       "support", "pricing_editor", "finance", "approver", "auditor", "root"}));
  EXPECT_FALSE(role_named("emperor").has_value());
  EXPECT_FALSE(row_of(Role::ingest).scopes.contains(Scope::read_usage));
  EXPECT_FALSE(row_of(Role::tenant_owner).scopes.contains(Scope::grant_credit));
  EXPECT_FALSE(row_of(Role::pricing_editor).scopes.contains(Scope::approve_prices));
  EXPECT_FALSE(row_of(Role::finance).scopes.contains(Scope::propose_prices));
  EXPECT_FALSE(row_of(Role::approver).scopes.contains(Scope::grant_credit));
  EXPECT_FALSE(row_of(Role::tenant_owner).scopes.contains(Scope::approve_money));
}

}  // namespace
}  // namespace steelyard::server
