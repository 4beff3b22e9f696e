#include "steelyard/server/request.h"

#include <algorithm>
#include <charconv>

#include "steelyard/base/check.h"
#include "steelyard/server/request_head.h"

namespace steelyard::server {

std::string_view name_of(Method method) {
  switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::remove: return "DELETE";
    case Method::options: return "OPTIONS";
  }
  base::check_failed("every method has a name", __FILE__, __LINE__);
}

std::string_view Request::path_parameter(std::string_view name) const {
  for (const ParameterValue& each : path_parameters) {
    if (each.name == name) return each.value;
  }
  base::check_failed("the route's path has the parameter", __FILE__, __LINE__);
}

std::optional<std::string_view> Request::parameter(std::string_view name) const {
  for (const ParameterValue& each : query) {
    if (each.name == name) return each.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Request::parameters(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const ParameterValue& each : query) {
    if (each.name == name) values.emplace_back(each.value);
  }
  return values;
}

std::optional<std::int64_t> Request::whole(std::string_view name) const {
  const auto text = parameter(name);
  if (!text.has_value()) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  STEELYARD_CHECK(error == std::errc{} && end == text->data() + text->size());
  return value;
}

std::optional<base::Instant> Request::instant(std::string_view name) const {
  const auto text = parameter(name);
  if (!text.has_value()) return std::nullopt;
  base::Instant value;
  STEELYARD_CHECK(base::parse_rfc3339(*text, value));
  return value;
}

std::optional<bool> Request::boolean(std::string_view name) const {
  const auto text = parameter(name);
  if (!text.has_value()) return std::nullopt;
  STEELYARD_CHECK(*text == "true" || *text == "false");
  return *text == "true";
}

std::optional<std::string_view> Request::field(std::string_view name) const {
  for (const Field& each : fields) {
    if (is_same_name(each.name, name)) return each.value;
  }
  return std::nullopt;
}

bool Request::prefers(std::string_view preference) const {
  for (const Field& each : fields) {
    if (!is_same_name(each.name, "Prefer")) continue;
    for (const std::string_view wish : list_of(each.value)) {
      if (is_same_name(trimmed(wish.substr(0, wish.find(';'))), preference)) return true;
    }
  }
  return false;
}

Response::Response(Problem reason) : status(reason.status()), problem(std::move(reason)) {}

Response Response::json(std::string body, int status) {
  return text(std::move(body), "application/json", status);
}

Response Response::ndjson(std::string body, int status) {
  return text(std::move(body), "application/x-ndjson", status);
}

Response Response::text(std::string body, std::string content_type, int status) {
  Response response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  return response;
}

Response& Response::with(std::string name, std::string value) & {
  const auto same = [&](const auto& field) { return field.first == name; };
  const auto found = std::ranges::find_if(fields, same);
  if (found != fields.end()) {
    found->second = std::move(value);
  } else {
    fields.emplace_back(std::move(name), std::move(value));
  }
  return *this;
}

Response&& Response::with(std::string name, std::string value) && {
  return std::move(with(std::move(name), std::move(value)));
}

Response Response::of_file(std::shared_ptr<const BodyFile> file, std::string content_type) {
  Response response;
  response.file = std::move(file);
  response.content_type = std::move(content_type);
  return response;
}

Response Response::no_content() {
  Response response;
  response.status = 204;
  return response;
}

Response Response::created(std::string body, std::string location) {
  return json(std::move(body), 201).with("Location", std::move(location));
}

Reply::~Reply() {
  if (target_ != nullptr) send(Problem("internal_error", "no answer was given"));
}

Reply& Reply::operator=(Reply&& other) noexcept {
  if (this != &other) {
    if (target_ != nullptr) send(Problem("internal_error", "no answer was given"));
    target_ = std::move(other.target_);
  }
  return *this;
}

void Reply::send(Response response) {
  STEELYARD_CHECK(target_ != nullptr);
  // The target may be the last to keep the request: it goes when the answer is on its way.
  const std::shared_ptr<ReplyTarget> target = std::move(target_);
  target_ = nullptr;
  target->complete(std::move(response));
}

}  // namespace steelyard::server
