#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "steelyard/api/served_for_tests.h"
#include "steelyard/server/access_matrix_for_tests.h"

namespace steelyard::api {
namespace {

using server::AccessCase;
using server::RawAnswer;

/// What the frame says of a key that may not; handlers that ask for more say other words.
bool is_refused_for_its_scope(const RawAnswer& answer, server::Scope scope) {
  return answer.status == 403 &&
         answer.body.contains("it needs the scope `" + std::string(name_of(scope)) + '`');
}

// S2: every role with every kind of key on every endpoint there is, as the tables say.
TEST(ApiAccess, S2_every_role_may_on_every_endpoint_what_its_table_says) {
  Served served;
  std::map<std::pair<server::Role, server::KeyKind>, server::CreatedKey> keys;
  server::RawClient client(served.http->port());
  int number = 0;
  for (const AccessCase& each : server::access_matrix(served.http->routes())) {
    auto key = keys.find({each.role, each.kind});
    if (key == keys.end()) {
      key =
          keys.emplace(std::pair(each.role, each.kind), served.key(each.role, {}, each.kind)).first;
    }
    const std::string authorization =
        "Authorization: Bearer " + std::string(key->second.text.reveal()) + "\r\n";
    const RawAnswer answer = client.ask(
        server::sample_request(*each.route, authorization, "k" + std::to_string(++number)));
    EXPECT_NE(answer.status, 0) << each.name();
    EXPECT_NE(answer.status, 401) << each.name();
    EXPECT_LT(answer.status, 500) << each.name() << answer.body;
    EXPECT_EQ(is_refused_for_its_scope(answer, *each.route->scope), !each.is_allowed)
        << each.name() << ": " << answer.body;
  }
  EXPECT_GT(number, 1'000);
}

// S20: who proposes and who approves are told apart by scopes, too.
TEST(ApiAccess, S20_only_some_roles_approve_money) {
  const Served served;
  std::map<std::string, std::string> roles;
  for (const AccessCase& each : server::access_matrix(served.http->routes())) {
    if (each.kind != server::KeyKind::full || !each.is_allowed) continue;
    std::string& all = roles[each.route->operation_id];
    all += (all.empty() ? "" : " ") + std::string(server::name_of(each.role));
  }
  EXPECT_EQ(roles["top_up"], "finance root");
  EXPECT_EQ(roles["approve_proposal"], "finance approver root");
  EXPECT_EQ(roles["reject_proposal"], "finance approver root");
  EXPECT_EQ(roles["list_proposals"],
            "tenant_viewer tenant_dev tenant_billing tenant_owner support finance approver auditor "
            "root");
}

}  // namespace
}  // namespace steelyard::api
