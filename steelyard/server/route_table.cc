#include "steelyard/server/route_table.h"

#include <algorithm>

#include "steelyard/base/check.h"

namespace steelyard::server {

/// A segment of the paths: fixed ones by name, at most one parameter beside them.
struct RouteTable::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> fixed;
  std::unique_ptr<Node> parameter;
  std::vector<const Route*> routes;  ///< Whose paths end here, one of each method.
};

namespace {

/// Cuts off the first segment of a path without its slash.
std::string_view next_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

/// A path declares each of its parameters, and no other.
void check_path_parameters(const Route& route) {
  std::size_t count = 0;
  for (std::string_view rest = route.path; !rest.empty();) {
    const std::string_view segment = next_segment(rest);
    STEELYARD_CHECK(!segment.empty() || route.path == "/");
    if (!is_parameter(segment)) continue;
    const std::string_view name = segment.substr(1, segment.size() - 2);
    // In the order of the path: that is how the values are matched with the names.
    STEELYARD_CHECK(count < route.parameters.size() && route.parameters[count].name == name &&
                    route.parameters[count].in == ParameterIn::path);
    ++count;
  }
  STEELYARD_CHECK(static_cast<std::size_t>(std::ranges::count(route.parameters, ParameterIn::path,
                                                              &Parameter::in)) == count);
}

}  // namespace

std::string_view name_of(Lane lane) {
  switch (lane) {
    case Lane::hold: return "hold";
    case Lane::ingest: return "ingest";
    case Lane::read: return "read";
    case Lane::bulk: return "bulk";
  }
  base::check_failed("every lane has a name", __FILE__, __LINE__);
}

RouteTable::RouteTable()
    : root_(std::make_unique<Node>()), body_schemas_(std::make_unique<BodySchemas>()) {}
RouteTable::~RouteTable() = default;
RouteTable::RouteTable(RouteTable&&) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&&) noexcept = default;

void RouteTable::add(Route added) {
  STEELYARD_CHECK(added.path.starts_with('/') && added.method != Method::head);
  STEELYARD_CHECK(!added.operation_id.empty() && !added.summary.empty() && !added.tag.empty());
  STEELYARD_CHECK(std::ranges::none_of(
      routes_, [&](const auto& each) { return each->operation_id == added.operation_id; }));
  STEELYARD_CHECK(
      std::visit([](const auto& handler) { return handler != nullptr; }, added.handler));
  check_path_parameters(added);
  for (Parameter& parameter : added.parameters) {
    if (parameter.in == ParameterIn::path) parameter.is_required = true;
    STEELYARD_CHECK((parameter.type == ParameterType::word) == !parameter.words.empty());
  }
  for (const std::string& word : added.problems) STEELYARD_CHECK(find_problem(word) != nullptr);

  auto route = std::make_unique<Route>(std::move(added));
  for (const RequestContent& content : route->contents) {
    if (!content.is_checked) continue;
    auto schema = body_schemas_->read(content.schema);
    if (!schema.has_value()) {
      base::check_failed((route->operation_id + ": " + schema.error().detail).c_str(), __FILE__,
                         __LINE__);
    }
    checks_.emplace(&content, *schema);
  }
  if (std::ranges::find(tags_, route->tag, &std::pair<std::string, std::string>::first) ==
      tags_.end()) {
    tags_.emplace_back(route->tag, "");
  }

  Node* node = root_.get();
  for (std::string_view rest = route->path; !rest.empty();) {
    const std::string_view segment = next_segment(rest);
    std::unique_ptr<Node>& next =
        is_parameter(segment) ? node->parameter : node->fixed[std::string(segment)];
    if (next == nullptr) next = std::make_unique<Node>();
    node = next.get();
  }
  STEELYARD_CHECK(std::ranges::none_of(
      node->routes, [&](const Route* each) { return each->method == route->method; }));
  node->routes.push_back(route.get());
  routes_.push_back(std::move(route));
}

void RouteTable::add_schema(std::string name, std::string json_schema) {
  if (auto added = body_schemas_->add_named(name, json_schema); !added.has_value()) {
    base::check_failed(added.error().detail.c_str(), __FILE__, __LINE__);
  }
  schemas_.emplace(std::move(name), std::move(json_schema));
}

void RouteTable::add_tag(std::string name, std::string description) {
  const auto known = std::ranges::find(tags_, name, &std::pair<std::string, std::string>::first);
  if (known != tags_.end()) {
    known->second = std::move(description);
  } else {
    tags_.emplace_back(std::move(name), std::move(description));
  }
}

const RouteTable::Node* RouteTable::find(const Node& node, std::string_view path,
                                         std::vector<std::string_view>& values) {
  if (path.empty()) return node.routes.empty() ? nullptr : &node;
  const std::string_view segment = next_segment(path);
  if (const auto fixed = node.fixed.find(segment); fixed != node.fixed.end()) {
    if (const Node* end = find(*fixed->second, path, values); end != nullptr) return end;
  }
  if (node.parameter == nullptr || segment.empty()) return nullptr;
  values.push_back(segment);
  const Node* end = find(*node.parameter, path, values);
  if (end == nullptr) values.pop_back();
  return end;
}

RouteTable::Match RouteTable::match(Method method, std::string_view path) const {
  Match match;
  const Node* node = find(*root_, path, match.path_values);
  if (node == nullptr) return match;
  const Method wanted = method == Method::head ? Method::get : method;
  for (const Route* route : node->routes) {
    if (route->method == wanted) match.route = route;
    match.allowed.push_back(route->method);
    if (route->method == Method::get) match.allowed.push_back(Method::head);
  }
  return match;
}

const BodySchema* RouteTable::schema_of(const RequestContent& content) const {
  const auto found = checks_.find(&content);
  return found == checks_.end() ? nullptr : &found->second;
}

}  // namespace steelyard::server
