#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "steelyard/server/application.h"
#include "steelyard/server/chunked.h"
#include "steelyard/server/wire.h"

namespace steelyard::server {

/// Reads the body of one request into its exchange: plain, packed or in chunks, in memory that is
/// counted, and not too slowly.
template <class Stream>
class BodyReading {
 public:
  template <class Value>
  using Awaitable = boost::asio::awaitable<Value>;

  BodyReading(Wire<Stream>& wire, Application& application, Exchange& exchange)
      : wire_(wire), application_(application), exchange_(exchange) {}

  /// Returns why there is none.
  Awaitable<std::optional<Response>> read(const RequestHead& head) {
    set_deadline(0);
    if (head.expects_continue && wire_.in().empty()) {
      static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      boost::system::error_code error;
      co_await boost::asio::async_write(wire_.stream(), boost::asio::buffer(go_on),
                                        redirected(error));
      if (error) co_return why_none();
    }
    if (head.framing == Framing::chunked) co_return co_await read_chunks();
    std::string* plain = application_.plain_body(exchange_);
    if (plain != nullptr) co_return co_await read_plain(*plain, head.content_length);
    co_return co_await read_packed(head.content_length);
  }

 private:
  /// The body must have come at the least rate by then.
  void set_deadline(std::uint64_t bytes) {
    const ServerLimits& limits = application_.limits();
    const auto bought = std::chrono::milliseconds(bytes * 1000 / limits.rate_bytes_per_second);
    wire_.set_deadline(begun_ + limits.rate_grace + bought);
  }

  Response why_none() const {
    if (wire_.is_late()) return Problem("request_timeout", "the body came too slowly");
    if (wire_.is_interrupted()) return Problem("stopping");
    return Problem("malformed_request", "the body does not end");
  }

  /// Straight to where it stays, with room that grows as bytes come.
  Awaitable<std::optional<Response>> read_plain(std::string& body, std::uint64_t length) {
    const auto whole = static_cast<std::size_t>(length);
    std::string& in = wire_.in();
    if (wire_.is_reading_ahead() && in.size() < whole && !co_await wire_.take_read_ahead()) {
      co_return why_none();
    }
    std::size_t filled = std::min(in.size(), whole);
    body.assign(in, 0, filled);
    in.erase(0, filled);
    while (filled < whole) {
      if (filled == body.size()) {
        const std::size_t room =
            std::min(whole, filled + std::max(filled, Wire<Stream>::read_bytes));
        auto grown = application_.grow(exchange_, room);
        if (!grown.has_value()) co_return std::move(grown).error();
        body.reserve(room + Request::body_padding);
        make_room(room, body);
      }
      boost::system::error_code error;
      const std::size_t got = co_await wire_.stream().async_read_some(
          boost::asio::buffer(body.data() + filled, body.size() - filled), redirected(error));
      filled += got;
      wire_.count(got);
      if (error || wire_.is_cut_off()) {
        body.resize(filled);
        if (filled < whole) co_return why_none();
      }
      set_deadline(filled);
    }
    co_return std::nullopt;
  }

  Awaitable<std::optional<Response>> read_packed(std::uint64_t length) {
    std::string& in = wire_.in();
    std::uint64_t taken = 0;
    while (taken < length) {
      if (in.empty() && !co_await wire_.read_more(Wire<Stream>::read_bytes)) co_return why_none();
      const auto size =
          static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), length - taken));
      taken += size;
      auto unpacked = application_.body(exchange_, std::string_view(in).substr(0, size), taken);
      in.erase(0, size);
      if (!unpacked.has_value()) co_return std::move(unpacked).error();
      set_deadline(taken);
    }
    co_return std::nullopt;
  }

  Awaitable<std::optional<Response>> read_chunks() {
    ChunkReader reader;
    std::string content;
    std::string& in = wire_.in();
    std::uint64_t bytes = 0;
    while (true) {
      if (in.empty() && !co_await wire_.read_more(Wire<Stream>::read_bytes)) co_return why_none();
      content.clear();
      std::size_t taken = 0;
      const ChunkReader::Status status = reader.take(in, content, taken);
      in.erase(0, taken);
      bytes += taken;
      if (status == ChunkReader::Status::is_malformed) {
        co_return Response(Problem("malformed_request", reader.what()));
      }
      auto unpacked = application_.body(exchange_, content, bytes);
      if (!unpacked.has_value()) co_return std::move(unpacked).error();
      if (status == ChunkReader::Status::is_complete) co_return std::nullopt;
      set_deadline(bytes);
    }
  }

  Wire<Stream>& wire_;
  Application& application_;
  Exchange& exchange_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

/// Throws bytes away, so that the connection can be kept. False: they do not come.
template <class Stream>
boost::asio::awaitable<bool> discard(Wire<Stream>& wire, std::size_t bytes) {
  while (true) {
    const std::size_t taken = std::min(bytes, wire.in().size());
    wire.in().erase(0, taken);
    bytes -= taken;
    if (bytes == 0) co_return true;
    if (!co_await wire.read_more(std::min(bytes, Wire<Stream>::read_bytes))) co_return false;
  }
}

}  // namespace steelyard::server
