// S20 over HTTP: what gives or takes money is proposed by one key and approved by another.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "steelyard/api/served_for_tests.h"

namespace steelyard::api {
namespace {

using server::RawAnswer;
using server::Role;

std::string idempotent(const std::string& key) { return "Idempotency-Key: " + key + "\r\n"; }

/// The text of a member; empty: there is none.
std::string member(const std::string& json, const std::string& name) {
  const std::string before = '"' + name + "\":";
  const std::size_t at = json.find(before);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + before.size();
  const std::size_t end = json.find_first_of(",}]", begin);
  return json.substr(begin, end - begin);
}

class FourEyesApi : public testing::Test {
 protected:
  FourEyesApi() { served.services.needs_four_eyes = true; }

  RawAnswer top_up(const server::CreatedKey& as, const std::string& id,
                   const std::string& amount = "100", const std::string& account = "acme") {
    return served.ask(as, "POST /v1/accounts/" + account + "/top-ups",
                      R"({"amount":")" + amount + "\"}", idempotent(id));
  }

  RawAnswer decide(const server::CreatedKey& as, const std::string& proposal,
                   const std::string& how = "approve", const std::string& id = "") {
    return served.ask(as, "POST /v1/proposals/" + proposal + '/' + how, {},
                      idempotent(id.empty() ? how + proposal : id));
  }

  std::string balance(const std::string& account = "acme") {
    const RawAnswer answer = served.ask(ann, "GET /v1/accounts/" + account + "/balance");
    return answer.status == 404 ? "none" : answer.body;
  }

