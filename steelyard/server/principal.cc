#include "steelyard/server/principal.h"

#include <algorithm>

#include "steelyard/base/check.h"

namespace steelyard::server {
namespace {

using enum Scope;

constexpr RoleRow rows[] = {
    {Role::ingest,
     "ingest",
     "A gateway or collector: sends usage, asks for holds, reads nothing",
     {ingest, hold}},
    {Role::tenant_viewer,
     "tenant_viewer",
     "Reads usage, charges, balances and prices",
     {read_usage, read_money, read_prices}},
    {Role::tenant_dev,
     "tenant_dev",
     "A viewer who also sends usage and asks for holds",
     {ingest, hold, read_usage, read_money, read_prices}},
    {Role::tenant_billing,
     "tenant_billing",
     "A viewer who also sets budgets",
     {read_usage, read_money, read_prices, manage_budgets}},
    {Role::tenant_owner,
     "tenant_owner",
     "All that a tenant may do to itself, its keys too",
     {ingest, hold, read_usage, read_money, read_prices, manage_accounts, manage_budgets,
      manage_keys}},
    {Role::support,
     "support",
     "Reads a tenant to help it; changes nothing",
     {read_usage, read_money, read_prices}},
    {Role::pricing_editor,
     "pricing_editor",
     "Proposes versions of price books",
     {read_prices, propose_prices}},
    {Role::finance,
     "finance",
     "Approves prices, grants credit, corrects, freezes invoices",
     {read_usage, read_money, read_prices, manage_accounts, manage_budgets, grant_credit,
      approve_money, correct, approve_prices, freeze_invoices}},
    {Role::approver,
     "approver",
     "Approves or rejects what others propose with money; proposes nothing",
     {read_usage, read_money, read_prices, approve_money}},
    {Role::auditor,
     "auditor",
     "Reads everything, the audit log too",
     {read_usage, read_money, read_prices, query_sql, read_audit}},
    {Role::root, "root", "Everything: for the first steps and for emergencies", ScopeSet::all()},
};

}  // namespace

std::string_view name_of(Scope scope) {
#define STEELYARD_NAME(name) \
  case Scope::name: return #name
  switch (scope) {
    STEELYARD_NAME(ingest);
    STEELYARD_NAME(hold);
    STEELYARD_NAME(read_usage);
    STEELYARD_NAME(read_money);
    STEELYARD_NAME(read_prices);
    STEELYARD_NAME(manage_accounts);
    STEELYARD_NAME(manage_budgets);
    STEELYARD_NAME(manage_keys);
    STEELYARD_NAME(grant_credit);
    STEELYARD_NAME(approve_money);
    STEELYARD_NAME(correct);
    STEELYARD_NAME(propose_prices);
    STEELYARD_NAME(approve_prices);
    STEELYARD_NAME(freeze_invoices);
    STEELYARD_NAME(query_sql);
    STEELYARD_NAME(read_audit);
    STEELYARD_NAME(operate);
  }
#undef STEELYARD_NAME
  base::check_failed("every scope has a name", __FILE__, __LINE__);
}

std::span<const RoleRow> roles() { return rows; }

const RoleRow& row_of(Role role) {
  const RoleRow& row = rows[static_cast<std::size_t>(role)];
  STEELYARD_CHECK(row.role == role);
  return row;
}

Result<Role> role_named(std::string_view name) {
  const auto row = std::ranges::find(rows, name, &RoleRow::name);
  if (row == std::end(rows)) {
    return failure(ErrorCode::invalid_field, "there is no role '" + std::string(name) + "'");
  }
  return row->role;
}

}  // namespace steelyard::server
