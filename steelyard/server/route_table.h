#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "steelyard/server/body_schema.h"
#include "steelyard/server/request.h"

namespace steelyard::server {

enum class ParameterType : std::uint8_t {
  text,     ///< `min` to `max` characters, no control characters.
  word,     ///< One of `words`.
  whole,    ///< `min` to `max`.
  decimal,  ///< A money::Decimal in shortest or longer form, at most 12 decimals.
  instant,  ///< RFC 3339.
  date,     ///< 2026-11-25
  month,    ///< 2026-11
  boolean,  ///< true, false
};

enum class ParameterIn : std::uint8_t { path, query };

/// A parameter of a route. What a request sends beside the declared ones is refused.
struct Parameter {
  std::string name{};
  std::string description{};
  ParameterIn in = ParameterIn::query;
  ParameterType type = ParameterType::text;
  std::string example{};
  bool is_required = false;  ///< Of the path: always.
  bool may_repeat = false;
  std::int64_t min = 1;  ///< Of a text: characters.
  std::int64_t max = 128;
  std::vector<std::string> words{};
  std::string default_value{};  ///< Empty: none.
};

/// A kind of body that a route takes.
struct RequestContent {
  std::string media_type{};  ///< "application/json"
  std::string description{};
  std::string schema{};  ///< JSON Schema, the subset of body_schema.h; "" for bytes.
  std::string example{};
  /// The body is one JSON value: it is checked against the schema and comes as Request::json.
  bool is_checked = true;
};

/// A kind of answer that a route gives. Problems of the frame (401, 429, …) are added.
struct ResponseContent {
  int status = 200;
  std::string description{};
  std::string media_type = "application/json";  ///< Empty: no content.
  std::string schema{};                         ///< JSON Schema; "" for none.
  std::string example{};
};

/// Which requests go first when there is too much to do.
enum class Lane : std::uint8_t { hold, ingest, read, bulk };
std::string_view name_of(Lane lane);

/// On which thread a handler runs.
enum class RunsOn : std::uint8_t {
  io_thread,  ///< The connection's own: for what takes microseconds and never waits.
  worker,     ///< A worker, by lane: for what takes longer or waits.
};

struct Route {
  Method method = Method::get;
  std::string path{};            ///< "/v1/accounts/{account}/balance"
  std::string operation_id{};    ///< "get_balance": unique; the name in metrics and logs.
  std::string summary{};         ///< Half a line, without a period.
  std::string description{};     ///< Sentences.
  std::string tag{};             ///< The heading: "Accounts".
  std::optional<Scope> scope{};  ///< None: public.
  std::vector<Parameter> parameters{};
  std::vector<RequestContent> contents{};  ///< Empty: no body is taken.
  std::vector<ResponseContent> responses{};
  std::vector<std::string> problems{};  ///< Words of its own problems: "insufficient_balance".
  bool needs_idempotency_key = false;
  /// Query parameters that are not declared are passed on, not refused: for foreign
  /// interfaces whose names are made up by the caller, as filterGroupBy[model].
  bool takes_other_parameters = false;
  Lane lane = Lane::read;
  RunsOn runs_on = RunsOn::io_thread;
  std::variant<Handler, AsyncHandler> handler{};
};

/// The routes of a server: what is dispatched, checked, described and tested is this table.
class RouteTable {
 public:
  RouteTable();
  ~RouteTable();
  RouteTable(RouteTable&&) noexcept;
  RouteTable& operator=(RouteTable&&) noexcept;

  /// Requires: a path and operation_id of its own, words of the table of problems, schemas
  /// that can be read. A wrong table is our mistake and ends the process at the start.
  void add(Route route);

  /// A schema that others refer to: {"$ref":"#/components/schemas/NAME"}.
  /// Requires: added before the routes that use it.
  void add_schema(std::string name, std::string json_schema);

  /// A tag's description, for the documents; also fixes the order of headings.
  void add_tag(std::string name, std::string description);

  struct Match {
    const Route* route = nullptr;               ///< Null: no path fits, or none with that method.
    std::vector<std::string_view> path_values;  ///< Still percent-encoded, by parameter.
    std::vector<Method> allowed;                ///< Set when a path fits without the method.
  };
  /// HEAD matches the routes of GET.
  Match match(Method method, std::string_view path) const;

  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }
  const std::vector<std::pair<std::string, std::string>>& tags() const { return tags_; }
  const std::map<std::string, std::string>& schemas() const { return schemas_; }

  /// The schema of a content that is checked, or null.
  const BodySchema* schema_of(const RequestContent& content) const;

 private:
  struct Node;

  /// Where a path ends; a fixed segment goes before a parameter. At most as deep as a path
  /// of the table.
  static const Node* find(const Node& node, std::string_view path,
                          std::vector<std::string_view>& values);

  std::vector<std::unique_ptr<Route>> routes_;
  std::vector<std::pair<std::string, std::string>> tags_;
  std::map<std::string, std::string> schemas_;
  std::unique_ptr<Node> root_;
  std::unique_ptr<BodySchemas> body_schemas_;
  std::map<const RequestContent*, BodySchema> checks_;
};

}  // namespace steelyard::server
