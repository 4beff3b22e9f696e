#include "steelyard/checkpoint/checkpoint.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "steelyard/base/check.h"
#include "steelyard/base/limits.h"
#include "steelyard/base/text.h"
#include "steelyard/json/document.h"

namespace steelyard::checkpoint {
namespace {

using json::Node;
using json::Type;

constexpr std::size_t signature_characters = 88;
constexpr std::string_view before_signature = R"(,"signature":")";
constexpr std::string_view line_end = "\"}";

std::unexpected<Error> invalid(std::string why) {
  return failure(ErrorCode::file_is_malformed, std::move(why));
}

std::string to_base64(const Signature& signature) {
  std::array<unsigned char, signature_characters + 1> text{};
  const int size =
      EVP_EncodeBlock(text.data(), signature.data(), static_cast<int>(signature.size()));
  STEELYARD_CHECK(size == static_cast<int>(signature_characters));
  return {text.begin(), text.end() - 1};
}

bool read_base64(std::string_view text, Signature& signature) {
  if (text.size() != signature_characters) return false;
  std::array<unsigned char, signature_characters / 4 * 3> bytes{};
  if (EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size())) != static_cast<int>(bytes.size())) {
    return false;
  }
  std::copy_n(bytes.begin(), signature.size(), signature.begin());
  return to_base64(signature) == text;
}

/// Names need no escapes: nothing else is written, and nothing else is read.
bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
}

/// Takes members by name; the first that is missing or wrong decides.
class Reader {
 public:
  Reader(const json::Document& document, const Node& object)
      : document_(&document), object_(document, object) {}

  void whole(std::string_view name, std::uint64_t& to) {
    const Node* const node = take(name, Type::number);
    if (node == nullptr) return;
    if (!node->is_whole) return refuse(name);
    to = node->whole;
  }

  void hex(std::string_view name, std::span<unsigned char> to) {
    const Node* const node = take(name, Type::string);
    if (node != nullptr && !base::read_hex(document_->text(*node), to)) refuse(name);
  }

  void time(std::string_view name, base::Instant& to) {
    const Node* const node = take(name, Type::string);
    if (node != nullptr && !base::parse_rfc3339(document_->text(*node), to)) refuse(name);
  }

  void signature(std::string_view name, Signature& to) {
    const Node* const node = take(name, Type::string);
    if (node != nullptr && !read_base64(document_->text(*node), to)) refuse(name);
  }

  void totals(std::string_view name, std::optional<Totals>& to) {
    if (object_.find(json::word(name)) == nullptr) return;
    const Node* const node = take(name, Type::object);
    if (node == nullptr) return;
    Totals& all = to.emplace();
    json::Object(*document_, *node).each([&](const Node& currency) {
      if (currency.type != Type::object || !is_word(document_->name(currency))) return refuse(name);
      auto& accounts = all[std::string(document_->name(currency))];
      json::Object(*document_, currency).each([&](const Node& account) {
        const bool is_amount = account.type == Type::string && is_word(document_->name(account));
        const auto amount = money::Decimal::parse(document_->text(account));
        if (!is_amount || !amount.has_value()) return refuse(name);
        accounts[std::string(document_->name(account))] = *amount;
      });
    });
  }

  const std::optional<std::string>& wrong() const { return wrong_; }

 private:
  const Node* take(std::string_view name, Type type) {
    const Node* const node = object_.find(json::word(name));
    if (node != nullptr && node->type == type) return node;
    refuse(name);
    return nullptr;
  }

  void refuse(std::string_view name) {
    if (!wrong_.has_value()) wrong_ = "its '" + std::string(name) + "' is missing or wrong";
  }

  const json::Document* document_;
  json::Object object_;
  std::optional<std::string> wrong_;
};

}  // namespace

std::string text_of(const Totals& totals) {
  std::string text = "{";
  for (const auto& [currency, accounts] : totals) {
    if (text.back() != '{') text += ',';
    text += '"' + currency + "\":{";
    for (const auto& [account, amount] : accounts) {
      if (text.back() != '{') text += ',';
      text += '"' + account + "\":\"";
      amount.append_to(text);
      text += '"';
    }
    text += '}';
  }
  return text + '}';
}

std::string text_of(const Checkpoint& checkpoint) {
  std::string text = R"({"steelyard_checkpoint":1,"store":")" + base::hex_of(checkpoint.store) +
                     R"(","sequence":)" + std::to_string(checkpoint.sequence) + R"(,"frame":)" +
                     std::to_string(checkpoint.frame_number) + R"(,"head":")" +
                     base::hex_of(checkpoint.head) + R"(","received":")" +
                     base::to_rfc3339(checkpoint.received) + '"';
  if (checkpoint.totals.has_value()) text += R"(,"totals":)" + text_of(*checkpoint.totals);
  return text + R"(,"key":")" + base::hex_of(checkpoint.key) + line_end.data();
}

std::string line_of(std::string_view text, const Signature& signature) {
  STEELYARD_CHECK(text.ends_with('}'));
  std::string line(text.substr(0, text.size() - 1));
  return line.append(before_signature).append(to_base64(signature)).append(line_end);
}

Result<SignedCheckpoint> read_line(std::string_view line) {
  if (line.size() > limits::checkpoint_line_bytes_max) {
    return invalid("is longer than " + std::to_string(limits::checkpoint_line_bytes_max) +
                   " bytes");
  }
  json::Document document;
  if (!document.parse_copy(line) || document.root().type != Type::object) {
    return invalid("is not one JSON object");
  }
  Reader reader(document, document.root());
  std::uint64_t format = 0;
  reader.whole("steelyard_checkpoint", format);
  if (!reader.wrong().has_value() && format != 1) {
    return invalid("is of format " + std::to_string(format) + "; this version knows 1");
  }
  SignedCheckpoint read;
  Checkpoint& checkpoint = read.checkpoint;
  reader.hex("store", checkpoint.store);
  reader.whole("sequence", checkpoint.sequence);
  reader.whole("frame", checkpoint.frame_number);
  reader.hex("head", checkpoint.head);
  reader.time("received", checkpoint.received);
  reader.totals("totals", checkpoint.totals);
  reader.hex("key", checkpoint.key);
  reader.signature("signature", read.signature);
  if (reader.wrong().has_value()) return invalid(*reader.wrong());
  if (checkpoint.sequence == 0 || checkpoint.frame_number == 0 ||
      checkpoint.frame_number > checkpoint.sequence) {
    return invalid("is of a record that there can not be");
  }
  read.text = text_of(checkpoint);
  // Nothing may stand in it that the signature does not cover.
  if (line_of(read.text, read.signature) != line) return invalid("is not in its only form");
  return read;
}

}  // namespace steelyard::checkpoint
