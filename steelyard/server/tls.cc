#include "steelyard/server/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <fstream>

namespace steelyard::server {
namespace {

std::string last_reason() {
  const char* reason = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  return reason == nullptr ? "unknown reason" : reason;
}

Result<void> check_readable(const std::string& path, std::string_view what) {
  if (std::ifstream(path).good()) return {};
  return failure(ErrorCode::file_is_unreadable,
                 "the " + std::string(what) + " '" + path + "' cannot be opened");
}

}  // namespace

Result<std::shared_ptr<boost::asio::ssl::context>> tls_context(const TlsOptions& options,
                                                               base::Instant now) {
  STEELYARD_PASS(check_readable(options.certificate_file, "certificate"));
  STEELYARD_PASS(check_readable(options.key_file, "key"));
  auto context = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_server);
  SSL_CTX* const ssl = context->native_handle();
  SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION);
  SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_cipher_list(ssl, "ECDHE+AESGCM:ECDHE+CHACHA20");
  // Buffers of idle connections are given back.
  SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);

  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(ssl, options.certificate_file.c_str()) != 1) {
    return failure(ErrorCode::file_is_malformed,
                   "the certificate '" + options.certificate_file + "': " + last_reason());
  }
  if (SSL_CTX_use_PrivateKey_file(ssl, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return failure(ErrorCode::file_is_malformed,
                   "the key '" + options.key_file + "': " + last_reason());
  }
  if (SSL_CTX_check_private_key(ssl) != 1) {
    return failure(ErrorCode::file_is_malformed,
                   "the key '" + options.key_file + "' is not the one of the certificate");
  }
  auto seconds = static_cast<time_t>(now.seconds);
  if (X509_cmp_time(X509_get0_notAfter(SSL_CTX_get0_certificate(ssl)), &seconds) < 0) {
    return failure(ErrorCode::file_is_malformed,
                   "the certificate '" + options.certificate_file + "' has expired");
  }
  return context;
}

}  // namespace steelyard::server
