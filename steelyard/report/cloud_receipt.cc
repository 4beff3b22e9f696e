#include "steelyard/report/cloud_receipt.h"

#include <algorithm>
#include <map>

#include "steelyard/pricebook/products/words.h"
#include "steelyard/report/ndjson.h"
#include "steelyard/report/text_table.h"
#include "steelyard/report/trace_words.h"

namespace steelyard::report {
namespace {

using money::Rational;
using rating::cloud::Trace;

constexpr std::size_t shown_max = 3;

std::string changed(const Rational& before, const Rational& after) {
  return number_text(before) + " → " + number_text(after);
}

/// A window's part of a receipt; equal bodies are told once.
struct Block {
  std::string heading;
  std::string body;
};

/// Blocks that follow each other with equal bodies.
struct Run {
  const Block* first = nullptr;
  const Block* last = nullptr;
  std::size_t count = 0;
};

std::string shown(const Run& run) {
  std::string text = run.first->heading + '\n' + indented(run.first->body);
  if (run.count == 1) return text;
  return text + "and " + grouped(std::to_string(run.count - 1)) +
         (run.count == 2 ? " more like it: " : " more like it, to ") + run.last->heading + '\n';
}

/// Every run; of many runs the first ones and the last.
std::string shown(const std::vector<Block>& blocks) {
  std::vector<Run> runs;
  for (const Block& each : blocks) {
    if (runs.empty() || runs.back().first->body != each.body) runs.push_back({&each, &each, 0});
    runs.back().last = &each;
    ++runs.back().count;
  }
  std::string text;
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const bool is_last = i + 1 == runs.size();
    if (i >= shown_max && !is_last) {
      left_out += runs[i].count;
      continue;
    }
    if (left_out > 0) text += "and " + grouped(std::to_string(left_out)) + " more, then\n";
    text += shown(runs[i]);
  }
  return text;
}

class TraceText {
 public:
  explicit TraceText(const rating::Rater& rater)
      : zone_(rater.catalog().time_zone()),
        currency_(rater.currency()),
        calendar_(rater.catalog().calendar()) {}

  std::string change(const Trace::Change& change, bool is_only) {
    std::string text;
    if (!change.is_of_plans) {
      text = '\n' + std::string("  ") + (is_only && !change.is_taken_back ? "" : verb(change)) +
             change.resource + ", " + calendar_.to_text(change.start.seconds) + " to " +
             calendar_.to_text(change.end.seconds) + ", " + zone_ + '\n';
    } else if (!change.items.empty()) {
      text = "\n  What plans cover now\n";
    }
    for (const Trace::Item& each : change.items) {
      if (each.why_not.empty()) text += '\n' + indented(item(each, change.is_of_plans));
    }
    return text + not_read(change);
  }

 private:
  static std::string verb(const Trace::Change& change) {
    return change.is_taken_back ? "Taken back: " : "Counted: ";
  }

  std::string item(const Trace::Item& item, bool is_of_plans) {
    const pricebook::CloudItem& rule = *item.item->rule;
    std::string text =
        rule.name + (rule.title.empty() ? "" : "  " + rule.title) + ", in " + rule.unit + '\n';
    if (item.is_failed) text += "  reads it, and can not be charged: see the reason\n";
    for (const Trace::Reading& each : item.readings) text += indented(reading(each));
    if (!is_of_plans) text += indented(stages(item));
    text += indented(covers(item));
    return text + indented(fees(item));
  }

  static std::string reading(const Trace::Reading& reading) {
    std::string text = (reading.is_allowance ? "reads, as allowance, " : "reads ") +
                       reading.dim->meter + ' ' + number_text(reading.value);
    for (const Trace::Reading::Each& each : reading.each) {
      text += ", " + pricebook::products::to_text(*each.step) + ": " + number_text(each.after);
    }
    if (reading.pieces > 1) {
      text += ", cut at windows and prices into " + grouped(std::to_string(reading.pieces));
    }
    return text + '\n';
  }

