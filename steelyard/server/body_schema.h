#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/json/document.h"
#include "steelyard/server/problem.h"

namespace steelyard::server {

/// A JSON Schema (2020-12), of which these words are known: type (one or a list), properties,
/// required, additionalProperties (absent: unknown members are refused), items, minItems,
/// maxItems, minLength and maxLength (characters), minimum and maximum (whole numbers), enum
/// (texts), format (date-time, date, decimal), oneOf (told apart by type), $ref, and for people
/// title, description, examples, default. Any other word is refused when it is read.
class BodySchema {
 public:
  struct Rule;

  explicit BodySchema(const Rule& rule) : rule_(&rule) {}

  /// What is wrong with a value, by JSON pointer; empty if nothing. At most 20.
  std::vector<ProblemItem> check(const json::Document& document) const;

 private:
  const Rule* rule_;
};

/// The schemas of a table, each read once. Holds what its BodySchemas point to.
class BodySchemas {
 public:
  BodySchemas();
  ~BodySchemas();
  BodySchemas(const BodySchemas&) = delete;
  BodySchemas& operator=(const BodySchemas&) = delete;

  /// A schema that others refer to as {"$ref":"#/components/schemas/NAME"}.
  /// Errors: file_is_malformed with the place in the schema.
  [[nodiscard]] Result<void> add_named(const std::string& name, const std::string& json_schema);
  [[nodiscard]] Result<BodySchema> read(const std::string& json_schema);

 private:
  std::map<std::string, std::unique_ptr<BodySchema::Rule>> named_;
  std::vector<std::unique_ptr<BodySchema::Rule>> others_;
};

}  // namespace steelyard::server
