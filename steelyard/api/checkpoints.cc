#include "steelyard/node/checkpoints.h"

#include <string>
#include <utility>

#include "steelyard/api/parameters.h"
#include "steelyard/api/services.h"

namespace steelyard::api {
namespace {

using server::Problem;
using server::Request;
using server::Response;
using server::Route;

constexpr std::string_view not_signed = "this server signs no checkpoints: serve --checkpoints";

void add_latest(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/checkpoints/latest";
  route.operation_id = "get_latest_checkpoint";
  route.summary = "The latest signed checkpoint, for a witness to keep";
  route.description =
      "Up to which record everything was on disk, and the hash of the log's chain there, signed "
      "with "
      "Ed25519. Kept where the server's operator can not write, it shows later that nothing before "
      "it was changed or cut off: add each to a file 00000001.ndjson beside public-key.pem, and "
      "`steelyard verify --checkpoints` compares the log with all of them. It is signed each "
      "minute "
      "in which something was added; sums of money are only in the checkpoints of the server's own "
      "folder.";
  route.tag = "Keys";
  route.scope = server::Scope::read_audit;
  route.problems = {"not_found"};
  route.responses.push_back(json_answer(
      "One line. The signature is over the object without it, to the byte.",
      R"({"steelyard_checkpoint":1,"store":"0f1e2d3c4b5a69788796a5b4c3d2e1f0","sequence":1204,"frame":310,"head":"9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab","received":"2026-11-22T08:00:03Z","key":"51ab4e3f2c6d7081929394a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e9","signature":"k7v8mQ1cZ0kFJ2m7yq0E3sS0m9iYw3bV6m1pXc2n4r5t6u7v8w9x0y1z2A3B4C5D6E7F8G9H0I1J2K3L4M5N6A=="})"));
  route.handler = [&services](const Request&) -> Response {
    if (services.checkpoints == nullptr) return Problem("not_found", std::string(not_signed));
    const auto latest = services.checkpoints->latest();
    if (!latest.has_value()) return Problem("not_found", "nothing is signed yet");
    return Response::json(*latest + '\n');
  };
  table.add(std::move(route));
}

void add_public_key(server::RouteTable& table, Services& services) {
  Route route;
  route.method = server::Method::get;
  route.path = "/v1/checkpoints/public-key";
  route.operation_id = "get_checkpoint_key";
  route.summary = "The public key of the checkpoints";
  route.description =
      "Ed25519, in PEM. Fetch it once and keep it: an operator who rewrites the log can exchange "
      "the key of the server, not the one that somebody else has.";
  route.tag = "Keys";
  route.scope = server::Scope::read_audit;
  route.problems = {"not_found"};
  server::ResponseContent pem;
  pem.description = "SubjectPublicKeyInfo (RFC 8410).";
  pem.media_type = "application/x-pem-file";
  route.responses.push_back(std::move(pem));
  route.handler = [&services](const Request&) -> Response {
    if (services.checkpoints == nullptr) return Problem("not_found", std::string(not_signed));
    return Response::text(services.checkpoints->public_key().pem(), "application/x-pem-file");
  };
  table.add(std::move(route));
}

}  // namespace

void add_checkpoints(server::RouteTable& table, Services& services) {
  add_latest(table, services);
  add_public_key(table, services);
}

}  // namespace steelyard::api
