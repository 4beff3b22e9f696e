#include "steelyard/ledger/budget_tree.h"

namespace steelyard::ledger {
namespace {

constexpr std::uint8_t version = 1;

void write_window(ByteWriter& to, const BudgetWindow& window) {
  to.i64(window.from);
  to.i64(window.to);
  to.decimal(window.spent);
  to.u8(window.crossed);
}

BudgetWindow read_window(ByteReader& from) {
  BudgetWindow window;
  window.from = from.i64();
  window.to = from.i64();
  window.spent = from.decimal();
  window.crossed = from.u8();
  return window;
}

}  // namespace

void BudgetTree::write(const Node& node, const Keep& keep, std::string& key,
                       std::string& value) const {
  key.assign(1, key_kind);
  ByteWriter(key).sorting(node.number);
  value.clear();
  ByteWriter to(value);
  to.u8(version);
  to.u32(node.tenant);
  to.u32(index(node.parent));
  to.currency(node.currency);
  to.u8(node.has_limit ? 1 : 0);
  to.decimal(node.limit);
  to.u8(node.is_hard ? 1 : 0);
  to.u8(static_cast<std::uint8_t>(node.period));
  to.text(zones_[node.zone].name);
  to.u8(node.threshold_count);
  for (std::size_t i = 0; i < node.threshold_count; ++i) {
    to.u16(node.percents[i]);
    to.decimal(node.thresholds[i]);
  }
  to.decimal(node.reserved);
  write_window(to, node.current);
  write_window(to, node.previous);
  to.text(node.name);
  keep(key, value);
}

void BudgetTree::take_changed(const Keep& keep) {
  std::string key;
  std::string value;
  nodes_.take_changed([&](const Node& node) { write(node, keep, key, value); });
}

void BudgetTree::snapshot(const Keep& keep) const {
  std::string key;
  std::string value;
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) write(nodes_[i], keep, key, value);
}

bool BudgetTree::restore(ByteReader& key, ByteReader& from) {
  const auto number = key.sorting<std::uint32_t>();
  if (!key.is_done() || from.u8() != version || number > restored_numbers_max) return false;
  while (nodes_.size() <= number) nodes_.add();
  Node& node = nodes_[number];
  if (node.is_set) return false;
  node.is_set = true;
  node.number = number;
  node.tenant = from.u32();
  node.parent = BudgetId{from.u32()};
  node.currency = from.currency();
  node.has_limit = from.boolean();
  node.limit = from.decimal();
  node.is_hard = from.boolean();
  node.period = from.enumerator(Period::day, Period::total);
  const std::optional<std::uint32_t> zone = zone_of(from.text());
  node.zone = zone.value_or(0);
  node.threshold_count = from.u8();
  if (!zone || node.threshold_count > thresholds_max) return false;
  for (std::size_t i = 0; i < node.threshold_count; ++i) {
    node.percents[i] = from.u16();
    node.thresholds[i] = from.decimal();
  }
  node.reserved = from.decimal();
  node.current = read_window(from);
  node.previous = read_window(from);
  node.name = from.text();
  return from.is_done() && NameIndex::is_valid(node.name);
}

bool BudgetTree::finish_restore() {
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    if (!node.is_set || names_.find(node.tenant, {}, node.name)) return false;
    names_.add(node.tenant, {}, node.name, i);
    if (node.parent == no_budget) continue;
    // A parent is older than its children, so the tree has no ring.
    if (index(node.parent) >= i) return false;
    node.depth = static_cast<std::uint8_t>(nodes_[index(node.parent)].depth + 1);
  }
  return true;
}

}  // namespace steelyard::ledger