  std::string stages(const Trace::Item& item) {
    std::string text;
    for (auto at = item.stages.begin(); at != item.stages.end();) {
      std::vector<Block> blocks;
      const auto first = at;
      for (;
           at != item.stages.end() && at->pipeline == first->pipeline && at->stage == first->stage;
           ++at) {
        blocks.push_back({stage_heading(*at), stage_body(*at)});
      }
      text += shown(blocks);
    }
    return text;
  }

  std::string stage_heading(const Trace::Stage& stage) {
    const auto& rule = stage.item->pipelines[stage.pipeline].stages[stage.stage];
    return (stage.pipeline > 0 ? "factor, " : "") +
           window_text(rule.window, stage.window, calendar_) + ", " + stage.scope;
  }

  static std::string stage_body(const Trace::Stage& stage) {
    const auto& after = stage.after.log;
    const auto& before = stage.before.log;
    TextTable table({{""}, {""}});
    const auto add_step = [&](std::size_t at) {
      const auto& step = after.steps[at];
      const bool was_there = at < before.steps.size();
      table.add({(step.dim ? "  " : "") + step_text(step),
                 changed(was_there ? before.steps[at].after : Rational(), step.after)});
    };
    for (std::size_t dim = 0; dim < after.measured.size(); ++dim) {
      const bool was_there = dim < before.measured.size();
      table.add({measured_text(stage, dim),
                 changed(was_there ? before.measured[dim] : Rational(), after.measured[dim])});
      for (std::size_t i = 0; i < after.steps.size(); ++i) {
        if (after.steps[i].dim == dim) add_step(i);
      }
    }
    for (std::size_t i = 0; i < after.steps.size(); ++i) {
      if (!after.steps[i].dim) add_step(i);
    }
    if (after.measured.empty()) {
      return "nothing is left of " + number_text(total_of(stage.before.out)) + '\n';
    }
    return without_titles(table.to_text());
  }

  static std::string without_titles(const std::string& table) {
    return table.substr(table.find('\n', table.find('\n') + 1) + 1);
  }

  std::string covers(const Trace::Item& item) {
    std::vector<Block> blocks;
    for (const Trace::Cover& each : item.covers) {
      const auto& stages = item.item->pipelines.front().stages;
      Block block{"plans, " +
                      window_text(stages[item.item->cover_stage].window, each.window, calendar_) +
                      (each.resource.empty() ? "" : ", " + each.resource),
                  {}};
      std::map<std::string, std::pair<Rational, Rational>> plans;
      for (const auto& [name, part] : each.before.covers) plans[*name].first += part.quantity;
      for (const auto& [name, part] : each.after.covers) plans[*name].second += part.quantity;
      block.body =
          "measured   " + changed(total_of(each.before.in), total_of(each.after.in)) + '\n';
      for (const auto& [name, quantity] : plans) {
        block.body += name + " covers   " + changed(quantity.first, quantity.second) + '\n';
      }
      block.body +=
          "to be paid   " + changed(total_of(each.before.out), total_of(each.after.out)) + '\n';
      blocks.push_back(std::move(block));
    }
    return shown(blocks);
  }

  std::string fees(const Trace::Item& item) {
    std::vector<Block> blocks;
    for (const Trace::Fee& each : item.fees) {
      const auto kind = item.item->pipelines.front().stages.back().window;
      blocks.push_back({"fee, " + window_text(kind, each.window, calendar_), fee_body(each)});
    }
    return shown(blocks);
  }