  Served served;
  const server::CreatedKey root = served.key(Role::root);
  const server::CreatedKey ann = served.key(Role::finance, root.record.id);
  const server::CreatedKey bob = served.key(Role::approver, root.record.id);
};

TEST_F(FourEyesApi, S20_every_command_about_money_is_proposed_and_approved_by_another_key) {
  struct Command {
    std::string target;
    std::string body;
    std::string key;
    std::string after;  // Of the answer to the approval.
  };
  for (
      const auto& [target, body, key, after] : std::vector<Command>{
          {"POST /v1/accounts/acme/top-ups", R"({"amount":"100"})", "p-1", R"("prepaid":"100")"},
          {"POST /v1/accounts/acme/grants", R"({"amount":"5","expires_at":"2127-01-01T00:00:00Z"})",
           "g-1", R"("credit":"5")"},
          {"POST /v1/accounts/acme/refunds", R"({"amount":"40","original":"p-1"})", "r-1",
           R"("prepaid":"60")"},
          {"POST /v1/accounts/acme/quotas",
           R"({"model":"qwen-plus","class":"free","tokens":600,"expires_at":"2127-01-01T00:00:00Z"})",
           "q-1", R"("decided_by")"},
          {"PUT /v1/accounts/acme", R"({"postpaid_limit":"7"})", "", R"("postpaid_limit":"7")"}}) {
    const std::string before = balance();
    const std::string fields = key.empty() ? "" : idempotent(key);
    const RawAnswer proposed = served.ask(ann, target, body, fields);
    ASSERT_EQ(proposed.status, 202) << target << proposed.body;
    const std::string id = member(proposed.body, "id");
    EXPECT_EQ(proposed.field("Location"), "/v1/proposals/" + id);
    EXPECT_EQ(member(proposed.body, "state"), "\"open\"");
    EXPECT_EQ(member(proposed.body, "proposed_by"), '"' + ann.record.id + '"');
    EXPECT_TRUE(proposed.body.contains(body.substr(1, body.size() - 2))) << proposed.body;
    EXPECT_EQ(balance(), before) << "nothing is moved";

    const RawAnswer again = served.ask(ann, target, body, fields);
    EXPECT_EQ(again.status, 202);
    EXPECT_EQ(again.body, proposed.body);
    EXPECT_EQ(again.field("Idempotent-Replayed"), "true");

    const RawAnswer own = decide(ann, id);
    EXPECT_EQ(own.status, 403) << own.body;
    EXPECT_EQ(member(own.body, "code"), "\"own_proposal\"");
    EXPECT_EQ(decide(root, id).status, 403) << "it made ann's key";
    const RawAnswer approved = decide(bob, id);
    EXPECT_EQ(approved.status, 200) << approved.body;
    EXPECT_EQ(member(approved.body, "state"), "\"approved\"");
    EXPECT_EQ(member(approved.body, "decided_by"), '"' + bob.record.id + '"');
    EXPECT_TRUE(approved.body.contains(after)) << approved.body;
    EXPECT_EQ(decide(bob, id).body, approved.body);
    const RawAnswer late = decide(bob, id, "approve", "late" + id);
    EXPECT_EQ(late.status, 409);
    EXPECT_EQ(member(late.body, "code"), "\"proposal_not_open\"");
    EXPECT_TRUE(late.body.contains(R"("state":"approved")")) << late.body;
  }
  EXPECT_TRUE(served.ask(ann, "GET /v1/accounts/acme/quotas").body.contains(R"("id":"q-1")"));
  std::optional<std::string> wrong;
  served.node->ask([&](const core::Core& core) { wrong = core.imbalance(); });
  EXPECT_EQ(wrong, std::nullopt);
}

TEST_F(FourEyesApi, S20_the_audit_has_both_names) {
  const std::string id = member(top_up(ann, "p-1").body, "id");
  EXPECT_EQ(decide(bob, id).status, 200);
  const std::string rejected = member(top_up(ann, "p-2").body, "id");
  EXPECT_EQ(decide(bob, rejected, "reject").status, 200);
  const auto auditor = served.key(Role::auditor);
  const std::string acts = served.ask(auditor, "GET /v1/audit?limit=10").body;
  const auto act = [&](const std::string& name, const std::string& by, const std::string& what) {
    const std::string line =
        R"("act":")" + name + R"(","by":")" + by + R"(","refused":false,"what":{)" + what;
    EXPECT_TRUE(acts.contains(line)) << line << " is not in " << acts;
  };
  const std::string& who = ann.record.id;
  act("approve", bob.record.id, R"("proposal":)" + id + R"(,"proposed_by":")" + who + '"');
  act("reject", bob.record.id, R"("proposal":)" + rejected + R"(,"proposed_by":")" + who + '"');
  act("propose", who, R"("what":{"command":"top_up","account":"acme","id":"p-1","amount":"100"}})");
  EXPECT_TRUE(acts.contains(R"({"sequence":)" + id + ',')) << "the id is its place in the log";
}

TEST_F(FourEyesApi, S20_proposals_are_listed_page_by_page) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(member(top_up(ann, "p-" + std::to_string(i)).body, "id"));
  }
  EXPECT_EQ(decide(bob, ids[1]).status, 200);
  const auto list = [&](const std::string& query) {
    return served.ask(bob, "GET /v1/proposals" + query).body;
  };
  const std::string first = list("?limit=2&state=open");
  EXPECT_TRUE(first.starts_with(R"({"proposals":[{"id":)" + ids[4] + ',')) << first;
  EXPECT_TRUE(first.ends_with(R"("next":")" + ids[3] + "\"}")) << first;
  const std::string second = list("?limit=2&state=open&cursor=" + ids[3]);
  EXPECT_TRUE(second.starts_with(R"({"proposals":[{"id":)" + ids[2] + ',')) << second;
  EXPECT_TRUE(second.contains(R"({"id":)" + ids[0] + ',')) << second;
  EXPECT_TRUE(second.ends_with(R"("next":null})")) << second;
  EXPECT_TRUE(list("?state=approved").contains(R"({"id":)" + ids[1] + ','));
  EXPECT_EQ(list("?state=expired"), R"({"proposals":[],"next":null})");
  const RawAnswer one = served.ask(bob, "GET /v1/proposals/" + ids[1]);
  EXPECT_EQ(member(one.body, "state"), "\"approved\"");
}

