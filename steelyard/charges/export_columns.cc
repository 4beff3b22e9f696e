#include "steelyard/charges/export_columns.h"

namespace steelyard::charges {
namespace {

constexpr ExportColumn columns[] = {
    {"time", "When the event was complete: decides the billing period", "f.time"},
    {"account", "Who pays", "account_name(f.account)"},
    {"type", "Of the event: `ai.model.call`", "type_name(f.type)"},
    {"source", "Of the event: with `id` its name for ever", "source_name(f.source)"},
    {"id", "Of the event", "f.id"},
    {"line", "Which line of the event's charge, from 1", "f.line"},
    {"model", "The model or product", "model_name(f.model)"},
    {"resource", "The cloud resource", "resource_name(f.resource)"},
    {"api_key", "Whose call", "api_key_name(f.api_key)"},
    {"project", "Of which project", "project_name(f.project)"},
    {"item", "What is charged, as the price book names it", "price_item(f.price)"},
    {"tier", "Which tier or band of the item", "price_tier(f.price)"},
    {"quantity", "How much, exact", "f.quantity"},
    {"unit", "Of the quantity", "price_unit(f.price)"},
    {"price", "Of `per` units, after the customer's own price", "price_amount(f.price)"},
    {"per", "How many units the price is for", "price_per(f.price)"},
    {"list_price", "Before the customer's own price, where it is another",
     "price_list_amount(f.price)"},
    {"amount", "quantity × price ÷ per, exact; below 0 where a late fact or a correction lowers it",
     "f.amount"},
    {"currency", "Of price and amount", "currency_name(f.currency)"},
    {"book", "The price book", "book_name(f.book)"},
    {"book_version", "Its version, as a number", "book_version(f.book)"},
    {"started", "When a call began, where it was said: decides the prices", "f.started"},
    {"received_at", "When the event came", "f.received_at"},
    {"sequence", "Of the event in the log", "f.sequence"},
    {"tags", "JSON, where the event has tags",
     "opened(tenant_name(f.tenant), account_name(f.account), f.tags)"},
};

}  // namespace

std::span<const ExportColumn> export_columns() { return columns; }

}  // namespace steelyard::charges
