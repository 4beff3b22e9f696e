#include "steelyard/api/services.h"

#include <gtest/gtest.h>

#include "steelyard/api/served_for_tests.h"

namespace steelyard::api {
namespace {

// A key that is revoked while a first request of another tenant comes: what the core knew a moment
// ago must not be put back.
TEST(Services, S5_a_new_tenant_brings_no_revoked_key_back) {
  Served served;
  const server::CreatedKey root = served.key(server::Role::root);
  const server::CreatedKey key = served.key(server::Role::tenant_owner);
  ASSERT_EQ(served.ask(key, "GET /v1/keys").status, 200);
  ASSERT_TRUE(served.keys.revoke(key.record.id, server::Clock::system().wall()));
  ASSERT_TRUE(served.services.tenant_number("another").has_value());
  EXPECT_EQ(served.ask(key, "GET /v1/keys").status, 401);
}

TEST(Services, O6_a_new_tenant_changes_nothing_of_what_is_sealed) {
  Served served;
  const server::CreatedKey key = served.key(server::Role::tenant_owner);
  const std::string event =
      R"({"id":"1","source":"s","subject":"acme","data":{"end_user":"alice"}})";
  // In force here, and not in the core yet.
  ASSERT_TRUE(
      served.services.sealed->set("default", {.members = {"/data/end_user"}, .buyers = false})
          .has_value());
  ASSERT_TRUE(served.services.tenant_number("another").has_value());
  const auto sealed = served.services.sealed->events("default", event + '\n');
  ASSERT_TRUE(sealed.has_value());
  EXPECT_EQ(sealed->find("alice"), std::string::npos) << *sealed;
}

}  // namespace
}  // namespace steelyard::api
