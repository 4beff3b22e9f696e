#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "steelyard/base/result.h"

namespace steelyard::server {

/// What a request may need to be allowed. A route names one; a role holds several.
enum class Scope : std::uint8_t {
  ingest,           ///< Send usage.
  hold,             ///< Authorise, settle and release holds.
  read_usage,       ///< Usage, charges, explain, estimate.
  read_money,       ///< Accounts, balances, grants, budgets, invoices.
  read_prices,      ///< Price books.
  manage_accounts,  ///< Create and change accounts.
  manage_budgets,   ///< Budgets and their thresholds.
  manage_keys,      ///< Create and revoke API keys.
  grant_credit,     ///< Top up, grant credit, set an overdraft.
  approve_money,    ///< Approve and reject what others propose with money.
  correct,          ///< Void and replace facts.
  propose_prices,   ///< Add a version of a price book.
  approve_prices,   ///< Activate a version of a price book.
  freeze_invoices,
  query_sql,   ///< Read-only SQL over the charges of all tenants.
  read_audit,  ///< The audit log, reconciliation.
  operate,     ///< Tenants, backups, settings.
};
inline constexpr std::size_t scope_count = 17;

/// The word of a scope: "read_usage".
std::string_view name_of(Scope scope);

class ScopeSet {
 public:
  constexpr ScopeSet() = default;
  constexpr ScopeSet(std::initializer_list<Scope> scopes) {
    for (const Scope scope : scopes) bits_ |= bit(scope);
  }
  static constexpr ScopeSet all() {
    ScopeSet set;
    set.bits_ = (std::uint32_t{1} << scope_count) - 1;
    return set;
  }

  constexpr bool contains(Scope scope) const { return (bits_ & bit(scope)) != 0; }
  constexpr ScopeSet operator&(ScopeSet other) const {
    ScopeSet set;
    set.bits_ = bits_ & other.bits_;
    return set;
  }
  constexpr bool operator==(const ScopeSet&) const = default;

 private:
  static constexpr std::uint32_t bit(Scope scope) {
    return std::uint32_t{1} << static_cast<unsigned>(scope);
  }
  std::uint32_t bits_ = 0;
};

/// Who somebody is to the system. Source: failures.md, section 5.
enum class Role : std::uint8_t {
  ingest,          ///< A gateway or collector: writes usage, asks for holds, reads nothing.
  tenant_viewer,   ///< Reads its tenant.
  tenant_dev,      ///< And sends usage.
  tenant_billing,  ///< Reads, and sets budgets.
  tenant_owner,    ///< All that a tenant may do to itself, its keys too.
  support,         ///< Reads a tenant to help it.
  pricing_editor,  ///< Proposes price books.
  finance,         ///< Approves prices, grants credit, corrects, freezes.
  approver,        ///< Approves what others propose with money.
  auditor,         ///< Reads everything, the audit log too.
  root,            ///< Break-glass: everything.
};

/// A row of the table of roles. Deny by default: what is not listed is refused.
struct RoleRow {
  Role role;
  std::string_view name;  ///< "tenant_viewer"
  std::string_view description;
  ScopeSet scopes;
};

/// Every role once, in the order of the enum. Handlers, documents and the test matrix are
/// generated from it.
std::span<const RoleRow> roles();
const RoleRow& row_of(Role role);
inline std::string_view name_of(Role role) { return row_of(role).name; }
[[nodiscard]] Result<Role> role_named(std::string_view name);

/// Who sent a request, as its credential says; nothing in a body or path can change it.
struct Principal {
  std::string tenant;  ///< Empty only for a request to a public route.
  std::string key_id;  ///< Of the API key.
  Role role = Role::ingest;
  ScopeSet scopes;                      ///< Of the role, less what the kind of key does not allow.
  std::optional<std::string> customer;  ///< Set: may see and touch this account only.

  bool may(Scope scope) const { return scopes.contains(scope); }
  bool may_see_account(std::string_view account) const {
    return !customer.has_value() || *customer == account;
  }
};

}  // namespace steelyard::server
