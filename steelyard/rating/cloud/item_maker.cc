#include "steelyard/rating/cloud/item_maker.h"

#include <algorithm>
#include <set>

namespace steelyard::rating::cloud {
namespace {

using metering::Dim;
using metering::Lookup;
using metering::Step;
using metering::WindowKind;

class ItemMaker {
 public:
  ItemMaker(const Catalog::Code& code, const pricebook::PriceBook& version,
            const pricebook::Product& product, const pricebook::CloudItem& item)
      : code_(code), version_(version), product_(product), rule_(item) {}

  PreparedItem make() {
    item_.rule = &rule_;
    item_.validity = both(rule_.validity, version_.validity);
    item_.is_dearest = rule_.on_change == pricebook::CloudItem::OnChange::dearest;
    make_main();
    for (const Dim& factor : rule_.times) make_factor(factor);
    note_price();
    note_plans();
    for (const Pipeline& each : item_.pipelines) {
      check_scopes(each);
      item_.has_attribute_dims |= std::ranges::any_of(each.dims, [](const PreparedDim& dim) {
        return dim.rule->aggregate == Dim::Aggregate::attribute;
      });
    }
    item_.slot_attributes.assign(slot_attributes_.begin(), slot_attributes_.end());
    item_.breaks.assign(breaks_.begin(), breaks_.end());
    item_.bands.assign(bands_.begin(), bands_.end());
    return std::move(item_);
  }

 private:
  /// What a fact lacks is found before anything is kept of it: a first stage is told apart by all
  /// that the later ones are.
  static void check_scopes(const Pipeline& pipeline) {
    for (const Pipeline::Stage& stage : pipeline.stages) {
      STEELYARD_CHECK(std::ranges::includes(pipeline.stages.front().scope, stage.scope));
    }
  }

  std::uint16_t attribute(const std::string& name) {
    return Catalog::attribute_number(code_, name);
  }

  /// A plan of another product may name attributes that this one has not.
  bool is_declared(const std::string& name) const {
    return code_.attribute_numbers.find(name) != NameTable::none;
  }

  void note_break(const std::optional<base::Instant>& at) {
    if (at.has_value()) breaks_.insert(at->seconds + (at->nanoseconds > 0 ? 1 : 0));
  }
  void note_breaks(const base::Validity& validity) {
    note_break(validity.from);
    note_break(validity.to);
  }

  void note_conditions(const metering::Conditions& conditions) {
    for (const metering::Condition& each : conditions) {
      if (each.attribute != cover_attribute_ && is_declared(each.attribute)) {
        slot_attributes_.insert(attribute(each.attribute));
      }
    }
  }

  /// What a lookup depends on decides the slot, and what shapes a scope decides the scope.
  void note_lookup(const Lookup& lookup, std::set<std::uint16_t>* scope) {
    std::set<std::uint16_t> names;
    if (!lookup.attribute.empty()) names.insert(attribute(lookup.attribute));
    for (const Lookup::Row& row : lookup.rows) {
      for (const metering::Condition& each : row.where) {
        if (is_declared(each.attribute)) names.insert(attribute(each.attribute));
      }
      note_breaks(row.validity);
    }
    slot_attributes_.insert(names.begin(), names.end());
    if (scope != nullptr) scope->insert(names.begin(), names.end());
  }

  void note_step(const Step& step, std::set<std::uint16_t>* scope) {
    if (const auto* s = std::get_if<metering::Scale>(&step)) note_lookup(s->factor, scope);
    if (const auto* s = std::get_if<metering::Round>(&step)) note_lookup(s->step, scope);
    if (const auto* s = std::get_if<metering::AtLeast>(&step)) note_lookup(s->least, scope);
    if (const auto* s = std::get_if<metering::AtMost>(&step)) note_lookup(s->most, scope);
    if (const auto* s = std::get_if<metering::ShortOf>(&step)) note_lookup(s->whole, scope);
    if (const auto* s = std::get_if<metering::Less>(&step)) {
      note_lookup(s->amount, scope);
      if (s->round.has_value()) note_lookup(s->round->step, scope);
      if (s->dim != nullptr) {
        item_.allowances.push_back(prepared(*s->dim, {}));
        item_.allowance_stages.push_back(stage_);
        item_.allowance_steps.push_back(s);
      }
    }
    if (const auto* s = std::get_if<metering::Combine>(&step)) {
      if (s->operation == metering::Combine::Operation::cover) {
        cover_attribute_ = s->cover.attribute;
        item_.has_cover = true;
      }
    }
  }

  PreparedDim prepared(const Dim& dim, const metering::Conditions& item_where) {
    PreparedDim result;
    result.rule = &dim;
    if (dim.aggregate == Dim::Aggregate::attribute) {
      result.source = attribute(dim.meter);
    } else {
      result.source = meter(dim.meter);
    }
    for (const metering::Condition& each : item_where) {
      result.where.push_back({attribute(each.attribute), &each});
    }
    for (const metering::Condition& each : dim.where) {
      result.where.push_back({attribute(each.attribute), &each});
    }
    for (const Step& step : dim.each) {
      PreparedDim::Each each{&step, 0};
      if (const auto* s = std::get_if<metering::TimesOf>(&step)) {
        each.source = s->is_attribute ? attribute(s->name) : meter(s->name);
        if (!s->is_attribute) result.each_meters.push_back(each.source);
      }
      if (const auto* s = std::get_if<metering::MaxWith>(&step)) {
        each.source = meter(s->meter);
        result.each_meters.push_back(each.source);
      }
      if (const auto* s = std::get_if<metering::States>(&step)) {
        each.source = attribute(s->attribute);
      }
      result.each.push_back(each);
    }
    return result;
  }