  std::string fee_body(const Trace::Fee& fee) {
    std::string text;
    for (const rating::cloud::Slot* slot : fee.slots) {
      const std::string price = "price " + price_text(*slot, zone_) + '\n';
      if (text.find(price) == std::string::npos) text += price;
    }
    for (std::size_t i = 1; i < fee.after.quantities.size(); ++i) {
      text += "× factor " +
              changed(total_of(fee.before.quantities[i]), total_of(fee.after.quantities[i])) + '\n';
    }
    std::vector<const rating::cloud::Row*> rows;
    for (const auto* lines : {&fee.before.lines, &fee.after.lines}) {
      for (const auto& line : *lines) {
        if (std::ranges::find(rows, line.row) == rows.end()) rows.push_back(line.row);
      }
    }
    for (const rating::cloud::Row* row : rows) {
      const auto sum = [&](const rating::cloud::FeeLines& lines) {
        Rational quantity;
        for (const auto& line : lines) {
          if (line.row != row) continue;
          quantity += line.quantity;
        }
        return quantity;
      };
      text += (row->tier == "-" ? "" : row->tier + "   ") +
              changed(sum(fee.before.lines), sum(fee.after.lines)) + ' ' + row->unit;
      if (!row->is_money) {
        text += " × " + grouped(row->price.to_text());
        if (row->per != money::Decimal::whole(1)) text += " ÷ " + grouped(row->per.to_text());
      }
      text += '\n';
    }
    return text + "fee " + changed(fee_of(fee.before.lines), fee_of(fee.after.lines)) + ' ' +
           currency_ + '\n';
  }

  static std::string not_read(const Trace::Change& change) {
    TextTable table({{"not read by"}, {"why"}});
    bool has_any = false;
    std::string without_meter;
    for (const Trace::Item& each : change.items) {
      if (each.why_not.empty()) continue;
      if (each.why_not.starts_with("no meter")) {
        const std::string& name = each.item->rule->name;
        if (without_meter.find(name) != std::string::npos) continue;
        without_meter += (without_meter.empty() ? "" : ", ") + name;
        continue;
      }
      table.add({each.item->rule->name, each.why_not});
      has_any = true;
    }
    std::string text = has_any ? '\n' + indented(table.to_text()) : "";
    if (!without_meter.empty()) text += "\n  reading other meters: " + without_meter + '\n';
    return text;
  }

  std::string zone_;
  std::string currency_;
  base::Calendar calendar_;
};

}  // namespace

std::string charge_table(const rating::cloud::Charge& charge, const std::string& currency) {
  TextTable table({{"item"},
                   {"tier"},
                   {"quantity", Align::right},
                   {""},
                   {"price", Align::right},
                   {""},
                   {"per", Align::right},
                   {""},
                   {"amount " + currency, Align::right}});
  std::vector<std::string> quantities;
  std::vector<std::string> amounts;
  for (const rating::cloud::Line& line : charge.lines) {
    quantities.push_back(grouped(line.quantity.to_text()));
    amounts.push_back(grouped(line.amount.to_text()));
  }
  amounts.push_back(grouped(charge.amount.to_text()));
  quantities = with_points_aligned(std::move(quantities));
  amounts = with_points_aligned(std::move(amounts));
  for (std::size_t i = 0; i < charge.lines.size(); ++i) {
    const rating::cloud::Row& row = *charge.lines[i].row;
    table.add({row.item, row.tier, quantities[i], "×", grouped(row.price.to_text()), "÷",
               grouped(row.per.to_text()), "=", amounts[i]});
  }
  table.add_rule();
  table.add({"sum", "", "", "", "", "", "", "=", amounts.back()});
  return table.to_text();
}

std::string cloud_text(const batch::FoundEvent& found, const rating::Rater& rater) {
  std::string text;
  if (found.trace != nullptr) {
    TraceText writer(rater);
    const auto& changes = found.trace->changes();
    for (const Trace::Change& each : changes) text += writer.change(each, changes.size() == 1);
  }
  if (found.record->status != batch::Status::rated) return text;
  text += "\n" + indented(charge_table(found.record->cloud, std::string(rater.currency())));
  for (const std::string_view note : note_names(*found.record)) {
    text += "  " + std::string(note) + '\n';
  }
  return text;
}

}  // namespace steelyard::report
