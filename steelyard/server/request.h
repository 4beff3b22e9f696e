#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "steelyard/base/time.h"
#include "steelyard/json/document.h"
#include "steelyard/server/body_file.h"
#include "steelyard/server/principal.h"
#include "steelyard/server/problem.h"

namespace steelyard::server {

enum class Method : std::uint8_t { get, head, post, put, patch, remove, options };

/// "GET"; `remove` is DELETE.
std::string_view name_of(Method method);

/// A header field as it was sent; names compare without case.
struct Field {
  std::string_view name;
  std::string_view value;
};

/// A parameter of the path or the query, percent-decoded, valid UTF-8.
struct ParameterValue {
  std::string name;
  std::string value;
};

struct Peer {
  std::string address;  ///< "127.0.0.1", "::1"
  std::uint16_t port = 0;
  bool is_encrypted = false;
};

/// A request as a handler sees it: authenticated, allowed, unpacked, its parameters and JSON
/// checked against the route table. All views live as long as the handler's Request or Reply.
struct Request {
  /// So many NUL bytes can be read behind `body`: json::Document needs no copy.
  static constexpr std::size_t body_padding = json::Document::padding;

  Method method = Method::get;  ///< HEAD comes as `get`.
  std::string_view target;      ///< As sent: "/v1/accounts/acme?limit=5".
  std::string_view path;        ///< As sent, without the query.
  std::vector<ParameterValue> path_parameters;
  std::vector<ParameterValue> query;
  std::span<const Field> fields;
  std::string_view body;                 ///< Unpacked (gzip, zstd).
  std::string_view content_type;         ///< Media type in lower case, without parameters.
  const json::Document* json = nullptr;  ///< Of a body that the table describes by a schema.
  Peer peer;
  Principal principal;
  std::string_view id;  ///< Of the request: in logs, problems and the answer's X-Request-Id.
  std::string_view idempotency_key;  ///< Set where the route needs one.
  base::Instant received_at;         ///< Wall clock, when the head was complete.

  /// The value of a path parameter. Requires: the route's path has it.
  std::string_view path_parameter(std::string_view name) const;

  /// The value of a query parameter, or of its default in the route table.
  std::optional<std::string_view> parameter(std::string_view name) const;
  /// All values of a parameter that may repeat.
  std::vector<std::string_view> parameters(std::string_view name) const;
  /// The same, read. Requires: the route declares it as ParameterType::whole, instant, boolean.
  std::optional<std::int64_t> whole(std::string_view name) const;
  std::optional<base::Instant> instant(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;

  /// The header field, or nothing. Of several, the first.
  std::optional<std::string_view> field(std::string_view name) const;
  /// Whether `Prefer` asks for it: prefers("return=representation").
  bool prefers(std::string_view preference) const;
};

struct Response {
  int status = 200;
  std::string content_type;  ///< Empty: no content.
  std::string body;
  std::shared_ptr<const BodyFile> file;  ///< Set: the body, in place of `body`.
  std::vector<std::pair<std::string, std::string>> fields;
  /// Set: the answer is a problem, whose body is written where the request's id is known.
  std::optional<Problem> problem;

  Response() = default;
  Response(Problem reason);  // NOLINT(google-explicit-constructor): return Problem("…", "…");

  static Response json(std::string body, int status = 200);
  static Response ndjson(std::string body, int status = 200);
  static Response text(std::string body, std::string content_type, int status = 200);
  static Response of_file(std::shared_ptr<const BodyFile> file, std::string content_type);
  static Response no_content();
  /// 201 with the address of what was created.
  static Response created(std::string body, std::string location);

  std::uint64_t content_length() const { return file != nullptr ? file->size() : body.size(); }

  /// A field stands once: its last value counts.
  Response& with(std::string name, std::string value) &;
  Response&& with(std::string name, std::string value) &&;
};

/// The problem of a domain error.
inline Response respond(const Error& error) { return Problem::of(error); }

/// Where an answer goes. What the server gives to a Reply; handlers never see it.
class ReplyTarget {
 public:
  virtual ~ReplyTarget() = default;
  virtual const Request& request() const = 0;
  /// From any thread. Called once.
  virtual void complete(Response response) = 0;
};

/// The answer that is still due. Keeps its request alive. Movable; a Reply that ends without
/// `send` answers 500, so that no client waits for ever.
class Reply {
 public:
  explicit Reply(std::shared_ptr<ReplyTarget> target) : target_(std::move(target)) {}
  ~Reply();
  Reply(Reply&&) noexcept = default;
  Reply& operator=(Reply&& other) noexcept;

  const Request& request() const { return target_->request(); }

  /// Answers. From any thread, once; also when the client is gone or the server has stopped.
  void send(Response response);

 private:
  std::shared_ptr<ReplyTarget> target_;
};

/// Answers at once. May be called from several threads at a time.
using Handler = std::function<Response(const Request&)>;

/// Answers later: moves the Reply to whoever knows the answer. `reply.request()` is the
/// request. What it does before returning runs on the thread of the route's `runs_on`.
using AsyncHandler = std::function<void(Reply)>;

}  // namespace steelyard::server
