#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "steelyard/base/text.h"
#include "steelyard/pricebook/lint.h"

namespace steelyard::pricebook {
namespace {

class NameLint {
 public:
  NameLint(const PriceBook& book, Findings& findings) : book_(book), findings_(findings) {
    for (const ModelPrice& price : book.prices) models_.insert(price.model);
  }

  void run() {
    for (const Alias& alias : book_.aliases) check(alias);
    for (std::size_t i = 0; i < book_.overrides.size(); ++i) check(i);
    for (const auto& [model, rules] : book_.rules) {
      require_model(model, {"book.yaml", 0}, "'models'");
    }
    check_products();
  }

 private:
  void require_model(const std::string& model, const Place& place, const std::string& who) {
    if (models_.contains(model)) return;
    const std::vector<std::string_view> known(models_.begin(), models_.end());
    const std::string close = base::nearest(model, known);
    findings_.error("unknown_model", place,
                    who + " names model '" + model + "', which has no price" +
                        (close.empty() ? "" : "; did you mean '" + close + "'?"));
  }

  void check(const Alias& alias) {
    require_model(alias.model, alias.place, "alias '" + alias.name + "'");
    if (models_.contains(alias.name)) {
      findings_.error("alias_shadows_model", alias.place,
                      "alias '" + alias.name + "' is a model with prices of its own");
    }
    for (const Alias& other : book_.aliases) {
      if (&other == &alias) break;
      if (other.name == alias.name && other.validity.overlaps(alias.validity)) {
        findings_.error("duplicate_alias", alias.place,
                        "alias '" + alias.name + "' stands for '" + other.model + "' already at " +
                            other.place.to_text());
      }
    }
  }

  void check(std::size_t index) {
    const Override& terms = book_.overrides[index];
    if (terms.model) require_model(*terms.model, terms.place, "override of " + terms.account);
    bool applies = false;
    for (const ModelPrice& price : book_.prices) {
      if ((terms.model && *terms.model != price.model) ||
          (terms.item && *terms.item != price.item) ||
          (terms.tier && *terms.tier != price.tier.label)) {
        continue;
      }
      applies = true;
      check_multiplier(terms, price);
    }
    if (!applies && (!terms.model || models_.contains(*terms.model))) {
      findings_.error("override_without_effect", terms.place,
                      "override of " + terms.account + ": the book has no such price");
    }
    for (std::size_t i = 0; i < index; ++i) {
      const Override& other = book_.overrides[i];
      if (other.account == terms.account && other.model == terms.model &&
          other.item == terms.item && other.tier == terms.tier &&
          other.validity.overlaps(terms.validity)) {
        findings_.error("override_conflict", terms.place,
                        "override of " + terms.account + " says the same as " +
                            other.place.to_text() + ": which one counts?");
      }
    }
  }

  void check_multiplier(const Override& terms, const ModelPrice& price) {
    const auto* const multiplier = std::get_if<Override::Multiplier>(&terms.terms);
    if (multiplier == nullptr) return;
    const auto product = [&](money::Rounding rounding) {
      return money::Decimal::mul_div(price.price, multiplier->factor, money::Decimal::whole(1),
                                     rounding);
    };
    const auto down = product(money::Rounding::toward_zero);
    const auto up = product(money::Rounding::away_from_zero);
    if (down.has_value() && up.has_value() && *down == *up) return;
    findings_.warning("inexact_multiplier", terms.place,
                      "override of " + terms.account + ": " + price.price.to_text() + " x " +
                          multiplier->factor.to_text() + " of " + price.model +
                          " has more than 12 decimals and is rounded half up");
  }

  void check_products() {
    std::map<std::string, const Product*> codes;
    for (const Product& product : book_.products) {
      std::vector<std::string> words = product.codes;
      for (const auto& [alias, code] : product.aliases) words.push_back(alias);
      for (const std::string& code : words) {
        const auto [other, is_new] = codes.try_emplace(code, &product);
        if (is_new) continue;
        findings_.error("duplicate_product", product.place,
                        "code '" + code + "' belongs to " + other->second->id + " already");
      }
    }
  }

  const PriceBook& book_;
  Findings& findings_;
  std::set<std::string> models_;
};

}  // namespace

void lint_names(const PriceBook& book, Findings& findings) { NameLint(book, findings).run(); }

}  // namespace steelyard::pricebook
