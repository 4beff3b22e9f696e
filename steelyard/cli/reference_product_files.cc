#include <string>

#include "steelyard/cli/manual.h"
#include "steelyard/pricebook/products/examples.h"
#include "steelyard/pricebook/products/keys.h"

namespace steelyard::cli {
namespace {

using pricebook::products::Example;
using pricebook::products::Key;
using pricebook::products::Mapping;
namespace format = pricebook::products;

constexpr const char* introduction =
    R"(`pricebooks/BOOK/products/PRODUCT.yaml` describes one product of the price list: what its meters are,
what its items cost, which subscriptions and plans can be bought. It reads like the product's price page;
no code knows a product. `steelyard pricebook lint` says what is wrong with it, with file and line, and
`docs/reference/product.schema.json` is the same format for an editor.

```
facts → each → measure over window and scope → shape → plans → price × times → discount → money
```

An item reads a fact if the fact has one of its meters and `where` holds. What `where`, `by`, keys and
lookups name must be in the fact, or have a default: else it is unrated, missing_attribute. A fact is
rated as a whole: if one of the items that read it has no price, nothing of it is charged. `source` and
`note` may stand in every mapping.

What may stand behind a key: `text`; `word`, a text without spaces around it; `date`, 2026-07-01 or with a
time; `number`, 3, 0.5 or 1/800; `decimal`, without a fraction; `whole`, 12; `hours`, 08:00-24:00;
`duration`, 90s, 5m, 1h, 30d; `flag`, true or false; `'split'`, that word; `[item]`, a list; `{word}`, names
with such values; `a | b`, either.
)";

std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string table_of(const Mapping& mapping) {
  std::string text = "| key | value | meaning |\n|---|---|---|\n";
  for (const Key& key : mapping.keys) {
    text += "| `" + std::string(key.name) + "`" + (key.is_needed ? " (needed)" : "") + " | `" +
            cell(key.value) + "` | " + cell(key.meaning) + " |\n";
  }
  if (!mapping.others.empty()) {
    text += "| " + cell(mapping.others_name) + " | `" + cell(mapping.others) + "` | |\n";
  }
  return text;
}

std::string code_block(std::string_view text) { return "```yaml\n" + std::string(text) + "```\n"; }

std::string section_of(const Mapping& mapping) {
  std::string text = "\n## " + std::string(mapping.name) + "\n\n" + std::string(mapping.meaning);
  if (mapping.has_one_key) text += " Exactly one of these keys.";
  text += "\n\n" + table_of(mapping);
  for (const Example& each : format::examples()) {
    if (each.mapping != mapping.name) continue;
    text += "\n" + std::string(each.title) +
            (each.section == "items" ? "" : " (`" + std::string(each.section) + "`)") + ":\n\n" +
            code_block(each.text);
  }
  return text;
}

}  // namespace

std::string product_files_reference() {
  std::string text = "# Product files\n\n<!-- Made by: steelyard reference product-files -->\n\n" +
                     std::string(introduction) +
                     "\nThe examples below are entries of one file, which begins so:\n\n" +
                     code_block(format::example_head());
  text += "\n| short for | is |  |\n|---|---|---|\n";
  for (const format::Abbreviation& each : format::abbreviations()) {
    text += "| `" + std::string(each.name) + "` | `" + cell(each.value) + "` | " +
            cell(each.meaning) + " |\n";
  }
  for (const Mapping& mapping : format::mappings()) text += section_of(mapping);
  return text;
}

}  // namespace steelyard::cli
