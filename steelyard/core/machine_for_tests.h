#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "steelyard/core/core.h"
#include "steelyard/identity/identities.h"
#include "steelyard/pricebook/reader.h"

namespace steelyard::core {

inline constexpr base::Instant noon{1'795'600'000, 0};

inline const rating::Rater& shipped_rater() {
  static const rating::Rater rater(std::make_shared<const pricebook::PriceBookSeries>(
      pricebook::load(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas").value()));
  return rater;
}

/// The shipped book by rules of time zones.
inline rating::Rater shipped_rater_by(const base::ZoneBook& zones) {
  const auto files = pricebook::read_files(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas").value();
  return rating::Rater(std::make_shared<const pricebook::PriceBookSeries>(
      pricebook::load(files, "a test", zones).value()));
}

/// The shipped book, with the prices of qwen-max for qwen-next too.
inline const rating::Rater& rater_with_a_new_model() {
  static const rating::Rater rater = [] {
    auto files = pricebook::read_files(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas").value();
    std::string& models = files.at("models.csv");
    for (std::size_t at = 0; (at = models.find("\nqwen-max,", at)) != std::string::npos; ++at) {
      const std::string row = models.substr(at + 10, models.find('\n', at + 1) - at - 10);
      models += "qwen-next," + row + '\n';
    }
    return rating::Rater(std::make_shared<const pricebook::PriceBookSeries>(
        pricebook::load(files, "a test").value()));
  }();
  return rater;
}

/// The shipped book without one of its products.
inline const rating::Rater& rater_without(const std::string& product) {
  static std::map<std::string, rating::Rater> raters;
  const auto found = raters.find(product);
  if (found != raters.end()) return found->second;
  auto files = pricebook::read_files(STEELYARD_ROOT "/pricebooks/aliyun-ai-paas").value();
  EXPECT_EQ(files.erase("products/" + product + ".yaml"), 1U);
  rating::Rater rater(
      std::make_shared<const pricebook::PriceBookSeries>(pricebook::load(files, "a test").value()));
  return raters.emplace(product, std::move(rater)).first->second;
}

inline std::string call(const std::string& id, int input, const std::string& more = "") {
  return R"({"specversion":"1.0","id":")" + id +
         R"(","source":"gateway","type":"ai.model.call","subject":"acme",)"
         R"("time":"2026-11-22T08:00:03Z","data":{"model":"qwen-plus","protocol":"tokens",)" +
         more + R"("usage":{"input":)" + std::to_string(input) + "}}}\n";
}

/// Identities with their sequences, as a server has them.
class KnownFacts : public identity::Identities {
 public:
  void prefetch(identity::IdentityKey) const override {}
  identity::Known insert(identity::IdentityKey key, std::uint64_t fingerprint,
                         std::uint64_t sequence) override {
    const auto [known, is_new] = facts_.try_emplace(key, fingerprint, sequence);
    if (is_new) return {identity::Seen::first, 0};
    if (known->second.second == sequence) return {identity::Seen::first, 0};  // Once more.
    const bool is_same = known->second.first == fingerprint;
    return {is_same ? identity::Seen::same : identity::Seen::other, known->second.second};
  }
  void forget(identity::IdentityKey key, std::uint64_t) override { facts_.erase(key); }
  std::uint64_t count() const override { return facts_.size(); }

 private:
  std::map<identity::IdentityKey, std::pair<std::uint64_t, std::uint64_t>> facts_;
};

/// A core and the next place in its log.
class Machine {
 public:
  explicit Machine(KnownFacts known = {}, const rating::Rater& rater = shipped_rater(),
                   const base::ZoneBook& zones = {})
      : identities(std::move(known)), core(rater, identities, identity::KeyMaker(0), zones) {}

  std::vector<batch::Status> take(const std::string& lines) {
    text_ = lines + std::string(json::Document::padding, '\0');
    reader_.rate({text_.data(), lines.size()});
    core.apply(reader_, place_);
    std::vector<batch::Status> all;
    for (const batch::Record& record : reader_.records()) {
      all.push_back(record.status);
      if (record.status != batch::Status::rejected) ++place_.sequence;
    }
    return all;
  }

  /// The charge of the last event that was taken: "item, tier: quantity = amount", each line.
  std::vector<std::string> lines() {
    std::vector<std::string> all;
    const batch::Record& record = reader_.records().back();
    for (const rating::Line& line : record.charge.used_lines()) {
      all.push_back(line.row->item + ", " + line.row->tier.label + ": " +
                    std::to_string(line.quantity) + " = " + line.amount.to_text());
    }
    for (const rating::cloud::Line& line : record.cloud.lines) {
      all.push_back(line.row->item + ", " + line.row->tier + ": " + line.quantity.to_text() +
                    " = " + line.amount.to_text());
    }
    return all;
  }

  const batch::Record& last() { return reader_.records().back(); }
  /// What of the last event was drawn from grants.
  const std::string& credit() { return reader_.details().back().credit; }
  std::string_view hold_budget() { return reader_.details().back().hold_budget; }

  Answer ask(const std::string& command) {
    const auto read = read_command(command);
    EXPECT_TRUE(read.has_value()) << read.error().detail;
    Answer answer = core.apply(read->what, place_, read->by);
    ++place_.sequence;
    return answer;
  }

  ledger::Balance balance() const {
    return core.ledger().balance(core.find_account(1, "acme").value(), noon);
  }

  using Entities = std::map<std::string, std::string, std::less<>>;

  /// Brings what was kept up to date.
  void keep(Entities& kept) {
    core.for_each_changed([&](std::string_view key, std::optional<std::string_view> value) {
      if (value.has_value()) {
        kept.insert_or_assign(std::string(key), *value);
      } else {
        kept.erase(std::string(key));
      }
    });
  }

  /// Goes on where another one was when that was kept; identities are not in it: give them.
  void restore(const Entities& kept, const Place& place) {
    for (const auto& [key, value] : kept) {
      const auto restored = core.restore(key, value);
      ASSERT_TRUE(restored.has_value()) << restored.error().detail;
    }
    const auto finished = core.finish_restore();
    ASSERT_TRUE(finished.has_value()) << finished.error().detail;
    place_ = place;
  }

  void tick(std::int64_t seconds) {
    place_.received.seconds += seconds;
    core.tick(place_);
    ++place_.sequence;
  }

  const Place& place() const { return place_; }

  KnownFacts identities;
  Core core;

 private:
  batch::ChunkRater reader_ = core.make_reader();
  std::string text_;
  Place place_{1, 1, noon};
};

}  // namespace steelyard::core
