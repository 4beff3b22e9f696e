#pragma once

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "steelyard/base/check.h"
#include "steelyard/charges/charged_fact.h"
#include "steelyard/charges/fact_batch.h"

/// Facts like those of a day, the same ones for the same seed. For tests and benchmarks.
namespace steelyard::charges::for_tests {

inline constexpr std::int64_t november = 1'793'491'200;  // 2026-11-01T00:00:00Z
inline constexpr std::int64_t december = 1'796'083'200;  // 2026-12-01T00:00:00Z

struct Shape {
  std::uint64_t tenants = 3;
  std::uint64_t accounts = 5;
  std::uint64_t models = 4;
  std::uint64_t keys = 6;
  std::int64_t from = november;
  std::int64_t seconds = december - november;
  std::uint64_t cloud_of_10 = 2;  ///< So many of ten facts are cloud usage.
  std::uint64_t in_order_of = 0;  ///< Not 0: times follow each other, so many in `seconds`.
};

/// Makes facts one after the other; the views of a fact hold until the next one is made.
class FactMaker {
 public:
  explicit FactMaker(std::uint64_t seed, Shape shape = {}) : random_(seed), shape_(shape) {}

  const ChargedFact& next() {
    ++sequence_;
    const std::uint64_t tenant = random_() % shape_.tenants;
    names_.resize(8);
    names_[0] = "tenant-" + std::to_string(tenant);
    names_[1] = "account-" + std::to_string(random_() % shape_.accounts);
    names_[2] = "call-" + std::to_string(sequence_);
    names_[5] = "key-" + std::to_string(random_() % shape_.keys);
    names_[6] = "project-" + std::to_string(random_() % 3);
    fact_ = ChargedFact();
    fact_.sequence = sequence_;
    fact_.tenant = names_[0];
    fact_.account = names_[1];
    fact_.source = "gateway/hz-1";
    fact_.id = names_[2];
    fact_.time = {shape_.from + static_cast<std::int64_t>(
                                    random_() % static_cast<std::uint64_t>(shape_.seconds)),
                  static_cast<std::uint32_t>(random_() % 1'000) * 1'000'000};
    if (shape_.in_order_of != 0) {
      fact_.time.seconds =
          shape_.from +
          static_cast<std::int64_t>((sequence_ - 1) * static_cast<std::uint64_t>(shape_.seconds) /
                                    shape_.in_order_of);
    }
    fact_.received_at = {fact_.time.seconds + 1, 0};
    fact_.api_key = names_[5];
    fact_.project = names_[6];
    fact_.currency = "CNY";
    fact_.book = "aliyun-ai-paas";
    fact_.book_version = 1 + static_cast<std::uint32_t>(random_() % 2);
    lines_.clear();
    if (random_() % 10 < shape_.cloud_of_10) {
      make_usage();
    } else {
      make_call();
    }
    fact_.lines = lines_;
    return fact_;
  }

  std::size_t made() const { return sequence_; }

 private:
  void add_line(const std::string& item, const char* tier, const char* unit, std::int64_t price,
                std::int64_t per, money::int128 quantity) {
    // price is in 10^-6 of the currency; quantity in 10^-12 units.
    items_.push_back(item);
    ChargedLine line;
    line.tier = tier;
    line.unit = unit;
    line.price = money::Decimal::from_scaled(money::int128{price} * 1'000'000);
    line.per = money::Decimal::whole(per);
    line.quantity = money::Decimal::from_scaled(quantity);
    line.amount = money::Decimal::from_scaled(quantity * price / per / 1'000'000);
    lines_.push_back(line);
  }

  void make_call() {
    const std::string model = "model-" + std::to_string(random_() % shape_.models);
    names_[3] = model;
    fact_.type = "ai.model.call";
    fact_.model = names_[3];
    fact_.started = base::Instant{fact_.time.seconds - 2, 0};
    constexpr money::int128 whole = 1'000'000'000'000;
    items_.clear();
    items_.reserve(8);
    const char* const tier = random_() % 4 == 0 ? "128k+" : "0k-128k";
    const std::int64_t price = tier[0] == '0' ? 800 : 1'200;
    add_line(model + "/input", tier, "token", price, 1'000, whole * (random_() % 100'000));
    add_line(model + "/input_cache_hit", tier, "token", price / 4, 1'000,
             whole * (random_() % 4'096));
    add_line(model + "/output", tier, "token", price * 3, 1'000, whole * (random_() % 3'000));
    for (std::size_t i = 0; i < lines_.size(); ++i) lines_[i].item = items_[i];
  }

  void make_usage() {
    names_[4] = "nlb-" + std::to_string(random_() % 7);
    fact_.type = "cloud.resource.usage";
    fact_.model = "nlb";
    fact_.resource = names_[4];
    fact_.region = random_() % 2 == 0 ? "cn-hangzhou" : "ap-southeast-1";
    items_.clear();
    items_.reserve(8);
    const std::uint64_t lines = random_() % 6;
    for (std::uint64_t i = 0; i < lines; ++i) {
      const auto quantity = static_cast<money::int128>(random_() % 9'000'000'000'000'000);
      add_line("nlb/lcu-" + std::to_string(i), "-", "lcu_hour", 49'000, 1,
               random_() % 3 == 0 ? -quantity : quantity);
    }
    if (random_() % 20 == 0) {  // More than stands beside a fact.
      add_line("nlb/reserved", "-", "year", 1'000'000, 1,
               money::int128{5'000'000} * 1'000'000'000'000);
    }
    for (std::size_t i = 0; i < lines_.size(); ++i) lines_[i].item = items_[i];
  }

  std::mt19937_64 random_;
  Shape shape_;
  Position sequence_ = 0;
  ChargedFact fact_;
  std::vector<ChargedLine> lines_;
  std::vector<std::string> names_;
  std::vector<std::string> items_;
};

inline FactBatch facts(std::size_t count, std::uint64_t seed = 1, Shape shape = {}) {
  FactMaker maker(seed, shape);
  FactBatch batch;
  for (std::size_t i = 0; i < count; ++i) batch.add(maker.next());
  return batch;
}

/// A folder that is new, and gone at the end.
class Folder {
 public:
  explicit Folder(const std::string& parent) {
    std::string pattern = parent + "/charges-XXXXXX";
    STEELYARD_CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace steelyard::charges::for_tests
