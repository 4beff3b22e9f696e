// Any bytes are a key or refused, and no refusal shows them; records read back the same.
#include <cstdint>
#include <string>
#include <string_view>

#include "steelyard/base/check.h"
#include "steelyard/server/api_key.h"
#include "steelyard/server/cursor.h"
#include "steelyard/server/key_store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steelyard::server;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto key = parse_api_key(text);
  if (key.has_value()) {
    STEELYARD_CHECK(find_api_key(text) == 0);
    STEELYARD_CHECK(key->secret.size() == ApiKeyText::secret_characters);
  } else if (size > 60) {
    STEELYARD_CHECK(key.error().detail.find(text) == std::string::npos);
  }
  static const KeyStore store{Secret("pepper")};
  STEELYARD_CHECK(!store.authenticate(text, {}, "").has_value());

  if (const auto record = KeyRecord::decode(text); record.has_value()) {
    const auto again = KeyRecord::decode(record->encode());
    STEELYARD_CHECK(again.has_value() && *again == *record);
  }
  static const CursorSigner signer(Secret("key"));
  STEELYARD_CHECK(!signer.read("tenant", "filter", text).has_value());
  const auto position = signer.read("t", "f", signer.make("t", "f", text));
  STEELYARD_CHECK(position.has_value() && *position == text);
  return 0;
}
