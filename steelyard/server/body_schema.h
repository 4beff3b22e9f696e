#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "steelyard/base/result.h"
#include "steelyard/json/document.h"
#include "steelyard/server/problem.h"

namespace steelyard::server {

/// A JSON Schema (2020-12), of which these words are known: type (one or a list), properties,
/// required, additionalProperties (false if absent: unknown members are refused), items,
/// minItems, maxItems, minLength, maxLength (characters), minimum, maximum (whole numbers),
/// enum (texts), format (date-time, date, decimal), oneOf (told apart by type), $ref, and for
/// people title, description, examples, default. Any other word is refused when the table is built.
class BodySchema {
 public:
  virtual ~BodySchema() = default;
  /// What is wrong with a value, by JSON pointer; empty if nothing. At most 20.
  virtual std::vector<ProblemItem> check(const json::Document& document) const = 0;
};

/// The schemas of a table, read once.
class BodySchemas {
 public:
  BodySchemas();
  ~BodySchemas();
  /// Errors: file_is_malformed with the place in the schema.
  [[nodiscard]] Result<void> add_named(const std::string& name, const std::string& json_schema);
  [[nodiscard]] Result<const BodySchema*> read(const std::string& json_schema);

 private:
  class Rules;
  std::map<std::string, std::unique_ptr<Rules>> named_;
  std::map<std::string, std::unique_ptr<Rules>> read_;
};

}  // namespace steelyard::server
