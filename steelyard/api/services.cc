#include "steelyard/api/services.h"

#include <algorithm>
#include <future>
#include <mutex>

#include "steelyard/api/answers.h"
#include "steelyard/api/sealed_data.h"
#include "steelyard/core/log_record.h"

namespace steelyard::api {

std::shared_ptr<const report::NdjsonWriter> Services::writer_for(const rating::Rater& rater) {
  const std::unique_lock lock(mutex_);
  std::shared_ptr<const report::NdjsonWriter>& writer = writers_[&rater];
  if (writer == nullptr) writer = std::make_shared<const report::NdjsonWriter>(rater);
  return writer;
}

Result<core::Answer> Services::carry_out(std::uint32_t tenant, const std::string& command) {
  std::promise<Result<core::Answer>> answered;
  STEELYARD_PASS(
      node->take_command(tenant, command, [&](Result<core::Answer> answer, const core::Core&) {
        answered.set_value(std::move(answer));
      }));
  return answered.get_future().get();
}

Result<std::uint32_t> Services::tenant_number(const std::string& tenant) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = tenants_.find(tenant); found != tenants_.end()) return found->second;
  }
  STEELYARD_PASS(carry_out(0, R"({"command":"set_tenant","name":)" + json_string(tenant) + "}"));
  load_tenants();
  const std::shared_lock lock(mutex_);
  return tenants_.at(tenant);
}

std::string Services::tenant_name(std::uint32_t number) {
  const std::shared_lock lock(mutex_);
  const auto found =
      std::ranges::find(tenants_, number, [](const auto& each) { return each.second; });
  return found == tenants_.end() ? std::string() : found->first;
}

Result<Services::Logged> Services::logged(std::uint64_t sequence) const {
  Logged found;
  STEELYARD_PASS(node->log().read(sequence, [&](std::uint64_t at, std::string_view bytes) {
    const auto record = core::read_log_record(bytes);
    if (at == sequence && record.has_value()) {
      found = {std::string(record->text), record->received()};
    }
    return false;
  }));
  return found;
}

Result<void> Services::keep_key(const server::KeyRecord& record, std::string_view by) {
  STEELYARD_TRY(tenant, tenant_number(record.tenant));
  JsonObject command;
  command.text("command", "set_key").text("key", record.id).text("record", record.encode());
  if (!by.empty()) command.text("by", by);
  STEELYARD_PASS(carry_out(tenant, command.finish()));
  keys->put(record);
  return {};
}

/// Nothing else: what a request changes meanwhile in what is in memory must not be put back.
void Services::load_tenants() {
  std::vector<std::string> names;
  node->ask([&](const core::Core& core) { names = core.tenants(); });
  const std::unique_lock lock(mutex_);
  for (std::size_t i = 0; i < names.size(); ++i) {
    tenants_[names[i]] = static_cast<std::uint32_t>(i + 1);
  }
}

Result<void> Services::load() {
  load_tenants();
  std::vector<std::string> names;
  std::map<std::string, std::string> records;
  std::vector<core::PersonalBook::Sealed> sealed_of;  // By tenant.
  std::vector<core::PersonalBook::Erasure> erasures;
  node->ask([&](const core::Core& core) {
    names = core.tenants();
    records = core.keys();
    for (std::size_t i = 0; i < names.size(); ++i) {
      sealed_of.push_back(core.personal().sealed(static_cast<std::uint32_t>(i + 1)));
    }
    erasures = core.personal().erasures();
  });
  for (std::size_t i = 0; i < names.size(); ++i) {
    STEELYARD_PASS(sealed->set(names[i], sealed_of[i]));
  }
  for (const auto& each : erasures) {
    STEELYARD_PASS(sealed->destroy(names.at(each.tenant - 1), each.account,
                                   personal::subject_named(each.of), each.until));
  }
  for (const auto& [id, text] : records) {
    STEELYARD_TRY(record, server::KeyRecord::decode(text));
    keys->put(std::move(record));
  }
  return {};
}

void send_command(Services& services, server::Reply reply, std::string command,
                  RenderAnswer render) {
  const auto tenant = services.tenant_number(reply.request().principal.tenant);
  if (!tenant.has_value()) return reply.send(problem_of(tenant.error()));
  const std::string by = JsonObject().text("by", reply.request().principal.key_id).finish();
  command = with_members_of(std::move(command), by);
  const auto shared = std::make_shared<server::Reply>(std::move(reply));
  auto taken = services.node->take_command(
      *tenant, std::move(command),
      [shared, render = std::move(render)](Result<core::Answer> answer, const core::Core& core) {
        if (!answer.has_value()) return shared->send(problem_of(answer.error()));
        if (answer->refused.has_value()) return shared->send(problem_of(*answer));
        shared->send(render(*answer, core));
      });
  if (!taken.has_value()) shared->send(problem_of(taken.error()));
}

server::RouteTable make_routes(Services& services) {
  server::RouteTable table;
  table.add_tag("Usage",
                "Facts go in; each is on disk before it is acknowledged, and counts once.");
  table.add_tag("Holds", "May this be spent? Ask before a call, settle behind it.");
  table.add_tag("Accounts", "Balances, money paid in, credit.");
  table.add_tag("Proposals", "Money that one person proposes and another one approves.");
  table.add_tag("Invoices", "Bills that are closed: numbered, and the same bytes for ever.");
  table.add_tag("Charges", "Each charge line, with its event and its price.");
  table.add_tag("Budgets", "Limits of organisations, projects and keys.");
  table.add_tag("Prices", "What is charged, and what something would cost.");
  table.add_tag("Keys", "Who may do what.");
  table.add_tag("Personal data", "What is kept of people is sealed, and can be erased.");
  table.add_tag("OpenMeter", "The interface of OpenMeter: an existing sender needs a new address.");
  add_events(table, services);
  add_unrated(table, services);
  add_corrections(table, services);
  add_holds(table, services);
  add_accounts(table, services);
  add_quotas(table, services);
  add_proposals(table, services);
  add_usage(table, services);
  add_invoices(table, services);
  add_invoice_parties(table, services);
  add_imports(table, services);
  add_usage_closings(table, services);
  add_charges(table, services);
  add_explain(table, services);
  add_exports(table, services);
  add_budgets(table, services);
  add_prices(table, services);
  add_price_books(table, services);
  add_keys(table, services);
  add_personal_data(table, services);
  add_audit(table, services);
  add_checkpoints(table, services);
  add_openmeter(table, services);
  add_openmeter_meters(table, services);
  return table;
}

}  // namespace steelyard::api