TEST_F(FourEyesApi, S20_what_is_wrong_is_said) {
  const auto expect = [&](const RawAnswer& answer, int status, const std::string& code) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(member(answer.body, "code"), '"' + code + '"') << answer.body;
  };
  expect(served.ask(bob, "GET /v1/proposals/4711"), 404, "unknown_proposal");
  expect(served.ask(bob, "GET /v1/proposals/x"), 422, "invalid_parameter");
  expect(served.ask(bob, "GET /v1/proposals/0"), 422, "invalid_parameter");
  expect(served.ask(bob, "GET /v1/proposals?state=new"), 422, "invalid_parameter");
  expect(served.ask(bob, "GET /v1/proposals?cursor=x"), 400, "invalid_cursor");
  expect(decide(bob, "4711"), 404, "unknown_proposal");
  expect(served.ask(bob, "POST /v1/proposals/4711/approve"), 400, "idempotency_key_missing");
  expect(served.ask(bob, "POST /v1/proposals/1/reject", "{}", idempotent("k")), 415,
         "unsupported_media_type");
  expect(top_up(bob, "p-1"), 403, "forbidden");
  expect(top_up(ann, "p-1", "0"), 422, "amount_out_of_range");
  expect(top_up(ann, "p-1", "-1"), 422, "invalid_field");
  expect(served.ask(ann, "POST /v1/accounts/acme/top-ups",
                    "{" + std::string(5'000, ' ') + R"("amount":"1"})", idempotent("p-1")),
         413, "too_large");
  const std::string id = member(top_up(ann, "p-1").body, "id");
  expect(top_up(ann, "p-1", "2"), 422, "idempotency_key_reused");
  expect(decide(ann, id), 403, "own_proposal");
  expect(decide(bob, id, "approve", "p-1"), 422, "idempotency_key_reused");
  const RawAnswer refund = served.ask(ann, "POST /v1/accounts/acme/refunds",
                                      R"({"amount":"1","original":"p-1"})", idempotent("r-1"));
  expect(decide(bob, member(refund.body, "id")), 404, "unknown_account");
  EXPECT_EQ(decide(bob, id).status, 200);
  EXPECT_EQ(decide(bob, member(refund.body, "id")).status, 200) << "it stayed open";
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(top_up(ann, "many-" + std::to_string(i)).status, 202);
  }
  expect(top_up(ann, "one-more"), 409, "too_many_proposals");
}

TEST_F(FourEyesApi, S20_other_tenants_and_accounts_are_not_seen) {
  const std::string id = member(top_up(ann, "p-1").body, "id");
  const auto twin = served.key(Role::finance, {}, server::KeyKind::full, {}, "twin");
  const auto customer = served.key(Role::finance, {}, server::KeyKind::full, "bluefin");
  for (const server::CreatedKey* each : {&twin, &customer}) {
    EXPECT_EQ(served.ask(*each, "GET /v1/proposals").body, R"({"proposals":[],"next":null})");
    EXPECT_EQ(served.ask(*each, "GET /v1/proposals/" + id).status, 404);
    EXPECT_EQ(decide(*each, id).status, 404);
    EXPECT_EQ(decide(*each, id, "reject").status, 404);
  }
  EXPECT_EQ(decide(bob, id).status, 200);
}

TEST_F(FourEyesApi, S20_the_work_of_gateways_is_not_proposed) {
  const auto gateway = served.key(Role::ingest, root.record.id, server::KeyKind::ingest);
  EXPECT_EQ(decide(bob, member(top_up(ann, "p-1").body, "id")).status, 200);
  EXPECT_EQ(
      served.ask(gateway, "POST /v1/holds", R"({"hold":"h","account":"acme","amount":"1"})").status,
      200);
  EXPECT_EQ(
      served
          .ask(gateway, "POST /v1/holds/h/settle", R"({"account":"acme","id":"h","amount":"0.5"})")
          .status,
      200);
  EXPECT_TRUE(balance().contains(R"("prepaid":"99.5")")) << balance();
}

TEST_F(FourEyesApi, S20_without_the_option_one_pair_of_eyes_is_enough) {
  const RawAnswer proposed = top_up(ann, "p-1");
  served.services.needs_four_eyes = false;
  const RawAnswer direct = top_up(ann, "p-2");
  EXPECT_EQ(direct.status, 200);
  EXPECT_EQ(member(direct.body, "prepaid"), "\"100\"");
  // What was proposed can still be decided.
  EXPECT_EQ(decide(bob, member(proposed.body, "id")).status, 200);
  EXPECT_TRUE(balance().contains(R"("prepaid":"200")")) << balance();
}

}  // namespace
}  // namespace steelyard::api
