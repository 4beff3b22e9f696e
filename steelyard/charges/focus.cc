#include "steelyard/charges/focus.h"

#include <algorithm>
#include <utility>

#include "steelyard/base/check.h"
#include "steelyard/charges/csv_cell.h"

namespace steelyard::charges {
namespace {

using money::Decimal;
using money::Rounding;

/// Product codes in the categories that FOCUS has. Source: FOCUS 1.2,
/// ServiceCategory.
constexpr std::pair<std::string_view, std::string_view> categories[] = {
    {"ack", "Compute"},
    {"alb", "Networking"},
    {"cbwp", "Networking"},
    {"cdt", "Networking"},
    {"clb", "Networking"},
    {"clickhouse", "Databases"},
    {"cms", "Management and Governance"},
    {"dms", "Databases"},
    {"dts", "Migration"},
    {"ecs", "Compute"},
    {"eip", "Networking"},
    {"elasticsearch", "Analytics"},
    {"mse", "Integration"},
    {"nat", "Networking"},
    {"nlb", "Networking"},
    {"opensearch", "Analytics"},
    {"oss", "Storage"},
    {"pai", "AI and Machine Learning"},
    {"polardb", "Databases"},
    {"privatezone", "Networking"},
    {"rabbitmq", "Integration"},
    {"rds", "Databases"},
    {"sae", "Compute"},
    {"sls", "Management and Governance"},
    {"tair", "Databases"},
};

bool is_call(const ChargeRow& charge) { return charge.type.starts_with("ai.model."); }

bool is_purchase(const ChargeRow& charge) {
  return charge.type == "cloud.resource.order" || charge.type == "cloud.plan.purchase";
}

bool is_correction(const ChargeRow& charge) {
  return (charge.flags & static_cast<std::uint32_t>(FactFlag::correction)) != 0;
}

/// "ecs"
std::string product_of(const ChargeRow& charge) {
  return charge.model.empty() ? charge.item.substr(0, charge.item.find('/')) : charge.model;
}

/// The plan that covers a line, whose tier names it; empty: none.
std::string plan_of(const ChargeRow& charge) {
  constexpr std::string_view word = "plan ";
  return charge.tier.starts_with(word) ? charge.tier.substr(word.size()) : std::string();
}

std::string time_text(std::int64_t second) { return base::to_rfc3339({second, 0}); }

std::string unit_text(const std::string& unit) { return unit == "token" ? "Tokens" : unit; }

std::string category_of(const ChargeRow& charge) {
  if (is_correction(charge)) return "Adjustment";
  return is_purchase(charge) ? "Purchase" : "Usage";
}

bool is_usage(const ChargeRow& charge) { return category_of(charge) == "Usage"; }

std::string service_category_of(const ChargeRow& charge) {
  if (is_call(charge)) return "AI and Machine Learning";
  const auto* const found = std::ranges::find(
      categories, product_of(charge), &std::pair<std::string_view, std::string_view>::first);
  return found == std::end(categories) ? "Other" : std::string(found->second);
}

/// quantity × a ÷ per.
Decimal per_unit(const ChargeRow& charge, Decimal a) {
  const auto value = Decimal::mul_div(charge.quantity, a, charge.per, Rounding::half_away);
  STEELYARD_CHECK(value.has_value());
  return *value;
}

std::string list_cost_of(const ChargeRow& charge) {
  const Decimal cost = charge.list_price ? per_unit(charge, *charge.list_price) : charge.amount;
  return cost.to_text();
}

std::string sku_price_of(const ChargeRow& charge) {
  return charge.book + '@' + std::to_string(charge.book_version) + '/' + charge.item + '/' +
         charge.tier;
}

std::string pricing_unit_of(const ChargeRow& charge) {
  const std::string unit = unit_text(charge.unit);
  return charge.per == Decimal::whole(1) ? unit : charge.per.to_text() + ' ' + unit;
}

constexpr bool number = true;
constexpr bool text = false;

constexpr FocusColumn columns[] = {
    {"BilledCost", "What is charged: quantity × price ÷ per, exact, not rounded to the cent",
     number, [](const FocusRow& row) { return row.charge.amount.to_text(); }},
    {"EffectiveCost", "The same: what is bought in advance is not spread over its term", number,
     [](const FocusRow& row) { return row.charge.amount.to_text(); }},
    {"ListCost", "At the list price, where the customer has a price of its own", number,
     [](const FocusRow& row) { return list_cost_of(row.charge); }},
    {"ContractedCost", "At the customer's price", number,
     [](const FocusRow& row) { return row.charge.amount.to_text(); }},
    {"BillingAccountId", "The account that pays", text,
     [](const FocusRow& row) { return row.charge.account; }},
    {"BillingAccountName", "null", text, [](const FocusRow&) { return std::string(); }},
    {"SubAccountId", "The project", text, [](const FocusRow& row) { return row.charge.project; }},
    {"SubAccountName", "null", text, [](const FocusRow&) { return std::string(); }},
    {"BillingCurrency", "Of all costs and prices", text,
     [](const FocusRow& row) { return row.charge.currency; }},
    {"BillingPeriodStart", "The calendar month of the event's time, in the price book's time zone",
     text, [](const FocusRow& row) { return time_text(row.month.from); }},
    {"BillingPeriodEnd", "Its end; exclusive", text,
     [](const FocusRow& row) { return time_text(row.month.to); }},
    {"ChargePeriodStart", "The clock hour of the event's time, which for usage is its end", text,
     [](const FocusRow& row) { return time_text(row.hour.from); }},
    {"ChargePeriodEnd", "Its end; exclusive", text,
     [](const FocusRow& row) { return time_text(row.hour.to); }},
    {"ChargeCategory",
     "`Usage`; `Purchase`: an order or a plan; `Adjustment`: an event was taken back", text,
     [](const FocusRow& row) { return category_of(row.charge); }},
    {"ChargeClass",
     "`Correction`: an event was taken back by one that came when the billing period was over; "
     "else null",
     text,
     [](const FocusRow& row) {
       const bool is_late = row.charge.received_at.seconds >= row.month.to;
       return std::string(is_correction(row.charge) && is_late ? "Correction" : "");
     }},
    {"ChargeDescription", "Item and tier", text,
     [](const FocusRow& row) {
       return row.charge.item + (row.charge.tier == "-" ? "" : " " + row.charge.tier);
     }},
    {"ChargeFrequency", "`Usage-Based`, `One-Time` of what is bought", text,
     [](const FocusRow& row) {
       return std::string(is_purchase(row.charge) ? "One-Time" : "Usage-Based");
     }},
    {"ConsumedQuantity", "Of usage: how much", number,
     [](const FocusRow& row) {
       return is_usage(row.charge) ? row.charge.quantity.to_text() : std::string();
     }},
    {"ConsumedUnit", "Of usage: the item's unit, `Tokens` of a model", text,
     [](const FocusRow& row) {
       return is_usage(row.charge) ? unit_text(row.charge.unit) : std::string();
     }},
    {"PricingQuantity", "How often the price was taken; rounded at the 12th decimal", number,
     [](const FocusRow& row) { return per_unit(row.charge, Decimal::whole(1)).to_text(); }},
    {"PricingUnit", "What the price is for: `1000 Tokens`", text,
     [](const FocusRow& row) { return pricing_unit_of(row.charge); }},
    {"ListUnitPrice", "Before the customer's own price", number,
     [](const FocusRow& row) {
       return row.charge.list_price.value_or(row.charge.price).to_text();
     }},
    {"ContractedUnitPrice", "The price that was taken", number,
     [](const FocusRow& row) { return row.charge.price.to_text(); }},
    {"PricingCategory", "`Committed`: a plan covers it; else `Standard`", text,
     [](const FocusRow& row) {
       return std::string(plan_of(row.charge).empty() ? "Standard" : "Committed");
     }},
    {"CommitmentDiscountCategory", "`Usage` where a plan covers the line", text,
     [](const FocusRow& row) { return std::string(plan_of(row.charge).empty() ? "" : "Usage"); }},
    {"CommitmentDiscountId", "The plan that covers it", text,
     [](const FocusRow& row) { return plan_of(row.charge); }},
    {"CommitmentDiscountName", "The same", text,
     [](const FocusRow& row) { return plan_of(row.charge); }},
    {"CommitmentDiscountStatus", "`Used` where a plan covers the line", text,
     [](const FocusRow& row) { return std::string(plan_of(row.charge).empty() ? "" : "Used"); }},
    {"CommitmentDiscountType", "`Plan` where a plan covers the line", text,
     [](const FocusRow& row) { return std::string(plan_of(row.charge).empty() ? "" : "Plan"); }},
    {"ResourceId", "The cloud resource; null of a call", text,
     [](const FocusRow& row) { return row.charge.resource; }},
    {"ResourceName", "null", text, [](const FocusRow&) { return std::string(); }},
    {"ResourceType", "Of a resource: the product's code", text,
     [](const FocusRow& row) {
       return row.charge.resource.empty() ? std::string() : product_of(row.charge);
     }},
    {"RegionId", "Where the event says one", text,
     [](const FocusRow& row) { return row.charge.region; }},
    {"RegionName", "null", text, [](const FocusRow&) { return std::string(); }},
    {"ServiceCategory", "Of the product, as FOCUS divides services; else `Other`", text,
     [](const FocusRow& row) { return service_category_of(row.charge); }},
    {"ServiceName", "`Model calls`, or the product's code", text,
     [](const FocusRow& row) {
       return is_call(row.charge) ? std::string("Model calls") : product_of(row.charge);
     }},
    {"ProviderName", "Who sells: the parameter `issuer`, else the price book's name", text,
     [](const FocusRow& row) { return row.options.issuer; }},
    {"PublisherName", "The same", text, [](const FocusRow& row) { return row.options.issuer; }},
    {"InvoiceIssuerName", "The same", text, [](const FocusRow& row) { return row.options.issuer; }},
    {"SkuId", "The item", text, [](const FocusRow& row) { return row.charge.item; }},
    {"SkuMeter", "The item's unit", text, [](const FocusRow& row) { return row.charge.unit; }},
    {"SkuPriceId", "BOOK@VERSION/ITEM/TIER: the very price", text,
     [](const FocusRow& row) { return sku_price_of(row.charge); }},
    {"Tags", "JSON, where the event has tags", text,
     [](const FocusRow& row) { return row.charge.tags; }},
    {"x_EventSource", "The event behind the line", text,
     [](const FocusRow& row) { return row.charge.source; }},
    {"x_EventId", "With its source: what /v1/explain asks for", text,
     [](const FocusRow& row) { return row.charge.id; }},
    {"x_Model", "The model or product", text, [](const FocusRow& row) { return row.charge.model; }},
    {"x_ApiKey", "Whose call", text, [](const FocusRow& row) { return row.charge.api_key; }},
};

}  // namespace

std::span<const FocusColumn> focus_columns() { return columns; }

void FocusWriter::append_header(std::string& to) {
  for (const FocusColumn& each : columns) {
    if (&each != columns) to += ',';
    to += each.name;
  }
  to += '\n';
}

void FocusWriter::append(const ChargeRow& charge, std::string& to) {
  STEELYARD_CHECK(charge.line != 0);
  const FocusRow row{charge, options_, calendar_.hour(charge.time.seconds),
                     calendar_.month(charge.time.seconds)};
  for (const FocusColumn& each : columns) {
    if (&each != columns) to += ',';
    append_csv_cell(each.value(row), each.is_number, to);
  }
  to += '\n';
}

}  // namespace steelyard::charges