  std::uint16_t meter(const std::string& name) {
    const std::uint32_t number = code_.meter_numbers.find(name);
    STEELYARD_CHECK(number != NameTable::none);
    return static_cast<std::uint16_t>(number);
  }

  void note_dim(const Dim& dim, std::set<std::uint16_t>* scope) {
    for (const Step& step : dim.each) note_step(step, nullptr);
    for (const Step& step : dim.shape) note_step(step, scope);
  }

  void make_main() {
    Pipeline pipeline;
    pipeline.window = rule_.window;
    std::set<std::uint16_t> scope;
    for (const std::string& name : rule_.by) scope.insert(attribute(name));
    std::set<std::uint16_t> step_attributes;
    for (const Dim& dim : rule_.measure) {
      pipeline.dims.push_back(prepared(dim, rule_.where));
      note_dim(dim, &step_attributes);
    }
    pipeline.stages.push_back({nullptr, rule_.window, true, {}, {}});
    for (const Step& step : rule_.shape) {
      if (const auto* pool = std::get_if<metering::Pool>(&step)) {
        Pipeline::Stage stage = pipeline.stages.back();
        stage.steps.clear();
        stage.pool = pool;
        stage.window = pool->window.value_or(stage.window);
        if (pool->by.has_value()) {
          stage.has_resource = false;
          stage.scope.clear();
          for (const std::string& name : *pool->by) {
            if (name == "resource") stage.has_resource = true;
            if (name == "account" || name == "resource") continue;
            stage.scope.push_back(attribute(name));
            scope.insert(stage.scope.back());
          }
          std::ranges::sort(stage.scope);
        } else if (pipeline.stages.size() == 1) {
          for (const std::string& name : rule_.by) stage.scope.push_back(attribute(name));
          std::ranges::sort(stage.scope);
        }
        pipeline.stages.push_back(std::move(stage));
        ++stage_;
      } else {
        note_step(step, &step_attributes);
        pipeline.stages.back().steps.push_back(&step);
      }
    }
    if (item_.is_dearest) scope.insert(step_attributes.begin(), step_attributes.end());
    pipeline.stages.front().scope.assign(scope.begin(), scope.end());
    item_.cover_stage = pipeline.stages.size() - 1;
    for (std::size_t i = 1; i < pipeline.stages.size(); ++i) {
      if (pipeline.stages[i].window == pipeline.stages[i - 1].window) continue;
      item_.cover_stage = i - 1;
      break;
    }
    for (std::size_t i = 1; i < pipeline.stages.size(); ++i) {
      const WindowKind window = pipeline.stages[i].window;
      if (window != WindowKind::month && window != WindowKind::life) continue;
      item_.gathering_stage = i;
      break;
    }
    item_.pipelines.push_back(std::move(pipeline));
  }

  /// A factor is summed up to the last window and scope of what it multiplies.
  void make_factor(const Dim& dim) {
    const Pipeline::Stage& last = item_.pipelines.front().stages.back();
    Pipeline pipeline;
    pipeline.window = dim.window.value_or(last.window);
    pipeline.dims.push_back(prepared(dim, rule_.where));
    note_dim(dim, nullptr);
    Pipeline::Stage first = last;
    first.pool = nullptr;
    first.steps.clear();
    first.window = pipeline.window;
    first.has_resource = true;
    Pipeline::Stage sum = last;
    static const metering::Pool pool_sum;
    sum.pool = &pool_sum;
    sum.steps.clear();
    pipeline.stages = {std::move(first), std::move(sum)};
    item_.pipelines.push_back(std::move(pipeline));
  }

  void note_price() {
    const pricebook::CloudPriceTable& table = rule_.price;
    for (const std::string& key : table.keys) {
      if (key != cover_attribute_) slot_attributes_.insert(attribute(key));
    }
    for (const pricebook::CloudPriceRow& row : table.rows) {
      note_breaks(row.validity);
      if (row.hours.has_value()) {
        bands_.insert(row.hours->from);
        if (row.hours->to < 1'440) bands_.insert(row.hours->to);
      }
    }
    if (!bands_.empty()) bands_.insert(0);
    if (table.protect_seconds > 0) item_.created = attribute("created");
    if (!table.bid_attribute.empty()) item_.bid = attribute(table.bid_attribute);
    for (const pricebook::CloudDiscount& discount : product_.discounts) {
      if (discount.item != rule_.name) continue;
      item_.discounts.push_back(&discount);
      item_.has_account_discount |= !discount.account.empty();
      note_breaks(discount.validity);
      note_conditions(discount.where);
    }
  }

  void note_plans() {
    for (const pricebook::Product& product : version_.products) {
      for (const pricebook::CloudPlan& plan : product.plans) {
        for (const pricebook::CloudPlan::Cover& cover : plan.covers) {
          if (cover.item != rule_.name) continue;
          item_.is_coverable = true;
          note_conditions(cover.where);
          note_lookup(cover.factor, nullptr);
        }
      }
    }
  }

  const Catalog::Code& code_;
  const pricebook::PriceBook& version_;
  const pricebook::Product& product_;
  const pricebook::CloudItem& rule_;
  PreparedItem item_;
  std::string cover_attribute_;
  std::size_t stage_ = 0;  // That steps are being read of.
  std::set<std::uint16_t> slot_attributes_;
  std::set<std::int64_t> breaks_;
  std::set<int> bands_;
};

}  // namespace

PreparedItem make_item(const Catalog::Code& code, const pricebook::PriceBook& version,
                       const pricebook::Product& product, const pricebook::CloudItem& item) {
  return ItemMaker(code, version, product, item).make();
}

}  // namespace steelyard::rating::cloud
