#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "steelyard/charges/charge_store.h"
#include "steelyard/node/node.h"
#include "steelyard/report/ndjson.h"
#include "steelyard/server/key_store.h"
#include "steelyard/server/route_table.h"

namespace steelyard::node {
class Checkpoints;
}

/// The endpoints: each parses, asks once and renders. A file for each kind of thing.
namespace steelyard::api {

class SealedData;

/// What the endpoints work with.
class Services {
 public:
  /// `described_with`: the prices while there is no node.
  explicit Services(const rating::Rater& described_with) : described_with_(&described_with) {}

  /// The prices in force.
  const rating::Rater& rater() const {
    return node != nullptr ? node->prices().current() : *described_with_;
  }

  /// Renders events that were rated with these prices.
  std::shared_ptr<const report::NdjsonWriter> writer_for(const rating::Rater& rater);

  // Set before a request comes; to describe the endpoints, they are not needed.
  node::Node* node = nullptr;
  server::KeyStore* keys = nullptr;
  charges::ChargeStore* charges = nullptr;
  SealedData* sealed = nullptr;
  const node::Checkpoints* checkpoints = nullptr;  ///< Also null where none are signed.
  std::string scratch_folder;                      ///< For files on their way out.
  bool needs_four_eyes = false;  ///< Commands about money are proposed: see send_money_command.

  /// The number of a tenant in the log. A new one is written to the log first; waits for it.
  [[nodiscard]] Result<std::uint32_t> tenant_number(const std::string& tenant);

  /// "" if there is no such tenant.
  std::string tenant_name(std::uint32_t number);

  /// The text of a record of the log, and when it came; empty: there is none.
  struct Logged {
    std::string json;
    base::Instant received;
  };
  [[nodiscard]] Result<Logged> logged(std::uint64_t sequence) const;

  /// Puts a key's record into the log, and by whom it was made; waits until it is there.
  [[nodiscard]] Result<void> keep_key(const server::KeyRecord& record, std::string_view by = {});

  /// Carries a command out and waits for it.
  [[nodiscard]] Result<core::Answer> carry_out(std::uint32_t tenant, const std::string& command);

  /// Takes tenants and keys from the core, and what is sealed and erased of personal data. Once, at
  /// the start.
  [[nodiscard]] Result<void> load();

 private:
  void load_tenants();

  const rating::Rater* described_with_;
  std::shared_mutex mutex_;
  std::map<const rating::Rater*, std::shared_ptr<const report::NdjsonWriter>> writers_;
  std::map<std::string, std::uint32_t> tenants_;
};

void add_events(server::RouteTable& table, Services& services);
void add_usage(server::RouteTable& table, Services& services);
void add_invoices(server::RouteTable& table, Services& services);
void add_imports(server::RouteTable& table, Services& services);
void add_usage_closings(server::RouteTable& table, Services& services);
void add_invoice_parties(server::RouteTable& table, Services& services);
void add_accounts(server::RouteTable& table, Services& services);
void add_quotas(server::RouteTable& table, Services& services);
void add_unrated(server::RouteTable& table, Services& services);
void add_holds(server::RouteTable& table, Services& services);
void add_charges(server::RouteTable& table, Services& services);
void add_explain(server::RouteTable& table, Services& services);
void add_exports(server::RouteTable& table, Services& services);
void add_corrections(server::RouteTable& table, Services& services);
void add_openmeter_meters(server::RouteTable& table, Services& services);
void add_budgets(server::RouteTable& table, Services& services);
void add_audit(server::RouteTable& table, Services& services);
void add_checkpoints(server::RouteTable& table, Services& services);
void add_keys(server::RouteTable& table, Services& services);
void add_personal_data(server::RouteTable& table, Services& services);
void add_proposals(server::RouteTable& table, Services& services);
void add_prices(server::RouteTable& table, Services& services);
void add_price_books(server::RouteTable& table, Services& services);
void add_openmeter(server::RouteTable& table, Services& services);

/// Every endpoint of the API.
server::RouteTable make_routes(Services& services);

/// Sends a command of the tenant behind a request, and answers with what `render` makes of it or
/// with the problem.
using RenderAnswer = std::function<server::Response(const core::Answer&, const core::Core&)>;
void send_command(Services& services, server::Reply reply, std::string command,
                  RenderAnswer render);

/// The same for a command that gives or takes money. Where four eyes are needed, it becomes a
/// proposal before it comes to the log, and is answered 202; so is a repeat of one that was
/// proposed.
void send_money_command(Services& services, server::Reply reply, std::string command,
                        RenderAnswer render);

/// Adds to a route what `send_money_command` may answer.
void describe_money_command(server::Route& route);

}  // namespace steelyard::api
