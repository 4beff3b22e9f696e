#include "steelyard/pricebook/products/product_diff.h"

#include <algorithm>
#include <map>
#include <optional>

namespace steelyard::pricebook {
namespace {

/// The content of a product as the tree that it is.
struct Tree {
  std::vector<std::string> order;  ///< Of the children.
  std::map<std::string, Tree> children;
  std::optional<std::string> value;
};

Tree tree_of(const Product& product) {
  Tree root;
  for (const ContentLine& line : product.content) {
    Tree* at = &root;
    for (const std::string& name : line.path) {
      const auto [child, is_new] = at->children.try_emplace(name);
      if (is_new) at->order.push_back(name);
      at = &child->second;
    }
    at->value = line.value;
  }
  return root;
}

/// "CNY 0.1, free true": all values of something small; empty for something large.
std::string summary_of(const Tree& tree) {
  constexpr std::size_t shown = 3;
  if (tree.value) return *tree.value;
  std::string text;
  if (tree.children.size() > shown) return {};
  for (const std::string& name : tree.order) {
    const Tree& child = tree.children.at(name);
    if (!child.value) return {};
    text += (text.empty() ? "" : ", ") + name + ' ' + *child.value;
  }
  return text;
}

class ProductDiff {
 public:
  explicit ProductDiff(std::vector<std::string>& sentences) : sentences_(sentences) {}

  void compare(const Tree& from, const Tree& to, const std::string& path) {
    if (from.value && to.value) {
      if (*from.value != *to.value) {
        sentences_.push_back(path + " changes from '" + *from.value + "' to '" + *to.value + '\'');
      }
      return;
    }
    for (const std::string& name : to.order) {
      const auto before = from.children.find(name);
      const std::string below = joined(path, name);
      if (before == from.children.end()) {
        one_sided("added: ", below, to.children.at(name));
      } else {
        compare(before->second, to.children.at(name), below);
      }
    }
    for (const std::string& name : from.order) {
      if (!to.children.contains(name)) {
        one_sided("removed: ", joined(path, name), from.children.at(name));
      }
    }
    compare_order(from, to, path);
  }

 private:
  /// Sections such as items need no word of their own: what is in them says it.
  static std::string joined(const std::string& path, const std::string& name) {
    const bool is_section = name == "items" || name == "orders" || name == "plans" ||
                            name == "price" || name == "rows" || name == "brackets";
    return is_section ? path : path + ", " + name;
  }

  void one_sided(const char* what, const std::string& path, const Tree& tree) {
    const std::string summary = summary_of(tree);
    sentences_.push_back(what + path + (summary.empty() ? "" : ": " + summary));
  }

  void compare_order(const Tree& from, const Tree& to, const std::string& path) {
    std::vector<std::string> before;
    std::vector<std::string> after;
    std::ranges::copy_if(from.order, std::back_inserter(before),
                         [&](const auto& name) { return to.children.contains(name); });
    std::ranges::copy_if(to.order, std::back_inserter(after),
                         [&](const auto& name) { return from.children.contains(name); });
    if (before != after) sentences_.push_back(path + ": what stands there has another order");
  }

  std::vector<std::string>& sentences_;
};

}  // namespace

std::vector<std::string> diff_products(const std::vector<Product>& old_products,
                                       const std::vector<Product>& new_products) {
  std::vector<std::string> sentences;
  const auto in = [](const std::vector<Product>& list, const Product& product) {
    return std::ranges::find(list, product.id, &Product::id);
  };
  for (const Product& product : new_products) {
    const auto before = in(old_products, product);
    if (before == old_products.end()) {
      sentences.push_back("added: product " + product.name);
    } else if (before->content != product.content) {
      ProductDiff(sentences).compare(tree_of(*before), tree_of(product), product.name);
    }
  }
  for (const Product& product : old_products) {
    if (in(new_products, product) == new_products.end()) {
      sentences.push_back("removed: product " + product.name);
    }
  }
  return sentences;
}

}  // namespace steelyard::pricebook
