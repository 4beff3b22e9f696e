#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "steelyard/server/http_server.h"

namespace steelyard::server {

/// TLS 1.2 and 1.3 with the suites that ASVS asks for, no renegotiation, no compression.
/// Errors: file_is_unreadable, file_is_malformed (also: the key is not the certificate's, the
/// certificate has expired).
[[nodiscard]] Result<std::shared_ptr<boost::asio::ssl::context>> tls_context(
    const TlsOptions& options, base::Instant now);

}  // namespace steelyard::server
