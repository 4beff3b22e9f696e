#include "steelyard/pricebook/products/examples.h"

namespace steelyard::pricebook::products {
namespace {

constexpr std::string_view head = R"(product: demo
name: Demo
codes: [demo]
aliases: {demonstration: demo}
groups:
  mainland: [cn-hangzhou, cn-shanghai]
meters:
  instances:      {kind: presence, title: Instances}
  nodes:          {kind: gauge, unit: node, title: Nodes}
  storage_gb:     {kind: gauge, unit: GB, title: Storage}
  backup_gb:      {kind: gauge, unit: GB, title: Backups}
  bandwidth_mbps: {kind: gauge, unit: Mbit/s, title: Bandwidth as configured}
  mbps_in:        {kind: gauge, unit: Mbit/s, title: Inbound traffic of five minutes}
  mbps_out:       {kind: gauge, unit: Mbit/s, title: Outbound traffic of five minutes}
  connections:    {kind: gauge, unit: connection, title: Concurrent connections}
  queries:        {kind: gauge, unit: 1/s, title: Queries in a second}
  gb_out:         {kind: counter, unit: GB, title: Outbound traffic}
  requests:       {kind: counter, unit: request, title: Requests}
attributes:
  region:       {}
  edition:      {values: [basic, ha], default: basic}
  state:        {values: [running, paused, stopped], default: running}
  listener:     {values: [tcp, udp], default: tcp}
  method:       {values: [by_time, by_traffic, by_peak, other], default: other}
  vcpus:        {type: number}
  stored_hours: {type: number}
  bid:          {type: number}
  created:      {type: time}
)";

constexpr Example list[] = {
    {"item", "items", "Clock hours that are touched", R"(  - item: demo/instance
    title: Instance
    unit: instance-hour
    where: {state: [running, paused], edition: {not: [ha]}}
    measure: {up: instances, in: hour}
    shape: [{round: {up: 1}}]
    price: {CNY: 0.147, USD: 0.021}
)"},
    {"item", "items", "A rule with dates: the same item, another measure from then on",
     R"(  - item: demo/capacity
    unit: unit-hour
    to: 2021-02-05
    measure: {max: connections}
    shape: [{scale: 1/10000}, {round: {up: 1}}]
    price: {CNY: 0.2}
  - item: demo/capacity
    unit: unit-hour
    from: 2021-02-05
    measure: {max: connections}
    shape: [{scale: 1/10000}]
    price: {CNY: 0.2}
)"},
    {"item", "items", "Day maximum × clock hours: a factor outside the brackets",
     R"(  - item: demo/bandwidth
    unit: Mbit/s-hour
    window: day
    measure: {max: bandwidth_mbps}
    times: [{up: bandwidth_mbps, in: hour, window: hour, shape: [{round: {up: 1}}]}]
    price: {kernel: graduated, brackets: [{upto: 5, CNY: 0.04}, {CNY: 0.14}]}
)"},
    {"item", "items", "The dearest edition of the day, even where hours are exact",
     R"(  - item: demo/day
    unit: hour
    window: day
    measure: {up: instances}
    on_change: dearest
    tiers_count: all
    settle: day
    price: {keys: [edition], rows: [{edition: ha, CNY: 2}, {CNY: 1}]}
)"},
    {"dim", "items", "sum: of a counter", R"(  - item: demo/traffic
    unit: GB
    measure: {sum: gb_out}
    price: {CNY: 0.8}
)"},
    {"dim", "items", "integral: of a gauge, in GB-hours", R"(  - item: demo/storage
    unit: GB-hour
    measure: {integral: storage_gb, in: hour}
    price: {per: 720, CNY: 0.12}
)"},
    {"dim", "items", "up: seconds of presence", R"(  - item: demo/seconds
    unit: second
    measure: {up: instances, in: second}
    shape: [{round: {up: 1}}]
    price: {per: 3600, CNY: 0.147}
)"},
    {"dim", "items", "last: the snapshot at the end of a day", R"(  - item: demo/stored
    unit: GB-day
    window: day
    measure: {last: storage_gb}
    price: {CNY: 0.0115}
)"},
    {"dim", "items", "rank: the fifth largest sample, of the larger direction",
     R"(  - item: demo/peak
    unit: Mbit/s
    window: day
    where: {method: by_peak}
    measure: {rank: mbps_in, k: 5, each: [{max_with: mbps_out}]}
    price: {CNY: 3.36}
)"},
    {"dim", "items", "rank: the largest sample without the top 5 %", R"(  - item: demo/peak95
    unit: Mbit/s
    window: month
    where: {method: by_peak}
    measure: {rank: mbps_out, drop: 0.05}
    price: {CNY: 80}
)"},
    {"dim", "items", "attribute: a number of the fact itself", R"(  - item: demo/early_deletion
    unit: GB-hour
    window: fact
    measure:
      - {attribute: stored_hours, shape: [{short_of: 720}]}
      - {sum: gb_out}
    shape: [{combine: product}]
    price: {per: 720, CNY: 0.08}
)"},
    {"dim", "items", "where and waive: one state, and nothing for what lived shorter than the day",
     R"(  - item: demo/daily
    unit: day
    window: day
    measure: {up: instances, in: day, where: {state: running}, waive: inside_window}
    shape: [{round: {up: 1}}]
    price: {CNY: 1.2}
)"},
    {"fact_step", "items", "On each fact: × another meter, less what is free, by state",
     R"(  - item: demo/disks
    unit: GB-hour
    measure:
      integral: storage_gb
      each:
        - less: 20
        - times: nodes
        - states: {by: state, running: meter, paused: 1, stopped: 0}
    price: {per: 720, CNY: 0.7}
)"},
    {"step", "items", "Units of three things: the largest counts, listeners add up",
     R"(  - item: demo/unit
    unit: unit
    by: [listener]
    measure:
      - {max: connections, shape: [{scale: {by: listener, tcp: 1/100000, udp: 1/50000}}]}
      - {max: queries, shape: [{scale: 1/1000}]}
      - {sum: gb_out}
    shape:
      - combine: max
      - round: {half_up: 0.000001}
      - pool: {op: sum, by: [resource]}
    price: {CNY: 0.037}
)"},
    {"step", "items", "At least, at most", R"(  - item: demo/archive
    unit: GB-hour
    measure: {integral: backup_gb}
    shape: [{at_least: 20}, {at_most: 50000}]
    price: {CNY: 0.0003}
)"},
    {"at_least", "items", "An empty one counts as one", R"(  - item: demo/zone
    unit: zone
    window: day
    measure: {max: queries}
    shape: [{at_least: {value: 1, even_zero: true}}]
    price: {CNY: 0.1}
)"},
    {"less", "items", "Half of the storage is free for backups, rounded up to whole GB",
     R"(  - item: demo/backup
    unit: GB-hour
    measure: {integral: backup_gb}
    shape: [{less: {times: 0.5, of: {integral: storage_gb}, round: {up: 1}}}]
    price: {CNY: 0.003}
)"},
    {"cover", "items", "The smallest specification that covers the peaks", R"(  - item: demo/spec
    unit: hour
    measure: [{max: connections}, {max: queries}]
    shape:
      - combine:
          cover:
            as: spec
            rows:
              - {spec: small, connections: 5000, queries: 1000}
              - {spec: large, connections: 50000, queries: 5000}
    price: {keys: [spec], rows: [{spec: small, CNY: 0.10}, {spec: large, CNY: 0.32}]}
)"},
    {"pool", "items", "Brackets of the month, over all resources of an account and region",
     R"(  - item: demo/monthly
    unit: GB
    measure: {sum: gb_out}
    shape: [{pool: {by: [account, region], window: month}}, {less: 20}]
    price:
      kernel: graduated
      brackets: [{upto: 10240, CNY: 0.80}, {upto: 51200, CNY: 0.75}, {CNY: 0.70}]
)"},
    {"mean_top", "items", "The mean of the five largest days", R"(  - item: demo/peak_mean
    unit: Mbit/s
    window: day
    where: {method: by_peak}
    measure: {rank: mbps_in, k: 5}
    shape: [{pool: {op: {mean_top: 5}, window: month}}, {less: 200}]
    price: {CNY: 3.36}
)"},
    {"from_attribute", "items", "What an attribute says is free", R"(  - item: demo/cores
    unit: core-hour
    measure: {up: instances}
    shape: [{scale: {attribute: vcpus}}]
    price: {CNY: 0.3}
)"},
    {"by_attribute", "items", "A free quota for each edition", R"(  - item: demo/requests
    unit: request
    window: month
    measure: {sum: requests}
    shape: [{less: {by: edition, basic: 300000, else: 600000}}]
    price: {per: 10000, CNY: 0.01}
)"},
    {"lookup_row", "items", "Coefficients, one of them not known", R"(  - item: demo/coefficients
    unit: unit
    measure:
      integral: nodes
      each:
        - scale:
            rows:
              - {edition: basic, state: running, value: 1}
              - {edition: basic, value: 0.5, from: 2024-01-01}
              - {value: placeholder}
    price: {CNY: 0.05}
)"},
    {"price", "items", "In two currencies, one not known", R"(  - item: demo/two_currencies
    unit: GB
    measure: {sum: gb_out}
    price: {CNY: 0.037, USD: placeholder}
)"},
    {"price", "items", "volume: all of it at the price of the bracket that it is in",
     R"(  - item: demo/volume
    unit: GB
    window: month
    measure: {sum: gb_out}
    price: {kernel: volume, brackets: [{upto: 1000, CNY: 0.9}, {CNY: 0.8}]}
)"},
    {"price", "items", "A market price, protected for an hour, with a bid", R"(  - item: demo/spot
    unit: second
    measure: {up: instances, in: second}
    price:
      per: 3600
      protect: 1h
      bid: bid
      rows: [{from: "2026-11-01T08:00:00", CNY: 0.10}, {from: "2026-11-01T09:00:00", CNY: 0.06}]
)"},
    {"price_row", "items", "By region and edition, with dates, a group, and what is not known",
     R"(  - item: demo/table
    unit: hour
    measure: {up: instances}
    price:
      keys: [region, edition]
      rows:
        - {region: mainland, edition: basic, CNY: 0.049}
        - {region: mainland, edition: basic, CNY: 0.056, from: 2025-01-01}
        - {region: [cn-hongkong, ap-southeast-1], edition: basic, CNY: 0.07}
        - {edition: ha, free: true, to: 2023-10-01}
        - {CNY: placeholder}
)"},
    {"price_row", "items", "By the time of day", R"(  - item: demo/night
    unit: GB
    where: {method: by_time}
    measure: {sum: gb_out}
    price:
      rows:
        - {hours: 08:00-24:00, CNY: 0.50}
        - {hours: 00:00-08:00, CNY: 0.25}
)"},
    {"bracket", "items", "Other brackets in another region", R"(  - item: demo/regional
    unit: GB
    window: month
    measure: {sum: gb_out}
    price:
      kernel: graduated
      keys: [region]
      rows:
        - {region: mainland, brackets: [{upto: 5, CNY: 0.04}, {CNY: 0.14}]}
        - {brackets: [{upto: 10, CNY: 0.05}, {CNY: 0.10}]}
)"},
    {"stair", "items", "stairstep: flat prices, then 125 + 80 for each above 5",
     R"(  - item: demo/stairs
    unit: Mbit/s
    window: month
    measure: {max: bandwidth_mbps}
    price:
      kernel: stairstep
      brackets:
        - {upto: 1, CNY: {flat: 23}}
        - {upto: 5, CNY: {flat: 125}}
        - {CNY: {flat: 125, base: 5, unit: 80}}
)"},
    {"money", "items", "Lines to the cent, and one cent at least", R"(  - item: demo/rounded
    unit: hour
    window: life
    measure: {up: instances}
    price: {CNY: 0.001}
    money: {line: {half_up: 4}, fee: {down: 2}, minimum: 0.01}
)"},
    {"discount", "discounts", "Nothing for a time, for one region",
     R"(  - {item: demo/traffic, multiplier: 0, from: 2024-06-20, where: {region: cn-hangzhou}}
)"},
    {"order", "orders", "By month, ten months for a year, with refunds",
     R"(  - order: demo/instance_subscription
    title: Instance, subscription
    unit: node-month
    where: {component: registry}
    quantity: [nodes]
    price:
      keys: [spec, edition]
      rows: [{spec: 2C4G, edition: basic, CNY: 196.9}, {spec: 4C8G, edition: basic, CNY: 393.8}]
    term: {12: 10, 24: 20}
    period: {start: purchase, end: end_of_day, extra_days: 0}
    refund: {full_within_days: 5, short_use_days: 30, short_use_factor: 1.5, fee: 0}
)"},
    {"plan", "plans", "A prepaid plan, full again each hour", R"(  - plan: demo/storage_plan
    title: Storage plan
    unit: GB
    reset: hour
    covers: [{item: demo/storage}, {item: demo/backup, factor: 0.5}]
    priority: 2
    stackable: false
    period: {start: purchase, end: same_clock_time, month_days: 31}
    price: {keys: [quota, months], rows: [{quota: 1000, months: 1, CNY: 90}]}
)"},
    {"plan", "plans", "A free quota that is lost with a plan", R"(  - plan: demo/free_storage
    unit: GB
    reset: month
    free: true
    quota: 0.5
    unless: [demo/storage_plan]
    covers: [{item: demo/stored, factor: 1}]
)"},
    {"covered", "plans", "Factors by region, and only one edition", R"(  - plan: demo/unit_plan
    unit: unit
    reset: none
    covers:
      - {item: demo/unit, factor: {by: region, mainland: 1, cn-hongkong: 1.62}}
      - {item: demo/table, where: {edition: basic}, factor: 2}
)"},
    {"multiplier", "plans", "A savings plan, and money at list price",
     R"(  - plan: demo/savings_plan
    unit: money
    reset: hour
    serves: discount
    covers: [{item: demo/cores, factor: {multiplier: {by: edition, basic: 0.455, else: 0.5}}}]
  - plan: demo/money_plan
    unit: money
    reset: month
    covers: [{item: demo/traffic, factor: list_price}]
)"},
    {"fill", "book.yaml", "In book.yaml",
     R"(placeholders:
  - {item: demo/table, where: {region: cn-beijing, edition: basic}, price: 0.05, from: 2026-01-01}
)"},
};

}  // namespace

std::span<const Example> examples() { return list; }

std::string_view example_head() { return head; }

std::string example_file() {
  std::string text(head);
  for (const std::string_view section : {"items", "discounts", "orders", "plans"}) {
    text += std::string(section) + ":\n";
    for (const Example& each : list) {
      if (each.section == section) text += each.text;
    }
  }
  return text;
}

}  // namespace steelyard::pricebook::products
