// S22: TLS as a client sees it.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "steelyard/server/server_for_tests.h"

namespace steelyard::server {
namespace {

namespace fs = std::filesystem;

/// Writes a certificate for `name`, signed by its own new key; valid for `seconds` from now on.
void write_certificate(const TlsOptions& files, const std::string& name, long seconds) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86'400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.data()),
                             static_cast<int>(name.size()), -1, 0);
  X509_set_issuer_name(certificate, subject);
  STEELYARD_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
  FILE* file = std::fopen(files.certificate_file.c_str(), "w");
  PEM_write_X509(file, certificate);
  std::fclose(file);
  file = std::fopen(files.key_file.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

struct TlsAnswer {
  std::string version;      ///< Empty: no handshake.
  std::string certificate;  ///< Its subject.
  std::string text;
};

/// Speaks TLS of that version, asks for /health.
TlsAnswer ask(std::uint16_t port, int version,
              const std::string& request = request_text("GET /health", "Connection: close\r\n")) {
  TlsAnswer answer;
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  // Old versions need the weakest level even to be offered.
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
  BIO* bio = BIO_new_connect(("127.0.0.1:" + std::to_string(port)).c_str());
  SSL* ssl = SSL_new(context);
  if (BIO_do_connect(bio) == 1) {
    SSL_set_bio(ssl, bio, bio);
    if (SSL_connect(ssl) == 1) {
      answer.version = SSL_get_version(ssl);
      char name[256];
      X509* certificate = SSL_get1_peer_certificate(ssl);
      X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof name);
      X509_free(certificate);
      answer.certificate = name;
      SSL_write(ssl, request.data(), static_cast<int>(request.size()));
      char bytes[4096];
      for (int got = 0; (got = SSL_read(ssl, bytes, sizeof bytes)) > 0;) {
        answer.text.append(bytes, static_cast<std::size_t>(got));
      }
      SSL_shutdown(ssl);
    }
  }
  SSL_free(ssl);
  SSL_CTX_free(context);
  return answer;
}

class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    options_.tls = files_;
  }
  ~TlsTest() override { fs::remove_all(folder_); }

  const fs::path folder_ =
      fs::path(testing::TempDir()) / ("steelyard_tls_" + std::to_string(getpid()));
  const TlsOptions files_{.certificate_file = (folder_ / "certificate.pem").string(),
                          .key_file = (folder_ / "key.pem").string()};
  ServerOptions options_;
};

TEST_F(TlsTest, speaks_the_versions_of_today_only) {
  write_certificate(files_, "first", 86'400);
  options_.address = "0.0.0.0";  // Allowed: it is not plain.
  DemoServer demo(options_);
  EXPECT_EQ(demo.server->url().substr(0, 8), "https://");
  const std::uint16_t port = demo.server->port();
  const TlsAnswer latest = ask(port, TLS1_3_VERSION);
  EXPECT_EQ(latest.version, "TLSv1.3");
  EXPECT_EQ(latest.text.substr(0, 15), "HTTP/1.1 200 OK");
  EXPECT_NE(latest.text.find("Strict-Transport-Security: max-age=31536000\r\n"), std::string::npos);
  EXPECT_NE(latest.text.find("{\"status\":\"alive\"}"), std::string::npos);
  EXPECT_EQ(ask(port, TLS1_2_VERSION).version, "TLSv1.2");
  EXPECT_EQ(ask(port, TLS1_1_VERSION).version, "");
  EXPECT_EQ(ask(port, TLS1_VERSION).version, "");
  RawClient plain(port);
  EXPECT_EQ(plain.ask(request_text("GET /health")).status, 0) << "no plain word is answered";
  EXPECT_NE(demo.metrics.text().find("reason=\"tls_handshake\""), std::string::npos);
}

TEST_F(TlsTest, who_still_sends_reads_its_refusal) {
  write_certificate(files_, "first", 86'400);
  DemoServer demo(options_);
  std::signal(SIGPIPE, SIG_IGN);  // Of a connection that is reset.
  const TlsAnswer answer =
      ask(demo.server->port(), TLS1_3_VERSION,
          request_text("POST /v1/events", "Content-Type: application/x-ndjson\r\n",
                       std::string(8'000'000, ' ')));
  std::signal(SIGPIPE, SIG_DFL);
  EXPECT_EQ(answer.text.substr(0, 12), "HTTP/1.1 401");
  EXPECT_NE(answer.text.find("\"code\":\"unauthenticated\""), std::string::npos) << answer.text;
}

TEST_F(TlsTest, certificates_are_exchanged_while_it_runs) {
  write_certificate(files_, "first", 86'400);
  DemoServer demo(options_);
  const std::uint16_t port = demo.server->port();
  EXPECT_EQ(ask(port, TLS1_3_VERSION).certificate, "/CN=first");
  write_certificate(files_, "second", 86'400);
  EXPECT_TRUE(demo.server->reload_tls().has_value());
  EXPECT_EQ(ask(port, TLS1_3_VERSION).certificate, "/CN=second");

  // What is wrong changes nothing.
  std::ofstream(files_.certificate_file) << "nonsense";
  EXPECT_FALSE(demo.server->reload_tls().has_value());
  EXPECT_EQ(ask(port, TLS1_3_VERSION).certificate, "/CN=second");
}

TEST_F(TlsTest, wrong_files_are_refused_with_the_reason) {
  const auto refusal = [&] {
    BareParts bare;
    const auto server = HttpServer::start(options_, RouteTable(), bare.parts());
    return server.has_value() ? std::string("started") : server.error().detail;
  };
  EXPECT_NE(refusal().find("certificate.pem' cannot be opened"), std::string::npos);
  write_certificate(files_, "old", -3'600);
  EXPECT_NE(refusal().find("has expired"), std::string::npos);
  write_certificate(files_, "one", 86'400);
  const std::string certificate = [&] {
    std::ifstream file(files_.certificate_file);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  write_certificate(files_, "two", 86'400);
  std::ofstream(files_.certificate_file) << certificate;
  EXPECT_NE(refusal().find("key.pem"), std::string::npos);
  EXPECT_NE(refusal(), "started");
  std::ofstream(files_.key_file) << "nonsense";
  EXPECT_NE(refusal().find("the key '"), std::string::npos);
}

}  // namespace
}  // namespace steelyard::server
